//! Finds ARNs on which no action of their statement acts.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Catalog, nearest};
use pinpoint_iam_core::policy::{ResourcePattern, Statement};

use super::Finding;
use super::action::Covered;
use super::arns::{CatalogAction, ServiceActions};
use crate::messages::list;

/// Reports the ARNs of the statement that none of its actions can match.
pub(super) fn check(
    catalog: &Catalog,
    services: &[ServiceActions<'_>],
    statement: &Statement,
    covered: &Covered<'_, '_>,
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
            Home::Elsewhere | Home::Near(_) => true,
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
            position: pattern.position(),
            message: format!(
                "`{}` matches nothing that the statement's actions act on{so}",
                pattern.as_str().escape_debug()
            ),
            hint: hint(pattern, &home, covered, services),
        });
    }
}

/// The actions of all services.
fn all<'a, 'c>(services: &'a [ServiceActions<'c>]) -> impl Iterator<Item = &'a CatalogAction<'c>> {
    services.iter().flat_map(ServiceActions::actions)
}

/// The service to which the ARN of a pattern may belong.
enum Home<'c> {
    /// A service in the catalog.
    Catalog,
    /// An unknown service whose name resembles these services in the catalog.
    Near(Vec<&'c str>),
    /// An unknown service.
    Elsewhere,
}

impl<'c> Home<'c> {
    fn of(pattern: &ResourcePattern, catalog: &'c Catalog) -> Self {
        let Some(name) = service(pattern) else {
            return Self::Elsewhere;
        };
        let names: BTreeSet<&str> = catalog
            .services()
            .iter()
            .flat_map(|service| {
                let resources = service.resources().iter();
                let of_arns = resources.map(|resource| resource.arn.service.as_str());
                of_arns.chain([service.prefix.as_str()])
            })
            .collect();
        if names.contains(name) {
            return Self::Catalog;
        }
        let near = nearest(name, names);
        if near.is_empty() {
            Self::Elsewhere
        } else {
            Self::Near(near)
        }
    }
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
    home: &Home<'_>,
    covered: &Covered<'_, '_>,
    services: &[ServiceActions<'_>],
) -> String {
    let first = match home {
        Home::Near(near) => format!("did you mean the service {}? ", list("or", near)),
        _ if last(pattern).starts_with('/') => "remove the `/` behind the account; ".to_owned(),
        _ => String::new(),
    };
    // Nothing is known about the actions of other services.
    let (who, actions): (_, Vec<&CatalogAction<'_>>) = if covered.actions.is_empty() {
        ("actions of the catalog", all(services).collect())
    } else {
        ("they", covered.actions.clone())
    };
    let templates: BTreeSet<&str> = actions
        .iter()
        .flat_map(|known| known.arns())
        .map(|arns| arns.template.as_str())
        .collect();
    if templates.is_empty() {
        return "they are checked against `*`, which no ARN covers; write `*`".to_owned();
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
