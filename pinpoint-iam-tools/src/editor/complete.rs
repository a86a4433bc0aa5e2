//! Completion.

use std::collections::BTreeSet;
use std::ops::Range;

use pinpoint_iam_catalog::{Action, Catalog, Service};
use pinpoint_iam_core::condition::BaseOperator;
use pinpoint_iam_lint::{
    DOCUMENT_ELEMENTS, PRINCIPAL_TYPES, STATEMENT_ELEMENTS, global_condition_keys,
};
use serde_json::{Value, json};

use super::scan::{Scan, Slot, scan};
use super::text::Text;

/// The kinds of items, as the protocol numbers them.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Method = 2,
    Property = 10,
    Value = 12,
    Keyword = 14,
    Operator = 24,
}

pub(crate) struct Item {
    pub(crate) label: String,
    kind: Kind,
    detail: String,
}

impl Item {
    pub(crate) fn new(label: impl Into<String>, kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            kind,
            detail: detail.into(),
        }
    }

    /// The item as the protocol contains it. `content` replaces `range`.
    pub(crate) fn render(&self, text: &Text, range: &Range<usize>, content: String) -> Value {
        json!({
            "label": self.label,
            "kind": self.kind as u8,
            "detail": self.detail,
            "filterText": content,
            "textEdit": {"range": text.span(range), "newText": content},
        })
    }
}

/// The items for a cursor in a policy.
pub(crate) fn items(catalog: &Catalog, text: &Text, cursor: usize) -> Vec<Value> {
    let scan = scan(text.as_str(), cursor);
    let (range, is_quoted) = match scan.token.and_then(|index| scan.tokens.get(index)) {
        Some(token) => (token.content.clone(), true),
        None => (cursor..cursor, false),
    };
    let written = text.as_str().get(range.start..cursor).unwrap_or_default();
    let items = candidates(catalog, &scan, written);
    items
        .into_iter()
        .map(|item| render(&item, text, &range, is_quoted))
        .collect()
}

fn render(item: &Item, text: &Text, range: &Range<usize>, is_quoted: bool) -> Value {
    // Names in policies and catalogs need no escapes, but a catalog may contain any text.
    let quoted = json!(item.label).to_string();
    let content = match is_quoted {
        true => quoted.trim_matches('"').to_owned(),
        false => quoted,
    };
    item.render(text, range, content)
}

fn candidates(catalog: &Catalog, scan: &Scan, written: &str) -> Vec<Item> {
    let words = |words: &[&str], detail: &str| -> Vec<Item> {
        let words = words.iter();
        words
            .map(|word| Item::new(*word, Kind::Keyword, detail))
            .collect()
    };
    match scan.cursor.slot() {
        Slot::DocumentMember => words(&DOCUMENT_ELEMENTS, "element of a document"),
        Slot::Version => words(&["2012-10-17"], "version of the policy language"),
        Slot::StatementMember => words(&STATEMENT_ELEMENTS, "element of a statement"),
        Slot::Effect => words(&["Allow", "Deny"], "effect"),
        Slot::PrincipalType => words(&PRINCIPAL_TYPES, "type of principals"),
        Slot::Action => actions(catalog, written),
        Slot::Resource => resources(catalog, scan),
        Slot::Operator => operators(),
        Slot::Key => keys(catalog, scan),
        Slot::Value if is_boolean(scan) => words(&["true", "false"], "Boolean value"),
        Slot::Value | Slot::Other => Vec::new(),
    }
}

fn is_boolean(scan: &Scan) -> bool {
    let operator = scan.cursor.operator().unwrap_or_default();
    operator.contains("Bool") || operator.ends_with("Null")
}

/// The actions of the service whose prefix is written, or those of all services.
fn actions(catalog: &Catalog, written: &str) -> Vec<Item> {
    let prefix = written.split_once(':').map(|(prefix, _)| prefix);
    let is_wanted = |service: &&Service| {
        prefix.is_none_or(|prefix| service.prefix.eq_ignore_ascii_case(prefix))
    };
    let mut items = Vec::new();
    for service in catalog.services().iter().filter(is_wanted) {
        items.push(Item::new(
            format!("{}:*", service.prefix),
            Kind::Method,
            format!("all actions of {}", service.name),
        ));
        for action in service.actions() {
            let level = action.access_level.map_or("", |level| level.name());
            items.push(Item::new(
                format!("{}:{}", service.prefix, action.name),
                Kind::Method,
                level,
            ));
        }
    }
    items
}

/// The actions that the statement of the cursor covers, of all services if it has no `Action`.
fn covered<'c>(catalog: &'c Catalog, scan: &Scan) -> Vec<(&'c Service, &'c Action)> {
    let written = scan.actions();
    let mut covered = Vec::new();
    for service in catalog.services() {
        for action in service.actions() {
            let is_covered = written
                .as_ref()
                .is_none_or(|entries| entries.iter().any(|entry| covers(entry, service, action)));
            if is_covered {
                covered.push((service, action));
            }
        }
    }
    covered
}

fn covers(entry: &str, service: &Service, action: &Action) -> bool {
    if entry == "*" {
        return true;
    }
    let Some((prefix, name)) = entry.split_once(':') else {
        return false;
    };
    service.prefix.eq_ignore_ascii_case(prefix)
        && service
            .actions_matching(name)
            .any(|found| std::ptr::eq(found, action))
}

fn resources(catalog: &Catalog, scan: &Scan) -> Vec<Item> {
    let mut items = vec![Item::new("*", Kind::Value, "all resources")];
    let mut seen = BTreeSet::new();
    for (service, action) in covered(catalog, scan) {
        for resource in &action.resources {
            let template = action.arn(resource);
            let pattern = pattern(&template, service);
            if seen.insert(pattern.clone()) {
                items.push(Item::new(
                    pattern,
                    Kind::Value,
                    format!("{}: {template}", resource.name),
                ));
            }
        }
    }
    items
}

/// An ARN template with `*` for each placeholder, in the partition of the service.
fn pattern(template: &str, service: &Service) -> String {
    let partition = service.partitions.first().map_or("aws", String::as_str);
    let template = template.replace("${Partition}", partition);
    let mut pattern = String::new();
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pattern.push_str(rest);
    pattern
}

fn operators() -> Vec<Item> {
    let mut items = Vec::new();
    let mut push = |name: String, detail: &str| {
        items.push(Item::new(name, Kind::Operator, detail));
    };
    for base in BaseOperator::ALL {
        push(base.as_str().to_owned(), "condition operator");
    }
    for base in BaseOperator::ALL {
        if *base == BaseOperator::Null {
            continue;
        }
        let name = base.as_str();
        push(format!("{name}IfExists"), "holds without the key");
        push(format!("ForAnyValue:{name}"), "for multivalued keys");
        push(format!("ForAllValues:{name}"), "for multivalued keys");
    }
    items
}

/// The keys of the statement's actions, and AWS's global keys.
fn keys(catalog: &Catalog, scan: &Scan) -> Vec<Item> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (_, action) in covered(catalog, scan) {
        names.extend(action.condition_keys.iter().map(String::as_str));
    }
    let mut items: Vec<Item> = names
        .iter()
        .map(|name| {
            let mut services = catalog.services().iter();
            let key = services.find_map(|service| service.condition_key(name));
            let detail = key.map_or("", |key| key.value_type.as_str());
            // The name of a tag follows the slash.
            let label = name.split_once("${").map_or(*name, |(start, _)| start);
            Item::new(label, Kind::Property, detail)
        })
        .collect();
    for name in global_condition_keys() {
        if !items
            .iter()
            .any(|item| item.label.eq_ignore_ascii_case(name))
        {
            items.push(Item::new(name, Kind::Property, "global condition key"));
        }
    }
    items
}
