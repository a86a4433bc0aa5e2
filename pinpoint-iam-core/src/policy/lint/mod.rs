//! What is valid and decided, and what a reader should know all the same.

mod condition;
mod element;
mod keys;

use std::fmt;

use super::document::Document;
use crate::position::Position;

macro_rules! lint_codes {
    ($($(#[doc = $doc:literal])* $code:ident = $name:literal,)*) => {
        /// What a [`Lint`] is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum LintCode {
            $($(#[doc = $doc])* $code,)*
        }

        impl LintCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// The name, as a [`Lint`] displays it: `any-arn`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }
        }
    };
}

lint_codes! {
    /// A statement allows what `NotAction` does not list: the rest of **every** service.
    AllowNotAction = "allow-not-action",
    /// `NotPrincipal` in a statement that allows, which AWS does not support.
    AllowNotPrincipal = "allow-not-principal",
    /// A statement allows what `NotResource` does not list: all other resources of every account.
    AllowNotResource = "allow-not-resource",
    /// A resource such as `arn:*` covers every ARN, and yet not what `*` covers.
    AnyArn = "any-arn",
    /// A value of an ARN operator does not have six components, so that no ARN matches it.
    ArnWithoutComponents = "arn-without-components",
    /// A value of `Bool` holds a policy variable, which `Bool` does not fill in.
    BoolVariable = "bool-variable",
    /// A `Deny` asks with `Bool` for a key to be false that AWS leaves out of most requests, and does not deny those.
    BoolWithoutIfExists = "bool-without-if-exists",
    /// An `Id` in a document without principals; AWS says that identity-based policies have none.
    DocumentId = "document-id",
    /// A policy variable before the fifth colon of a resource is plain text.
    EarlyVariable = "early-variable",
    /// A `Condition`, or an operator in it, names no condition key and asks nothing.
    EmptyCondition = "empty-condition",
    /// A condition key is compared with an empty list of values, which nothing meets.
    EmptyValues = "empty-values",
    /// `ForAllValues` in an `Allow` holds for requests without the key, and nothing else asks for the key.
    ForAllValuesAllow = "for-all-values-allow",
    /// An address range has bits behind its prefix, which do not count.
    HostBits = "host-bits",
    /// `IfExists` behind a set operator changes nothing.
    IfExistsOfSet = "if-exists-of-set",
    /// The resource part of an ARN of Amazon Pinpoint or Amazon Mobile Analytics starts with a slash, as AWS's guide once
    /// had it, and no resource does.
    LeadingSlash = "leading-slash",
    /// What looks like a policy variable is plain text, because the document does not say that it is of 2012-10-17.
    LiteralVariable = "literal-variable",
    /// A range of IPv6 that is written with an address mapped from IPv4: it is the range of IPv4, or contains none of it.
    MappedRange = "mapped-range",
    /// A condition key that is multivalued is compared without a set operator.
    MultivaluedWithoutSet = "multivalued-without-set",
    /// A `Null` condition with both `true` and `false` always holds.
    NullOfBoth = "null-of-both",
    /// A `Null` condition behind a set operator, which AWS advises against.
    NullOfSet = "null-of-set",
    /// A `null` in a list of resources is skipped.
    NullResource = "null-resource",
    /// The document is of 2008-10-17, or does not say its version, so that it has no policy variables.
    OldVersion = "old-version",
    /// A wildcard in the service prefix of an action, of which AWS does not say what it means.
    PrefixWildcard = "prefix-wildcard",
    /// A statement allows everyone, anonymous callers included, and has no condition. In the policy of a VPC endpoint that is
    /// AWS's default, and so it is in `RCPFullAWSAccess`.
    PublicAllow = "public-allow",
    /// Two statements have one `Sid`, which AWS accepts in the policies of some resources only.
    RepeatedSid = "repeated-sid",
    /// A resource such as `execute-api:/*` is no ARN; the service that stores the policy completes it.
    ServiceShortForm = "service-short-form",
    /// A set operator on a condition key that has one value at the most; AWS advises against it.
    SetOfSingle = "set-of-single",
    /// A resource is an ARN with fewer than six components, which are made up for.
    ShortArn = "short-arn",
    /// A `Sid` has other characters than letters and digits, in a document without principals: AWS rejects it in a policy of
    /// a user, group or role.
    SidCharacters = "sid-characters",
    /// The action `*:*`, which is read as `*`.
    StarColonStar = "star-colon-star",
}

impl fmt::Display for LintCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Something in a document that is valid and has one meaning, though perhaps not the one that its author had in mind.
///
/// Displayed as ``line 3, column 14: warning[any-arn]: the resource `arn:*` covers every ARN; write `*`, …``
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    position: Position,
    code: LintCode,
    finding: Finding,
}

/// What is to be known, and what to do about it.
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
    /// The place that the lint is about.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// What the lint is about, for those who pick some lints or leave some out.
    pub const fn code(&self) -> LintCode {
        self.code
    }

    /// What is to be known.
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
    /// What a reader of the document should know: where it is valid and perhaps does not say what its author meant.
    ///
    /// In the order of the text. No lint has a part in a decision, and a document without lints is not a safe one: lints
    /// know neither the kind of the policy nor which actions and resources there are. What AWS refuses in a *new* policy is
    /// told by [`faults`](Self::faults).
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
    ///      write `BoolIfExists`, which holds for them too"
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
        // Where a variable is plain text, that says more than what it follows from.
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

/// Takes what a rule finds at a place, which is mostly nothing.
type Report<'r> = dyn FnMut(Position, LintCode, Option<Finding>) + 'r;

/// Why `${` is plain text in a document of this version; nothing where it begins a variable.
fn why_no_variables(document: &Document) -> Option<String> {
    let version = document.version();
    match document.has_version() {
        _ if version.has_variables() => None,
        true => Some(format!("the version is `{version}`")),
        false => Some("the document does not say its version".to_owned()),
    }
}
