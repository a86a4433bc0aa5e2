//! Documents.

use std::fmt;
use std::str::FromStr;

use super::action::{ActionElement, ActionPattern};
use super::error::{ParseError, Place, Position};
use super::kind::PolicyKind;
use super::limits::Limits;
use super::partitions::Partitions;
use super::resource::ResourceElement;
use super::resource_pattern::ResourcePattern;
use super::statement::{Effect, Statement};
use super::values::Values;
use super::{parse, serialize, validate};

/// The version of the policy language that a document is written in.
///
/// See [Version](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// `2008-10-17`, and what a document without a `Version` is read as: variables are plain text.
    V2008_10_17,
    /// `2012-10-17`: policy variables have a meaning.
    V2012_10_17,
}

impl Version {
    /// Every version, the newest first.
    pub const ALL: &'static [Self] = &[Self::V2012_10_17, Self::V2008_10_17];

    /// The version as policies write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2008_10_17 => "2008-10-17",
            Self::V2012_10_17 => "2012-10-17",
        }
    }

    /// Whether `${…}` is a variable in documents of this version.
    pub const fn has_variables(self) -> bool {
        matches!(self, Self::V2012_10_17)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A policy document.
///
/// Two documents are equal when they say the same in the same order, wherever it stands in their texts. See the
/// [module](super) for what is read and what is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub(super) version: Option<(Version, Place)>,
    pub(super) id: Option<(Box<str>, Place)>,
    pub(super) statements: Box<[Statement]>,
    /// Whether the statements stand in a list; there is one otherwise.
    pub(super) has_list: bool,
    pub(super) written: Written,
}

/// What is kept of the text that a document was read from. All are equal: they are no part of what a document says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// All characters.
    pub(super) characters: usize,
    /// Those of them that are JSON's white space outside strings.
    pub(super) white_space: usize,
    /// The first character that IAM's API does not accept in the text of a policy. An escape in its place would pass.
    pub(super) beyond_iam: Option<(char, Position)>,
}

/// Whether IAM's API accepts the character in the text of a policy, see the
/// [quotas of IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
pub(super) const fn is_accepted_by_iam(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}')
}

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Document {
    /// Reads a document with the default [`Limits`].
    ///
    /// # Errors
    ///
    /// When the text is not a policy document in every detail, or its meaning is not clear; see the [module](super).
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Limits::default())
    }

    /// Reads a document within `limits`.
    ///
    /// # Errors
    ///
    /// As [`Document::parse`], and when the text exceeds a limit.
    pub fn parse_with(text: &str, limits: &Limits) -> Result<Self, ParseError> {
        parse::read(text, limits)
    }

    /// A document that denies every action on every resource, as a policy of any type.
    ///
    /// It stands in for a document that is needed and cannot be had: nothing is let in by its absence.
    ///
    /// ```
    /// use pinpoint_iam::policy::Document;
    ///
    /// assert_eq!(
    ///     Document::deny_everything().to_string(),
    ///     r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
    /// );
    /// ```
    pub fn deny_everything() -> Self {
        let place = Place(Position::START);
        Self {
            version: Some((Version::V2012_10_17, place)),
            id: None,
            statements: [Statement {
                index: 0,
                place,
                sid: None,
                effect: Effect::Deny,
                effect_place: place,
                principal: None,
                action: ActionElement {
                    is_negated: false,
                    values: Values::One(ActionPattern::everything(place)),
                },
                resource: Some(ResourceElement {
                    is_negated: false,
                    values: Values::One(ResourcePattern::everything(place)),
                }),
                conditions: None,
            }]
            .into(),
            has_list: false,
            written: Written {
                characters: 0,
                white_space: 0,
                beyond_iam: None,
            },
        }
    }

    /// The version of the policy language; 2008-10-17 for a document that does not say.
    pub fn version(&self) -> Version {
        self.version
            .map_or(Version::V2008_10_17, |(version, _)| version)
    }

    /// Whether the document says its version.
    pub const fn has_version(&self) -> bool {
        self.version.is_some()
    }

    /// The name of the document, for those who keep several.
    pub fn id(&self) -> Option<&str> {
        self.id.as_ref().map(|(id, _)| &**id)
    }

    /// The statements, in their order; never empty.
    pub const fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether AWS would accept the document as a new policy of `kind`.
    ///
    /// - `Version` is 2012-10-17, except in resource-based, inline and role trust policies.
    /// - `Principal` stands in resource-based and role trust policies and nowhere else; a resource control policy has
    ///   `"Principal": "*"`. `NotPrincipal` is in statements that deny.
    /// - `Resource` or `NotResource` stands in all policies but role trust policies, which have none, and resource-based
    ///   policies, which may.
    /// - A service prefix is made of letters, digits, `-` and `.`, without wildcards; `*:*` is accepted. What a name of an
    ///   action is, AWS does not check.
    /// - A resource is `*` or an ARN whose partition is `*` or one of AWS's and whose service is named. A short ARN has no
    ///   empty component. ARNs of `iam` and `s3` have no region (S3's access points and the like apart), and what an ARN of
    ///   `iam` names starts with a resource type. A resource-based policy may have a form that
    ///   [its service completes](ResourcePattern::is_left_to_its_service).
    /// - A `Sid` has letters and digits only and is unique unless empty, except in resource-based policies, which have any.
    /// - The text of a policy that IAM or STS is given has no character beyond U+00FF; escapes may stand for such.
    /// - Role trust policies list actions of `sts` only. Resource control policies deny, and have neither `NotAction` nor
    ///   an action `*`.
    /// - The document is not longer than the [quota](PolicyKind::quota). A service that keeps policies of its own need not
    ///   have AWS's quotas: [`Document::validate_grammar`] leaves this rule out.
    ///
    /// # Errors
    ///
    /// The first fault in the document; [`Document::faults`] gives all of them.
    pub fn validate(&self, kind: PolicyKind) -> Result<(), ParseError> {
        first(self.faults(kind))
    }

    /// Everything that keeps the document from being a new policy of `kind`, in the order of the text.
    pub fn faults(&self, kind: PolicyKind) -> Vec<ParseError> {
        validate::faults(self, kind)
    }

    /// [`Document::validate`] without the quota, for a deployment with these partitions: whether the document says what a
    /// policy of `kind` may say there, however long it is.
    ///
    /// # Errors
    ///
    /// The first fault in the document; [`Document::grammar_faults`] gives all of them.
    pub fn validate_grammar(
        &self,
        kind: PolicyKind,
        partitions: &Partitions,
    ) -> Result<(), ParseError> {
        first(self.grammar_faults(kind, partitions))
    }

    /// The [`faults`](Self::faults) of the document without the quota, for a deployment with these partitions.
    pub fn grammar_faults(&self, kind: PolicyKind, partitions: &Partitions) -> Vec<ParseError> {
        validate::grammar_faults(self, kind, partitions)
    }

    /// Whether every ARN of the document's resources is in one of these partitions, or leaves its partition open.
    ///
    /// An ARN of another partition matches nothing in the deployment: a `Deny` on it denies nothing. AWS rejects ARNs of
    /// partitions that it does not have, so that every policy that it stores passes with [`Partitions::AWS`].
    ///
    /// # Errors
    ///
    /// The first such ARN.
    pub fn validate_partitions(&self, partitions: &Partitions) -> Result<(), ParseError> {
        first(validate::partition_faults(self, partitions))
    }

    /// The document as JSON with line breaks and two blanks of indentation.
    pub fn to_string_pretty(&self) -> String {
        format!("{self:#}")
    }
}

fn first(faults: Vec<ParseError>) -> Result<(), ParseError> {
    match faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

impl FromStr for Document {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Writes compact JSON, and with `{:#}` JSON with line breaks.
///
/// Characters beyond U+00FF are escaped, because IAM's API accepts them in no other form.
impl fmt::Display for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serialize::text(self, formatter.alternate()).map_err(|_| fmt::Error)?;
        formatter.write_str(&json)
    }
}
