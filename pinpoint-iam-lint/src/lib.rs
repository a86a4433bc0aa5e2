//! Checks IAM policy documents: grammar, kind of policy, catalog and practice.
//!
//! The result is plain data. The program `pinpoint-iam lint` renders it, and `include_policy!` uses the comparison with
//! the [`catalog`].
//!
//! ```
//! # #[cfg(feature = "rules")] {
//! use pinpoint_iam_catalog::Catalog;
//! use pinpoint_iam_core::policy::PolicyKind;
//! use pinpoint_iam_lint::{Class, Linter};
//!
//! let catalog = Catalog::builtin().unwrap();
//! let text = r#"{
//!     "Version": "2012-10-17",
//!     "Statement": {"Effect": "allow", "Action": "mobiletargeting:GetApp", "Resource": "*"}
//! }"#;
//! let report = Linter::new(catalog).lint(text, PolicyKind::IdentityManaged);
//! let finding = &report.findings[0];
//! assert_eq!((finding.code, finding.class), ("invalid-effect", Class::Error));
//! assert_eq!(finding.aws_code, Some("INVALID_EFFECT"));
//! assert_eq!((finding.line, finding.column), (3, 29));
//! # }
//! ```
//!
//! # How a document is checked
//!
//! A tolerant reader finds all errors of the grammar, and each rule looks at the elements that could be read. The strict
//! reader of `pinpoint-iam-core`, its rules for the kind of the policy and its lints see the document, too; if it does
//! not parse, they see the statements that do. An error that only they find is reported with their words, so that a
//! document without errors and warnings is a document that [`Document::parse`] and [`Document::validate`] accept.
//!
//! [`Document::parse`]: pinpoint_iam_core::policy::Document::parse
//! [`Document::validate`]: pinpoint_iam_core::policy::Document::validate

pub mod catalog;

#[cfg(feature = "rules")]
mod checker;
#[cfg(feature = "rules")]
mod config;
#[cfg(feature = "rules")]
mod finding;
#[cfg(feature = "rules")]
mod fixes;
#[cfg(feature = "rules")]
mod format;
#[cfg(feature = "rules")]
mod glob;
#[cfg(feature = "rules")]
#[macro_use]
mod rule;
#[cfg(feature = "rules")]
mod grammar;
#[cfg(feature = "rules")]
mod layout;
#[cfg(feature = "rules")]
mod linter;
#[cfg(feature = "rules")]
mod omitted;
#[cfg(feature = "rules")]
mod read;
#[cfg(feature = "rules")]
mod rules;
#[cfg(feature = "rules")]
mod sources;
#[cfg(feature = "rules")]
mod strict;

#[cfg(feature = "rules")]
pub use config::{CONFIG_RULES, Config, ConfigError, ConfigRule};
#[cfg(feature = "rules")]
pub use finding::{Class, Edit, Finding, Fix, Related};
#[cfg(feature = "rules")]
pub use format::{FormatError, format};
#[cfg(feature = "rules")]
pub use linter::{Linter, Report, parse_kind};
#[cfg(feature = "rules")]
pub use omitted::{OMITTED, Omitted};
#[cfg(feature = "rules")]
pub use read::{DOCUMENT_ELEMENTS, PRINCIPAL_TYPES, STATEMENT_ELEMENTS};
#[cfg(feature = "rules")]
pub use rule::{Example, Rule};
#[cfg(feature = "rules")]
pub use rules::condition::global_condition_keys;
#[cfg(feature = "rules")]
pub use rules::{rule, rules};
#[cfg(feature = "rules")]
pub use sources::KeySources;
