//! The reference evaluator: it walks every statement of every policy, as the rules read.
//!
//! Slow and obvious on purpose. It is the oracle that tests and fuzzing hold other evaluators against, and what
//! [explanations](crate::eval::Explanation) are made from, so that an explanation can never disagree with a decision.

use crate::context::ConditionKey;
use crate::eval::Truth;
use crate::eval::conclusion::{Findings, Said, SaidByResource, Sides};
use crate::eval::decision::{Answer, NeededKeys, StatementId};
use crate::eval::explain::Explanation;
use crate::eval::stack::{Organization, Policy, PolicyStack, PolicyType};
use crate::eval::statement::Trace;
use crate::request::Request;

/// Decides `request` by the policies of `stack`.
pub fn decide(stack: &PolicyStack<'_>, request: &Request<'_>) -> Answer {
    Walk::of(stack, request).answer()
}

/// Decides `request` and says of every statement whether it matched, and why.
pub fn explain(stack: &PolicyStack<'_>, request: &Request<'_>) -> Explanation {
    let walk = Walk::of(stack, request);
    Explanation::of(&walk, request, walk.answer())
}

/// Says of every statement whether it matched, and why, for a request that was answered otherwise than by them.
pub(crate) fn explain_answer(
    stack: &PolicyStack<'_>,
    request: &Request<'_>,
    answer: Answer,
) -> Explanation {
    Explanation::of(&Walk::of(stack, request), request, answer)
}

/// Every statement that has a say, held against one request.
pub(crate) struct Walk<'a> {
    pub(crate) layers: Vec<Layer<'a>>,
    sides: Sides,
}

/// The policies of one type, or of one level of an organisation.
pub(crate) struct Layer<'a> {
    pub(crate) policy_type: PolicyType,
    pub(crate) policies: Vec<(&'a Policy, Vec<Trace<'a>>)>,
}

/// A statement by its policy and index.
pub(crate) type Place<'a> = (&'a Policy, usize);

impl<'a> Walk<'a> {
    pub(crate) fn of(stack: &PolicyStack<'a>, request: &'a Request<'a>) -> Self {
        let has_boundary = stack.permissions_boundary.is_some();
        let layer = |policy_type, policies: &mut dyn Iterator<Item = &'a Policy>| Layer {
            policy_type,
            policies: policies
                .map(|policy| {
                    let statements = policy.document().statements().iter().enumerate();
                    let traces = statements
                        .map(|(index, statement)| {
                            Trace::of(statement, index, policy_type, has_boundary, request)
                        })
                        .collect();
                    (policy, traces)
                })
                .collect(),
        };
        let mut layers = Vec::new();
        let organization = Organization::of(request.principal());
        if organization.resource_control {
            for level in stack.resource_control {
                layers.push(layer(PolicyType::ResourceControl, &mut level.iter()));
            }
        }
        if organization.service_control {
            for level in stack.service_control {
                layers.push(layer(PolicyType::ServiceControl, &mut level.iter()));
            }
        }
        if let Some(policy) = stack.vpc_endpoint {
            layers.push(layer(PolicyType::VpcEndpoint, &mut std::iter::once(policy)));
        }
        layers.push(layer(PolicyType::Resource, &mut stack.resource.into_iter()));
        layers.push(layer(PolicyType::Identity, &mut stack.identity.iter()));
        if let Some(policies) = stack.permissions_boundary {
            layers.push(layer(PolicyType::PermissionsBoundary, &mut policies.iter()));
        }
        if let Some(policies) = stack.session {
            layers.push(layer(PolicyType::Session, &mut policies.iter()));
        }
        Self {
            layers,
            sides: Sides::of(request),
        }
    }

    pub(crate) fn answer(&self) -> Answer {
        let conclusion = self.findings().conclude(self.sides);
        let cite = |policy_type, (policy, index): Place<'a>| {
            StatementId::new(policy_type, policy.clone(), index)
        };
        Answer::of(conclusion, cite, || {
            NeededKeys::new(self.needs().cloned().collect())
        })
    }

    fn findings(&self) -> Findings<Place<'a>> {
        let mut findings = Findings::NOTHING;
        for layer in &self.layers {
            let said = layer.said();
            match layer.policy_type {
                PolicyType::ResourceControl => {
                    let higher = findings.resource_control.unwrap_or(Said::NOTHING);
                    findings.resource_control = Some(higher.or(said));
                }
                PolicyType::ServiceControl => {
                    let higher = findings.service_control.map(|higher| higher.and(said));
                    findings.service_control = higher.or(Some(said));
                }
                PolicyType::VpcEndpoint => findings.vpc_endpoint = Some(said),
                PolicyType::Resource => findings.resource = Some(layer.said_by_resource()),
                PolicyType::Identity => findings.identity = said,
                PolicyType::PermissionsBoundary => findings.permissions_boundary = Some(said),
                PolicyType::Session => findings.session = Some(said),
            }
        }
        findings
    }

    fn needs(&self) -> impl Iterator<Item = &'a ConditionKey> {
        self.layers
            .iter()
            .flat_map(Layer::traces)
            .filter(|(_, trace)| trace.matches == Truth::Unknown)
            .flat_map(|(_, trace)| trace.needs())
    }
}

impl<'a> Layer<'a> {
    pub(crate) fn traces(&self) -> impl Iterator<Item = (Place<'a>, &Trace<'a>)> {
        self.policies
            .iter()
            .flat_map(|(policy, traces)| traces.iter().map(|trace| ((*policy, trace.index), trace)))
    }

    fn said(&self) -> Said<Place<'a>> {
        let mut said = Said::NOTHING;
        for (place, trace) in self.traces() {
            said.hear(trace.statement.effect(), trace.matches, place);
        }
        said
    }

    fn said_by_resource(&self) -> SaidByResource<Place<'a>> {
        let mut said = SaidByResource::NOTHING;
        for (place, trace) in self.traces() {
            let closeness = trace.closeness();
            said.hear(trace.statement.effect(), trace.matches, closeness, place);
        }
        said
    }
}
