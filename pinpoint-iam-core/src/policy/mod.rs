//! Policy documents: the AWS JSON, read strictly, kept exactly, and written back.
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
//! # Reading
//!
//! [`Document::parse`] accepts what a stored policy may hold and what has one clear meaning. Everything else is a
//! [`ParseError`] with line, column and what to do: a member that is unknown or written twice (at every level, and for
//! condition keys also when they differ only in case), a wrong type, both members of a pair such as `Action` and
//! `NotAction`, an empty list of actions, resources or principals, an `Effect` in the wrong case, a broken variable, a
//! condition operator nobody knows, text behind the document.
//! Nothing is ever skipped, with one exception that AWS makes: `null` in a list of resources. The size of what is read
//! has [`Limits`].
//!
//! Where AWS's documentation is silent, these are our choices:
//!
//! - A document without `Version` is read as 2008-10-17, and stays without when it is written.
//! - An action without service prefix, or with two colons, is refused: it could never match, which in a `Deny` nobody
//!   would notice. The same goes for a resource without a colon that is not `*`, for a principal that is none, and for a
//!   policy variable in an action or a principal.
//! - A resource such as `execute-api:/*`, which is no ARN, is read. The service that stores the policy completes it, see
//!   [`ResourcePattern::is_left_to_its_service`].
//! - `NotPrincipal` in a statement that allows is read, and grants nothing: AWS does not support it.
//! - A wildcard in the service prefix is read, see [`ActionPattern::matches`], and so is an ARN with fewer than six
//!   components, see [`ResourcePattern::matches`].
//! - A `Sid` is any text, and several statements may have it: which ones AWS accepts depends on the kind of the policy.
//!   `Id` is accepted everywhere, and so is every character that JSON has.
//!
//! # Validating
//!
//! [`Document::validate`] adds what AWS asks of a *new* policy of one [`PolicyKind`]: the version, which members a
//! statement must and must not have, ARNs with a real partition, the quota of characters. A rule is an error for
//! the kinds of policy for which AWS is known to apply it, and for others a lint at most.
//! [`Document::validate_grammar`] leaves the quota out and takes the [`Partitions`] of the deployment.
//!
//! Some rules know AWS's own names whatever the partition: ARNs of the services `iam` and `s3` have no region, an account
//! that a `Principal` names by its id alone has twelve digits, and global condition keys start with `aws:`. Where accounts
//! have other ids, a `Principal` names one by its ARN, `arn:acme:iam::tenant-7:root`.
//!
//! # Lints
//!
//! [`Document::lints`] tells what is valid and has one meaning, though perhaps another one than was meant: an `arn:*`, a
//! `ForAllValues` that holds for requests without the key, a variable that is plain text. Lints have no part in decisions.
//!
//! # Writing
//!
//! A document is [`Serialize`](serde::Serialize) and [`Display`](std::fmt::Display), and [`Document::to_string_pretty`]
//! breaks lines. A string stays a string and a list of one a list, numbers keep their digits, empty conditions and `null`
//! stay where they were. Only the order of the members is always the same, and [`Display`](std::fmt::Display) writes
//! characters beyond U+00FF as escapes: reading what was written gives an equal document.
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
