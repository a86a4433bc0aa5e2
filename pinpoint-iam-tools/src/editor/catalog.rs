//! Completion and hover texts for catalogs.
//!
//! Keys and values with a fixed list are those of the catalog's schema; names are those of the entries of the document.

use std::fmt::Write;
use std::sync::OnceLock;

use pinpoint_iam_catalog::{Catalog, SCHEMA, SourceFile};
use pinpoint_iam_lint::global_condition_keys;
use serde_json::{Value, json};

use super::complete::{Item, Kind};
use super::hover;
use super::text::Text;
use super::toml::{Place, Role, Scan, Token, scan};

/// The items for a cursor in a catalog.
pub(crate) fn items(catalog: &Catalog, text: &Text, cursor: usize) -> Vec<Value> {
    let scan = scan(text.as_str(), cursor);
    let token = scan.token.and_then(|index| scan.tokens.get(index));
    let (range, is_quoted) = match token {
        Some(token) => (token.content.clone(), token.is_quoted),
        None => (cursor..cursor, false),
    };
    let written = text.as_str().get(range.start..cursor).unwrap_or_default();
    if let Some(items) = parts(&scan, written) {
        // Only the part after the opening brace is replaced.
        let start = written
            .rfind('{')
            .map_or(range.start, |at| range.start + at + 1);
        let end = closing(text.as_str(), cursor).unwrap_or(cursor);
        let items = items.iter();
        return items
            .map(|item| item.render(text, &(start..end), item.label.clone()))
            .collect();
    }
    let is_name = scan.cursor.role != Role::Value;
    let items = candidates(catalog, &scan);
    items
        .iter()
        .map(|(item, is_text)| {
            let is_bare =
                |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
            let needs_quotes = match is_name {
                true => !item.label.chars().all(is_bare),
                false => *is_text,
            };
            let content = match needs_quotes && !is_quoted {
                true => json!(item.label).to_string(),
                false => item.label.clone(),
            };
            item.render(text, &range, content)
        })
        .collect()
}

/// The end of the name in braces that starts before the cursor.
fn closing(text: &str, cursor: usize) -> Option<usize> {
    let rest = text.get(cursor..)?;
    let end =
        rest.find(|character: char| !character.is_ascii_alphanumeric() && character != '-')?;
    Some(cursor + end)
}

/// The placeholders of an ARN or the parameters of a route, within braces.
fn parts(scan: &Scan, written: &str) -> Option<Vec<Item>> {
    if scan.cursor.role != Role::Value {
        return None;
    }
    let (before, part) = written.rsplit_once('{')?;
    if part.contains('}') {
        return None;
    }
    let placeholders = scan.entries("placeholders").into_iter();
    let parameter = |name: &str| scan.text(&["placeholders", name, "parameter"]);
    let items = match scan.cursor.names().as_slice() {
        ["resources", _, "arn"] if before.ends_with('$') => {
            let fixed = ["Partition", "Region", "Account"].into_iter();
            let fixed =
                fixed.map(|name| Item::new(name, Kind::Value, "from the scope of the deployment"));
            let own = placeholders.map(|name| {
                let summary = scan.text(&["placeholders", name, "summary"]);
                Item::new(name, Kind::Value, summary.unwrap_or_default())
            });
            fixed.chain(own).collect()
        }
        ["actions", _, "route"] => placeholders
            .filter_map(|name| {
                Some(Item::new(
                    parameter(name)?,
                    Kind::Value,
                    format!("fills `${{{name}}}`"),
                ))
            })
            .collect(),
        _ => return None,
    };
    Some(items)
}

/// The items, each with whether it is a text and needs quotation marks.
fn candidates(catalog: &Catalog, scan: &Scan) -> Vec<(Item, bool)> {
    let texts = |items: Vec<Item>| items.into_iter().map(|item| (item, true)).collect();
    let path = scan.cursor.names();
    match scan.cursor.role {
        Role::Header if path == ["condition-keys"] => texts(global_keys()),
        Role::Header => texts(headers(&path)),
        Role::Key => texts(keys(scan, &path)),
        Role::Value => match names(catalog, scan, &path) {
            Some(items) => texts(items),
            None => values(&path),
        },
        Role::Other => Vec::new(),
    }
}

/// The tables that the header of a table may continue with.
fn headers(path: &[&str]) -> Vec<Item> {
    let properties = node(path).and_then(|node| node.get("properties")?.as_object());
    let properties = properties.into_iter().flatten();
    properties
        .filter(|(_, property)| is_table(property))
        .map(|(name, property)| Item::new(name, Kind::Property, description(property)))
        .collect()
}

fn is_table(property: &'static Value) -> bool {
    let property = resolved(property);
    match property.get("type").and_then(Value::as_str) {
        Some("object") => true,
        Some("array") => property.get("items").is_some_and(is_table),
        _ => false,
    }
}

/// The keys that the table of the cursor may contain and does not have yet.
fn keys(scan: &Scan, path: &[&str]) -> Vec<Item> {
    let at_cursor = |index: usize| scan.token == Some(index);
    let has = |name: &str| {
        scan.tokens.iter().enumerate().any(|(index, token)| {
            let Place { role, table, path } = &token.place;
            *role == Role::Key
                && *table == scan.cursor.table
                && *path == scan.cursor.path
                && token.text == name
                && !at_cursor(index)
        })
    };
    match path {
        ["actions", _, "pinned" | "from-request"] => {
            let names = scan.entries("placeholders").into_iter();
            names
                .filter(|name| !has(name))
                .map(|name| Item::new(name, Kind::Property, "placeholder"))
                .collect()
        }
        ["condition-keys"] => global_keys(),
        _ => {
            let node = node(path);
            let required = node.and_then(|node| node.get("required")?.as_array());
            let is_required =
                |name: &str| required.is_some_and(|names| names.contains(&json!(name)));
            let properties = node.and_then(|node| node.get("properties")?.as_object());
            let properties = properties.into_iter().flatten();
            properties
                .filter(|(name, _)| !has(name))
                .map(|(name, property)| {
                    let note = if is_required(name) { "required: " } else { "" };
                    Item::new(
                        name,
                        Kind::Property,
                        format!("{note}{}", description(property)),
                    )
                })
                .collect()
        }
    }
}

/// AWS's keys, with a placeholder for the key of a tag.
fn global_keys() -> Vec<Item> {
    let names = global_condition_keys().map(|name| match name.ends_with('/') {
        true => format!("{name}${{TagKey}}"),
        false => name.to_owned(),
    });
    names
        .map(|name| Item::new(name, Kind::Property, "global condition key"))
        .collect()
}

/// The names of entries to which a value may refer; `None` if the value does not refer to an entry.
fn names(catalog: &Catalog, scan: &Scan, path: &[&str]) -> Option<Vec<Item>> {
    if path
        == [
            "actions",
            path.get(1).copied()?,
            "dependent-actions",
            "action",
        ]
    {
        return Some(actions(catalog, scan));
    }
    let table = referenced(path)?;
    let label = |name: &str| {
        let text = |key: &str| scan.text(&[table, name, key]);
        text("arn")
            .or(text("type"))
            .or(text("title"))
            .unwrap_or_default()
            .to_owned()
    };
    let names = scan.entries(table).into_iter();
    Some(
        names
            .map(|name| Item::new(name, Kind::Value, label(name)))
            .collect(),
    )
}

/// The table to whose entries the values at a path refer.
fn referenced(path: &[&str]) -> Option<&'static str> {
    match path {
        ["actions", _, "resources"] | ["actions", _, "dependent-actions", "resource"] => {
            Some("resources")
        }
        ["actions", _, "condition-keys" | "required-keys"] | ["resources", _, "condition-keys"] => {
            Some("condition-keys")
        }
        ["actions", _, "sources"]
        | [
            "actions",
            _,
            "lifecycle" | "dependent-actions" | "seen",
            "source",
        ] => Some("sources"),
        _ => None,
    }
}

/// The actions of the document and of the other catalogs.
fn actions(catalog: &Catalog, scan: &Scan) -> Vec<Item> {
    let prefix = scan.text(&["service", "prefix"]).unwrap_or_default();
    let own = scan.entries("actions").into_iter();
    let own = own.map(|name| {
        let level = scan.text(&["actions", name, "access-level"]);
        Item::new(
            format!("{prefix}:{name}"),
            Kind::Method,
            level.unwrap_or_default(),
        )
    });
    let others = catalog.services().iter();
    let others = others.filter(|service| service.prefix != prefix);
    let others = others.flat_map(|service| {
        let actions = service.actions().iter();
        actions.map(|action| {
            let level = action.access_level.map_or("", |level| level.name());
            Item::new(
                format!("{}:{}", service.prefix, action.name),
                Kind::Method,
                level,
            )
        })
    });
    own.chain(others).collect()
}

/// The values that the schema lists.
fn values(path: &[&str]) -> Vec<(Item, bool)> {
    let Some(node) = node(path) else {
        return Vec::new();
    };
    if node.get("type") == Some(&json!("boolean")) {
        let values = ["true", "false"].into_iter();
        return values
            .map(|value| (Item::new(value, Kind::Keyword, ""), false))
            .collect();
    }
    let listed = node.get("enum").and_then(Value::as_array);
    let values = listed.into_iter().flatten();
    values
        .map(|value| match value.as_str() {
            Some(text) => (Item::new(text, Kind::Value, description(node)), true),
            None => (
                Item::new(value.to_string(), Kind::Value, description(node)),
                false,
            ),
        })
        .collect()
}

/// The text for a cursor in a catalog; `null` if there is nothing to show.
pub(crate) fn hover(catalog: &Catalog, text: &Text, cursor: usize) -> Value {
    let scan = scan(text.as_str(), cursor);
    let Some(token) = scan.token.and_then(|index| scan.tokens.get(index)) else {
        return Value::Null;
    };
    let own = Catalog::load([SourceFile::new("", text.as_str())]).ok();
    let own = own.as_ref();
    let mut path = token.place.names();
    let shown = match token.place.role {
        Role::Value => of_value(catalog, own, &scan, token).or_else(|| of_property(&path)),
        Role::Header | Role::Key => match path.as_slice() {
            [table] => of_entry(own, &scan, table, &token.text),
            ["actions", _, "pinned" | "from-request"] => {
                of_entry(own, &scan, "placeholders", &token.text)
            }
            _ => None,
        }
        .or_else(|| {
            path.push(&token.text);
            of_property(&path)
        }),
        Role::Other => None,
    };
    match shown {
        Some(shown) => json!({
            "contents": {"kind": "markdown", "value": shown},
            "range": text.span(&token.content),
        }),
        None => Value::Null,
    }
}

/// The text of an entry to which a value refers.
fn of_value(
    catalog: &Catalog,
    own: Option<&Catalog>,
    scan: &Scan,
    token: &Token,
) -> Option<String> {
    let path = token.place.names();
    if let ["actions", _, "dependent-actions", "action"] = path.as_slice() {
        let of_own = own.and_then(|own| hover::of_action(own, &token.text));
        return of_own.or_else(|| hover::of_action(catalog, &token.text));
    }
    of_entry(own, scan, referenced(&path)?, &token.text)
}

/// The row of an action, or the texts of another entry.
fn of_entry(own: Option<&Catalog>, scan: &Scan, table: &str, name: &str) -> Option<String> {
    let service = own.and_then(Catalog::default_service);
    if let ("actions", Some(service)) = (table, service) {
        return hover::of_action(own?, &format!("{}:{name}", service.prefix));
    }
    if !scan.entries(table).contains(&name) || node(&[table])?.get("properties").is_some() {
        return None;
    }
    let mut shown = format!("**`{name}`**");
    let text = |key: &str| scan.text(&[table, name, key]);
    if let Some(code) = text("arn").or(text("type")).or(text("parameter")) {
        let _ = write!(shown, " · `{code}`");
    }
    if let Some(summary) = text("summary").or(text("title")) {
        let _ = write!(shown, "\n\n{summary}");
    }
    Some(shown)
}

/// The description of a key in the schema, with its type.
fn of_property(path: &[&str]) -> Option<String> {
    let (name, table) = path.split_last()?;
    let property = node(table)?.get("properties")?.get(name)?;
    let mut shown = format!("**`{name}`**");
    let node = resolved(property);
    if let Some(kind) = node.get("type").and_then(Value::as_str) {
        let _ = write!(shown, " · {kind}");
    }
    let _ = write!(shown, "\n\n{}", description(property));
    let listed = node.get("enum").and_then(Value::as_array);
    for value in listed.into_iter().flatten() {
        let _ = write!(
            shown,
            "\n- `{}`",
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        );
    }
    Some(shown)
}

fn schema() -> &'static Value {
    static PARSED: OnceLock<Value> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(SCHEMA).unwrap_or_default())
}

/// The schema of the value at a path. For a list, it is that of its elements.
fn node(path: &[&str]) -> Option<&'static Value> {
    let mut node = element(schema());
    for name in path {
        let property = node
            .get("properties")
            .and_then(|properties| properties.get(name));
        node = element(property.or_else(|| node.get("additionalProperties"))?);
    }
    node.is_object().then_some(node)
}

fn element(node: &'static Value) -> &'static Value {
    let node = resolved(node);
    node.get("items").map_or(node, resolved)
}

/// The definition to which a schema refers.
fn resolved(node: &'static Value) -> &'static Value {
    let reference = node.get("$ref").and_then(Value::as_str);
    let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
    let definition = pointer.and_then(|pointer| schema().pointer(pointer));
    definition.unwrap_or(node)
}

fn description(property: &'static Value) -> &'static str {
    let own = property.get("description");
    let description = own.or_else(|| resolved(property).get("description"));
    description.and_then(Value::as_str).unwrap_or_default()
}
