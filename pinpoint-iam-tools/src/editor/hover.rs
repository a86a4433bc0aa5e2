//! Hover texts: the rows of the service tables.

use std::fmt::Write;

use pinpoint_iam_catalog::{Action, Catalog, LifecycleState, Service};
use pinpoint_iam_lint::global_condition_keys;
use serde_json::{Value, json};

use super::scan::{Slot, scan};
use super::text::Text;

/// The text for a cursor in a policy; `null` if there is nothing to show.
pub(crate) fn hover(catalog: &Catalog, text: &Text, cursor: usize) -> Value {
    let scan = scan(text.as_str(), cursor);
    let Some(token) = scan.token.and_then(|index| scan.tokens.get(index)) else {
        return Value::Null;
    };
    let shown = match token.place.slot() {
        Slot::Action => of_action(catalog, &token.text),
        Slot::Key => of_key(catalog, &token.text),
        _ => None,
    };
    match shown {
        Some(shown) => json!({
            "contents": {"kind": "markdown", "value": shown},
            "range": text.span(&token.content),
        }),
        None => Value::Null,
    }
}

/// The maximum number of actions that a pattern shows.
const SHOWN: usize = 20;

/// The row of an action, or the names of those that a pattern matches.
pub(crate) fn of_action(catalog: &Catalog, entry: &str) -> Option<String> {
    let (prefix, name) = entry.split_once(':')?;
    let mut services = catalog.services().iter();
    let service = services.find(|service| service.prefix.eq_ignore_ascii_case(prefix))?;
    let actions: Vec<&Action> = service.actions_matching(name).collect();
    match actions.as_slice() {
        [] => None,
        [only] if !name.contains(['*', '?']) => Some(row(service, only)),
        several => {
            let mut shown = format!("{} actions of {}\n", several.len(), service.name);
            for action in several.iter().take(SHOWN) {
                let _ = write!(shown, "\n- `{}:{}`", service.prefix, action.name);
            }
            if several.len() > SHOWN {
                shown.push_str("\n- …");
            }
            Some(shown)
        }
    }
}

/// The row of an action in the service's table, one column per line.
fn row(service: &Service, action: &Action) -> String {
    let mut shown = format!("**`{}:{}`**", service.prefix, action.name);
    if let Some(level) = action.access_level {
        let _ = write!(shown, " · {}", level.name());
    }
    let _ = write!(shown, "\n\n{}\n", action.summary);
    let mut line = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            let _ = write!(shown, "\n- {title}: {}", items.join(", "));
        }
    };
    let code = |text: &String| format!("`{text}`");
    let resources = action.resources.iter();
    line(
        "resource types",
        resources
            .map(|resource| format!("{} (`{}`)", resource.name, action.arn(resource)))
            .collect(),
    );
    line(
        "condition keys",
        action.condition_keys.iter().map(code).collect(),
    );
    let dependent = action.dependent_actions.iter();
    line(
        "dependent actions",
        dependent.map(|other| code(&other.action)).collect(),
    );
    if action.lifecycle.state == LifecycleState::Ended {
        let day = action.lifecycle.ended.clone().unwrap_or_default();
        line("retired", vec![day]);
    }
    let documentation = action.documentation.as_ref();
    let page = documentation.or(service.documentation.as_ref());
    line(
        "documentation",
        page.map(|page| format!("<{page}>")).into_iter().collect(),
    );
    shown
}

fn of_key(catalog: &Catalog, name: &str) -> Option<String> {
    let mut services = catalog.services().iter();
    if let Some(key) = services.find_map(|service| service.condition_key(name)) {
        let name = &key.name;
        return Some(format!(
            "**`{name}`** · {}\n\n{}",
            key.value_type, key.summary
        ));
    }
    let is_global = |known: &&str| match known.strip_suffix('/') {
        Some(_) => name
            .get(..known.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(known)),
        None => known.eq_ignore_ascii_case(name),
    };
    let known = global_condition_keys().find(is_global)?;
    Some(format!(
        "**`{known}`** · [global condition key](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)"
    ))
}
