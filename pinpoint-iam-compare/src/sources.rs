//! The comparison of whole policy sources, one user or role at a time.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pinpoint_iam::context::{ConditionKey, ContextLookup, Lookup};
use pinpoint_iam::eval::parts;
use pinpoint_iam::source::{PolicySource, PolicyStore, PrincipalPolicies, SourceError};
use pinpoint_iam::{PolicyStack, Principal};

use crate::Comparer;
use crate::result::{Comparison, Verdict};

/// The result of comparing two policy sources.
#[derive(Clone, Debug, Default)]
pub struct SourceComparison {
    /// The users and roles whose verdict is not [`Verdict::Equal`], ordered by their ARNs.
    pub identities: Vec<IdentityComparison>,
}

/// The comparison of the policies of one user or role.
#[derive(Clone, Debug)]
pub struct IdentityComparison {
    /// The ARN of the user or role.
    pub arn: String,
    /// What its policies allow in the second source, relative to the first.
    pub comparison: Comparison,
}

impl SourceComparison {
    /// Returns the relation of the second source to the first, for all users and roles together.
    pub fn verdict(&self) -> Verdict {
        let all = || self.identities.iter().map(|identity| &identity.comparison);
        let gains = all().any(|comparison| comparison.newly_allowed.is_some());
        let loses = all().any(|comparison| comparison.no_longer_allowed.is_some());
        let is_decided = all().all(|comparison| comparison.undecided.is_empty());
        match (gains, loses) {
            (true, true) => Verdict::Incomparable,
            _ if !is_decided => Verdict::Undecided,
            (true, false) => Verdict::Wider,
            (false, true) => Verdict::Narrower,
            (false, false) => Verdict::Equal,
        }
    }
}

impl Comparer {
    /// Loads two sources and compares the policies of every user and role.
    ///
    /// ```
    /// use pinpoint_iam::policy::Document;
    /// use pinpoint_iam::source::{AccountDetails, PolicySource, PolicyStore};
    /// use pinpoint_iam::{Policy, Principal};
    /// use pinpoint_iam_compare::{Comparer, Verdict};
    ///
    /// let store = |action: &str| -> Result<PolicyStore, Box<dyn std::error::Error>> {
    ///     let text = format!(
    ///         r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#
    ///     );
    ///     let mut store = PolicyStore::new();
    ///     let ana = store.identity("arn:aws:iam::123456789012:user/ana")?;
    ///     ana.attach(Policy::new("reader", Document::parse(&text)?));
    ///     Ok(store)
    /// };
    /// let (released, today) = (store("mobiletargeting:GetApp")?, store("mobiletargeting:Get*")?);
    /// let comparison = Comparer::new().compare_sources(&released, &today)?;
    /// assert_eq!(comparison.verdict(), Verdict::Wider);
    /// assert_eq!(comparison.identities[0].arn, "arn:aws:iam::123456789012:user/ana");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a source cannot be loaded.
    pub fn compare_sources(
        &self,
        first: &dyn PolicySource,
        second: &dyn PolicySource,
    ) -> Result<SourceComparison, SourceError> {
        Ok(self.compare_stores(&first.load()?, &second.load()?))
    }

    /// Compares the policies of every user and role of two stores.
    ///
    /// A user or role that only one of the stores contains has no permissions in the other. Two ARNs with different
    /// paths are different users or roles. A role is represented by one of its sessions.
    pub fn compare_stores(&self, first: &PolicyStore, second: &PolicyStore) -> SourceComparison {
        SourceComparison {
            identities: self
                .compare_identities(first, second)
                .filter(|identity| identity.comparison.verdict() != Verdict::Equal)
                .collect(),
        }
    }

    /// Compares one user or role after another, in the order of their ARNs, as [`compare_stores`](Self::compare_stores)
    /// does. Those whose policies are equal are part of the result.
    ///
    /// The length of the iterator is the number of comparisons that remain.
    pub fn compare_identities<'a>(
        &'a self,
        first: &'a PolicyStore,
        second: &'a PolicyStore,
    ) -> impl ExactSizeIterator<Item = IdentityComparison> + 'a {
        static NONE: LazyLock<PrincipalPolicies> = LazyLock::new(PrincipalPolicies::default);
        let mut arns: BTreeMap<&str, [Option<&PrincipalPolicies>; 2]> = BTreeMap::new();
        for (arn, policies) in first.iter() {
            arns.entry(arn).or_default()[0] = Some(policies);
        }
        for (arn, policies) in second.iter() {
            arns.entry(arn).or_default()[1] = Some(policies);
        }
        arns.into_iter().map(|(arn, policies)| {
            let caller = match arn.contains(":role/") {
                true => Principal::role_session(arn, "session"),
                false => Principal::from_arn(arn),
            };
            let comparison = match caller {
                Ok(caller) => {
                    self.compare_policies(&caller, policies.map(|own| own.unwrap_or(&NONE)))
                }
                Err(error) => Comparison::not_decided(error.to_string()),
            };
            IdentityComparison {
                arn: arn.to_owned(),
                comparison,
            }
        })
    }

    /// Compares what two stores allow one principal.
    ///
    /// The principal has the tags and the unique id that the stores give it. If the stores give it different ones, and
    /// policies of both stores depend on them, the comparison is undecided. The same applies if groups or roles were added
    /// to the principal, because their policies are not compared.
    pub fn compare_principal(
        &self,
        principal: &Principal,
        first: &PolicyStore,
        second: &PolicyStore,
    ) -> Comparison {
        if principal.groups().next().is_some() || principal.roles().next().is_some() {
            return Comparison::not_decided(format!(
                "the policies of groups and roles that were added to {principal} are not compared"
            ));
        }
        self.compare_policies(
            principal,
            [first, second].map(|store| store.policies(principal)),
        )
    }

    fn compare_policies(
        &self,
        principal: &Principal,
        policies: [&PrincipalPolicies; 2],
    ) -> Comparison {
        let callers = policies.map(|policies| policies.complete(principal));
        let stacks = policies.map(|policies| stack(policies, principal));
        let [before, after] = &callers;
        let depends = stacks.each_ref().map(|stack| {
            keys(stack)
                .into_iter()
                .find(|key| !is_same(before.lookup(key), after.lookup(key)))
        });
        // Only policies that depend on a different value need their own caller.
        let caller = match depends {
            [None, _] => after,
            [Some(_), None] => before,
            [Some(key), Some(_)] => {
                return Comparison::not_decided(format!(
                    "the sources have different values of `{key}` for {principal}, and policies of both depend on it"
                ));
            }
        };
        let mut comparer = self.clone();
        comparer.space.callers = vec![caller.clone()];
        let [first, second] = stacks;
        comparer.compare_stacks(first, second)
    }
}

/// Returns the policies that apply to requests of a principal.
fn stack<'a>(policies: &'a PrincipalPolicies, principal: &'a Principal) -> PolicyStack<'a> {
    PolicyStack {
        identity: policies.identity(),
        permissions_boundary: policies.permissions_boundary().map(std::slice::from_ref),
        session: principal.session_policies(),
        ..PolicyStack::default()
    }
}

/// Returns the condition keys that policies depend on, including those of variables.
pub(crate) fn keys(stack: &PolicyStack<'_>) -> Vec<ConditionKey> {
    let mut keys = Vec::new();
    for place in parts::places(stack) {
        let used = place.statement.condition_keys();
        keys.extend(used.map(|(_, key)| key.clone()));
    }
    keys
}

fn is_same(left: Lookup<'_>, right: Lookup<'_>) -> bool {
    match (left, right) {
        (Lookup::Absent, Lookup::Absent) => true,
        (Lookup::Present(left), Lookup::Present(right)) => left == right,
        (Lookup::Multivalued(left), Lookup::Multivalued(right)) => left == right,
        _ => false,
    }
}
