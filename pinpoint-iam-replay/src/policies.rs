//! The policies of one side of a replay.

use std::collections::HashSet;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::eval::PolicyType;
use pinpoint_iam::eval::compiled::{CompiledStore, TooLarge};
use pinpoint_iam::policy::{ActionElement, Effect, Statement};
use pinpoint_iam::principal::PrincipalKind;
use pinpoint_iam::source::{PolicyStore, PrincipalPolicies};
use pinpoint_iam::{Evaluation, Policy, Principal, Request, Scope};
use pinpoint_iam_compare::stores_are_equal;

use crate::report::StatementName;

/// The group that callers get to which documents apply that are not attached. An application has no group of this name.
pub(crate) const EVERYONE: &str = "\u{0}everyone";

/// The policies with which requests are decided again.
#[derive(Debug)]
pub struct Policies {
    store: PolicyStore,
    compiled: CompiledStore,
    is_for_everyone: bool,
}

impl Policies {
    /// Uses the policies that a source attaches to users, roles and groups.
    ///
    /// The condition keys of the caller, such as its tags, are those in the log.
    ///
    /// # Errors
    ///
    /// Fails if the policies are too large to be compiled.
    pub fn of_store(store: PolicyStore) -> Result<Self, TooLarge> {
        // Every request of a log has a scope of its own.
        let scope = Scope::new("aws", "", "");
        Ok(Self {
            compiled: CompiledStore::of(store.clone(), scope)?,
            store,
            is_for_everyone: false,
        })
    }

    /// Uses these identity-based policies for every user and role, and for callers with added groups or roles. As in IAM,
    /// other callers, such as services and root users, have no identity-based policies.
    ///
    /// # Errors
    ///
    /// Fails if the policies are too large to be compiled.
    pub fn for_everyone(policies: impl IntoIterator<Item = Policy>) -> Result<Self, TooLarge> {
        let mut store = PolicyStore::new();
        let group = store.group(EVERYONE);
        policies.into_iter().for_each(|policy| group.attach(policy));
        Ok(Self {
            is_for_everyone: true,
            ..Self::of_store(store)?
        })
    }

    /// Whether the policies apply to every user and role.
    pub const fn is_for_everyone(&self) -> bool {
        self.is_for_everyone
    }

    /// Prepares for requests for the actions of these services.
    pub(crate) fn with_services(self, services: &[&'static ServiceMetadata]) -> Self {
        Self {
            compiled: self.compiled.with_services(services.iter().copied()),
            ..self
        }
    }

    /// Decides a request; `None` if the session policies of its principal are too large.
    pub(crate) fn decide(&self, request: &Request<'_>) -> Option<Evaluation> {
        self.compiled.decide(request).ok()
    }

    /// Every policy with its type, some of them several times.
    fn attached(&self) -> impl Iterator<Item = (PolicyType, &Policy)> {
        let of_groups = self.store.groups().flat_map(|(_, group)| group.policies());
        let identities = self.store.iter();
        let of_identities = identities.flat_map(|(_, own)| {
            let boundary = own.permissions_boundary().into_iter();
            let boundary = boundary.map(|policy| (PolicyType::PermissionsBoundary, policy));
            let identity = own.identity().iter();
            identity
                .map(|policy| (PolicyType::Identity, policy))
                .chain(boundary)
        });
        of_groups
            .map(|policy| (PolicyType::Identity, policy))
            .chain(of_identities)
    }

    /// The actions of every statement that allows some to a caller.
    pub(crate) fn allowed_actions(&self) -> impl Iterator<Item = &ActionElement> {
        let policies = self.attached();
        let policies = policies.filter(|(policy_type, _)| *policy_type == PolicyType::Identity);
        let statements = policies.flat_map(|(_, policy)| policy.document().statements());
        let allowing = statements.filter(|statement| statement.effect() == Effect::Allow);
        allowing.map(Statement::action)
    }

    /// Every statement of the attached policies.
    pub(crate) fn statements(&self) -> impl Iterator<Item = StatementName> {
        let mut seen = HashSet::new();
        let policies = self.attached();
        policies
            .filter(move |(policy_type, policy)| {
                let document = std::ptr::from_ref(policy.document());
                seen.insert((*policy_type, policy.name(), document.addr()))
            })
            .flat_map(|(policy_type, policy)| {
                let statements = policy.document().statements().len();
                (0..statements).map(move |index| statement_name(policy_type, policy, index))
            })
    }

    /// Everything that the policies consist of: different policies have different texts.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        let mut add = |part: &str| {
            text.push_str(&part.len().to_string());
            text.push(' ');
            text.push_str(part);
        };
        for (name, group) in self.store.groups() {
            add("group");
            add(name);
            for policy in group.policies() {
                add(policy.name());
                add(&policy.document().to_string());
            }
        }
        for (arn, own) in self.store.iter() {
            add("identity");
            add(arn);
            for policy in own.identity() {
                add(policy.name());
                add(&policy.document().to_string());
            }
            if let Some(boundary) = own.permissions_boundary() {
                add("boundary");
                add(boundary.name());
                add(&boundary.document().to_string());
            }
            add(own.unique_id().unwrap_or_default());
        }
        text
    }

    /// Whether an exact comparison proves that both decide all requests in the same way.
    pub(crate) fn is_equal_to(&self, other: &Self) -> bool {
        self.is_for_everyone == other.is_for_everyone && stores_are_equal(&self.store, &other.store)
    }

    /// Whether both apply the same documents to a principal, so that they decide its requests in the same way, whatever
    /// the values of condition keys are.
    pub(crate) fn is_same_for(&self, other: &Self, principal: &Principal) -> bool {
        fn group<'p>(policies: &'p Policies, name: &str) -> &'p [Policy] {
            let mut groups = policies.store.groups();
            let found = groups.find(|(other, _)| *other == name);
            found.map(|(_, group)| group.policies()).unwrap_or_default()
        }
        let (one, another) = (
            self.store.policies(principal),
            other.store.policies(principal),
        );
        self.is_for_everyone == other.is_for_everyone
            // The policies of added roles are not compared.
            && principal.roles().next().is_none()
            && same_documents(one.identity(), another.identity())
            && same_attributes(one, another)
            && principal
                .groups()
                .all(|name| same_documents(group(self, name), group(other, name)))
    }
}

/// Whether a caller has identity-based policies.
pub(crate) fn has_policies(principal: &Principal) -> bool {
    matches!(
        principal.kind(),
        PrincipalKind::User | PrincipalKind::RoleSession
    ) || principal.groups().next().is_some()
        || principal.roles().next().is_some()
}

/// Names the statement of `policy` with this index.
pub(crate) fn statement_name(
    policy_type: PolicyType,
    policy: &Policy,
    index: usize,
) -> StatementName {
    let statement = policy.document().statements().get(index);
    let sid = statement.and_then(|statement| statement.sid());
    StatementName {
        policy: policy.name().to_owned(),
        number: index + 1,
        sid: sid.filter(|sid| !sid.is_empty()).map(str::to_owned),
        policy_type: policy_type.name().to_owned(),
    }
}

fn same_documents(one: &[Policy], other: &[Policy]) -> bool {
    let documents = one.iter().map(Policy::document);
    documents.eq(other.iter().map(Policy::document))
}

/// Whether everything but the identity-based policies is the same.
fn same_attributes(one: &PrincipalPolicies, another: &PrincipalPolicies) -> bool {
    let (boundary, other_boundary) = (one.permissions_boundary(), another.permissions_boundary());
    boundary.map(Policy::document) == other_boundary.map(Policy::document)
        && one.unique_id() == another.unique_id()
        && one.tags() == another.tags()
}
