//! Policy documents: AWS's JSON, parsed strictly, represented exactly, and serialized again.
//!
//! ```
//! use pinpoint_iam::policy::{Document, Effect, PolicyKind};
//!
//! let document = Document::parse(
//!     r#"{
//!         "Version": "2012-10-17",
//!         "Statement": {
//!             "Sid": "ReadOneCampaign",
//!             "Effect": "Allow",
//!             "Action": "mobiletargeting:GetCampaign*",
//!             "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1"
//!         }
//!     }"#,
//! )?;
//! document.validate(PolicyKind::IdentityManaged)?;
//!
//! let [statement] = document.statements() else { panic!("one statement") };
//! assert_eq!(statement.sid(), Some("ReadOneCampaign"));
//! assert!(statement.action().patterns()[0].matches("mobiletargeting", "getcampaigns", Effect::Allow));
//!
//! let error = Document::parse("{\n  \"Statment\": []\n}").unwrap_err();
//! assert_eq!(error.to_string(), "line 2, column 3: unknown member `Statment`; did you mean `Statement`?");
//! # Ok::<(), pinpoint_iam::policy::ParseError>(())
//! ```
//!
//! # Parsing
//!
//! [`Document::parse`] accepts everything that a stored policy may contain and that has one clear meaning. Everything
//! else is a [`ParseError`] with line, column and a hint. This includes a member that is unknown or duplicate (at every
//! level; for condition keys also if they differ only in case), a wrong type, both members of a pair such as `Action`
//! and `NotAction`, an empty list of actions, resources or principals, an `Effect` in the wrong case, a malformed
//! variable, an unknown condition operator, and text after the document. Nothing is ever ignored, with one exception
//! that AWS makes, too: `null` in a list of resources. [`Limits`] bound the size of the input.
//!
//! Where AWS's documentation is silent, these are our choices:
//!
//! - A document without `Version` is treated as 2008-10-17, and is serialized without a version.
//! - An action without a service prefix, or with two colons, is rejected: it could never match, which would go
//!   unnoticed in a `Deny`. The same applies to a resource other than `*` without a colon, to an invalid principal, and
//!   to a policy variable in an action or a principal.
//! - A resource such as `execute-api:/*`, which is not an ARN, is accepted. The service that stores the policy
//!   completes it, see [`ResourcePattern::is_left_to_its_service`].
//! - `NotPrincipal` in a statement that allows is accepted but grants nothing, because AWS does not support it.
//! - A wildcard in the service prefix is accepted, see [`ActionPattern::matches`], and so is an ARN with fewer than six
//!   components, see [`ResourcePattern::matches`].
//! - A `Sid` may be any string, and several statements may have the same: what AWS accepts depends on the kind of the
//!   policy. `Id` is accepted everywhere, and so is every character that JSON allows.
//!
//! # Validating
//!
//! [`Document::validate`] adds AWS's rules for a *new* policy of one [`PolicyKind`]: the version, the members that a
//! statement must and must not have, ARNs with an existing partition, and the character quota. A violated rule is an
//! error for the kinds of policy for which AWS is known to apply it, and at most a lint for other kinds.
//! [`Document::validate_grammar`] omits the quota and uses the [`Partitions`] of the deployment.
//!
//! Some rules use AWS's own names in every partition: ARNs of the services `iam` and `s3` have no region, an account
//! that a `Principal` names only by its id has twelve digits, and global condition keys start with `aws:`. If account
//! ids have another form, a `Principal` names an account by its ARN, `arn:acme:iam::tenant-7:root`.
//!
//! # Lints
//!
//! [`Document::lints`] reports elements that are valid and unambiguous, but may not mean what was intended: an `arn:*`,
//! a `ForAllValues` that holds for requests without the key, a variable that is plain text. Lints do not affect
//! decisions.
//!
//! # Serializing
//!
//! A document implements [`Serialize`](serde::Serialize) and [`Display`](std::fmt::Display);
//! [`Document::to_string_pretty`] adds line breaks. A string remains a string, and a list with one element remains a
//! list. Numbers keep their digits, and empty conditions and `null` keep their positions. Only the order of the members
//! is normalized, and [`Display`](std::fmt::Display) escapes characters beyond U+00FF. Parsing the output gives an
//! equal document.
//!
//! See the [grammar of the policy language](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).

mod action;
mod builder;
mod document;
mod error;
mod kind;
mod limits;
mod lint;
mod parse;
mod partitions;
pub(crate) mod principal;
mod resource;
mod resource_pattern;
mod serialize;
mod short_arn;
mod sid;
mod statement;
mod validate;
mod values;

pub use action::{ActionElement, ActionPattern};
pub use builder::{
    Actions, AllActOn, BuildError, CompleteStatement, DocumentBuilder, Resources, StatementBuilder,
};
pub use document::Document;
pub use error::ParseError;
pub use kind::{PolicyKind, UnknownPolicyKind};
pub use limits::Limits;
pub use lint::{Lint, LintCode};
pub use partitions::Partitions;
pub use principal::PrincipalElement;
pub use resource::ResourceElement;
pub use resource_pattern::ResourcePattern;
pub use statement::Statement;

pub use crate::effect::Effect;
pub use crate::position::Position;
pub use crate::version::Version;
