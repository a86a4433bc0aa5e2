//! Finds condition keys that are not in the catalog.

use pinpoint_iam_catalog::{Catalog, Service};
use pinpoint_iam_core::context::ConditionKey;
use pinpoint_iam_core::policy::{Position, ResourceElement, Statement};

use super::{Finding, Hints, Subject};
use crate::names::list;

/// Reports the condition keys of the statement that no request contains: keys that start with the prefix of a service
/// of the catalog and that no catalog defines.
///
/// This includes the keys of policy variables. Nothing is known about keys with other prefixes. This also applies to
/// `aws:`, because AWS adds global keys over time, and applications may add their own.
pub(super) fn check(
    catalog: &Catalog,
    statement: &Statement,
    hints: &Hints,
    findings: &mut Vec<Finding>,
) {
    let positions = statement.condition_positions();
    for (condition, position) in statement.conditions().iter().zip(positions) {
        for key in condition.keys() {
            let Some(mut finding) = check_key(catalog, key, position, hints) else {
                continue;
            };
            // A key of a variable is a part of another string.
            if key != condition.key() {
                finding.suggestion = None;
            }
            findings.push(finding);
        }
    }
    let patterns = statement
        .resource()
        .into_iter()
        .flat_map(ResourceElement::patterns);
    for pattern in patterns {
        let keys = pattern.variables().map(|variable| variable.key());
        let found = keys.filter_map(|key| check_key(catalog, key, pattern.position(), hints));
        findings.extend(found.map(|finding| Finding {
            suggestion: None,
            ..finding
        }));
    }
}

fn check_key(
    catalog: &Catalog,
    key: &ConditionKey,
    position: Position,
    hints: &Hints,
) -> Option<Finding> {
    let name = key.as_str();
    let (prefix, _) = name.split_once(':')?;
    let services = catalog.services();
    let service = services
        .iter()
        .find(|service| service.prefix.eq_ignore_ascii_case(prefix))?;
    // A service may use keys of another service.
    if services
        .iter()
        .any(|service| service.defines_condition_key(name))
    {
        return None;
    }
    let (hint, suggestion) = hints.compare(
        service.condition_keys().len(),
        || hint(service, name),
        || {
            let hint = format!(
                "see the condition keys in the catalog of `{}`",
                service.prefix
            );
            (hint, None)
        },
    );
    Some(Finding {
        subject: Subject::UnknownConditionKey,
        position,
        message: format!("unknown condition key `{}`", name.escape_debug()),
        hint,
        suggestion,
    })
}

/// The maximum number of keys in a hint.
const SHOWN: usize = 10;

/// The hint, and the name that was probably meant.
fn hint(service: &Service, name: &str) -> (String, Option<String>) {
    let prefix = &service.prefix;
    let start = format!("{prefix}:");
    let has_prefix = |key: &&str| {
        let key = key.get(..start.len());
        key.is_some_and(|key| key.eq_ignore_ascii_case(&start))
    };
    let near = service.nearest_condition_keys(name);
    if !near.is_empty() {
        let only = match near.as_slice() {
            [only] => Some((*only).to_owned()),
            _ => None,
        };
        return (format!("did you mean {}?", list("or", near)), only);
    }
    let keys = service.condition_keys().iter();
    let keys: Vec<&str> = keys
        .map(|key| key.name.as_str())
        .filter(has_prefix)
        .collect();
    let hint = if keys.is_empty() {
        format!("the catalog of `{prefix}` defines no keys that start with `{start}`")
    } else if keys.len() > SHOWN {
        format!("see the condition keys in the catalog of `{prefix}`")
    } else {
        format!("the catalog of `{prefix}` defines {}", list("and", keys))
    };
    (hint, None)
}
