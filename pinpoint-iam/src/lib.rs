//! IAM-style authorization for Rust web services, checked by the compiler.
//!
//! One attribute on each handler requires an action. Ordinary AWS IAM policies, in JSON, decide which callers may
//! perform it. Everything happens in your process: AWS is not involved.
//!
//! ```
//! use axum::extract::Path;
//! use axum::{Extension, Router};
//! use pinpoint_iam::context::Context;
//! use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign};
//! use pinpoint_iam::policy::Document;
//! use pinpoint_iam::source::PolicyStore;
//! use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires, routes};
//!
//! /// The names of the parameters fill the placeholders of the campaign's ARN.
//! #[requires(GetCampaign)]
//! async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
//!     format!("{campaign_id} of {application_id}")
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let document = Document::parse(
//!     r#"{
//!         "Version": "2012-10-17",
//!         "Statement": {
//!             "Effect": "Allow",
//!             "Action": "mobiletargeting:Get*",
//!             "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/*"
//!         }
//!     }"#,
//! )?;
//! let scope = Scope::new("aws", "us-east-1", "123456789012");
//! let mut store = PolicyStore::new();
//! store
//!     .identity("arn:aws:iam::123456789012:user/ana")?
//!     .attach(Policy::new("demo-reader", document));
//! let authorizer = Authorizer::builder()
//!     .scope(scope.clone())
//!     .source(store)
//!     .build()?;
//!
//! // The catalog provides method and path: GET /v1/apps/{application-id}/campaigns/{campaign-id}
//! let router: Router = routes![get_campaign].with_state(authorizer.clone())?;
//! // In a real service, a middleware authenticates each caller and inserts its principal.
//! let ana = Principal::user(&scope, "ana")?;
//! let router = router.layer(Extension(ana.clone()));
//! # drop(router);
//!
//! // The same check without a web framework:
//! let context = Context::new();
//! let guard = authorizer.guard(&ana, &context);
//! assert!(guard.check(GetCampaign, &Campaign::new("demo", "welcome")?).is_ok());
//! assert!(guard.check(GetCampaign, &Campaign::new("other", "welcome")?).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! A misspelled action, an action with the wrong type of resource, and a placeholder that no parameter fills are
//! compile errors. A denied caller gets 403 and AWS's message before the body is read.
//!
//! # Concepts
//!
//! - A **catalog** is a TOML file with the actions, ARN templates, condition keys and routes of a service. A build
//!   script generates a Rust module from it, with a type for each action and each resource type. Use
//!   [`include_catalog!`] for the catalog of [your own service][catalog]. The examples use the catalog of Amazon
//!   Pinpoint, the module [`mobiletargeting`].
//! - An **action** such as [`GetCampaign`](mobiletargeting::GetCampaign) acts on certain **resource** types, such as
//!   [`Campaign`](mobiletargeting::Campaign). The trait [`ActsOn`] relates them, so a check with the wrong type of
//!   resource does not compile.
//! - The [`Scope`] contains the partition, region and account of the deployment. It completes the ARNs of resources.
//! - A [`Principal`] is the authenticated caller: a user, a role session, a service. Your authentication creates it and
//!   inserts it into the extensions of the request.
//! - A **policy source** provides the policies of users and roles: a [`Directory`](source::Directory) of JSON files,
//!   the [`AccountDetails`](source::AccountDetails) of an AWS account, a [`PolicyStore`](source::PolicyStore) in
//!   memory, or your own [`PolicySource`](source::PolicySource). A source with an invalid document fails to load.
//! - The [`Authorizer`] contains the loaded policies, and [reloads](Authorizer::reload) them while requests are served.
//!   Their [age][freshness] is measured, and policies that are too old deny all requests.
//! - The **[evaluation][eval]** follows AWS's rules: explicit deny, permissions boundaries, session policies,
//!   organization policies and resource-based policies. [`Authorizer::explain`] shows how each statement contributed to
//!   a decision.
//! - A [`Guard`] checks one caller during one request. [`#[requires]`](macro@requires) creates it in a handler, and can
//!   also guard [other functions][handlers]. A check returns a [`Denied`] error, or a [`Permit`] as proof that it has
//!   passed.
//!
//! # Untrusted input
//!
//! The crate expects requests from hostile callers:
//!
//! - Ids become part of an ARN only if they fill exactly one segment. Other ids, such as `c1/kpis` or `*`, get 400.
//!   Text from a request is never interpreted as a pattern.
//! - An ARN in a request must match a resource type of the action and the scope of the deployment.
//! - A request whose decision depends on a condition key with an unknown value is denied. Very long values and very
//!   many tags count as unknown, so that matching them cannot take long.
//! - Keys that describe the principal come only from the [`Principal`] and the policy source, never from other request
//!   data.
//! - Forwarding headers are ignored unless you configure [`TrustedProxies`](web::TrustedProxies); see
//!   [deployment behind proxies][deployment].
//! - Evaluation does not panic. Its cost is bounded by limits on policies and on values from requests.
//!
//! These parts remain the responsibility of the application:
//!
//! - Any code that can insert a [`Principal`] can impersonate any caller. Do not format a login name into an ARN; pass
//!   it to [`Principal::user`], which rejects paths.
//! - A handler without an attribute is not guarded. Mount handlers with `routes!`, which accepts only handlers with
//!   [`#[requires]`](macro@requires) or [`#[public]`](macro@public).
//! - A check covers the resource that the handler declares. If the handler accesses another one, that access is not
//!   checked.
//! - [`Denied::reason`] names policies. It is for logs, not for responses.
//!
//! # Features
//!
//! | Feature | Adds |
//! | --- | --- |
//! | `axum` (default) | `#[requires]` and `routes!` for axum: the module `web::axum` |
//! | `pinpoint` (default) | Amazon Pinpoint's catalog: the modules `mobiletargeting` and `mobileanalytics` |
//! | `include-policy` | `include_policy!`, which checks a policy at compile time |
//! | `refresh` | asynchronous sources of policies, polling, and the last good set on disk; adds `sha2` |
//! | `watch` | file events, which make changes visible before the next poll; adds `notify` |
//! | `decision-log` | a log with a record of every decision: the module `decision_log`; adds `quanta` |
//! | `metrics` | metrics of decisions and policies through the crate `metrics` |
//! | `spans` | spans of `tracing` for checks |
//! | `on-demand` | policies by principal, loaded when a request needs them; adds `quick_cache` and `futures-util` |
//! | `page-tokens` | encrypted tokens for the next page of a list; adds `chacha20poly1305`, `getrandom` and `sha2` |
//! | `actix` | `#[requires]` and `routes!` for actix-web: the module `web::actix` |
//! | `adapter` | the interface for other web frameworks: the module `web::adapter` |
//! | `tonic` | `#[requires]` on the methods of gRPC services: the module `web::tonic` |
//! | `tower` | layers that check a whole service by method and path, or deny what no check decided: the module `web::tower` |
//! | `testing` | fixed decisions, a recorder and a sweep: the module `testing`, only for `dev-dependencies` |
//! | `sms-voice` | the catalog of AWS End User Messaging SMS and Voice: the module `sms_voice` |
//!
//! Turn `pinpoint` off for a service with its own catalog. Without `axum` and `actix`, the crate does not depend on a web
//! framework.
//!
//! # Guide
//!
//! - [Quick start][quick-start]: guard the first handler.
//! - [Your own catalog][catalog]: from an empty crate to a guarded service.
//! - [Handlers][handlers]: every form of the attribute.
//! - [Policies][policies] and [conditions][conditions]: the supported elements of IAM's policy language.
//! - [Why was a request denied?][why-denied]
//! - [Testing][testing], [deployment][deployment], [reloading policies][reloading] and [running it][running].
//!
//! [catalog]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/own-catalog.md
//! [conditions]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/conditions.md
//! [deployment]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/deployment.md
//! [eval]: crate::eval
//! [handlers]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/handlers.md
//! [policies]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/policies.md
//! [quick-start]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/quick-start.md
//! [reloading]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/reloading.md
//! [running]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/running.md
//! [testing]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/testing.md
//! [why-denied]: https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/guide/src/why-denied.md

#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(feature = "_web"))))]
#![cfg_attr(
    all(feature = "_web", not(any(feature = "axum", feature = "actix"))),
    allow(
        dead_code,
        unused_imports,
        reason = "parts of the web layer are only for handlers, or only for the frameworks of this crate"
    )
)]

extern crate self as pinpoint_iam;

#[doc(hidden)]
pub mod __private;
mod absence;
mod authorizer;
#[cfg(feature = "decision-log")]
pub mod decision_log;
mod denial;
pub mod eval;
pub mod freshness;
mod global_keys;
pub mod guard;
mod identity;
mod include_catalog;
pub mod list;
mod policy_stack;
pub mod principal;
mod program;
#[cfg(feature = "decision-log")]
mod read_keys;
#[cfg(any(feature = "decision-log", feature = "metrics"))]
mod repetition;
pub mod request;
pub mod source;
mod states;
#[cfg(feature = "testing")]
pub mod testing;
pub mod web;
#[cfg(feature = "_web")]
mod web_context;

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

pub use action::{ActsOn, TypedAction};
pub use arn::{Arn, Scope};
#[cfg(feature = "watch")]
pub use authorizer::WatchError;
pub use authorizer::change;
pub use authorizer::{
    Authorizer, AuthorizerBuilder, BuildError, CatalogMismatch, CatalogMismatches,
    KeyWithoutSource, KeysWithoutSource, MismatchLevel, SessionWarnings,
};
#[cfg(feature = "on-demand")]
pub use authorizer::{Invalidator, PrincipalCache, PrincipalCacheCounts};
#[cfg(feature = "refresh")]
pub use authorizer::{RefreshCounts, RefreshError, Refreshed, Refresher};
pub use denial::Denied;
pub use eval::{Decision, Evaluation, Explanation, Policy, PolicyStack};
pub use guard::{Guard, Permit};
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
