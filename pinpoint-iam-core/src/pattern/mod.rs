//! Patterns: texts with `*`, `?` and policy variables, as resources and condition values have them.
//!
//! - `*` stands for any run of characters, the empty one included; `?` stands for exactly one character. A pattern is
//!   anchored at both ends.
//! - `${key}` stands for the value of a condition key, `${key, 'default'}` for `default` where the key has no single
//!   value, and `${*}`, `${?}`, `${$}` for the characters themselves.
//! - What a variable is filled with is **data**: a `*` in a tag is an asterisk, and a `${…}` in it is not filled again.
//!   So is everything in the text that is matched.
//!
//! Matching never backtracks: what stands between two `*` is looked for from left to right, once. The time is at most
//! the length of the pattern times the length of the text, whatever either of them holds.
//!
//! See [wildcards](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html) and
//! [variables](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html) in the IAM User Guide.

mod borrowed;
#[doc(hidden)]
pub mod characters;
#[doc(hidden)]
pub mod classes;
mod containment;
mod glob;
#[doc(hidden)]
pub mod nfa;
mod part;
mod read;
mod search;
mod shape;
mod token;

use std::fmt;

pub use borrowed::BorrowedPattern;
pub use part::{Part, Variable};
pub use read::PatternError;
pub(crate) use shape::Tokens;

use crate::context::{ConditionKey, ContextLookup};
use nfa::Nfa;
use shape::Shape;

/// Which characters of a pattern's text mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// `*` and `?` are wildcards; otherwise they are characters like others (`StringEquals`).
    pub wildcards: bool,
    /// `${…}` is a variable; otherwise it is text like other text (documents of the version 2008-10-17).
    pub variables: bool,
}

/// How letters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// `a` and `A` differ.
    Sensitive,
    /// `a` and `A` are equal; letters outside ASCII are compared exactly.
    IgnoreAscii,
    /// `Ä` and `ä` are equal too. Letters are compared one by one, so that `ß` and `ss` differ.
    Ignore,
}

/// What a match says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<'p> {
    /// The text matches.
    Yes,
    /// The text does not match, whatever the keys that are not known yet turn out to be.
    No,
    /// A variable has no value: its key is absent, null or multivalued, and there is no default. Such a pattern
    /// matches nothing.
    Unresolved,
    /// It depends on this key, which is not known yet.
    Unknown(&'p ConditionKey),
}

/// How many of several texts a pattern matches.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage<'p> {
    /// Each of them.
    All,
    /// None of them.
    None,
    /// Perhaps some and perhaps not others.
    Some,
    /// That depends on this key, which is not known yet.
    Unknown(&'p ConditionKey),
}

/// A text with wildcards and variables, taken apart once and matched often.
///
/// ```
/// use pinpoint_iam::context::Context;
/// use pinpoint_iam::pattern::{Case, Match, Pattern, Syntax};
///
/// let syntax = Syntax { wildcards: true, variables: true };
/// let pattern = Pattern::parse("apps/${aws:PrincipalTag/project}/campaigns/*", syntax)?;
///
/// let mut facts = Context::new();
/// assert_eq!(pattern.matches("apps/a1/campaigns/c1", Case::Sensitive, &facts), Match::Unresolved);
///
/// facts.insert("aws:PrincipalTag/project", "a1");
/// assert_eq!(pattern.matches("apps/a1/campaigns/c1", Case::Sensitive, &facts), Match::Yes);
/// assert_eq!(pattern.matches("apps/a2/campaigns/c1", Case::Sensitive, &facts), Match::No);
/// # Ok::<(), pinpoint_iam::pattern::PatternError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: Box<str>,
    shape: Shape<Tokens>,
}

impl Pattern {
    /// Takes `text` apart.
    ///
    /// # Errors
    ///
    /// Only with [`Syntax::variables`]: a variable that is not closed or has no name, a name with blanks, wildcards or
    /// braces, a default that does not stand in single quotes behind a comma and one space.
    pub fn parse(text: &str, syntax: Syntax) -> Result<Self, PatternError> {
        Ok(Self {
            shape: Shape::parse(text, syntax)?,
            text: text.into(),
        })
    }

    /// The same pattern without its own text.
    pub const fn as_borrowed(&self) -> BorrowedPattern<'_> {
        BorrowedPattern {
            text: &self.text,
            shape: self.shape.as_borrowed(),
        }
    }

    /// The text as it was written.
    pub const fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables, in the order of the text; one that is written twice comes twice.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.as_borrowed().variables()
    }

    /// What the pattern consists of, in the order of the text.
    ///
    /// ```
    /// use pinpoint_iam::pattern::{Part, Pattern, Syntax};
    ///
    /// let syntax = Syntax { wildcards: true, variables: true };
    /// let pattern = Pattern::parse("apps/?${*}*", syntax)?;
    /// assert!(pattern.parts().eq([
    ///     Part::Text("apps/"),
    ///     Part::AnyCharacter,
    ///     Part::Text("*"),
    ///     Part::AnyRun,
    /// ]));
    /// # Ok::<(), pinpoint_iam::pattern::PatternError>(())
    /// ```
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.as_borrowed().parts()
    }

    /// How many texts of a language the pattern matches, with variables filled from `facts`.
    ///
    /// `All` and `None` are certain.
    #[doc(hidden)]
    pub fn extent(&self, language: &Nfa, facts: &(impl ContextLookup + ?Sized)) -> Coverage<'_> {
        self.as_borrowed().extent(language, facts)
    }

    /// Matches `value`, all of whose characters are data, and fills variables from `facts`.
    pub fn matches(
        &self,
        value: &str,
        case: Case,
        facts: &(impl ContextLookup + ?Sized),
    ) -> Match<'_> {
        self.as_borrowed().matches(value, case, facts)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
