//! Whether a policy can be replaced by another one.

use pinpoint_iam::Policy;
use pinpoint_iam::policy::{Document, PolicyKind};

use crate::set::{allow_everything, allow_everything_to_everyone};
use crate::{Comparer, PolicySet, Verdict};

impl Comparer {
    /// Returns whether a policy of this kind can be replaced by another one without changing a decision, whatever other
    /// policies apply.
    ///
    /// [`compare`](Self::compare) compares what policies allow together. Two policies that are equal on their own can
    /// still differ in combination: one that only denies allows as little as one that does nothing. This function
    /// compares what they allow and what they deny, and how closely a resource-based policy names its callers.
    ///
    /// `true` is proven. `false` means that they differ or that this is undecided. To treat services, actions and the
    /// types of condition keys as open, use a comparer without services, and
    /// [`values_of_any_type`](Self::values_of_any_type).
    ///
    /// ```
    /// use pinpoint_iam::policy::{Document, PolicyKind};
    /// use pinpoint_iam_compare::Comparer;
    ///
    /// let document = |action: &str| Document::parse(&format!(
    ///     r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Action": {action}, "Resource": "*"}}}}"#
    /// ));
    /// let are_interchangeable = |one: &str, other: &str| -> Result<bool, Box<dyn std::error::Error>> {
    ///     let comparer = Comparer::new().values_of_any_type();
    ///     Ok(comparer.are_interchangeable(PolicyKind::IdentityManaged, &document(one)?, &document(other)?))
    /// };
    /// assert!(are_interchangeable(r#"["s3:Get*", "s3:GetObject"]"#, r#""s3:get*""#)?);
    /// assert!(!are_interchangeable(r#"["s3:Get*", "s3:PutObject"]"#, r#""s3:Get*""#)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn are_interchangeable(
        &self,
        kind: PolicyKind,
        first: &Document,
        second: &Document,
    ) -> bool {
        let first = situations(kind, first);
        let second = situations(kind, second);
        let mut pairs = first.iter().zip(&second);
        pairs.all(|(first, second)| self.compare(first, second).verdict() == Verdict::Equal)
    }
}

/// The policy together with others, so that the decisions show what it allows and what it denies.
fn situations(kind: PolicyKind, document: &Document) -> Vec<PolicySet> {
    let policy = Policy::new("policy", document.clone());
    let everything = || Policy::new("everything", allow_everything());
    let alone = PolicySet::of_policy(kind, policy.clone());
    let mut situations = vec![alone.clone()];
    match kind {
        // What the resource-based policy allows directly depends on how it names the caller: a boundary or a session
        // policy that allows nothing limits some of it.
        PolicyKind::Resource | PolicyKind::RoleTrust => {
            let allowed = PolicySet {
                identity: vec![everything()],
                ..alone
            };
            situations.push(PolicySet {
                permissions_boundary: Some(Vec::new()),
                ..allowed.clone()
            });
            situations.push(PolicySet {
                session: Some(Vec::new()),
                ..allowed.clone()
            });
            situations.push(allowed);
        }
        // Next to a policy of the same type that allows everything, only what it denies matters.
        PolicyKind::Boundary => situations.push(PolicySet {
            permissions_boundary: Some(vec![policy, everything()]),
            ..alone
        }),
        PolicyKind::Session => situations.push(PolicySet {
            session: Some(vec![policy, everything()]),
            ..alone
        }),
        PolicyKind::ServiceControl => situations.push(PolicySet {
            service_control: vec![vec![policy, everything()]],
            ..alone
        }),
        PolicyKind::ResourceControl => situations.push(PolicySet {
            resource_control: vec![vec![
                policy,
                Policy::new("everything", allow_everything_to_everyone()),
            ]],
            ..alone
        }),
        _ => situations.push(PolicySet::of_identity([policy, everything()])),
    }
    situations
}
