//! Patterns: strings with `*`, `?` and policy variables, as in resources and condition values.
//!
//! - `*` matches any run of characters, including the empty one; `?` matches exactly one character. A pattern is
//!   anchored at both ends.
//! - `${key}` stands for the value of a condition key. `${key, 'default'}` stands for `default` if the key has no
//!   single value. `${*}`, `${?}` and `${$}` stand for the characters themselves.
//! - The value of a variable is **data**: a `*` in a tag is an asterisk, and a `${…}` in it is not filled in again. The
//!   same is true of the string that is matched.
//!
//! Matching never backtracks: the part between two `*` is searched from left to right, once. The time is at most the
//! product of the lengths of the pattern and the string, for all inputs.
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
pub(crate) mod step_table;
mod token;

use std::fmt;

pub use borrowed::BorrowedPattern;
#[doc(hidden)]
pub use glob::alike_letters;
#[doc(hidden)]
pub use part::Filled;
pub use part::{Part, Variable};
pub use read::PatternError;
pub(crate) use shape::Tokens;

use crate::context::{ConditionKey, ContextLookup};
use nfa::Nfa;
use shape::Shape;

/// Which characters of a pattern have a special meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// `*` and `?` are wildcards; otherwise they are ordinary characters (`StringEquals`).
    pub wildcards: bool,
    /// `${…}` is a variable; otherwise it is plain text (documents of version 2008-10-17).
    pub variables: bool,
}

/// The way in which letters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// `a` and `A` differ.
    Sensitive,
    /// `a` and `A` are equal; letters outside ASCII are compared exactly.
    IgnoreAscii,
    /// `Ä` and `ä` are equal, too. Letters are compared one by one, so `ß` and `ss` differ.
    Ignore,
}

/// The result of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<'p> {
    /// The string matches.
    Yes,
    /// The string does not match, for any value of the unknown keys.
    No,
    /// A variable has no value: its key is absent, null or multivalued, and it has no default. Such a pattern matches
    /// nothing.
    Unresolved,
    /// The result depends on this key, which is not known yet.
    Unknown(&'p ConditionKey),
}

/// How many strings of a set a pattern matches.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage<'p> {
    /// All of them.
    All,
    /// None of them.
    None,
    /// Possibly some of them.
    Some,
    /// The result depends on this key, which is not known yet.
    Unknown(&'p ConditionKey),
}

/// A string with wildcards and variables, parsed once and matched many times.
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
    /// Parses `text`.
    ///
    /// # Errors
    ///
    /// Returns an error only with [`Syntax::variables`]: for a variable that is not closed or has no name, for a name
    /// with blanks, wildcards or braces, and for a default that is not in single quotes after a comma and one space.
    pub fn parse(text: &str, syntax: Syntax) -> Result<Self, PatternError> {
        Ok(Self {
            shape: Shape::parse(text, syntax)?,
            text: text.into(),
        })
    }

    /// The same pattern, borrowing its text.
    pub const fn as_borrowed(&self) -> BorrowedPattern<'_> {
        BorrowedPattern {
            text: &self.text,
            shape: self.shape.as_borrowed(),
        }
    }

    /// The text as written.
    pub const fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables, in order of appearance, including duplicates.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.as_borrowed().variables()
    }

    /// The parts of the pattern, in order.
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

    /// How many strings of a language the pattern matches, with variables filled in from `facts`.
    ///
    /// `All` and `None` are certain.
    #[doc(hidden)]
    pub fn extent(&self, language: &Nfa, facts: &(impl ContextLookup + ?Sized)) -> Coverage<'_> {
        self.as_borrowed().extent(language, facts)
    }

    /// Matches `value`, in which all characters are data, and fills in variables from `facts`.
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
