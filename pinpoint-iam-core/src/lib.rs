//! The words of IAM: actions, ARNs, resource types, condition keys, patterns and policy documents.
//!
//! This is the part of [`pinpoint-iam`](https://docs.rs/pinpoint-iam) that its macros need as well, because
//! `include_policy!` reads documents while a crate compiles. Depend on `pinpoint-iam`, which has all of it under the same
//! names. Nothing here decides a request.

pub mod action;
pub mod arn;
pub mod condition;
pub mod context;
mod effect;
mod instant;
#[doc(hidden)]
pub mod json;
pub mod pattern;
pub mod policy;
mod position;
mod quoted;
pub mod resource;
mod suggest;
pub mod truth;
mod version;

/// What generated code refers to; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use serde;

    /// Implemented by types that stand in generated code only: what the traits have for `Sealed` that nothing else may
    /// implement.
    pub trait Seal {}

    /// Stands in implementations that a build script or a macro of ours has written.
    #[derive(Debug)]
    pub enum Generated {}

    impl Seal for Generated {}

    /// Stands in what `#[requires]` has written about a handler.
    #[derive(Debug)]
    pub enum GuardedAccess {}

    impl Seal for GuardedAccess {}

    /// Stands in what `#[public]` has written about a handler.
    #[derive(Debug)]
    pub enum PublicAccess {}

    impl Seal for PublicAccess {}
}

/// What `pinpoint-iam` stands on; no part of the public interface.
#[doc(hidden)]
pub mod internal {
    pub use crate::arn::holds_control_character;
    pub use crate::policy::principal::{is_oidc_provider, is_saml_provider};
    pub use crate::quoted::{OneLine, Quoted};
    pub use crate::resource::decode;
    pub use crate::suggest::{is_in_other_spelling, nearest};
}
