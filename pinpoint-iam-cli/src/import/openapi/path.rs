//! Paths: their parameters, and the resource that they name.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam_catalog::{Placeholder, Route};

use crate::names;

/// The names of parameters that all paths of a document share.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// The name of the parameter at the end of a path, by the path without names: all paths through it use this name.
    by_shape: BTreeMap<String, String>,
}

/// A path of the document.
#[derive(Debug)]
pub(super) struct PathTemplate {
    /// The path in the notation of catalogs, or the reason why it cannot be a route.
    pub(super) route: Result<String, String>,
    /// The parameters: as written in the document, and as named in the catalog.
    pub(super) parameters: Vec<(String, String)>,
    /// Segments that ARNs cannot contain, with their text in ARNs.
    pub(super) altered: Vec<(String, String)>,
    /// The resource component of ARNs, as segments up to the last parameter; empty if there is no parameter.
    pub(super) resource: Vec<Segment>,
}

/// A segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment {
    /// A fixed text.
    Fixed(String),
    /// A parameter, by its name in the catalog.
    Parameter(String),
}

impl Parameters {
    /// Reads a path.
    pub(super) fn read(&mut self, path: &str) -> PathTemplate {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let mut shape = String::new();
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut parameters = Vec::new();
        let mut read: Vec<Segment> = Vec::new();
        let mut route = String::new();
        let mut fault = None;
        let mut altered = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            shape.push('/');
            route.push('/');
            let Some(written) = parameter(segment) else {
                shape.push_str(segment);
                route.push_str(segment);
                let is_end = segment.is_empty() && index + 1 == segments.len();
                if !is_end {
                    if !Route::is_literal_segment(segment) {
                        fault.get_or_insert_with(|| unusable(segment));
                    }
                    let text = in_arn(segment);
                    if text != **segment {
                        altered.push(((*segment).to_owned(), text.clone()));
                    }
                    read.push(Segment::Fixed(text));
                }
                continue;
            };
            shape.push_str("{}");
            if **segment != format!("{{{written}}}") {
                fault.get_or_insert_with(|| unusable(segment));
            }
            let before = read.last();
            let known = self
                .by_shape
                .get(&shape)
                .filter(|known| !used.contains(*known));
            let name = match known {
                Some(known) => known.clone(),
                None => unique(&parameter_name(written), before, &used),
            };
            self.by_shape
                .entry(shape.clone())
                .or_insert_with(|| name.clone());
            used.insert(name.clone());
            route.push_str(&format!("{{{name}}}"));
            parameters.push((written.to_owned(), name.clone()));
            read.push(Segment::Parameter(name));
        }
        let end = read
            .iter()
            .rposition(|segment| matches!(segment, Segment::Parameter(_)));
        let resource = match end {
            Some(end) => {
                let mut resource: Vec<Segment> = read.into_iter().take(end + 1).collect();
                // The version of the API is not a part of the names of its resources.
                while matches!(resource.first(), Some(Segment::Fixed(text)) if is_version(text)) {
                    resource.remove(0);
                }
                resource
            }
            None => Vec::new(),
        };
        PathTemplate {
            route: match fault {
                None => Ok(route),
                Some(fault) => Err(fault),
            },
            parameters,
            altered: if resource.is_empty() {
                Vec::new()
            } else {
                altered
            },
            resource,
        }
    }
}

impl PathTemplate {
    /// The name of the resource's type: `toy` for `/pets/{pet-id}/toys/{toy-id}`. `None` if there is no parameter.
    ///
    /// `is_long` includes the types above it: `pet-toy`.
    pub(super) fn resource_name(&self, is_long: bool) -> Option<String> {
        let mut words = Vec::new();
        for (index, segment) in self.resource.iter().enumerate() {
            let Segment::Parameter(parameter) = segment else {
                continue;
            };
            let before = index
                .checked_sub(1)
                .and_then(|before| self.resource.get(before));
            let word = match before {
                Some(Segment::Fixed(text)) => singular(&names::kebab(text)),
                _ => String::new(),
            };
            words.push(if word.is_empty() {
                let start = parameter.strip_suffix("-id").unwrap_or(parameter);
                if start == "id" { "item" } else { start }.to_owned()
            } else {
                word
            });
        }
        let name = if is_long {
            words.join("-")
        } else {
            words.pop()?
        };
        let is_word = name.starts_with(|first: char| first.is_ascii_lowercase());
        Some(if is_word {
            name
        } else {
            format!("resource-{name}")
        })
    }

    /// The resource component of an ARN template, with the placeholders of the parameters.
    pub(super) fn resource_component(&self, placeholder: impl Fn(&str) -> String) -> String {
        let segments = self.resource.iter().map(|segment| match segment {
            Segment::Fixed(text) => text.clone(),
            Segment::Parameter(name) => format!("${{{}}}", placeholder(name)),
        });
        segments.collect::<Vec<String>>().join("/")
    }
}

/// A segment as a part of ARN templates, in which `*` is an asterisk of all resources.
fn in_arn(segment: &str) -> String {
    let text: String = segment
        .chars()
        .map(|character| match character {
            '-' | '_' | '.' => character,
            other if other.is_ascii_alphanumeric() => other,
            _ => '-',
        })
        .collect();
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// The name of the parameter in a segment: `name` in `{name}` and in `{name}.json`.
fn parameter(segment: &str) -> Option<&str> {
    let (_, rest) = segment.split_once('{')?;
    let (name, _) = rest.split_once('}')?;
    Some(name)
}

fn unusable(segment: &str) -> String {
    format!(
        "`{}` cannot be a segment of a route",
        segment.escape_debug()
    )
}

fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix(['v', 'V']);
    segment == "api"
        || digits.is_some_and(|digits| {
            digits.starts_with(|first: char| first.is_ascii_digit())
                && digits
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
}

/// The name of a parameter in a catalog.
fn parameter_name(written: &str) -> String {
    let kebab = names::kebab(written);
    let kebab = match kebab.chars().next() {
        None => "id".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("id-{kebab}"),
        Some(_) => kebab,
    };
    if Placeholder::can_be_filled_by(&kebab) {
        kebab
    } else {
        format!("{kebab}-id")
    }
}

/// A name that no other parameter of the path has.
fn unique(name: &str, before: Option<&Segment>, used: &BTreeSet<String>) -> String {
    if !used.contains(name) {
        return name.to_owned();
    }
    if let Some(Segment::Fixed(text)) = before {
        let long = parameter_name(&format!("{}-{name}", singular(&names::kebab(text))));
        if !used.contains(&long) {
            return long;
        }
    }
    numbered(name, |name| used.contains(name))
}

/// A name with the first number that makes it unused: `name-2`.
fn numbered(name: &str, is_used: impl Fn(&str) -> bool) -> String {
    (2_u32..)
        .map(|number| format!("{name}-{number}"))
        .find(|name| !is_used(name))
        .unwrap_or_default()
}

/// The singular of a name in lower-case words: `category` for `categories`.
fn singular(plural: &str) -> String {
    if let Some(stem) = plural.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for (end, cut) in [("sses", 2), ("xes", 2), ("ches", 2), ("shes", 2)] {
        if plural.ends_with(end) {
            let stem = plural.len() - cut;
            return plural.get(..stem).unwrap_or(plural).to_owned();
        }
    }
    let is_plural = plural.ends_with('s') && !plural.ends_with("ss") && !plural.ends_with("us");
    match plural.strip_suffix('s') {
        Some(stem) if is_plural && !stem.is_empty() => stem.to_owned(),
        _ => plural.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_routes_and_resources() {
        let mut parameters = Parameters::default();
        for (path, route, resource, name) in [
            ("/pets", Ok("/pets"), "", None),
            ("/pets/", Ok("/pets/"), "", None),
            ("/", Ok("/"), "", None),
            (
                "/pets/{petId}",
                Ok("/pets/{pet-id}"),
                "pets/${pet-id}",
                Some("pet"),
            ),
            (
                "/pets/{pet}/toys",
                Ok("/pets/{pet-id}/toys"),
                "pets/${pet-id}",
                Some("pet"),
            ),
            (
                "/v1/api/pets/{id}",
                Ok("/v1/api/pets/{id}"),
                "pets/${id}",
                Some("pet"),
            ),
            (
                "/shops/{id}/toys/{id}",
                Ok("/shops/{id}/toys/{toy-id}"),
                "shops/${id}/toys/${toy-id}",
                Some("toy"),
            ),
            (
                "/a/{x}/{x}/{x}",
                Ok("/a/{x}/{x-2}/{x-3}"),
                "a/${x}/${x-2}/${x-3}",
                Some("x-3"),
            ),
            (
                "/{tenant_id}",
                Ok("/{tenant-id}"),
                "${tenant-id}",
                Some("tenant"),
            ),
            (
                "/types/{type}",
                Ok("/types/{type-id}"),
                "types/${type-id}",
                Some("type"),
            ),
            ("/q/{2fa}", Ok("/q/{id-2fa}"), "q/${id-2fa}", Some("q")),
            ("/q2/{}", Ok("/q2/{id}"), "q2/${id}", Some("q2")),
            (
                "/files/{name}.json",
                Err("`{name}.json` cannot be a segment of a route"),
                "files/${name}",
                Some("file"),
            ),
            ("/a//b", Err("`` cannot be a segment of a route"), "", None),
            (
                "/caf\u{e9}/{id}",
                Err("`caf\u{e9}` cannot be a segment of a route"),
                "caf-/${id}",
                Some("caf"),
            ),
            (
                "/a//{id}",
                Err("`` cannot be a segment of a route"),
                "a/-/${id}",
                Some("item"),
            ),
            (
                "/a/../b",
                Err("`..` cannot be a segment of a route"),
                "",
                None,
            ),
            (
                "/v1/{name}:cancel",
                Err("`{name}:cancel` cannot be a segment of a route"),
                "${name}",
                Some("name"),
            ),
            (
                "/x?y={z}",
                Err("`x?y={z}` cannot be a segment of a route"),
                "${tenant-id}",
                Some("tenant"),
            ),
        ] {
            let read = parameters.read(path);
            let found = read.route.as_deref().map_err(String::as_str);
            assert_eq!(found, route, "{path}");
            assert_eq!(read.resource_component(str::to_owned), resource, "{path}");
            assert_eq!(read.resource_name(false).as_deref(), name, "{path}");
        }
    }

    #[test]
    fn names_become_singular() {
        for (plural, expected) in [
            ("pets", "pet"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("status", "status"),
            ("glass", "glass"),
            ("s", "s"),
            ("", ""),
        ] {
            assert_eq!(singular(plural), expected);
        }
    }
}
