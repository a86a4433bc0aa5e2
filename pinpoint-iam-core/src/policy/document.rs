//! Policy documents.

use super::action::{ActionElement, ActionPattern};
use super::error::Place;
use super::resource::ResourceElement;
use super::resource_pattern::ResourcePattern;
use super::statement::Statement;
use super::values::Values;
use crate::effect::Effect;
use crate::position::Position;
use crate::version::Version;

/// A policy document.
///
/// Two documents are equal if they have the same content in the same order, regardless of its position in the text. See
/// the [module](super) for what is accepted and rejected.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub(super) version: Option<(Version, Place)>,
    pub(super) id: Option<(Box<str>, Place)>,
    pub(super) statements: Box<[Statement]>,
    /// Whether the statements are in a list; otherwise there is exactly one.
    pub(super) has_list: bool,
    pub(super) written: Written,
}

/// Statistics of the text from which a document was parsed. All values are equal, because they are not part of the
/// content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// The number of characters.
    pub(super) characters: usize,
    /// The number of characters that are JSON white space outside strings.
    pub(super) white_space: usize,
    /// The first character that IAM's API does not accept in the text of a policy. It would accept an escape instead.
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
    /// A document that denies every action on every resource, in every kind of policy.
    ///
    /// It replaces a document that is required but unavailable, so that a missing document never grants access.
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

    /// The version of the policy language; 2008-10-17 for a document without `Version`.
    pub fn version(&self) -> Version {
        self.version
            .map_or(Version::V2008_10_17, |(version, _)| version)
    }

    /// Whether the document has a `Version`.
    pub const fn has_version(&self) -> bool {
        self.version.is_some()
    }

    /// The `Id` of the document, by which applications can distinguish documents.
    pub fn id(&self) -> Option<&str> {
        self.id.as_ref().map(|(id, _)| &**id)
    }

    /// The statements, in order; never empty.
    pub const fn statements(&self) -> &[Statement] {
        &self.statements
    }
}
