//! Finds condition keys that no request of the statement's actions contains.

use super::action::{Covered, only};
use super::entries::ServiceCatalog;
use super::{CatalogChecker, Finding, Subject, is_in_restriction};
use crate::condition::{BaseOperator, Operator, SetOperator};
use crate::context::{ConditionKey, TagKey, is_named};
use crate::effect::Effect;
use crate::policy::Statement;
use crate::position::Position;
use crate::quoted::{Quoted, list};

impl<'c, S: ServiceCatalog<'c>> CatalogChecker<'c, S> {
    /// Reports the condition keys of the statement that no request contains: keys that start with the prefix of a service
    /// with a catalog and that no catalog defines.
    ///
    /// This includes the keys of policy variables. Nothing is known about keys with other prefixes. This also applies to
    /// `aws:`, because AWS adds global keys over time, and applications may add their own.
    pub(super) fn check_keys(&self, statement: &Statement, findings: &mut Vec<Finding>) {
        let in_condition = is_in_restriction(statement, false);
        let positions = statement.condition_positions();
        for (condition, position) in statement.conditions().iter().zip(positions) {
            for key in condition.keys() {
                let mut finding = self.unknown_key(key, position, in_condition);
                // A key of a variable is a part of another string.
                if let Some(finding) = finding.as_mut().filter(|_| key != condition.key()) {
                    finding.suggestion = None;
                }
                findings.extend(finding);
            }
        }
        let Some(element) = statement.resource() else {
            return;
        };
        let in_resource = is_in_restriction(statement, element.is_negated());
        for pattern in element.patterns() {
            let keys = pattern.variables().map(|variable| variable.key());
            let found =
                keys.filter_map(|key| self.unknown_key(key, pattern.position(), in_resource));
            findings.extend(found.map(|finding| Finding {
                suggestion: None,
                ..finding
            }));
        }
    }

    /// Reports the condition keys that a catalog defines, and that no action of the statement has.
    ///
    /// Not reported are conditions that are made for requests without the key: `Null`, and operators with `IfExists`.
    /// Not reported are keys that requests for other covered actions may have: tags of the request, if the statement
    /// covers actions without a catalog. The keys of a service are sent for actions in its catalog only.
    pub(super) fn check_presence(
        &self,
        statement: &Statement,
        covered: &Covered<'_, 'c, S>,
        findings: &mut Vec<Finding>,
    ) {
        if covered.is_empty() || covered.has_unknown {
            return;
        }
        let positions = statement.condition_positions();
        for (condition, position) in statement.conditions().iter().zip(positions) {
            let (key, operator) = (condition.key(), condition.operator());
            let name = key.as_str();
            if is_made_for_absence(operator) || !self.defines(name) {
                continue;
            }
            let may_be_of_others = match TagKey::of(name) {
                // Sources of tags may supply them for any resource.
                Some(TagKey::Resource) => true,
                Some(TagKey::Request) => covered.others(),
                // The catalog of a service may list global keys, which requests for all actions can have.
                None => self.service_of(name).is_none(),
            };
            if may_be_of_others || covered.actions().any(|known| known.can_have(name)) {
                continue;
            }
            let denies = statement.effect() == Effect::Deny;
            let so = match (holds_without_key(operator), denies) {
                (false, true) => "so it denies nothing",
                (false, false) => "so it allows nothing",
                (true, _) => "so the condition always holds",
            };
            findings.push(Finding {
                subject: Subject::KeyNeverPresent,
                position,
                message: format!(
                    "requests for the statement's actions never have {}, {so}",
                    Quoted(name)
                ),
                hint: "remove the condition, or list actions that support the key".to_owned(),
                suggestion: None,
                is_in_restriction: is_in_restriction(statement, false),
            });
        }
    }

    /// Whether a catalog defines the condition key.
    ///
    /// A service may use keys of another service, so that any catalog counts.
    pub fn defines(&self, key: &str) -> bool {
        self.services.iter().any(|known| {
            let mut names = known.service.condition_keys();
            names.any(|name| is_named(name, key))
        })
    }

    /// The service with the prefix of a condition key.
    fn service_of(&self, key: &str) -> Option<S> {
        let (prefix, _) = key.split_once(':')?;
        let mut services = self.services.iter().map(|known| known.service);
        services.find(|service| service.prefix().eq_ignore_ascii_case(prefix))
    }

    fn unknown_key(
        &self,
        key: &ConditionKey,
        position: Position,
        is_in_restriction: bool,
    ) -> Option<Finding> {
        let name = key.as_str();
        let service = self.service_of(name)?;
        if self.defines(name) {
            return None;
        }
        let (hint, suggestion) = self.hints.compare(
            service.condition_keys().len(),
            || hint(service, name),
            || (see_the_catalog(service), None),
        );
        Some(Finding {
            subject: Subject::UnknownConditionKey(key.clone()),
            position,
            message: format!("unknown condition key `{}`", name.escape_debug()),
            hint,
            suggestion,
            is_in_restriction,
        })
    }
}

/// Whether an operator is made for requests without the key.
fn is_made_for_absence(operator: Operator) -> bool {
    operator.base() == BaseOperator::Null || operator.if_exists()
}

/// Whether a comparison holds for requests without the key.
fn holds_without_key(operator: Operator) -> bool {
    match operator.set() {
        Some(SetOperator::ForAllValues) => true,
        Some(SetOperator::ForAnyValue) => false,
        None => operator.base().is_negated(),
    }
}

/// The maximum number of keys in a hint.
const SHOWN: usize = 10;

fn see_the_catalog<'c>(service: impl ServiceCatalog<'c>) -> String {
    format!(
        "see the condition keys in the catalog of `{}`",
        service.prefix()
    )
}

/// The hint, and the name that was probably meant.
fn hint<'c, S: ServiceCatalog<'c>>(service: S, name: &str) -> (String, Option<String>) {
    let prefix = service.prefix();
    let start = format!("{prefix}:");
    let has_prefix = |key: &&str| {
        let key = key.get(..start.len());
        key.is_some_and(|key| key.eq_ignore_ascii_case(&start))
    };
    let near = nearest_keys(service, name);
    if !near.is_empty() {
        let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
        return (format!("did you mean {}?", list("or", &near)), only(near));
    }
    let keys: Vec<&str> = service.condition_keys().filter(has_prefix).collect();
    let hint = if keys.is_empty() {
        format!("the catalog of `{prefix}` defines no keys that start with `{start}`")
    } else if keys.len() > SHOWN {
        see_the_catalog(service)
    } else {
        format!("the catalog of `{prefix}` defines {}", list("and", keys))
    };
    (hint, None)
}

/// The condition keys of the catalog that `name` was probably meant to be, best first.
fn nearest_keys<'c, S: ServiceCatalog<'c>>(service: S, name: &str) -> Vec<&'c str> {
    let filling = name.split_once('/').map_or("", |(_, filling)| filling);
    // Replaces a placeholder by the text at its position in `name`.
    let filled = service.condition_keys().map(|key| {
        let filled = match key.split_once("${") {
            Some((fixed, _)) => format!("{fixed}{filling}"),
            None => key.to_owned(),
        };
        (filled, key)
    });
    let filled: Vec<(String, &'c str)> = filled.collect();
    S::nearest(name, filled.iter().map(|(filled, _)| filled.as_str()))
        .into_iter()
        .filter_map(|near| filled.iter().find(|(filled, _)| filled == near))
        .map(|(_, key)| *key)
        .collect()
}
