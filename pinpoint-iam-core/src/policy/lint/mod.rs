//! Lints: warnings about documents that are valid but may not mean what was intended.

mod condition;
mod element;
mod keys;

use std::fmt;

use super::document::Document;
use crate::position::Position;

macro_rules! lint_codes {
    ($($(#[doc = $doc:literal])* $code:ident = $name:literal,)*) => {
        /// The subject of a [`Lint`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum LintCode {
            $($(#[doc = $doc])* $code,)*
        }

        impl LintCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// The name, as displayed by a [`Lint`]: `any-arn`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }
        }
    };
}

lint_codes! {
    /// A statement allows everything except the actions in `NotAction`: the rest of **every** service.
    AllowNotAction = "allow-not-action",
    /// `NotPrincipal` in a statement that allows, which AWS does not support.
    AllowNotPrincipal = "allow-not-principal",
    /// A statement allows everything except the resources in `NotResource`: all other resources of every account.
    AllowNotResource = "allow-not-resource",
    /// A resource such as `arn:*` covers every ARN, but not everything that `*` covers.
    AnyArn = "any-arn",
    /// A value of an ARN operator does not have six components, so no ARN matches it.
    ArnWithoutComponents = "arn-without-components",
    /// A value of `Bool` contains a policy variable, which `Bool` does not fill in.
    BoolVariable = "bool-variable",
    /// A `Deny` uses `Bool` to test for a false key that AWS omits from most requests, so those requests are not
    /// denied.
    BoolWithoutIfExists = "bool-without-if-exists",
    /// An `Id` in a document without principals; according to AWS, identity-based policies do not have one.
    DocumentId = "document-id",
    /// A policy variable before the fifth colon of a resource is plain text.
    EarlyVariable = "early-variable",
    /// A `Condition`, or an operator in it, has no condition key and tests nothing.
    EmptyCondition = "empty-condition",
    /// A condition key is compared with an empty list of values, which nothing matches.
    EmptyValues = "empty-values",
    /// `ForAllValues` in an `Allow` holds for requests without the key, and no other condition requires the key.
    ForAllValuesAllow = "for-all-values-allow",
    /// An address range has bits after its prefix, which are ignored.
    HostBits = "host-bits",
    /// `IfExists` with a set operator has no effect.
    IfExistsOfSet = "if-exists-of-set",
    /// The resource part of an ARN of Amazon Pinpoint or Amazon Mobile Analytics starts with a slash, as in an old
    /// version of AWS's guide. No resource of these services does.
    LeadingSlash = "leading-slash",
    /// A string that looks like a policy variable is plain text, because the document does not have version 2012-10-17.
    LiteralVariable = "literal-variable",
    /// An IPv6 range is written with an IPv4-mapped address: it is the IPv4 range, or it contains no IPv4 addresses.
    MappedRange = "mapped-range",
    /// A multivalued condition key is compared without a set operator.
    MultivaluedWithoutSet = "multivalued-without-set",
    /// A `Null` condition with both `true` and `false` always holds.
    NullOfBoth = "null-of-both",
    /// A `Null` condition with a set operator, which AWS advises against.
    NullOfSet = "null-of-set",
    /// A `null` in a list of resources is ignored.
    NullResource = "null-resource",
    /// The document has version 2008-10-17 or none, so policy variables are not available.
    OldVersion = "old-version",
    /// A wildcard in the service prefix of an action, whose meaning AWS does not document.
    PrefixWildcard = "prefix-wildcard",
    /// A statement allows everyone, including anonymous callers, and has no condition. This is AWS's default for the
    /// policy of a VPC endpoint, and it is also the content of `RCPFullAWSAccess`.
    PublicAllow = "public-allow",
    /// Two statements have the same `Sid`, which AWS accepts only in the policies of some resources.
    RepeatedSid = "repeated-sid",
    /// A resource such as `execute-api:/*` is not an ARN; the service that stores the policy completes it.
    ServiceShortForm = "service-short-form",
    /// A set operator on a condition key that has at most one value; AWS advises against it.
    SetOfSingle = "set-of-single",
    /// A resource is an ARN with fewer than six components; the missing ones are added.
    ShortArn = "short-arn",
    /// A `Sid` contains characters other than letters and digits, in a document without principals: AWS rejects it in a
    /// policy of a user, group or role.
    SidCharacters = "sid-characters",
    /// The action `*:*`, which is treated as `*`.
    StarColonStar = "star-colon-star",
}

impl fmt::Display for LintCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A warning about an element of a document that is valid and unambiguous, but may not mean what its author intended.
///
/// Displayed as ``line 3, column 14: warning[any-arn]: the resource `arn:*` covers every ARN; write `*`, …``
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    position: Position,
    code: LintCode,
    finding: Finding,
}

/// The message and the hint of a lint.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    message: String,
    hint: String,
}

impl Finding {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl Lint {
    /// The position of the element that the lint is about.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The subject of the lint, for example to select or exclude lints.
    pub const fn code(&self) -> LintCode {
        self.code
    }

    /// The message: what the document does.
    pub fn message(&self) -> &str {
        &self.finding.message
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.finding.hint
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            position,
            code,
            finding: Finding { message, hint },
        } = self;
        write!(formatter, "{position}: warning[{code}]: {message}; {hint}")
    }
}

impl Document {
    /// Warnings about elements that are valid but may not mean what the author intended, in the order of the text.
    ///
    /// Lints do not affect decisions, and a document without lints is not necessarily safe: lints know neither the kind
    /// of the policy nor the existing actions and resources. [`faults`](Self::faults) reports what AWS rejects in a
    /// *new* policy.
    ///
    /// ```
    /// use pinpoint_iam::policy::{Document, LintCode};
    ///
    /// let document = Document::parse(
    ///     r#"{
    ///         "Version": "2012-10-17",
    ///         "Statement": {"Effect": "Deny", "Action": "mobiletargeting:*", "Resource": "*",
    ///                       "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    ///     }"#,
    /// )?;
    /// let lints = document.lints();
    /// assert_eq!(lints.len(), 1);
    /// assert_eq!(lints[0].code(), LintCode::BoolWithoutIfExists);
    /// assert_eq!(
    ///     lints[0].to_string(),
    ///     "line 4, column 46: warning[bool-without-if-exists]: requests without `aws:MultiFactorAuthPresent` are not denied; \
    ///      write `BoolIfExists`, which also matches these requests"
    /// );
    /// # Ok::<(), pinpoint_iam::policy::ParseError>(())
    /// ```
    pub fn lints(&self) -> Vec<Lint> {
        let mut lints = Vec::new();
        let mut report = |position, code, finding| {
            if let Some(finding) = finding {
                lints.push(Lint {
                    position,
                    code,
                    finding,
                });
            }
        };
        element::examine(self, &mut report);
        for statement in self.statements() {
            condition::examine(self, statement, &mut report);
        }
        // If a variable is plain text, that lint is more specific than the one about its cause.
        if lints
            .iter()
            .any(|lint| lint.code == LintCode::LiteralVariable)
        {
            lints.retain(|lint| lint.code != LintCode::OldVersion);
        }
        lints.sort_by_key(|lint| (lint.position, lint.code));
        lints
    }
}

/// Receives the finding of a rule at a position, if there is one.
type Report<'r> = dyn FnMut(Position, LintCode, Option<Finding>) + 'r;

/// The reason why `${` is plain text in a document of this version; `None` if it starts a variable.
fn why_no_variables(document: &Document) -> Option<String> {
    let version = document.version();
    match document.has_version() {
        _ if version.has_variables() => None,
        true => Some(format!("the version is `{version}`")),
        false => Some("the document has no `Version`".to_owned()),
    }
}
