//! The parts of a body that a check reads, as structs.

use std::collections::BTreeMap;

use super::identifiers::{Identifiers, snake_case};

/// The members of a body, by their names in JSON.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    members: BTreeMap<String, Member>,
}

#[derive(Clone, Debug)]
enum Member {
    Value(Value),
    Object(Body),
    /// A list of objects.
    List(Body),
}

/// What a check reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An id.
    Id,
    /// A list of ids.
    Ids,
    /// Tags, as an object.
    Tags,
    /// The keys of tags, as a list.
    TagKeys,
}

impl Value {
    const fn rust_type(self) -> &'static str {
        match self {
            Self::Id => "String",
            Self::Ids => "Vec<String>",
            Self::Tags => "Option<HashMap<String, String>>",
            Self::TagKeys => "Option<Vec<String>>",
        }
    }
}

impl Body {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Adds the member at `path`: `Write.PoolId`, or `PoolIds[]` or `Pools[].Id` for the elements of a list. Returns
    /// whether this is possible: a member cannot be a text and an object.
    pub(super) fn add(&mut self, path: &str, value: Value) -> bool {
        if let Some((list, element)) = elements(path) {
            let Some(member) = element else {
                return self.add(list, Value::Ids);
            };
            let inner = self.members.entry(list.to_owned());
            return match inner.or_insert_with(|| Member::List(Self::default())) {
                Member::List(inner) => inner.add(member, value),
                Member::Value(_) | Member::Object(_) => false,
            };
        }
        match path.split_once('.') {
            None => match self
                .members
                .entry(path.to_owned())
                .or_insert(Member::Value(value))
            {
                Member::Value(known) => *known == value,
                Member::Object(_) | Member::List(_) => false,
            },
            Some((first, rest)) => {
                let inner = self.members.entry(first.to_owned());
                match inner.or_insert_with(|| Member::Object(Self::default())) {
                    Member::Object(inner) => inner.add(rest, value),
                    Member::Value(_) | Member::List(_) => false,
                }
            }
        }
    }

    /// Whether a body without this object is complete: nothing in it is required.
    fn is_optional(&self) -> bool {
        self.members.values().all(|member| match member {
            Member::Value(value) => *value != Value::Id,
            Member::Object(inner) => inner.is_optional(),
            Member::List(_) => true,
        })
    }

    /// Returns the fields with their names in JSON.
    fn fields(&self) -> Vec<(String, &str, &Member)> {
        let mut names = Identifiers::default();
        let members = self.members.iter();
        members
            .map(|(name, member)| (names.take(&snake_case(name)), name.as_str(), member))
            .collect()
    }

    /// Returns the names of the fields for the members at `paths` of the elements of `list`.
    pub(super) fn element_fields(&self, list: &str, paths: &[&str]) -> Option<Vec<String>> {
        let Member::List(inner) = self.members.get(list)? else {
            return None;
        };
        let fields = inner.fields();
        let name = |path: &&str| fields.iter().find(|field| field.1 == *path);
        paths
            .iter()
            .map(|path| name(path).map(|field| field.0.clone()))
            .collect()
    }

    /// Returns the expression that reads the member at `path` of `start`, as an `Option` if an object on the way may be
    /// missing.
    pub(super) fn expression(&self, start: &str, path: &str) -> Option<String> {
        let mut expression = start.to_owned();
        let mut body = self;
        let mut is_option = false;
        let mut segments = path.split('.');
        loop {
            let segment = segments.next()?;
            let (field, _, member) = body.fields().into_iter().find(|field| field.1 == segment)?;
            match member {
                Member::Object(inner) => {
                    let is_optional = inner.is_optional();
                    expression = match (is_option, is_optional) {
                        (false, false) => format!("{expression}.{field}"),
                        (false, true) => format!("{expression}.{field}.as_ref()"),
                        (true, _) => {
                            format!("{expression}.and_then(|inner| inner.{field}.as_ref())")
                        }
                    };
                    is_option |= is_optional;
                    body = inner;
                }
                Member::Value(_) if is_option => {
                    return Some(format!(
                        "{expression}.and_then(|inner| inner.{field}.as_ref())"
                    ));
                }
                Member::Value(_) | Member::List(_) => {
                    return Some(format!("{expression}.{field}"));
                }
            }
        }
    }

    /// Writes the struct `name`, and those of its objects. `tags` is the function that reads tags, if they may have more
    /// than one form.
    pub(super) fn write(
        &self,
        name: &str,
        tags: Option<&str>,
        names: &mut Identifiers,
        out: &mut String,
    ) {
        let mut inner = Vec::new();
        out.push_str("#[derive(Deserialize)]\n");
        out.push_str(&format!("struct {name} {{\n"));
        for (field, json, member) in self.fields() {
            let rust_type = match member {
                Member::Value(value) => value.rust_type().to_owned(),
                Member::List(body) => {
                    let element =
                        names.take(&format!("{name}{}Element", crate::names::capitalized(json)));
                    inner.push((element.clone(), body));
                    format!("Vec<{element}>")
                }
                Member::Object(body) => {
                    let object = names.take(&format!("{name}{}", crate::names::capitalized(json)));
                    inner.push((object.clone(), body));
                    if body.is_optional() {
                        format!("Option<{object}>")
                    } else {
                        object
                    }
                }
            };
            let mut options = Vec::new();
            match (member, tags) {
                (Member::List(_) | Member::Value(Value::Ids), _) => {
                    options.push("default".to_owned());
                }
                (Member::Value(Value::Tags), Some(function)) => {
                    options.push(format!("default, deserialize_with = {function:?}"));
                }
                _ => {}
            }
            if field != json {
                options.push(format!("rename = {json:?}"));
            }
            if !options.is_empty() {
                out.push_str(&format!("    #[serde({})]\n", options.join(", ")));
            }
            out.push_str(&format!("    {field}: {rust_type},\n"));
        }
        out.push_str("}\n\n");
        for (object, body) in inner {
            body.write(&object, tags, names, out);
        }
    }
}

/// Splits the location of the elements of a list, `Pools[].Id`, into the list and the member of its elements.
pub(super) fn elements(path: &str) -> Option<(&str, Option<&str>)> {
    let (list, rest) = path.split_once("[]")?;
    Some((list, rest.strip_prefix('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_fields() {
        let mut body = Body::default();
        for (path, value, fits) in [
            ("PoolId", Value::Id, true),
            ("Write.Tags", Value::Tags, true),
            ("Write.Inner.TagKeys", Value::TagKeys, true),
            ("Move.type", Value::Id, true),
            ("PoolId", Value::Id, true),
            ("PoolId", Value::Tags, false),
            ("PoolIds[]", Value::Ids, true),
            ("Pools[].Id", Value::Id, true),
            ("Pools[].Kind", Value::Id, true),
            ("Pools", Value::Id, false),
            ("Pools.Id", Value::Id, false),
            ("Write[].Id", Value::Id, false),
            ("PoolId.Inner", Value::Id, false),
            ("Write", Value::Id, false),
        ] {
            assert_eq!(body.add(path, value), fits, "{path}");
        }
        for (path, expected) in [
            ("PoolId", Some("body.pool_id")),
            ("Move.type", Some("body.move_.type_")),
            (
                "Write.Tags",
                Some("body.write.as_ref().and_then(|inner| inner.tags.as_ref())"),
            ),
            (
                "Write.Inner.TagKeys",
                Some(
                    "body.write.as_ref().and_then(|inner| inner.inner.as_ref()).and_then(|inner| inner.tag_keys.as_ref())",
                ),
            ),
            ("PoolIds", Some("body.pool_ids")),
            ("Pools", Some("body.pools")),
            ("Pools[].Id", None),
            ("Gone", None),
        ] {
            assert_eq!(body.expression("body", path).as_deref(), expected, "{path}");
        }
        for (list, members, expected) in [
            ("Pools", &["Kind", "Id"][..], Some(&["kind", "id"][..])),
            ("Pools", &["Gone"], None),
            ("PoolIds", &["Id"], None),
            ("Write", &["Tags"], None),
        ] {
            let fields = body.element_fields(list, members);
            assert_eq!(fields.is_some(), expected.is_some(), "{list}");
            assert_eq!(fields.unwrap_or_default(), expected.unwrap_or_default());
        }
        let mut written = String::new();
        body.write(
            "Create",
            None,
            &mut Identifiers::with(&["Create"]),
            &mut written,
        );
        assert!(written.contains("    #[serde(rename = \"Move\")]\n    move_: CreateMove,\n"));
        assert!(
            written.contains("    write: Option<CreateWrite>,\n"),
            "{written}"
        );
        assert!(written.contains(
            "struct CreateMove {\n    #[serde(rename = \"type\")]\n    type_: String,\n}\n"
        ));
        assert!(written.contains(
            "    #[serde(default, rename = \"Pools\")]\n    pools: Vec<CreatePoolsElement>,\n"
        ));
    }
}
