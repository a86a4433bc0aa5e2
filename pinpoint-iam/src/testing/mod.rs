//! Tools for the tests of an application: authorizers with fixed decisions, a recorder of requests, a sweep over every
//! route, and an audit of the sources of an application that mounts its handlers by hand.
//!
//! Requires the feature `testing`, which belongs only in `dev-dependencies`:
//!
//! ```toml
//! [dev-dependencies]
//! pinpoint-iam = { version = "0.1", features = ["testing"] }
//! ```
//!
//! With this dependency, a program that is built without its tests cannot name this module.
//! `cargo tree -e normal,features -i pinpoint-iam` shows whether another crate enables the feature.
//!
//! ```
//! use pinpoint_iam::context::Context;
//! use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign};
//! use pinpoint_iam::source::PolicyStore;
//! use pinpoint_iam::testing::{Recorder, allow_all};
//! use pinpoint_iam::{Authorizer, Principal, Scope};
//!
//! let authorizer = Authorizer::builder()
//!     .scope(Scope::new("aws", "us-east-1", "123456789012"))
//!     .source(PolicyStore::new())
//!     .build()?;
//! let recorder = Recorder::new();
//! let authorizer = recorder.watch(&allow_all(&authorizer));
//!
//! let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
//! let context = Context::new();
//! let guard = authorizer.guard(&ana, &context);
//! assert!(guard.check(GetCampaign, &Campaign::new("a1", "c1")?).is_ok());
//!
//! let asked: Vec<String> = recorder.take().iter().map(ToString::to_string).collect();
//! assert_eq!(
//!     asked,
//!     ["arn:aws:iam::123456789012:user/ana mobiletargeting:GetCampaign \
//!       arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1: allowed"]
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "actix")]
mod actix;
mod audit;
#[cfg(feature = "axum")]
mod axum;
mod clock;
mod columns;
mod double;
mod recorder;
mod samples;
mod sweep;

pub use self::audit::{Audit, AuditError, AuditErrors, audit};
pub use self::clock::SimulatedClock;
pub use self::columns::{ColumnMismatch, ColumnSample, VerifyColumns};
pub use self::double::{allow_all, deny_all};
pub use self::recorder::{Outcome, RecordedRequest, Recorder};
pub use self::sweep::{Call, Finding, Sweep, SweepCaller, SweepReport, Unguarded};
