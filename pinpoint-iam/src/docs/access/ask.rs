//! Evaluates the policies of a principal for every request at once.

use std::collections::BTreeSet;

use super::verdict::{Dependence, ResourceDependence, RouteVerdict};
use crate::action::ActionMetadata;
use crate::arn::{Arn, Scope};
use crate::context::Context;
use crate::docs::least_privilege::resource_types;
use crate::docs::routes::expression;
use crate::docs::service::arn_of;
use crate::eval::reference::ReferenceEvaluation;
use crate::eval::statement::{ResourcePart, StatementMatch, UNKNOWN_RESOURCE};
use crate::eval::{Decision, Evaluation, PolicyType, Truth};
use crate::pattern::Coverage;
use crate::pattern::nfa::Nfa;
use crate::principal::Principal;
use crate::request::Request;
use crate::resource::{RequestedResource, ResourceTypeMetadata};
use crate::source::PolicyStore;
use crate::web::{ActionRequirement, Requirement};

/// A principal whose policies are evaluated.
pub(super) struct Asked<'a> {
    store: &'a PolicyStore,
    principal: &'a Principal,
    scope: &'a Scope,
}

/// The components of the ARNs that a request may name.
type Components = [Nfa; 5];

impl<'a> Asked<'a> {
    pub(super) const fn new(
        store: &'a PolicyStore,
        principal: &'a Principal,
        scope: &'a Scope,
    ) -> Self {
        Self {
            store,
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

    fn action(&self, requirement: &ActionRequirement) -> RouteVerdict {
        let action = requirement.action;
        let types = resource_types(requirement);
        if types.is_empty() {
            return self.walk(action, RequestedResource::All, None);
        }
        let verdict = |resource_type: &'static ResourceTypeMetadata| {
            (
                arn_of(action, resource_type),
                self.resource_type(action, resource_type),
            )
        };
        RouteVerdict::one_of(types.into_iter().map(verdict).collect())
    }

    fn resource_type(
        &self,
        action: &'static ActionMetadata,
        resource_type: &'static ResourceTypeMetadata,
    ) -> RouteVerdict {
        // An example of such an ARN, used where only the account or the start of the ARN matters.
        let example = resource_type.arn_pattern(self.scope, |_| None);
        let example = example.unwrap_or_default();
        let Ok(arn) = Arn::parse(&example) else {
            return RouteVerdict::Depends(Dependence::default());
        };
        let components = resource_type.languages(self.scope, action.pinned);
        self.walk(action, RequestedResource::Arn(arn), Some(&components))
    }

    /// Evaluates all requests of an action on resources with such ARNs, or on `*`.
    fn walk(
        &self,
        action: &'static ActionMetadata,
        resource: RequestedResource<'_>,
        components: Option<&Components>,
    ) -> RouteVerdict {
        let policies = self.store.policies(self.principal);
        let principal = policies.enrich(self.principal);
        let context = Context::unknown();
        let mut request = Request::new(&principal, action.into(), resource, &context)
            .of(&principal, policies.tags())
            .in_scope(self.scope);
        if let Some(components) = components {
            request = request.with_any_of(components);
        }
        let stack = policies.stack(&principal);
        let walk = ReferenceEvaluation::of(&stack, &request);
        let needed = match walk.answer() {
            Evaluation::Decided(Decision::Allow(_)) => return RouteVerdict::Allowed,
            Evaluation::Decided(Decision::Deny(by)) if by.is_explicit() => {
                return RouteVerdict::ExplicitDeny;
            }
            Evaluation::Decided(Decision::Deny(_)) => return RouteVerdict::ImplicitDeny,
            Evaluation::Indeterminate(needed) => needed,
        };
        let mut dependence = Dependence {
            keys: needed
                .iter()
                .filter(|key| **key != *UNKNOWN_RESOURCE)
                .map(|key| key.as_str().to_owned())
                .collect(),
            resources: BTreeSet::new(),
            grounds: policies
                .tags()
                .iter()
                .map(|(key, values)| format!("{key} = {values:?}"))
                .chain([format!(
                    "{principal} {:?} {:?}",
                    principal.unique_id(),
                    principal.role_arn()
                )])
                .collect(),
        };
        for layer in &walk.layers {
            for (_, trace) in layer.traces() {
                if trace.matches == Truth::False {
                    continue;
                }
                dependence.grounds.insert(ground(layer.policy_type, trace));
                if let Some(components) = components {
                    dependence
                        .resources
                        .extend(resources(trace, components, &request));
                }
            }
        }
        RouteVerdict::Depends(dependence)
    }
}

/// Returns the resources to which a statement applies, or `None` if it does not distinguish between resources.
fn resources(
    trace: &StatementMatch<'_>,
    components: &Components,
    request: &Request<'_>,
) -> Option<ResourceDependence> {
    let (ResourcePart::Unknown(_), Truth::Unknown) = (trace.resource, trace.matches) else {
        return None;
    };
    let element = trace.statement.resource()?;
    let patterns: BTreeSet<String> = element
        .patterns()
        .iter()
        .filter(|pattern| pattern.extent(components, request) != Coverage::None)
        .map(|pattern| pattern.as_str().to_owned())
        .collect();
    let effect = trace.statement.effect();
    let patterns = patterns.into_iter().collect();
    Some(if element.is_negated() {
        ResourceDependence::AllBut(effect, patterns)
    } else {
        ResourceDependence::On(effect, patterns)
    })
}

/// Returns what a statement contributes to the grounds of a verdict: its text, and whether it is uncertain that it
/// matches.
fn ground(policy_type: PolicyType, trace: &StatementMatch<'_>) -> String {
    let text = serde_json::to_string(trace.statement)
        // If it cannot be written as JSON, its parts with their positions are used instead. They are equal less often
        // than the JSON.
        .unwrap_or_else(|_| format!("{:?}", trace.statement));
    format!("{policy_type} {:?} {text}", trace.matches)
}
