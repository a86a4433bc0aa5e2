//! IAM-style authorization for Rust web services, checked by the compiler.

#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate self as pinpoint_iam;

mod authorizer;
pub mod eval;
#[doc(hidden)]
pub mod expansion;
pub mod guard;
mod identity;
mod include_catalog;
pub mod principal;
pub mod request;
pub mod source;
mod states;
#[cfg(feature = "testing")]
pub mod testing;
pub mod web;

#[cfg(feature = "pinpoint")]
pub mod mobiletargeting {
    //! Amazon Pinpoint: the actions, resource types and condition keys of the service `mobiletargeting`.
    //!
    //! Generated from the catalog of this crate. Ids are validated when a resource is created, and an ARN can be parsed
    //! into a resource:
    //!
    //! ```
    //! use pinpoint_iam::mobiletargeting::Campaign;
    //! use pinpoint_iam::{Arn, Resource, Scope};
    //!
    //! let scope = Scope::new("aws", "us-east-1", "123456789012");
    //! let campaign = Campaign::new("a1", "c1")?;
    //! let arn = campaign.arn(&scope);
    //! assert_eq!(arn, "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1");
    //! assert_eq!(Campaign::from_arn(Arn::parse(&arn)?, &scope)?, campaign);
    //!
    //! let error = Campaign::new("a1", "c1/kpis").unwrap_err();
    //! assert_eq!(error.field(), "campaign_id");
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```
    include!(concat!(env!("OUT_DIR"), "/mobiletargeting.rs"));
}

#[cfg(feature = "pinpoint")]
pub mod mobileanalytics {
    //! Amazon Mobile Analytics: the actions of the service `mobileanalytics`.
    //!
    //! Generated from the catalog of this crate.
    include!(concat!(env!("OUT_DIR"), "/mobileanalytics.rs"));
}

#[cfg(feature = "sms-voice")]
pub mod sms_voice {
    //! AWS End User Messaging SMS and Voice: the actions, resource types and condition keys of the service `sms-voice`.
    //!
    //! Generated from the catalog of this crate. In `#[requires(..)]` its actions are written
    //! `sms_voice::SendTextMessage`.
    include!(concat!(env!("OUT_DIR"), "/sms-voice.rs"));
}

pub use pinpoint_iam_core::{
    action, arn, condition, context, implement_action_enum, pattern, policy, resource,
};

#[doc(hidden)]
pub use pinpoint_iam_core::__private;

pub use action::{ActsOn, TypedAction};
pub use arn::{Arn, Scope};
pub use authorizer::{Authorizer, AuthorizerBuilder, BuildError};
pub use eval::{Decision, Evaluation, Explanation, Policy, PolicyStack};
pub use guard::{Denied, Guard, Permit};
#[cfg(feature = "include-policy")]
#[doc = include_str!("include_policy.md")]
pub use pinpoint_iam_macros::include_policy;
#[doc = include_str!("public.md")]
pub use pinpoint_iam_macros::public;
#[doc = include_str!("requires.md")]
pub use pinpoint_iam_macros::requires;
pub use principal::Principal;
pub use request::Request;
pub use resource::{AllResources, Resource};
#[cfg(feature = "axum")]
pub use web::axum::routes;
