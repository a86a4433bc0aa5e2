//! Finds ARNs on which no action of their statement acts.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::action::Covered;
use super::arns::{Arns, CatalogAction, ComparedPattern, DistinctArns, ServiceActions};
use super::entries::ServiceCatalog;
use super::{CatalogChecker, Finding, Subject, is_in_restriction};
use crate::policy::{ResourcePattern, Statement};
use crate::quoted::list;

impl<'c, S: ServiceCatalog<'c>> CatalogChecker<'c, S> {
    /// Reports the ARNs of the statement that none of its actions can match.
    pub(super) fn check_resources(
        &self,
        statement: &Statement,
        covered: &Covered<'_, 'c, S>,
        findings: &mut Vec<Finding>,
    ) {
        let Some(element) = statement.resource() else {
            return;
        };
        for pattern in element.patterns() {
            // Only the service knows how it completes such a form.
            if pattern.is_everything() || pattern.is_left_to_its_service() {
                continue;
            }
            // A name that resembles one in the catalogs changes only the hint, never whether there is an error.
            if covered.others() && !self.is_of_catalog(pattern) {
                continue;
            }
            let compared = ComparedPattern::of(pattern, &self.forms);
            let can_match = |arns: Rc<Arns>| compared.can_match(&arns, &self.forms);
            let may_be_met = covered.arns().any(can_match)
                || (covered.others() && self.all_arns().iter().any(can_match));
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
                hint: self.hints.compare(
                    self.all().count(),
                    || self.hint_for_resource(pattern, covered),
                    || "see the resource types of the actions in their catalog".to_owned(),
                ),
                suggestion: None,
                is_in_restriction: is_in_restriction(statement, element.is_negated()),
            });
        }
    }

    /// The ARNs on which the actions of all services act.
    fn all_arns(&self) -> &DistinctArns {
        self.all_arns
            .get_or_init(|| DistinctArns::of(self.all(), &self.forms))
    }

    /// The actions of all services.
    fn all(&self) -> impl Iterator<Item = &CatalogAction<'c, S>> {
        self.services.iter().flat_map(ServiceActions::actions)
    }

    /// Whether a pattern names a service with a catalog.
    fn is_of_catalog(&self, pattern: &ResourcePattern) -> bool {
        service(pattern).is_some_and(|name| self.names_of_services().any(|known| known == name))
    }

    /// The names by which ARNs and actions name the services with a catalog.
    fn names_of_services(&self) -> impl Iterator<Item = &'c str> {
        self.services.iter().flat_map(|known| {
            let of_arns = known.service.arn_services();
            of_arns.chain([known.service.prefix()])
        })
    }

    fn hint_for_resource(&self, pattern: &ResourcePattern, covered: &Covered<'_, 'c, S>) -> String {
        let near = service(pattern).map_or_else(Vec::new, |name| {
            let names: BTreeSet<&str> = self.names_of_services().collect();
            if names.contains(name) {
                Vec::new()
            } else {
                S::nearest(name, names)
            }
        });
        let first = match near.as_slice() {
            near @ [_, ..] => format!("did you mean the service {}? ", list("or", near)),
            _ if last(pattern).starts_with('/') => "remove the `/` after the account; ".to_owned(),
            _ => String::new(),
        };
        // Nothing is known about the actions of other services.
        let (who, forms): (_, Vec<Rc<Arns>>) = if covered.is_empty() {
            (
                "the actions of the catalogs",
                self.all_arns().iter().collect(),
            )
        } else {
            ("they", covered.arns().collect())
        };
        let templates: BTreeSet<&str> = forms.iter().map(|arns| arns.template.as_str()).collect();
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
                let is_nearer =
                    common_segments(pattern, template) > common_segments(pattern, nearest);
                if is_nearer { template } else { nearest }
            })
        });
        format!("{first}{who} act on {number} forms of ARNs, such as `{nearest}`")
    }
}

/// The service in the ARN; `None` if that component is missing or has a wildcard.
fn service(pattern: &ResourcePattern) -> Option<&str> {
    let name = pattern.components().nth(1)?.as_str();
    (!name.contains(['*', '?'])).then_some(name)
}

/// The maximum number of templates in a hint. If there are more, it shows one.
const SHOWN: usize = 3;

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
