//! The walk of the reference evaluator through every statement of every policy.

use crate::context::ConditionKey;
use crate::eval::Truth;
use crate::eval::combine::{
    AccountRelation, CombinedDecision, Logic, MatchSummary, ResourcePolicySummary,
    ResultsByPolicyType,
};
use crate::eval::decision::{Evaluation, MissingKeys};
use crate::eval::organization::Organization;
use crate::eval::principal_element::PrincipalSpecificity;
use crate::eval::statement::StatementMatch;
use crate::eval::statement_id::StatementId;
use crate::policy::{Effect, Statement};
use crate::policy_stack::{Policy, PolicyStack, PolicyType};
use crate::request::Request;

/// Every applicable statement, matched with one request, or with all rows of a list.
pub(crate) struct ReferenceEvaluation<'a, M = StatementMatch<'a>> {
    pub(crate) layers: Vec<PolicyLayer<'a, M>>,
    sides: AccountRelation,
}

/// The policies of one type, or of one level of an organization.
pub(crate) struct PolicyLayer<'a, M = StatementMatch<'a>> {
    pub(crate) policy_type: PolicyType,
    pub(crate) policies: Vec<(&'a Policy, Vec<M>)>,
}

/// The result of matching a statement, as far as the result of its policy type depends on it.
pub(crate) trait Matched {
    /// The logic of whether it matches.
    type Logic: Logic;

    /// Returns its index in the document.
    fn index(&self) -> usize;

    /// Returns its effect.
    fn effect(&self) -> Effect;

    /// Returns whether it matches.
    fn matches(&self) -> Self::Logic;

    /// Returns how specifically a resource-based statement names the caller.
    fn closeness(&self) -> Option<PrincipalSpecificity>;
}

impl Matched for StatementMatch<'_> {
    type Logic = Truth;

    fn index(&self) -> usize {
        self.index
    }

    fn effect(&self) -> Effect {
        self.statement.effect()
    }

    fn matches(&self) -> Truth {
        self.matches
    }

    fn closeness(&self) -> Option<PrincipalSpecificity> {
        StatementMatch::closeness(self)
    }
}

/// The policies of a stack by type, with each level of an organization separately.
pub(crate) fn layers<'a>(stack: &PolicyStack<'a>) -> Vec<(PolicyType, Vec<&'a Policy>)> {
    let mut layers = Vec::new();
    for level in stack.resource_control {
        layers.push((PolicyType::ResourceControl, level.iter().collect()));
    }
    for level in stack.service_control {
        layers.push((PolicyType::ServiceControl, level.iter().collect()));
    }
    if let Some(policy) = stack.vpc_endpoint {
        layers.push((PolicyType::VpcEndpoint, vec![policy]));
    }
    layers.push((PolicyType::Resource, stack.resource.into_iter().collect()));
    layers.push((PolicyType::Identity, stack.identity.iter().collect()));
    if let Some(policies) = stack.permissions_boundary {
        layers.push((PolicyType::PermissionsBoundary, policies.iter().collect()));
    }
    if let Some(policies) = stack.session {
        layers.push((PolicyType::Session, policies.iter().collect()));
    }
    layers
}

/// A statement, by its policy and index.
pub(crate) type Place<'a> = (&'a Policy, usize);

/// The policies of one type, or of one level of an organization, and the indexes of the statements to visit in each.
pub(crate) type ChosenLayer<'a> = (PolicyType, Vec<(&'a Policy, Vec<usize>)>);

impl<'a> ReferenceEvaluation<'a> {
    pub(crate) fn of(stack: &PolicyStack<'a>, request: &'a Request<'a>) -> Self {
        let has_boundary = stack.permissions_boundary.is_some();
        Self::through(stack, request, |_, statement, (_, index), policy_type| {
            StatementMatch::of(statement, index, policy_type, has_boundary, request)
        })
    }

    pub(crate) fn conclude(&self) -> CombinedDecision<Place<'a>> {
        self.findings().combine(self.sides)
    }

    pub(crate) fn answer(&self) -> Evaluation {
        let conclusion = self.conclude();
        let cite = |policy_type, (policy, index): Place<'a>| {
            StatementId::new(policy_type, policy.clone(), index)
        };
        Evaluation::of(conclusion, cite, || {
            MissingKeys::new(self.needs().cloned().collect())
        })
    }

    fn needs(&self) -> impl Iterator<Item = &'a ConditionKey> {
        self.layers
            .iter()
            .flat_map(PolicyLayer::traces)
            .filter(|(_, trace)| trace.matches == Truth::Unknown)
            .flat_map(|(_, trace)| trace.needs())
    }
}

impl<'a, M> ReferenceEvaluation<'a, M> {
    /// Evaluates every applicable statement with `trace`. Its arguments are the number of the statement among those of
    /// all [`layers`], the statement, its policy and its index in it, and the type of the policy.
    pub(crate) fn through(
        stack: &PolicyStack<'a>,
        request: &Request<'_>,
        mut trace: impl FnMut(usize, &'a Statement, Place<'a>, PolicyType) -> M,
    ) -> Self {
        let organization = Organization::of(request.principal());
        let mut numbers = 0..;
        let mut all = Vec::new();
        for (policy_type, policies) in layers(stack) {
            let applies = organization.applies(policy_type);
            let mut traced = Vec::new();
            for policy in policies {
                let statements = policy.document().statements();
                // Statements of policies that do not apply are numbered, too.
                let numbered = statements.iter().enumerate().zip(numbers.by_ref());
                if !applies {
                    numbered.for_each(drop);
                    continue;
                }
                let traces = numbered
                    .map(|((index, statement), number)| {
                        trace(number, statement, (policy, index), policy_type)
                    })
                    .collect();
                traced.push((policy, traces));
            }
            if applies {
                all.push(PolicyLayer {
                    policy_type,
                    policies: traced,
                });
            }
        }
        Self {
            layers: all,
            sides: AccountRelation::of(request),
        }
    }
}

impl<'a, M> ReferenceEvaluation<'a, M> {
    /// Evaluates only chosen statements with `trace`. All others must not match, whatever the unknown keys are.
    pub(crate) fn through_chosen(
        layers: Vec<ChosenLayer<'a>>,
        request: &Request<'_>,
        mut trace: impl FnMut(&'a Statement, Place<'a>, PolicyType) -> M,
    ) -> Self {
        let organization = Organization::of(request.principal());
        let layers = layers
            .into_iter()
            .filter(|(policy_type, _)| organization.applies(*policy_type))
            .map(|(policy_type, policies)| PolicyLayer {
                policy_type,
                policies: policies
                    .into_iter()
                    .map(|(policy, indexes)| {
                        let statements = policy.document().statements();
                        let traces = indexes.into_iter().filter_map(|index| {
                            let statement = statements.get(index)?;
                            Some(trace(statement, (policy, index), policy_type))
                        });
                        (policy, traces.collect())
                    })
                    .collect(),
            })
            .collect();
        Self {
            layers,
            sides: AccountRelation::of(request),
        }
    }
}

impl<'a, M: Matched> ReferenceEvaluation<'a, M> {
    pub(crate) fn findings(&self) -> ResultsByPolicyType<Place<'a>, M::Logic> {
        let mut findings = ResultsByPolicyType::nothing();
        for layer in &self.layers {
            let said = layer.said();
            match layer.policy_type {
                PolicyType::ResourceControl => {
                    let higher = findings.resource_control.take();
                    let higher = higher.unwrap_or_else(MatchSummary::nothing);
                    findings.resource_control = Some(higher.or(said));
                }
                PolicyType::ServiceControl => {
                    let higher = findings.service_control.take();
                    findings.service_control = Some(match higher {
                        Some(higher) => higher.and(said),
                        None => said,
                    });
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
}

impl<'a, M: Matched> PolicyLayer<'a, M> {
    pub(crate) fn traces(&self) -> impl Iterator<Item = (Place<'a>, &M)> {
        self.policies.iter().flat_map(|(policy, traces)| {
            traces.iter().map(|trace| ((*policy, trace.index()), trace))
        })
    }

    fn said(&self) -> MatchSummary<Place<'a>, M::Logic> {
        let mut said = MatchSummary::nothing();
        for (place, trace) in self.traces() {
            said.record(trace.effect(), trace.matches(), place);
        }
        said
    }

    fn said_by_resource(&self) -> ResourcePolicySummary<Place<'a>, M::Logic> {
        let mut said = ResourcePolicySummary::nothing();
        for (place, trace) in self.traces() {
            let closeness = trace.closeness();
            said.record(trace.effect(), trace.matches(), closeness, place);
        }
        said
    }
}
