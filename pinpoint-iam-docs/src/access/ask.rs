//! Evaluates the policies of a principal for every request at once.

use std::collections::BTreeSet;

use super::verdict::{Dependence, ResourceDependence, RouteVerdict};
use crate::least_privilege::{dependent_pins, dependent_types, resource_types};
use crate::routes::expression;
use crate::service::arn_of;
use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::arn::{Arn, Scope};
use pinpoint_iam::eval::any_resource::{
    AnyResource, LoadedPolicies, PossibleMatch, is_unknown_resource,
};
use pinpoint_iam::eval::{Decision, Evaluation};
use pinpoint_iam::pattern::Coverage;
use pinpoint_iam::pattern::nfa::Nfa;
use pinpoint_iam::principal::Principal;
use pinpoint_iam::resource::{RequestedResource, ResourceTypeMetadata};
use pinpoint_iam::web::{ActionRequirement, DependentRequirement, Requirement};

/// A principal whose policies are evaluated.
pub(super) struct Asked<'a> {
    policies: &'a LoadedPolicies,
    principal: &'a Principal,
    scope: &'a Scope,
}

/// The components of the ARNs that a request may name.
type Components = [Nfa; 5];

impl<'a> Asked<'a> {
    pub(super) const fn new(
        policies: &'a LoadedPolicies,
        principal: &'a Principal,
        scope: &'a Scope,
    ) -> Self {
        Self {
            policies,
            principal,
            scope,
        }
    }

    /// Returns the verdict for everything that a handler requires.
    pub(super) fn handler(&self, requirement: &Requirement) -> RouteVerdict {
        let mut verdict = self.requirement(requirement);
        if let RouteVerdict::Depends(dependence) = &mut verdict {
            dependence.grounds.insert(expression(requirement));
        }
        verdict
    }

    fn requirement(&self, requirement: &Requirement) -> RouteVerdict {
        let each = |several: &[Requirement]| -> Vec<RouteVerdict> {
            several.iter().map(|part| self.requirement(part)).collect()
        };
        match requirement {
            Requirement::Action(action) => self.action(action),
            Requirement::All(several) => RouteVerdict::all(each(several)),
            Requirement::Any(several) => RouteVerdict::any(each(several)),
        }
    }

    /// Returns the verdict for an action with its dependent actions.
    fn action(&self, requirement: &ActionRequirement) -> RouteVerdict {
        let action = requirement.action;
        let types = resource_types(action, &requirement.resource);
        let own = self.resource_types(action, types, action.pinned);
        if requirement.dependents.is_empty() {
            return own;
        }
        let dependents = requirement.dependents.iter();
        let dependents = dependents.map(|dependent| self.dependent(requirement, dependent));
        RouteVerdict::all(std::iter::once(own).chain(dependents).collect())
    }

    fn dependent(
        &self,
        requirement: &ActionRequirement,
        dependent: &DependentRequirement,
    ) -> RouteVerdict {
        let action = dependent.action;
        let verdict = if action.has_catalog() {
            let pins = dependent_pins(requirement, dependent);
            self.resource_types(action, dependent_types(dependent), &pins)
        } else {
            self.outside(action)
        };
        if dependent.only_with_tags {
            verdict.only_for_tags()
        } else {
            verdict
        }
    }

    /// Returns the verdict for an action of a service without a catalog, on every resource of the account.
    fn outside(&self, action: &'static ActionMetadata) -> RouteVerdict {
        let (partition, account) = (self.scope.partition(), self.scope.account());
        let service = action.service.prefix;
        let example = format!("arn:{partition}:{service}::{account}:*");
        let Ok(arn) = Arn::parse(&example) else {
            return RouteVerdict::Depends(Dependence::default());
        };
        let anything = || {
            let mut anything = Nfa::empty_text();
            anything.push_anything();
            anything
        };
        // `iam:PassRole` acts on roles, whose ARNs have a known format.
        let passes_role = action.to_string().eq_ignore_ascii_case("iam:PassRole");
        let (service, region, resource) = if passes_role {
            let mut role = Nfa::text("role/");
            role.push_anything();
            (Nfa::text(service), Nfa::empty_text(), role)
        } else {
            (anything(), anything(), anything())
        };
        let components = [
            Nfa::text(partition),
            service,
            region,
            Nfa::text(account),
            resource,
        ];
        self.walk(action, RequestedResource::Arn(arn), Some(&components))
    }

    fn resource_types(
        &self,
        action: &'static ActionMetadata,
        types: Vec<&'static ResourceTypeMetadata>,
        pinned: &[(&str, &str)],
    ) -> RouteVerdict {
        if types.is_empty() {
            return self.walk(action, RequestedResource::All, None);
        }
        let verdict = |resource_type: &'static ResourceTypeMetadata| {
            (
                arn_of(action, resource_type),
                self.resource_type(action, resource_type, pinned),
            )
        };
        RouteVerdict::one_of(types.into_iter().map(verdict).collect())
    }

    fn resource_type(
        &self,
        action: &'static ActionMetadata,
        resource_type: &'static ResourceTypeMetadata,
        pinned: &[(&str, &str)],
    ) -> RouteVerdict {
        // An example of such an ARN, used where only the account or the start of the ARN matters.
        let example = resource_type.arn_pattern(self.scope, |_| None);
        let example = example.unwrap_or_default();
        let Ok(arn) = Arn::parse(&example) else {
            return RouteVerdict::Depends(Dependence::default());
        };
        let components = resource_type.languages(self.scope, pinned);
        self.walk(action, RequestedResource::Arn(arn), Some(&components))
    }

    /// Evaluates all requests of an action on resources with such ARNs, or on `*`.
    fn walk(
        &self,
        action: &'static ActionMetadata,
        example: RequestedResource<'_>,
        components: Option<&Components>,
    ) -> RouteVerdict {
        let request = AnyResource {
            action,
            example,
            components,
            scope: self.scope,
        };
        let mut found = BTreeSet::new();
        let mut grounds = BTreeSet::new();
        let result = request.evaluate(self.policies, self.principal, |possible| {
            grounds.insert(ground(&possible));
            if let Some(components) = components {
                found.extend(resources(&possible, components));
            }
        });
        let needed = match result.evaluation {
            Evaluation::Decided(Decision::Allow(_)) => return RouteVerdict::Allowed,
            Evaluation::Decided(Decision::Deny(by)) if by.is_explicit() => {
                return RouteVerdict::ExplicitDeny;
            }
            Evaluation::Decided(Decision::Deny(_)) => return RouteVerdict::ImplicitDeny,
            Evaluation::Indeterminate(needed) => needed,
        };
        grounds.extend(result.principal);
        RouteVerdict::Depends(Dependence {
            keys: needed
                .iter()
                .filter(|key| !is_unknown_resource(key))
                .map(|key| key.as_str().to_owned())
                .collect(),
            resources: found,
            grounds,
        })
    }
}

/// Returns the resources to which a statement applies, or `None` if it does not distinguish between resources.
fn resources(possible: &PossibleMatch<'_>, components: &Components) -> Option<ResourceDependence> {
    if !possible.depends_on_resource {
        return None;
    }
    let element = possible.statement.resource()?;
    let patterns: BTreeSet<String> = element
        .patterns()
        .iter()
        .filter(|pattern| pattern.extent(components, possible.request) != Coverage::None)
        .map(|pattern| pattern.as_str().to_owned())
        .collect();
    let effect = possible.statement.effect();
    let patterns = patterns.into_iter().collect();
    Some(if element.is_negated() {
        ResourceDependence::AllBut(effect, patterns)
    } else {
        ResourceDependence::On(effect, patterns)
    })
}

/// Returns what a statement contributes to the grounds of a verdict: its text, and whether it is uncertain that it
/// matches.
fn ground(possible: &PossibleMatch<'_>) -> String {
    let text = serde_json::to_string(possible.statement)
        // If it cannot be written as JSON, its parts with their positions are used instead. They are equal less often
        // than the JSON.
        .unwrap_or_else(|_| format!("{:?}", possible.statement));
    format!("{} {:?} {text}", possible.policy_type, possible.matches)
}
