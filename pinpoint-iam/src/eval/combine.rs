//! Combines the results of all policy types into a decision.
//!
//! Evaluators differ in how they find matching statements. This module contains the rules for combining them, which all
//! evaluators share. The order is that of [how policies combine](crate::eval#how-policies-combine).

use crate::eval::Truth;
use crate::eval::principal_element::PrincipalSpecificity;
use crate::policy::Effect;
use crate::policy_stack::PolicyType;
use crate::principal::PrincipalKind;
use crate::request::{Request, RequestedAction};
use crate::resource::RequestedResource;

/// The values of a logic with *and* and *or*, in which the policies of a request are combined: [`Truth`] where one request
/// is decided, and what is left of the policies where the rows of a list are selected.
pub(crate) trait Logic: Clone + From<Truth> {
    /// Both.
    fn and(self, other: Self) -> Self;

    /// One of them, or both.
    fn or(self, other: Self) -> Self;

    /// The opposite.
    fn negate(self) -> Self;

    /// Whether it is certain.
    fn is_true(&self) -> bool;
}

impl Logic for Truth {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self.and(other)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self.or(other)
    }

    #[inline(always)]
    fn negate(self) -> Self {
        self.negate()
    }

    #[inline(always)]
    fn is_true(&self) -> bool {
        *self == Self::True
    }
}

/// The matching statements of the policies of one type, or of one level of an organization. `S` identifies a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatchSummary<S, L = Truth> {
    /// Whether any `Deny` matches.
    pub(crate) denies: L,
    /// Whether any `Allow` matches.
    pub(crate) allows: L,
    /// The first `Deny` that matches.
    pub(crate) first_deny: Option<S>,
    /// The first `Allow` that matches.
    pub(crate) first_allow: Option<S>,
}

impl<S> MatchSummary<S> {
    /// No statement matches.
    pub(crate) const NOTHING: Self = Self {
        denies: Truth::False,
        allows: Truth::False,
        first_deny: None,
        first_allow: None,
    };
}

impl<S, L: Logic> MatchSummary<S, L> {
    /// Nothing: no statement matches.
    pub(crate) fn nothing() -> Self {
        Self {
            denies: Truth::False.into(),
            allows: Truth::False.into(),
            first_deny: None,
            first_allow: None,
        }
    }

    /// Adds the next statement, in the order of the policies.
    pub(crate) fn record(&mut self, effect: Effect, matches: L, statement: S) {
        let (truth, first) = match effect {
            Effect::Deny => (&mut self.denies, &mut self.first_deny),
            Effect::Allow => (&mut self.allows, &mut self.first_allow),
        };
        if matches.is_true() && first.is_none() {
            *first = Some(statement);
        }
        *truth = std::mem::replace(truth, L::from(Truth::False)).or(matches);
    }

    /// Combines two summaries, one of which must allow.
    pub(crate) fn or(self, later: Self) -> Self {
        Self {
            denies: self.denies.or(later.denies),
            allows: self.allows.or(later.allows),
            first_deny: self.first_deny.or(later.first_deny),
            first_allow: self.first_allow.or(later.first_allow),
        }
    }

    /// Combines two summaries, both of which must allow.
    pub(crate) fn and(self, later: Self) -> Self {
        let allows = self.allows.clone().and(later.allows.clone());
        Self {
            allows,
            ..self.or(later)
        }
    }
}

/// The matching statements of a resource-based policy, for each specificity: the effect of an `Allow` depends on how
/// specifically it names the caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourcePolicySummary<S, L = Truth>(
    [MatchSummary<S, L>; PrincipalSpecificity::ALL.len()],
);

impl<S: Copy> ResourcePolicySummary<S> {
    /// No statement matches.
    pub(crate) const NOTHING: Self = Self([MatchSummary::NOTHING; PrincipalSpecificity::ALL.len()]);
}

impl<S: Copy, L: Logic> ResourcePolicySummary<S, L> {
    /// Nothing: no statement matches.
    pub(crate) fn nothing() -> Self {
        Self(std::array::from_fn(|_| MatchSummary::nothing()))
    }

    /// Adds the next statement, which names the caller with the specificity `closeness`, or not at all.
    pub(crate) fn record(
        &mut self,
        effect: Effect,
        matches: L,
        closeness: Option<PrincipalSpecificity>,
        statement: S,
    ) {
        for (said, at_least) in self.0.iter_mut().zip(PrincipalSpecificity::ALL) {
            if effect == Effect::Deny || closeness >= Some(at_least) {
                said.record(effect, matches.clone(), statement);
            }
        }
    }

    /// Returns the statements that name the caller at least this specifically, and every `Deny`.
    fn by(&self, at_least: PrincipalSpecificity) -> &MatchSummary<S, L> {
        let [account, role, caller] = &self.0;
        match at_least {
            PrincipalSpecificity::Account => account,
            PrincipalSpecificity::Role => role,
            PrincipalSpecificity::Caller => caller,
        }
    }
}

/// The results for all applicable policies. Types that are `None` do not limit the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResultsByPolicyType<S, L = Truth> {
    /// All levels together. At least one of them must allow.
    pub(crate) resource_control: Option<MatchSummary<S, L>>,
    /// All levels together. Each of them must allow.
    pub(crate) service_control: Option<MatchSummary<S, L>>,
    pub(crate) vpc_endpoint: Option<MatchSummary<S, L>>,
    pub(crate) resource: Option<ResourcePolicySummary<S, L>>,
    pub(crate) identity: MatchSummary<S, L>,
    pub(crate) permissions_boundary: Option<MatchSummary<S, L>>,
    pub(crate) session: Option<MatchSummary<S, L>>,
}

/// The result of combining all policy types.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CombinedDecision<S> {
    /// Allowed by a statement of this type of policy.
    Allowed(PolicyType, S),
    /// Allowed because the caller is the root user, which needs no policy.
    AllowedToRoot,
    /// Denied by a statement of this type of policy.
    ExplicitDeny(PolicyType, S),
    /// No policy of this type allows the request.
    ImplicitDeny(PolicyType),
    /// The decision depends on keys that are not known yet.
    Indeterminate,
}

impl<S: Copy> ResultsByPolicyType<S> {
    /// No policies, and no matching statements.
    pub(crate) const NOTHING: Self = Self {
        resource_control: None,
        service_control: None,
        vpc_endpoint: None,
        resource: None,
        identity: MatchSummary::NOTHING,
        permissions_boundary: None,
        session: None,
    };

    /// Combines the results for a request with this account relation.
    ///
    /// Always inlined, so that the compiler removes the code for policy types that are known to be absent.
    #[inline(always)]
    pub(crate) fn combine(&self, sides: AccountRelation) -> CombinedDecision<S> {
        if let Some((policy_type, statement)) = self.first_deny() {
            return CombinedDecision::ExplicitDeny(policy_type, statement);
        }
        let mut refused = None;
        let allowed = self.require(sides, |policy_type, holds| {
            if holds == Truth::False && refused.is_none() {
                refused = Some(policy_type);
            }
        });
        match refused {
            Some(policy_type) => CombinedDecision::ImplicitDeny(policy_type),
            // INVARIANT: if all requirements are met, a statement or the root user is the reason. Should this ever be
            // wrong, the request is denied.
            None if allowed == Truth::True && self.denies() == Truth::False => self
                .grant(sides)
                .unwrap_or(CombinedDecision::ImplicitDeny(PolicyType::Identity)),
            None => CombinedDecision::Indeterminate,
        }
    }

    /// The first `Deny` that matches.
    #[inline(always)]
    fn first_deny(&self) -> Option<(PolicyType, S)> {
        let first =
            |policy_type, said: Option<&MatchSummary<S>>| Some((policy_type, said?.first_deny?));
        first(PolicyType::ResourceControl, self.resource_control.as_ref())
            .or_else(|| first(PolicyType::ServiceControl, self.service_control.as_ref()))
            .or_else(|| first(PolicyType::VpcEndpoint, self.vpc_endpoint.as_ref()))
            .or_else(|| first(PolicyType::Resource, self.any_by_resource()))
            .or_else(|| first(PolicyType::Identity, Some(&self.identity)))
            .or_else(|| {
                first(
                    PolicyType::PermissionsBoundary,
                    self.permissions_boundary.as_ref(),
                )
            })
            .or_else(|| first(PolicyType::Session, self.session.as_ref()))
    }

    /// Returns the reason why an allowed request is allowed.
    #[inline(always)]
    fn grant(&self, sides: AccountRelation) -> Option<CombinedDecision<S>> {
        let allowed =
            |policy_type| move |statement| CombinedDecision::Allowed(policy_type, statement);
        let by_identity = self.identity.first_allow.map(allowed(PolicyType::Identity));
        let by_resource = |at_least| {
            let said = self.resource.as_ref()?.by(at_least);
            said.first_allow.map(allowed(PolicyType::Resource))
        };
        match sides {
            AccountRelation::SameAccount { root, .. } => {
                // If a limit denies implicitly, the resource-based policy granted access, not the identity-based
                // policy.
                let is_limited = [&self.permissions_boundary, &self.session]
                    .into_iter()
                    .any(|limit| passes(limit.as_ref()) != Truth::True);
                let own = if is_limited { None } else { by_identity };
                own.or_else(|| by_resource(PrincipalSpecificity::Caller))
                    .or(root.then_some(CombinedDecision::AllowedToRoot))
                    .or_else(|| by_resource(PrincipalSpecificity::Role))
            }
            AccountRelation::CrossAccount { .. } => {
                by_identity.or_else(|| by_resource(PrincipalSpecificity::Account))
            }
            AccountRelation::NoCallerAccount => by_resource(PrincipalSpecificity::Account),
        }
    }
}

impl<S: Copy, L: Logic> ResultsByPolicyType<S, L> {
    /// Nothing found, in no policies.
    pub(crate) fn nothing() -> Self {
        Self {
            resource_control: None,
            service_control: None,
            vpc_endpoint: None,
            resource: None,
            identity: MatchSummary::nothing(),
            permissions_boundary: None,
            session: None,
        }
    }

    /// Whether a request of `sides` is allowed.
    pub(crate) fn is_allowed(&self, sides: AccountRelation) -> L {
        let allowed = self.require(sides, |_, _| {});
        allowed.and(self.denies().negate())
    }

    /// Whether any `Deny` matches, in a policy of any type.
    #[inline(always)]
    fn denies(&self) -> L {
        let denies = |said: Option<&MatchSummary<S, L>>| {
            said.map_or_else(|| Truth::False.into(), |said| said.denies.clone())
        };
        denies(self.resource_control.as_ref())
            .or(denies(self.service_control.as_ref()))
            .or(denies(self.vpc_endpoint.as_ref()))
            .or(denies(self.any_by_resource()))
            .or(self.identity.denies.clone())
            .or(denies(self.permissions_boundary.as_ref()))
            .or(denies(self.session.as_ref()))
    }

    #[inline(always)]
    fn any_by_resource(&self) -> Option<&MatchSummary<S, L>> {
        self.resource
            .as_ref()
            .map(|said| said.by(PrincipalSpecificity::Account))
    }

    /// Calls `each` with every requirement for allowing the request, keyed by the policy type that causes the denial if
    /// it is not met. Returns whether all requirements are met.
    #[inline(always)]
    fn require(&self, sides: AccountRelation, mut each: impl FnMut(PolicyType, L)) -> L {
        let mut all = L::from(Truth::True);
        let mut require = |policy_type, holds: L| {
            all = all.clone().and(holds.clone());
            each(policy_type, holds);
        };
        // AWS attaches a resource control policy that allows everything. If policies are given without it, nothing is
        // allowed.
        require(
            PolicyType::ResourceControl,
            passes(self.resource_control.as_ref()),
        );
        require(
            PolicyType::ServiceControl,
            passes(self.service_control.as_ref()),
        );
        require(PolicyType::VpcEndpoint, passes(self.vpc_endpoint.as_ref()));
        let limits = [
            (
                PolicyType::PermissionsBoundary,
                passes(self.permissions_boundary.as_ref()),
            ),
            (PolicyType::Session, passes(self.session.as_ref())),
        ];
        match sides {
            AccountRelation::SameAccount {
                root,
                resource_must_allow,
            } => {
                if resource_must_allow {
                    require(
                        PolicyType::Resource,
                        self.by_resource(PrincipalSpecificity::Account),
                    );
                }
                let granted = self.by_resource(PrincipalSpecificity::Caller);
                let identity = L::from(Truth::from(root))
                    .or(self.identity.allows.clone())
                    .or(self.by_resource(PrincipalSpecificity::Role));
                require(PolicyType::Identity, identity);
                for (policy_type, passes) in limits {
                    require(policy_type, granted.clone().or(passes));
                }
            }
            AccountRelation::CrossAccount { root } => {
                require(
                    PolicyType::Resource,
                    self.by_resource(PrincipalSpecificity::Account),
                );
                require(
                    PolicyType::Identity,
                    L::from(Truth::from(root)).or(self.identity.allows.clone()),
                );
                for (policy_type, passes) in limits {
                    require(policy_type, passes);
                }
            }
            AccountRelation::NoCallerAccount => {
                require(
                    PolicyType::Resource,
                    self.by_resource(PrincipalSpecificity::Account),
                );
            }
        }
        all
    }

    /// Whether a statement of the resource-based policy that names the caller at least this specifically allows the
    /// request.
    #[inline(always)]
    fn by_resource(&self, at_least: PrincipalSpecificity) -> L {
        match &self.resource {
            Some(said) => said.by(at_least).allows.clone(),
            None => Truth::False.into(),
        }
    }
}

/// Whether policies of a type that only limits allow the request. They do if there are none.
#[inline(always)]
fn passes<S, L: Logic>(said: Option<&MatchSummary<S, L>>) -> L {
    said.map_or_else(|| Truth::True.into(), |said| said.allows.clone())
}

/// How the accounts of caller and resource are related, which determines the policies that decide.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::enum_variant_names,
    reason = "AWS says same-account and cross-account access"
)]
pub(crate) enum AccountRelation {
    /// Caller and resource are in the same account.
    SameAccount {
        /// The caller is the root user, which needs no identity-based policy.
        root: bool,
        /// The resource-based policy must allow, too.
        resource_must_allow: bool,
    },
    /// Caller and resource are in different accounts, and the policies of both must allow.
    CrossAccount {
        /// The caller is the root user of its account.
        root: bool,
    },
    /// The caller has no account, so the policies of the resource decide alone.
    NoCallerAccount,
}

impl AccountRelation {
    /// Returns the account relation of `request`.
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let root = request.principal().kind() == PrincipalKind::Root;
        match request.principal().account() {
            None => Self::NoCallerAccount,
            Some(_) if request.is_same_account() => Self::SameAccount {
                root,
                resource_must_allow: resource_must_allow(request),
            },
            Some(_) => Self::CrossAccount { root },
        }
    }

    /// Returns the account relation of `request`, if this is that of a request which differs only in the action and in the
    /// part of the resource behind the ARN prefix.
    #[inline]
    pub(crate) fn of_similar(self, request: &Request<'_>) -> Self {
        match self {
            Self::SameAccount { root, .. } => Self::SameAccount {
                root,
                resource_must_allow: resource_must_allow(request),
            },
            Self::CrossAccount { .. } | Self::NoCallerAccount => self,
        }
    }
}

/// Resources whose own policy must allow requests even in the same account. This applies to
/// [KMS keys](https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html) and to roles that are to be
/// [assumed](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html).
pub(crate) struct ResourceMustAllow {
    /// The prefix of the actions.
    pub(crate) prefix: &'static str,
    /// The service in the ARN.
    pub(crate) service: &'static str,
    /// The start of the resource component of the ARN.
    pub(crate) start: &'static str,
}

impl ResourceMustAllow {
    /// Whether `action` can be about such a resource.
    pub(crate) fn has_action(&self, action: RequestedAction<'_>) -> bool {
        action.prefix().eq_ignore_ascii_case(self.prefix)
    }
}

pub(crate) const RESOURCES_THAT_MUST_ALLOW: [ResourceMustAllow; 2] = [KMS_KEYS, ASSUMED_ROLES];

const KMS_KEYS: ResourceMustAllow = ResourceMustAllow {
    prefix: "kms",
    service: "kms",
    start: "key/",
};

const ASSUMED_ROLES: ResourceMustAllow = ResourceMustAllow {
    prefix: "sts",
    service: "iam",
    start: "role/",
};

/// Whether the resource's own policy must allow the request even in the same account.
fn resource_must_allow(request: &Request<'_>) -> bool {
    let RequestedResource::Arn(arn) = request.resource() else {
        return false;
    };
    let is = |of: ResourceMustAllow| {
        arn.service() == of.service
            && of.has_action(request.action())
            && arn.resource().starts_with(of.start)
    };
    is(KMS_KEYS) || is(ASSUMED_ROLES)
}
