//! The reference evaluator: it walks every statement of every policy, as the rules read.
//!
//! Slow and obvious on purpose. It is the oracle that tests and fuzzing hold other evaluators against, and what
//! [explanations](crate::eval::Explanation) are made from, so that an explanation can never disagree with a decision.

use crate::context::ConditionKey;
use crate::eval::Truth;
use crate::eval::decision::{
    AllowedBy, Answer, Decision, DeniedBy, Grant, NeededKeys, Refusal, StatementId,
};
use crate::eval::explain::Explanation;
use crate::eval::principal_element::Closeness;
use crate::eval::stack::{Policy, PolicyStack, PolicyType};
use crate::eval::statement::Trace;
use crate::policy::Effect;
use crate::principal::PrincipalKind;
use crate::request::Request;
use crate::resource::RequestedResource;

/// Decides `request` by the policies of `stack`.
pub fn decide(stack: &PolicyStack<'_>, request: &Request<'_>) -> Answer {
    Walk::of(stack, request).answer()
}

/// Decides `request` and says of every statement whether it matched, and why.
pub fn explain(stack: &PolicyStack<'_>, request: &Request<'_>) -> Explanation {
    let walk = Walk::of(stack, request);
    Explanation::of(&walk, request, walk.answer())
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

/// The policies of the caller's account that limit and never grant.
const LIMITS: [PolicyType; 2] = [PolicyType::PermissionsBoundary, PolicyType::Session];

/// Whose policies decide.
#[derive(Clone, Copy, PartialEq)]
enum Sides {
    /// Caller and resource are of one account.
    OneAccount {
        /// The caller is its root user, which needs no identity-based policy.
        root: bool,
        /// The resource's own policy must allow, too.
        resource_must_allow: bool,
    },
    /// Caller and resource are of two accounts, and both must allow.
    TwoAccounts {
        /// The caller is the root user of its account.
        root: bool,
    },
    /// The caller has no account, and the resource's policies decide alone.
    ResourceOnly,
}

impl<'a> Walk<'a> {
    fn of(stack: &PolicyStack<'a>, request: &'a Request<'a>) -> Self {
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
        for level in stack.resource_control {
            layers.push(layer(PolicyType::ResourceControl, &mut level.iter()));
        }
        for level in stack.service_control {
            layers.push(layer(PolicyType::ServiceControl, &mut level.iter()));
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

    fn answer(&self) -> Answer {
        if let Some(statement) = self.first(Effect::Deny, |_, _| true) {
            return Answer::Decided(Decision::Deny(DeniedBy {
                refusal: Refusal::Explicit(statement),
            }));
        }
        let requirements = self.requirements();
        if let Some((policy_type, _)) = requirements
            .iter()
            .find(|(_, truth)| *truth == Truth::False)
        {
            return Answer::Decided(Decision::Deny(DeniedBy {
                refusal: Refusal::Implicit(*policy_type),
            }));
        }
        let sure = requirements.iter().all(|(_, truth)| *truth == Truth::True);
        let denied = self.truth(Effect::Deny, |_, _| true);
        if sure && denied == Truth::False {
            return Answer::Decided(match self.grant() {
                Some(grant) => Decision::Allow(AllowedBy { grant }),
                // INVARIANT: requirements that all hold rest on a statement or on the root user. Should that ever be
                // wrong, the request is refused.
                None => Decision::Deny(DeniedBy {
                    refusal: Refusal::Implicit(PolicyType::Identity),
                }),
            });
        }
        Answer::Needs(NeededKeys::new(self.needs().cloned().collect()))
    }

    /// What must hold for the request to be allowed, by the type of policy that is to blame when it does not.
    fn requirements(&self) -> Vec<(PolicyType, Truth)> {
        let limit = |policy_type| (policy_type, self.limit(policy_type));
        // AWS attaches a resource control policy that allows everything; where policies are given without it, nothing does.
        let mut requirements = vec![limit(PolicyType::ResourceControl)];
        if self.sides != Sides::ResourceOnly {
            for layer in self
                .layers
                .iter()
                .filter(|layer| layer.policy_type == PolicyType::ServiceControl)
            {
                requirements.push((
                    PolicyType::ServiceControl,
                    layer.truth(Effect::Allow, |_| true),
                ));
            }
        }
        requirements.push(limit(PolicyType::VpcEndpoint));
        let by_resource = |accepts: fn(Closeness) -> bool| {
            self.truth(Effect::Allow, |layer, trace| {
                layer.policy_type == PolicyType::Resource && trace.closeness().is_some_and(accepts)
            })
        };
        match self.sides {
            Sides::OneAccount {
                root,
                resource_must_allow,
            } => {
                if resource_must_allow {
                    requirements.push((PolicyType::Resource, by_resource(|_| true)));
                }
                let granted = by_resource(|closeness| closeness == Closeness::Caller);
                let stands_in = by_resource(|closeness| closeness >= Closeness::Everyone);
                let identity = Truth::from(root)
                    .or(self.allows(PolicyType::Identity))
                    .or(stands_in);
                requirements.push((PolicyType::Identity, identity));
                for policy_type in LIMITS {
                    requirements.push((policy_type, granted.or(self.limit(policy_type))));
                }
            }
            Sides::TwoAccounts { root } => {
                requirements.push((PolicyType::Resource, by_resource(|_| true)));
                requirements.push((
                    PolicyType::Identity,
                    Truth::from(root).or(self.allows(PolicyType::Identity)),
                ));
                requirements.extend(LIMITS.map(limit));
            }
            Sides::ResourceOnly => requirements.push((PolicyType::Resource, by_resource(|_| true))),
        }
        requirements
    }

    /// Whether policies of a type that only limits let the request pass; they do where there are none.
    fn limit(&self, policy_type: PolicyType) -> Truth {
        if self.has(policy_type) {
            self.allows(policy_type)
        } else {
            Truth::True
        }
    }

    fn has(&self, policy_type: PolicyType) -> bool {
        self.layers
            .iter()
            .any(|layer| layer.policy_type == policy_type)
    }

    fn allows(&self, policy_type: PolicyType) -> Truth {
        self.truth(Effect::Allow, |layer, _| layer.policy_type == policy_type)
    }

    /// What granted a request that is allowed.
    fn grant(&self) -> Option<Grant> {
        let by_identity = || {
            self.first(Effect::Allow, |layer, _| {
                layer.policy_type == PolicyType::Identity
            })
        };
        let by_resource = |at_least| {
            self.first(Effect::Allow, |layer, trace| {
                layer.policy_type == PolicyType::Resource && trace.closeness() >= Some(at_least)
            })
        };
        match self.sides {
            Sides::OneAccount { root, .. } => {
                // What a limit refuses, the identity-based policy cannot have granted: the resource-based one did.
                let is_limited = LIMITS.iter().any(|limit| self.limit(*limit) != Truth::True);
                let own = if is_limited { None } else { by_identity() };
                own.or_else(|| by_resource(Closeness::Caller))
                    .map(Grant::Statement)
                    .or(root.then_some(Grant::RootUser))
                    .or_else(|| by_resource(Closeness::Everyone).map(Grant::Statement))
            }
            Sides::TwoAccounts { .. } => by_identity()
                .or_else(|| by_resource(Closeness::Account))
                .map(Grant::Statement),
            Sides::ResourceOnly => by_resource(Closeness::Account).map(Grant::Statement),
        }
    }

    /// The first statement with `effect` that matches and that `accepts` takes.
    fn first(
        &self,
        effect: Effect,
        accepts: impl Fn(&Layer<'a>, &Trace<'a>) -> bool,
    ) -> Option<StatementId> {
        self.layers.iter().find_map(|layer| {
            layer.policies.iter().find_map(|(policy, traces)| {
                let trace = traces.iter().find(|trace| {
                    trace.statement.effect() == effect
                        && trace.matches == Truth::True
                        && accepts(layer, trace)
                })?;
                Some(StatementId {
                    policy_type: layer.policy_type,
                    policy: (*policy).clone(),
                    index: trace.index,
                })
            })
        })
    }

    /// Whether some statement with `effect` that `accepts` takes matches.
    fn truth(&self, effect: Effect, accepts: impl Fn(&Layer<'a>, &Trace<'a>) -> bool) -> Truth {
        self.layers.iter().fold(Truth::False, |any, layer| {
            any.or(layer.truth(effect, |trace| accepts(layer, trace)))
        })
    }

    fn needs(&self) -> impl Iterator<Item = &'a ConditionKey> {
        self.layers
            .iter()
            .flat_map(|layer| layer.policies.iter())
            .flat_map(|(_, traces)| traces)
            .filter(|trace| trace.matches == Truth::Unknown)
            .flat_map(Trace::needs)
    }
}

impl<'a> Layer<'a> {
    fn truth(&self, effect: Effect, accepts: impl Fn(&Trace<'a>) -> bool) -> Truth {
        self.policies
            .iter()
            .flat_map(|(_, traces)| traces)
            .filter(|trace| trace.statement.effect() == effect && accepts(trace))
            .fold(Truth::False, |any, trace| any.or(trace.matches))
    }
}

impl Sides {
    fn of(request: &Request<'_>) -> Self {
        let root = request.principal().kind() == PrincipalKind::Root;
        match request.principal().account() {
            None => Self::ResourceOnly,
            Some(_) if request.stays_in_one_account() => Self::OneAccount {
                root,
                resource_must_allow: resource_must_allow(request),
            },
            Some(_) => Self::TwoAccounts { root },
        }
    }
}

/// Whether the resource is one whose own policy must allow in one account as well: a
/// [KMS key](https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html), and a role that is to be
/// [assumed](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html).
fn resource_must_allow(request: &Request<'_>) -> bool {
    let RequestedResource::Arn(arn) = request.resource() else {
        return false;
    };
    let is = |prefix, service, word| {
        request.action().prefix().eq_ignore_ascii_case(prefix)
            && arn.service() == service
            && arn.resource().starts_with(word)
    };
    is("kms", "kms", "key/") || is("sts", "iam", "role/")
}
