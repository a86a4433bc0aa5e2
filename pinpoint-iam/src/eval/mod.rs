//! Evaluation of requests with policies.
//!
//! A [`Request`](crate::request::Request) is evaluated with a [`PolicyStack`], which contains all applicable policies
//! by [`PolicyType`]. The result is an [`Evaluation`]: a [`Decision`], or the condition keys that are needed for one.
//!
//! # How policies combine
//!
//! The rules follow AWS's
//! [policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
//!
//! 1. A statement **matches** if its principal (only in resource-based policies), its action, its resource and all of
//!    its conditions match.
//! 2. A matching `Deny` in any policy of any type is an **explicit deny**, which overrides every `Allow`. If several
//!    statements deny, the decision cites the first in the order of [`PolicyType`]. AWS does not document which one it
//!    reports; the order is ours.
//! 3. Each level of service control policies, the resource control policies, the permissions boundary, the session
//!    policy and the VPC endpoint policy must **allow** the request, if present. These policies do not grant
//!    permissions. Service control policies limit users, roles and root users of accounts, but not services and
//!    anonymous callers, for whom neither an explicit nor an implicit deny applies. Sessions of service-linked roles
//!    are exempt from service and resource control policies if the path of the role is known.
//! 4. An identity-based policy must allow the request. The root user of an account needs none.
//! 5. In the same account, a resource-based policy that names the caller itself (user, role session or federated user)
//!    or everyone grants access despite an *implicit* deny of identity-based policy, boundary and session policy. For
//!    everyone, AWS documents this only with a condition on `aws:PrincipalArn`. Without a condition it is our
//!    interpretation, because a condition narrows an `Allow`. A statement that names the role of a session replaces
//!    only the identity-based policy. A statement that names the account does not grant access by itself. The policies
//!    of KMS keys and of roles that are to be assumed must always allow the request.
//! 6. Across accounts, the policies of the caller's account must allow the request **and** the resource-based policy
//!    must allow the caller. Callers without an account (services and anonymous callers) need only the resource-based
//!    policy.
//!
//! If a part of a statement cannot be decided, an `Allow` statement does not match, and a `Deny` statement matches.
//!
//! # Unknown keys
//!
//! Evaluation is three-valued. A condition on a key that is [unknown](crate::context::Lookup::Unknown) makes its
//! statement unknown. If the decision is the same for all values that the key could have, it is returned. Otherwise the
//! evaluation is indeterminate and lists the keys. A request that no values would allow is an implicit deny, even if
//! some values would result in an explicit deny. Statements are evaluated individually: a key is also listed if only
//! two statements together cover all of its values.
//!
//! # Out of scope
//!
//! Evaluation does no I/O, does not read the clock and does not panic. It does not depend on web frameworks.

#[doc(hidden)]
pub mod any_resource;
pub(crate) mod batch;
mod candidate;
pub(crate) mod combine;
pub mod compiled;
mod decision;
mod explain;
mod message;
mod organization;
#[doc(hidden)]
pub mod parts;
pub(crate) mod principal_element;
pub(crate) mod program_stack;
pub mod reference;
mod search;
pub(crate) mod snapshot;
pub(crate) mod statement;
mod statement_id;
mod visited;
pub(crate) mod walk;

pub use decision::{
    AllowReason, AllowedBy, Decision, DeniedBy, DenyReason, Evaluation, MissingKeys,
};
pub use explain::{
    Explanation, LayerExplanation, PartExplanation, PolicyExplanation, StatementExplanation,
    TriedPattern,
};
pub use message::AccessDenied;
pub use pinpoint_iam_core::truth::Truth;
pub use statement_id::StatementId;

pub use crate::policy_stack::{Policy, PolicyStack, PolicyType};
