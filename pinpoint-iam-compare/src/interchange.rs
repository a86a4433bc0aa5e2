//! Whether a policy can be replaced by another one.

use pinpoint_iam::Policy;
use pinpoint_iam::policy::{Document, PolicyKind};
use serde_json::{Value, json};

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
    /// `true` is proven. `false` means that they differ, that this is undecided, or that a document is not a policy of
    /// this kind: a statement has a principal although the kind has none, or the reverse. Such a statement would have no
    /// effect, so that any other could replace it.
    ///
    /// To treat services, actions and the types of condition keys as open, use a comparer without services, and
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
        if ![first, second]
            .iter()
            .all(|document| is_of_kind(kind, document))
        {
            return false;
        }
        let (Some(first), Some(second)) = (situations(kind, first), situations(kind, second))
        else {
            return false;
        };
        let mut pairs = first.iter().zip(&second);
        pairs.all(|(first, second)| self.compare(first, second).verdict() == Verdict::Equal)
    }
}

/// Whether each statement has a principal, or none has one, as policies of this kind.
fn is_of_kind(kind: PolicyKind, document: &Document) -> bool {
    let names_principals = matches!(
        kind,
        PolicyKind::Resource | PolicyKind::RoleTrust | PolicyKind::ResourceControl
    );
    let mut statements = document.statements().iter();
    statements.all(|statement| statement.principal().is_some() == names_principals)
}

/// Returns the document with a further statement that allows everything to everyone.
fn allowing_everyone(document: &Document) -> Option<Document> {
    let mut written: Value = serde_json::from_str(&document.to_string()).ok()?;
    let statement = written.get_mut("Statement")?;
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "*"});
    *statement = match statement.take() {
        Value::Array(statements) => statements.into_iter().chain([allow]).collect(),
        only => json!([only, allow]),
    };
    Document::parse(&written.to_string()).ok()
}

/// The policy together with others, so that the decisions show what it allows and what it denies.
fn situations(kind: PolicyKind, document: &Document) -> Option<Vec<PolicySet>> {
    let policy = Policy::new("policy", document.clone());
    let everything = || Policy::new("everything", allow_everything());
    let for_everyone = || Policy::new("everyone", allow_everything_to_everyone());
    // Policies of organizations also limit callers to which only the policy of a resource can grant something: root
    // users, and for resource control policies also anonymous callers and services.
    let with_everyone = |set: PolicySet| PolicySet {
        resource: Some(for_everyone()),
        ..set
    };
    let alone = PolicySet::of_policy(kind, policy.clone());
    Some(match kind {
        // What the resource-based policy allows directly depends on how it names the caller: a boundary or a session
        // policy that allows nothing limits some of it.
        PolicyKind::Resource | PolicyKind::RoleTrust => {
            let allowed = PolicySet {
                identity: vec![everything()],
                ..alone.clone()
            };
            let under_boundary = PolicySet {
                permissions_boundary: Some(Vec::new()),
                ..allowed.clone()
            };
            let in_session = PolicySet {
                session: Some(Vec::new()),
                ..allowed.clone()
            };
            // What it denies to callers to which nothing else grants access, such as the root user.
            let denied = PolicySet {
                resource: Some(Policy::new("policy", allowing_everyone(document)?)),
                ..allowed.clone()
            };
            vec![alone, allowed, denied, under_boundary, in_session]
        }
        // Next to a policy of the same type that allows everything, only what it denies matters.
        PolicyKind::Boundary => {
            let denied = PolicySet {
                permissions_boundary: Some(vec![policy, everything()]),
                ..alone.clone()
            };
            vec![alone, denied]
        }
        PolicyKind::Session => {
            let denied = PolicySet {
                session: Some(vec![policy, everything()]),
                ..alone.clone()
            };
            vec![alone, denied]
        }
        PolicyKind::ServiceControl => {
            let denied = PolicySet {
                service_control: vec![vec![policy, everything()]],
                ..alone.clone()
            };
            [alone, denied].map(with_everyone).into()
        }
        PolicyKind::ResourceControl => {
            let denied = PolicySet {
                resource_control: vec![vec![policy, for_everyone()]],
                ..alone.clone()
            };
            [alone, denied].map(with_everyone).into()
        }
        _ => vec![alone, PolicySet::of_identity([policy, everything()])],
    })
}
