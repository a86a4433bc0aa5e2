//! IAM-style authorization for Rust web services, checked by the compiler.

extern crate self as pinpoint_iam;

pub mod action;
pub mod arn;
pub mod condition;
pub mod context;
pub mod eval;
pub mod pattern;
pub mod policy;
pub mod resource;

pub use action::{ActsOn, TypedAction};
pub use arn::{Arn, Scope};
pub use resource::{AllResources, Resource};
