//! The resource component of ARN templates, from any catalog.

use crate::pattern::characters::IdCharacters;
use crate::pattern::nfa::Nfa;

/// A piece of the resource component of an ARN template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePiece<'c> {
    /// Literal text.
    Literal(&'c str),
    /// A placeholder.
    Placeholder {
        /// The name in the template, for example `AppId`.
        name: &'c str,
        /// The accepted values.
        ids: Ids<'c>,
    },
    /// Any text.
    Anything,
}

/// The values of a placeholder, in the form used in ARNs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ids<'c> {
    /// Ids of these characters.
    Of(IdCharacters),
    /// One of a closed list of names.
    OneOf(Vec<&'c str>),
}

/// All texts that the pieces can become, for ids of any length; the placeholders in `pinned` have fixed values.
pub fn language<'c>(
    pieces: impl IntoIterator<Item = TemplatePiece<'c>>,
    pinned: &[(&str, &str)],
) -> Nfa {
    let mut language = Nfa::empty_text();
    for piece in pieces {
        let (name, ids) = match piece {
            TemplatePiece::Literal(text) => {
                language.push_text(text);
                continue;
            }
            TemplatePiece::Anything => {
                language.push_anything();
                continue;
            }
            TemplatePiece::Placeholder { name, ids } => (name, ids),
        };
        let mut pinned = pinned.iter();
        match (pinned.find(|(placeholder, _)| *placeholder == name), ids) {
            (Some((_, value)), _) => language.push_text(value),
            (None, Ids::Of(characters)) => language.push_id(characters),
            (None, Ids::OneOf(values)) => language.push_one_of(&values),
        }
    }
    language
}
