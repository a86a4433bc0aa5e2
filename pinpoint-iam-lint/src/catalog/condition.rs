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
        let keys = condition.keys();
        findings.extend(keys.filter_map(|key| check_key(catalog, key, position, hints)));
    }
    let patterns = statement
        .resource()
        .into_iter()
        .flat_map(ResourceElement::patterns);
    for pattern in patterns {
        let keys = pattern.variables().map(|variable| variable.key());
        findings.extend(keys.filter_map(|key| check_key(catalog, key, pattern.position(), hints)));
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
    Some(Finding {
        subject: Subject::UnknownConditionKey,
        position,
        message: format!("unknown condition key `{}`", name.escape_debug()),
        hint: hints.compare(
            service.condition_keys().len(),
            || hint(service, name),
            || {
                format!(
                    "see the condition keys in the catalog of `{}`",
                    service.prefix
                )
            },
        ),
    })
}

/// The maximum number of keys in a hint.
const SHOWN: usize = 10;

fn hint(service: &Service, name: &str) -> String {
    let prefix = &service.prefix;
    let start = format!("{prefix}:");
    let has_prefix = |key: &&str| {
        let key = key.get(..start.len());
        key.is_some_and(|key| key.eq_ignore_ascii_case(&start))
    };
    let near = service.nearest_condition_keys(name);
    if !near.is_empty() {
        return format!("did you mean {}?", list("or", near));
    }
    let keys = service.condition_keys().iter();
    let keys: Vec<&str> = keys
        .map(|key| key.name.as_str())
        .filter(has_prefix)
        .collect();
    if keys.is_empty() {
        return format!("the catalog of `{prefix}` defines no keys that start with `{start}`");
    }
    if keys.len() > SHOWN {
        return format!("see the condition keys in the catalog of `{prefix}`");
    }
    format!("the catalog of `{prefix}` defines {}", list("and", keys))
}
