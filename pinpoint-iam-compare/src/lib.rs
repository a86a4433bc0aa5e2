//! Exact comparison of IAM policies: which requests does a change allow that were not allowed before, and which no
//! longer?
//!
//! The comparison is exact, needs neither a network nor a solver, and shows a **request** for each difference:
//!
//! ```
//! use pinpoint_iam::Policy;
//! use pinpoint_iam::policy::Document;
//! use pinpoint_iam_compare::{Comparer, PolicySet, Verdict};
//!
//! let before = Document::parse(r#"{"Version": "2012-10-17", "Statement": {
//!     "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}}"#)?;
//! let after = Document::parse(r#"{"Version": "2012-10-17", "Statement": {
//!     "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports*"}}"#)?;
//!
//! let set = |name, document| PolicySet::of_identity([Policy::new(name, document)]);
//! let comparison = Comparer::new().compare(&set("before", before), &set("after", after));
//! assert_eq!(comparison.verdict(), Verdict::Wider);
//! let difference = comparison.newly_allowed.expect("the star also stands for other buckets");
//! assert_eq!(difference.witness.resource, "arn:aws:s3:::reports");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it works
//!
//! A request matches a statement if its action, its resource, its caller and each of its condition keys match. Each of
//! these dimensions has a finite number of *classes*: values that no statement of the compared policies distinguishes.
//! Texts are classified by reading all patterns of the dimension together; numbers, dates and addresses by the values
//! in the conditions. For one value of each class, the **evaluator** determines which statements can still match. The
//! intersections of these sets over all dimensions are the sets of statements that can match together, and the
//! evaluator determines the decision for each. This crate therefore has no rules of its own.
//!
//! # What counts as a request
//!
//! - All actions, resources and callers, unless the [`Comparer`] is restricted. A service with a
//!   [catalog](Comparer::service) has only the actions of its catalog, and each of them is requested on the resources
//!   that its templates describe.
//! - A condition key is absent, or has any value of the type that its operators compare (or of
//!   [any type](Comparer::values_of_any_type)): numbers for `Numeric…`,
//!   addresses for `IpAddress`, ARNs for `Arn…`, texts without control characters for `String…`. It may have several
//!   values if a set operator uses it or AWS documents it as multivalued.
//! - The keys of the caller (`aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:username`, …) are derived from the
//!   caller. `aws:CurrentTime` and `aws:EpochTime` are the same point in time. All other keys are assumed to be
//!   independent. If they are not, a difference may be reported that no request shows in practice, but no difference is
//!   missed.
//! - Root users are omitted in their own account, because no policy grants them anything there. In other accounts they
//!   represent what a resource-based policy grants to an account.
//! - Policies are compared together with the other applicable policies, see [`PolicySet`]. Some resources have a policy
//!   of their own that must allow requests as well, such as a KMS key or an assumed role. If only identity-based
//!   policies are compared, such a policy is assumed to delegate the decision to the account, and the difference
//!   [reports this](Difference::needs_delegation).
//!
//! # What is not decided
//!
//! Some policies have more combinations than are examined, and some variables cannot be distinguished exactly. Then the
//! verdict is [`Verdict::Undecided`], with the statement and the reason. A reported difference is correct even then,
//! because both evaluators have confirmed its witness.
//!
//! # Features
//!
//! - `lint`: `NoNewFindings`, a check of changed policies with the rules of `pinpoint-iam-lint`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod assertion;
mod bits;
mod callers;
mod catalog;
mod cells;
mod fold;
mod grouped;
mod interchange;
mod keys;
mod no_new_access;
#[cfg(feature = "lint")]
mod no_new_findings;
mod questions;
mod result;
mod set;
mod sources;
mod space;

use pinpoint_iam::Principal;
use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam::arn::Scope;
use pinpoint_iam::eval::PolicyStack;
use pinpoint_iam::resource::ResourceTypeMetadata;

pub use assertion::{assert_equivalent, assert_no_new_access};
pub use no_new_access::{NoNewAccess, stores_are_equal};
#[cfg(feature = "lint")]
pub use no_new_findings::NoNewFindings;
pub use questions::{Access, Redundant, RedundantPart};
pub use result::{
    Comparison, Cover, Difference, KeyValue, Responsible, Undecided, Verdict, Witness,
};
pub use set::PolicySet;
pub use sources::{IdentityComparison, SourceComparison};

use catalog::{ClosedAction, ClosedService};
use fold::Fold;
use space::Space;

/// Compares policies.
#[derive(Clone, Debug, Default)]
pub struct Comparer {
    space: Space,
}

impl Comparer {
    /// Creates a comparer for all callers and services.
    pub fn new() -> Self {
        Self::default()
    }

    /// Restricts the comparison to this caller and to others that are added in the same way.
    #[must_use]
    pub fn caller(mut self, principal: Principal) -> Self {
        self.space.callers.push(principal);
        self
    }

    /// Restricts the actions of a service to those of its catalog.
    #[must_use]
    pub fn service(mut self, service: &'static ServiceMetadata) -> Self {
        self.space.services.push(ClosedService::of(service));
        self
    }

    /// Restricts the comparison to this action, and to others that are added in the same way, on resources of these types
    /// in `scope`.
    ///
    /// Without types, the action is requested on `*`.
    #[must_use]
    pub fn action(
        mut self,
        action: &'static ActionMetadata,
        types: &[&'static ResourceTypeMetadata],
        scope: &Scope,
    ) -> Self {
        let prefix = action.service.prefix;
        let action = ClosedAction::in_scope(action, types, scope);
        self.space.actions.push(format!("{prefix}:{}", action.name));
        match self
            .space
            .services
            .iter_mut()
            .find(|service| service.prefix == prefix)
        {
            Some(service) => {
                service.actions.retain(|other| other.name != action.name);
                service.actions.push(action);
            }
            None => self.space.services.push(ClosedService {
                prefix,
                actions: vec![action],
            }),
        }
        self
    }

    /// Also compares requests in which a condition key has a value of another type than the one that its operators
    /// compare, such as a text for a key that is compared by `NumericLessThan`.
    ///
    /// Without a catalog, the type of a key is an assumption. This is for proofs that must not depend on it.
    #[must_use]
    pub fn values_of_any_type(mut self) -> Self {
        self.space.has_values_of_any_type = true;
        self
    }

    /// Returns what `second` allows, relative to `first`.
    pub fn compare(&self, first: &PolicySet, second: &PolicySet) -> Comparison {
        self.compare_stacks(first.stack(), second.stack())
    }

    /// Like [`compare`](Self::compare), for borrowed policies.
    pub fn compare_stacks(&self, first: PolicyStack<'_>, second: PolicyStack<'_>) -> Comparison {
        Fold::new(first, second, &self.space).compare()
    }
}
