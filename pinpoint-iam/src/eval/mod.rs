//! Deciding requests by policies.
//!
//! A [`Request`](crate::request::Request) meets a [`PolicyStack`]: every policy that has a say in it, by
//! [`PolicyType`]. The answer is an [`Evaluation`]: a [`Decision`], or the condition keys that are needed for one.
//!
//! # How policies combine
//!
//! The order is AWS's [policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
//!
//! 1. A statement **matches** when its principal (resource-based policies only), action, resource and every condition
//!    match.
//! 2. A matching `Deny` in any policy of any type is an **explicit deny**. Nothing lifts it. Where several deny, the
//!    first in the order of [`PolicyType`] is named (AWS does not document which one it names; the order is ours).
//! 3. Each level of service control policies, the resource control policies, the permissions boundary, the session
//!    policy and the VPC endpoint policy, where there are any, must **allow** the request. None of them grants.
//!    Service control policies limit users, roles and root users of accounts: neither a `Deny` nor the lack of an
//!    `Allow` concerns services and anonymous callers. Neither they nor resource control policies limit sessions of
//!    service-linked roles, where the path of the role is known.
//! 4. An identity-based policy must allow it. The root user of an account needs none.
//! 5. In one account, a resource-based policy that names the caller itself (user, role session or federated user), or
//!    everyone, grants past an *implicit* deny of identity-based policy, boundary and session policy. AWS documents
//!    this for everyone only under a condition on `aws:PrincipalArn`; without one it is our reading, because a
//!    condition narrows an `Allow`. One that names the role of a session stands in for the identity-based policy only. One that names the account grants nothing by itself. The policies of KMS keys and of
//!    roles that are to be assumed must allow in any case.
//! 6. Across accounts the caller's side must allow by its own policies **and** the resource-based policy must allow
//!    the caller. Callers without an account, services and anonymous ones, need the resource-based policy alone.
//!
//! Whatever cannot be decided makes an `Allow` statement fail to match and a `Deny` statement match.
//!
//! # Unknown keys
//!
//! Evaluation is three-valued. A condition on a key that is [unknown](crate::context::Lookup::Unknown) makes its
//! statement unknown; the answer is given as soon as it is the same for every value that the key could have, and
//! otherwise names the keys. A request that no completion would allow is refused at once as an implicit deny, even
//! where one of the completions would have been an explicit one. Statements are looked at one by one: where two of them
//! only together cover every value of a key, the key is asked for all the same.
//!
//! # Absent on purpose
//!
//! Evaluation does no I/O, never reads the clock and never panics. Nothing here knows of web frameworks.

mod combine;
pub mod compiled;
mod decision;
mod explain;
mod message;
#[doc(hidden)]
pub mod parts;
mod principal_element;
pub mod reference;
mod stack;
pub(crate) mod statement;

pub use decision::{
    AllowReason, AllowedBy, Decision, DeniedBy, DenyReason, Evaluation, MissingKeys, StatementId,
};
pub use explain::{
    Explanation, LayerExplanation, PartExplanation, PolicyExplanation, StatementExplanation,
};
pub use message::AccessDenied;
pub use pinpoint_iam_core::truth::Truth;
pub use stack::{Policy, PolicyStack, PolicyType};
