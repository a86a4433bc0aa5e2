//! Exact comparison of IAM policies: what does a change allow that was not allowed before, and what does it take away?
//!
//! The answer is exact, needs neither a network nor a solver, and shows a **request** for each difference:
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
//! A request matches a statement when its action, its resource, its caller and each of its condition keys do. For each of
//! these dimensions there is a finite number of *classes*: values that no statement of the compared policies tells apart.
//! Texts are classified by reading all patterns of the dimension together, numbers, dates and addresses by the values that
//! are compared with. For one value of each class, the **evaluator** says which statements are still alive. Intersecting the
//! sets of all dimensions gives every set of statements that can match together, and the evaluator says what follows from it.
//! This crate therefore has no rules of its own.
//!
//! # What counts as a request
//!
//! - Any action, resource and caller, unless the [`Comparer`] is told otherwise. A service with a
//!   [catalog](Comparer::service) has the actions of its catalog only, and each of them is asked for the resources that its
//!   templates describe.
//! - A condition key is absent, or has any value of the type that its operators compare: numbers for `Numeric…`, addresses for
//!   `IpAddress`, ARNs for `Arn…`, texts without control characters for `String…`. It has several values where a set operator
//!   looks at it or AWS documents it as multivalued.
//! - The keys of the caller (`aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:username`, …) follow from the caller;
//!   `aws:CurrentTime` and `aws:EpochTime` are the same point in time. All other keys are taken to be independent. Where they
//!   are not, a difference can be reported that no request shows in practice; none is missed.
//! - Root users are left out in their own account: no policy grants them anything. In other accounts they stand for what
//!   a resource's policy grants to an account.
//! - Policies are compared with the others that have a say, see [`PolicySet`]. Where only identity-based policies are
//!   compared, a resource whose own policy must allow as well, a KMS key or a role that is assumed, is taken to leave the
//!   decision to its account; the difference then [says so](Difference::needs_delegation).
//!
//! # What is not decided
//!
//! Some policies have more combinations than are looked at, and some variables cannot be told apart exactly. Then the
//! verdict is [`Verdict::Undecided`] with the statement and the reason. A difference that was found is one all the same: both
//! evaluators have confirmed its witness.

mod assertion;
mod bits;
mod callers;
mod catalog;
mod cells;
mod fold;
mod keys;
mod questions;
mod result;
mod set;

use pinpoint_iam::Principal;
use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::eval::PolicyStack;

pub use assertion::{assert_equivalent, assert_no_new_access};
pub use questions::{Access, Redundant, RedundantPart};
pub use result::{
    Comparison, Cover, Difference, KeyValue, Responsible, Undecided, Verdict, Witness,
};
pub use set::PolicySet;

use catalog::ClosedService;
use fold::{Fold, Space};

/// Compares policies.
#[derive(Clone, Debug, Default)]
pub struct Comparer {
    space: Space,
}

impl Comparer {
    /// Compares for any caller and any service.
    pub fn new() -> Self {
        Self::default()
    }

    /// Compares for this caller, and for others that are named so.
    #[must_use]
    pub fn caller(mut self, principal: Principal) -> Self {
        self.space.callers.push(principal);
        self
    }

    /// Takes the actions of a service for those of its catalog.
    #[must_use]
    pub fn service(mut self, service: &'static ServiceMetadata) -> Self {
        self.space.services.push(ClosedService::of(service));
        self
    }

    /// What `second` allows, relative to `first`.
    pub fn compare(&self, first: &PolicySet, second: &PolicySet) -> Comparison {
        self.compare_stacks(first.stack(), second.stack())
    }

    /// [`compare`](Self::compare) for policies that somebody else owns.
    pub fn compare_stacks(&self, first: PolicyStack<'_>, second: PolicyStack<'_>) -> Comparison {
        Fold::new(first, second, &self.space).compare()
    }
}
