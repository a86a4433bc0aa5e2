//! Finds actions that are not in the catalog.

use pinpoint_iam_catalog::{Catalog, Service, nearest};
use pinpoint_iam_core::policy::{ActionPattern, Effect, Statement};

use super::arns::{CatalogAction, ServiceActions};
use super::{Finding, Hints, Subject};
use crate::names::list;

/// The actions that a statement covers.
pub(crate) struct Covered<'a, 'c> {
    /// The covered actions of the catalog.
    pub(crate) actions: Vec<&'a CatalogAction<'c>>,
    /// Whether it may cover others: actions of services that are not in the catalog, or actions that were reported.
    pub(crate) others: bool,
}

/// Reports errors in the statement's actions, and returns the actions that it covers.
pub(crate) fn check<'a, 'c>(
    catalog: &Catalog,
    services: &'a [ServiceActions<'c>],
    statement: &Statement,
    hints: &Hints,
    findings: &mut Vec<Finding>,
) -> Covered<'a, 'c> {
    let element = statement.action();
    let mut others = element.is_negated();
    for pattern in element.patterns() {
        match check_pattern(catalog, pattern, hints) {
            Ok(Scope::Catalog) => {}
            Ok(Scope::Beyond) => others = true,
            Err(finding) => {
                findings.push(finding);
                others = true;
            }
        }
    }
    // The effect only matters for a wildcard in a prefix, which may cover other actions in any case.
    let is_covered = |known: &&CatalogAction<'_>| {
        let mut patterns = element.patterns().iter();
        let is_named = patterns.any(|pattern| {
            pattern.matches(&known.service.prefix, &known.action.name, Effect::Deny)
        });
        is_named != element.is_negated()
    };
    let services = services.iter().filter(|known| {
        let mut patterns = element.patterns().iter();
        element.is_negated() || patterns.any(|pattern| may_name(pattern, &known.service.prefix))
    });
    Covered {
        actions: services
            .flat_map(ServiceActions::actions)
            .filter(is_covered)
            .collect(),
        others,
    }
}

/// The services to which the actions of a pattern belong.
enum Scope {
    /// A service of the catalog.
    Catalog,
    /// Other services, possibly in addition to services of the catalog.
    Beyond,
}

fn check_pattern(
    catalog: &Catalog,
    pattern: &ActionPattern,
    hints: &Hints,
) -> Result<Scope, Finding> {
    let Some((prefix, name)) = pattern.as_str().split_once(':') else {
        return Ok(Scope::Beyond);
    };
    if pattern.is_everything() || is_pattern(prefix) {
        return Ok(Scope::Beyond);
    }
    let finding = |subject, message, hint| Finding {
        subject,
        position: pattern.position(),
        message,
        hint,
        suggestion: None,
    };
    let shown = pattern.as_str().escape_debug();
    let mut services = catalog.services().iter();
    let Some(service) = services.find(|service| service.prefix.eq_ignore_ascii_case(prefix)) else {
        // Nothing is known about a service without a catalog. If its name resembles one with a catalog, this proves
        // nothing: AWS has both `sns` and `sqs`.
        return Ok(Scope::Beyond);
    };
    if has_match(service, pattern) {
        Ok(Scope::Catalog)
    } else if is_pattern(name) {
        Err(finding(
            Subject::UnmatchedWildcard,
            format!("`{shown}` does not match any action"),
            hints.compare(
                service.actions().len(),
                || hint_for_pattern(service, name),
                || see_the_catalog(service),
            ),
        ))
    } else {
        let (hint, suggestion) = hints.compare(
            service.actions().len(),
            || {
                let unknown = catalog.unknown_in_policy(service, name);
                (unknown.hint(), only(unknown.suggestions()))
            },
            || (see_the_catalog(service), None),
        );
        let message = format!("unknown action `{shown}`");
        Err(Finding {
            suggestion,
            ..finding(Subject::UnknownAction, message, hint)
        })
    }
}

/// The element of a list with one element.
fn only(names: &[String]) -> Option<String> {
    match names {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// Whether a pattern can match an action of the service with this prefix.
fn may_name(pattern: &ActionPattern, prefix: &str) -> bool {
    match pattern.as_str().split_once(':') {
        Some((named, _)) if !is_pattern(named) => named.eq_ignore_ascii_case(prefix),
        _ => true,
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn has_match(service: &Service, pattern: &ActionPattern) -> bool {
    let mut actions = service.actions().iter();
    actions.any(|action| pattern.matches(&service.prefix, &action.name, Effect::Deny))
}

fn see_the_catalog(service: &Service) -> String {
    format!("see the actions in the catalog of `{}`", service.prefix)
}

fn hint_for_pattern(service: &Service, name: &str) -> String {
    let prefix = &service.prefix;
    let fixed = name.replace(['*', '?'], "");
    let names = service.actions().iter().map(|action| action.name.as_str());
    let near = nearest(&fixed, names);
    if near.is_empty() {
        return see_the_catalog(service);
    }
    let near = near.iter().map(|name| format!("{prefix}:{name}"));
    format!("did you mean {}?", list("or", near))
}
