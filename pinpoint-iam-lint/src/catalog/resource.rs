//! Finds ARNs on which no action of their statement acts.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Catalog, nearest};
use pinpoint_iam_core::policy::{ResourcePattern, Statement};

use super::action::Covered;
use super::arns::{CatalogAction, ServiceActions};
use super::{Finding, Hints, Subject};
use crate::names::list;

/// Reports the ARNs of the statement that none of its actions can match.
pub(super) fn check(
    catalog: &Catalog,
    services: &[ServiceActions<'_>],
    statement: &Statement,
    covered: &Covered<'_, '_>,
    hints: &Hints,
    findings: &mut Vec<Finding>,
) {
    let Some(element) = statement.resource() else {
        return;
    };
    for pattern in element.patterns() {
        // Only the service knows how it completes such a form.
        if pattern.is_everything()
            || pattern.is_left_to_its_service()
            || covered.actions.iter().any(|known| known.can_meet(pattern))
        {
            continue;
        }
        let home = Home::of(pattern, catalog);
        let may_be_met = match home {
            _ if !covered.others => false,
            // A name that resembles one in the catalog changes only the hint, never whether there is an error.
            Home::Elsewhere => true,
            Home::Catalog => all(services).any(|known| known.can_meet(pattern)),
        };
        if may_be_met {
            continue;
        }
        let so = if element.is_negated() {
            ", so it exempts nothing"
        } else {
            ""
        };
        findings.push(Finding {
            subject: Subject::UnmatchedResource,
            position: pattern.position(),
            message: format!(
                "`{}` does not match any resource of the statement's actions{so}",
                pattern.as_str().escape_debug()
            ),
            hint: hints.compare(
                all(services).count(),
                || hint(pattern, catalog, covered, services),
                || "see the resource types of the actions in their catalog".to_owned(),
            ),
            suggestion: None,
        });
    }
}

/// The actions of all services.
fn all<'a, 'c>(services: &'a [ServiceActions<'c>]) -> impl Iterator<Item = &'a CatalogAction<'c>> {
    services.iter().flat_map(ServiceActions::actions)
}

/// The service to which the ARN of a pattern may belong.
enum Home {
    /// A service in the catalog.
    Catalog,
    /// An unknown service.
    Elsewhere,
}

impl Home {
    fn of(pattern: &ResourcePattern, catalog: &Catalog) -> Self {
        match service(pattern) {
            Some(name) if names_of_services(catalog).any(|known| known == name) => Self::Catalog,
            _ => Self::Elsewhere,
        }
    }
}

/// The names by which ARNs and actions name the services of the catalog.
fn names_of_services(catalog: &Catalog) -> impl Iterator<Item = &str> {
    catalog.services().iter().flat_map(|service| {
        let resources = service.resources().iter();
        let of_arns = resources.map(|resource| resource.arn.service.as_str());
        of_arns.chain([service.prefix.as_str()])
    })
}

/// The service in the ARN; `None` if that component is missing or has a wildcard.
fn service(pattern: &ResourcePattern) -> Option<&str> {
    let name = pattern.components().nth(1)?.as_str();
    (!name.contains(['*', '?'])).then_some(name)
}

/// The maximum number of templates in a hint. If there are more, it shows one.
const SHOWN: usize = 3;

fn hint(
    pattern: &ResourcePattern,
    catalog: &Catalog,
    covered: &Covered<'_, '_>,
    services: &[ServiceActions<'_>],
) -> String {
    let near = service(pattern).map_or_else(Vec::new, |name| {
        let names: BTreeSet<&str> = names_of_services(catalog).collect();
        if names.contains(name) {
            Vec::new()
        } else {
            nearest(name, names)
        }
    });
    let first = match near.as_slice() {
        near @ [_, ..] => format!("did you mean the service {}? ", list("or", near)),
        _ if last(pattern).starts_with('/') => "remove the `/` after the account; ".to_owned(),
        _ => String::new(),
    };
    // Nothing is known about the actions of other services.
    let (who, actions): (_, Vec<&CatalogAction<'_>>) = if covered.actions.is_empty() {
        ("the actions of the catalogs", all(services).collect())
    } else {
        ("they", covered.actions.clone())
    };
    let templates: BTreeSet<&str> = actions
        .iter()
        .flat_map(|known| known.arns())
        .map(|arns| arns.template.as_str())
        .collect();
    if templates.is_empty() {
        return "write `*`; the actions do not support resource-level permissions".to_owned();
    }
    let number = templates.len();
    if number <= SHOWN {
        let templates: Vec<&str> = templates.into_iter().collect();
        return format!("{first}{who} act on {}", list("or", templates));
    }
    let mut templates = templates.into_iter();
    let nearest = templates.next().map_or("", |start| {
        templates.fold(start, |nearest, template| {
            let is_nearer = common_segments(pattern, template) > common_segments(pattern, nearest);
            if is_nearer { template } else { nearest }
        })
    });
    format!("{first}{who} act on {number} forms of ARNs, such as `{nearest}`")
}

/// The number of segments, separated by slashes, that an ARN has in common with a template.
fn common_segments(pattern: &ResourcePattern, template: &str) -> usize {
    let words = last(pattern).split('/').filter(|word| *word != "*");
    let of_pattern: BTreeSet<&str> = words.collect();
    // A `:` within `${…}` would not be one of the five, but no placeholder contains one.
    let resource = template.splitn(6, ':').last().unwrap_or_default();
    let segments = resource.split('/');
    segments
        .filter(|segment| of_pattern.contains(segment))
        .count()
}

/// The last component of an ARN as written in the pattern, even of a short one.
fn last(pattern: &ResourcePattern) -> &str {
    pattern
        .components()
        .last()
        .map_or("", |component| component.as_str())
}
