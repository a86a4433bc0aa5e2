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

mod cover;
mod glob;
#[doc(hidden)]
pub mod language;
mod read;

use std::borrow::Cow;
use std::fmt;

pub use read::PatternError;

use crate::context::{ConditionKey, Facts, Lookup};
use glob::{Piece, glob};
use language::Language;

/// Which characters of a pattern's text mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syntax {
    /// `*` and `?` are wildcards; otherwise they are characters like others (`StringEquals`).
    pub wildcards: bool,
    /// `${…}` is a variable; otherwise it is text like other text (documents of the version 2008-10-17).
    pub variables: bool,
}

/// How letters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub enum Extent<'p> {
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
    shape: Shape,
}

/// The simple shapes need nothing but the text, and they are what most policies consist of.
#[derive(Clone, PartialEq, Eq)]
enum Shape {
    /// The text itself.
    Literal,
    /// `*` alone.
    Everything,
    /// One `*`, at the end.
    Prefix,
    /// Any other use of wildcards.
    Wildcards(Box<[Piece<'static>]>),
    /// Variables, with or without wildcards.
    Variables(Box<[Token]>),
}

#[derive(Clone, PartialEq, Eq)]
enum Token {
    Fixed(Piece<'static>),
    Variable(Variable),
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

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables, in the order of the text; one that is written twice comes twice.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts().filter_map(|part| match part {
            Part::Variable(variable) => Some(variable),
            Part::Text(_) | Part::AnyCharacter | Part::AnyRun => None,
        })
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
        let (text, pieces, tokens): (&str, &[Piece<'_>], &[Token]) = match &self.shape {
            Shape::Literal => (&self.text, &[], &[]),
            Shape::Everything => ("", &[Piece::AnyRun], &[]),
            Shape::Prefix => (
                self.text.strip_suffix('*').unwrap_or_default(),
                &[Piece::AnyRun],
                &[],
            ),
            Shape::Wildcards(pieces) => ("", pieces, &[]),
            Shape::Variables(tokens) => ("", &[], tokens),
        };
        let text = (!text.is_empty()).then_some(Part::Text(text));
        let tokens = tokens.iter().map(|token| match token {
            Token::Fixed(piece) => Part::of(piece),
            Token::Variable(variable) => Part::Variable(variable),
        });
        text.into_iter()
            .chain(pieces.iter().map(Part::of))
            .chain(tokens)
    }

    /// How many texts of a language the pattern matches, with variables filled from `facts`.
    ///
    /// `All` and `None` are certain.
    #[doc(hidden)]
    pub fn extent(&self, language: &Language, facts: &(impl Facts + ?Sized)) -> Extent<'_> {
        if self.shape == Shape::Everything {
            return Extent::All;
        }
        let mut unknown = None;
        let mut filled = Vec::new();
        for part in self.parts() {
            filled.push(match part {
                Part::Text(text) => Piece::Text(Cow::Borrowed(text)),
                Part::AnyCharacter => Piece::AnyCharacter,
                Part::AnyRun => Piece::AnyRun,
                Part::Variable(variable) => match variable.fill(facts) {
                    Filled::Value(text) => Piece::Text(text),
                    Filled::Unresolved => return Extent::None,
                    Filled::Unknown => {
                        unknown.get_or_insert(&variable.key);
                        Piece::AnyRun
                    }
                },
            });
        }
        let parts = || filled.iter().map(Part::of);
        match unknown {
            _ if !language.meets(parts()) => Extent::None,
            Some(key) => Extent::Unknown(key),
            None if language.is_covered_by(parts()) => Extent::All,
            None => Extent::Some,
        }
    }

    /// Matches `value`, all of whose characters are data, and fills variables from `facts`.
    pub fn matches(&self, value: &str, case: Case, facts: &(impl Facts + ?Sized)) -> Match<'_> {
        let matched = match &self.shape {
            Shape::Literal => case.strip_start(value, &self.text) == Some(""),
            Shape::Everything => true,
            Shape::Prefix => self
                .text
                .strip_suffix('*')
                .is_some_and(|prefix| case.strip_start(value, prefix).is_some()),
            Shape::Wildcards(pieces) => glob(pieces, value, case),
            Shape::Variables(tokens) => return match_filled(tokens, value, case, facts),
        };
        if matched { Match::Yes } else { Match::No }
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

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'p> {
    /// Characters that stand for themselves; never empty.
    Text(&'p str),
    /// `?`: exactly one character.
    AnyCharacter,
    /// `*`: any run of characters, the empty one included.
    AnyRun,
    /// The value of a condition key.
    Variable(&'p Variable),
}

impl<'p> Part<'p> {
    fn of(piece: &'p Piece<'_>) -> Self {
        match piece {
            Piece::Text(text) => Self::Text(text),
            Piece::AnyCharacter => Self::AnyCharacter,
            Piece::AnyRun => Self::AnyRun,
        }
    }
}

/// A policy variable: `${aws:username}` or `${aws:PrincipalTag/team, 'nobody'}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    key: ConditionKey,
    default: Option<Box<str>>,
}

impl Variable {
    /// The condition key whose value stands for the variable.
    pub const fn key(&self) -> &ConditionKey {
        &self.key
    }

    /// What stands for the variable where the key has no single value.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    fn fill<'a>(&'a self, facts: &'a (impl Facts + ?Sized)) -> Filled<'a> {
        let value = match facts.lookup(&self.key) {
            Lookup::Unknown => return Filled::Unknown,
            Lookup::Present([value]) => value.text(),
            Lookup::Present(_) | Lookup::Absent => Cow::Borrowed(""),
        };
        if !value.is_empty() {
            return Filled::Value(value);
        }
        match &self.default {
            Some(default) => Filled::Value(Cow::Borrowed(default)),
            None => Filled::Unresolved,
        }
    }
}

enum Filled<'a> {
    Value(Cow<'a, str>),
    Unresolved,
    Unknown,
}

/// As many tokens as a pattern with variables usually has at most.
const FEW_TOKENS: usize = 8;

/// Matches after filling variables; one that is not known yet is taken for anything at all, so that `No` is final.
fn match_filled<'p>(
    tokens: &'p [Token],
    value: &str,
    case: Case,
    facts: &(impl Facts + ?Sized),
) -> Match<'p> {
    let mut unknown = None;
    // Patterns with variables are short, so that most of them need no memory from the heap.
    let mut few = [const { Piece::AnyRun }; FEW_TOKENS];
    let mut many = Vec::new();
    let pieces = match few.get_mut(..tokens.len()) {
        Some(few) => few,
        None => {
            many.resize(tokens.len(), Piece::AnyRun);
            many.as_mut_slice()
        }
    };
    for (piece, token) in pieces.iter_mut().zip(tokens) {
        *piece = match token {
            Token::Fixed(Piece::Text(text)) => Piece::Text(Cow::Borrowed(text)),
            Token::Fixed(wildcard) => wildcard.clone(),
            Token::Variable(variable) => match variable.fill(facts) {
                Filled::Value(text) => Piece::Text(text),
                Filled::Unresolved => return Match::Unresolved,
                Filled::Unknown => {
                    unknown.get_or_insert(&variable.key);
                    Piece::AnyRun
                }
            },
        };
    }
    match (glob(pieces, value, case), unknown) {
        (false, _) => Match::No,
        (true, None) => Match::Yes,
        (true, Some(key)) => Match::Unknown(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;

    const FULL: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };
    const PLAIN: Syntax = Syntax {
        wildcards: false,
        variables: false,
    };

    fn matches(pattern: &str, value: &str) -> bool {
        let pattern = Pattern::parse(pattern, FULL).unwrap();
        let exact = pattern.matches(value, Case::Sensitive, &Context::new());
        assert_ne!(exact, Match::Unresolved);
        exact == Match::Yes
    }

    #[test]
    fn wildcards() {
        for (pattern, value, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "a", true),
            ("a", "A", false),
            ("a", "ab", false),
            ("*", "", true),
            ("*", "a:b/c", true),
            ("**", "", true),
            ("a*", "a", true),
            ("a*", "ba", false),
            ("*a", "a", true),
            ("*a", "ab", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a-c-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*ab*", "aab", true),
            ("?", "", false),
            ("?", "ü", true),
            ("?", "ab", false),
            ("a?", "a", false),
            ("*?", "", false),
            ("*?", "ü", true),
            ("?*?", "ü", false),
            ("*a?c*", "abbabc", true),
            ("*?a*", "a", false),
            ("*?a*", "ba", true),
        ] {
            assert_eq!(matches(pattern, value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn letters_without_case() {
        let ignoring = |pattern: &str, value: &str| {
            Pattern::parse(pattern, FULL).unwrap().matches(
                value,
                Case::IgnoreAscii,
                &Context::new(),
            ) == Match::Yes
        };
        assert!(ignoring("GetCampaign", "getcampaign"));
        assert!(ignoring("Get*", "GETCampaign"));
        assert!(ignoring("*CAMP?IGN*s", "getCampaignsS"));
        assert!(ignoring("*paign", "GetCamPaign"));
        assert!(!ignoring("*paign", "ign"));
        assert!(!ignoring("ä", "Ä"));
        assert!(!ignoring("aa", "ä"));
    }

    #[test]
    fn letters_outside_ascii_without_case() {
        let ignoring = |pattern: &str, value: &str| {
            Pattern::parse(pattern, FULL)
                .unwrap()
                .matches(value, Case::Ignore, &Context::new())
                == Match::Yes
        };
        assert!(ignoring("ÄPFEL", "äpfel"));
        assert!(ignoring("*é", "CAFÉ"));
        assert!(ignoring("K", "\u{212a}"));
        assert!(ignoring("I", "ı"));
        assert!(!ignoring("straße", "strasse"));
        assert!(!ignoring("ÄPFEL", "äpfe"));
        assert!(!ignoring("*é", "e"));
    }

    #[test]
    fn switched_off_syntax_is_text() {
        let pattern = Pattern::parse("a*?${k", PLAIN).unwrap();
        assert_eq!(
            pattern.matches("a*?${k", Case::Sensitive, &Context::new()),
            Match::Yes
        );
        assert_eq!(
            pattern.matches("abc${k", Case::Sensitive, &Context::new()),
            Match::No
        );
        let only_variables = Syntax {
            wildcards: false,
            variables: true,
        };
        let pattern = Pattern::parse("*${*}${$}{k}", only_variables).unwrap();
        assert_eq!(pattern.variables().count(), 0);
        assert_eq!(
            pattern.matches("**${k}", Case::Sensitive, &Context::new()),
            Match::Yes
        );
    }

    #[test]
    fn parts() {
        use Part::{AnyCharacter, AnyRun, Text};
        for (text, expected) in [
            ("", &[][..]),
            ("ab", &[Text("ab")]),
            ("*", &[AnyRun]),
            ("ab*", &[Text("ab"), AnyRun]),
            ("a*?b", &[Text("a"), AnyRun, AnyCharacter, Text("b")]),
            ("a${?}b", &[Text("a?b")]),
        ] {
            let pattern = Pattern::parse(text, FULL).unwrap();
            assert!(pattern.parts().eq(expected.iter().copied()), "{text}");
        }
        let pattern = Pattern::parse("a*${k, 'd'}", FULL).unwrap();
        let variable = pattern.variables().next().unwrap();
        let expected = [Text("a"), AnyRun, Part::Variable(variable)];
        assert!(pattern.parts().eq(expected));
    }

    #[test]
    fn special_characters() {
        assert!(matches("a${*}b", "a*b"));
        assert!(!matches("a${*}b", "axb"));
        assert!(matches("a${?}*", "a?b"));
        assert!(matches("${$}{aws:username}", "${aws:username}"));
        assert!(matches("a$b$", "a$b$"));
    }

    #[test]
    fn variables_are_data_and_have_defaults() {
        let mut facts = Context::new();
        facts.insert("aws:PrincipalTag/star", "*");
        facts.insert("aws:PrincipalTag/nested", "${aws:username}");
        facts.insert("aws:username", "ana");
        facts.insert("aws:null", "");
        facts.insert_all("aws:many", ["a", "b"]);
        facts.insert_all("aws:none", Vec::<&str>::new());
        facts.insert_unknown("aws:ResourceTag/");
        let check = |pattern: &str, value: &str| {
            let pattern = Pattern::parse(pattern, FULL).unwrap();
            match pattern.matches(value, Case::Sensitive, &facts) {
                Match::Yes => "yes".to_owned(),
                Match::No => "no".to_owned(),
                Match::Unresolved => "unresolved".to_owned(),
                Match::Unknown(key) => key.to_string(),
            }
        };
        for (pattern, value, expected) in [
            ("${AWS:UserName}-*", "ana-1", "yes"),
            ("${aws:username}-*", "bob-1", "no"),
            ("${aws:PrincipalTag/star}", "*", "yes"),
            ("${aws:PrincipalTag/star}", "x", "no"),
            ("${aws:PrincipalTag/nested}", "${aws:username}", "yes"),
            ("${aws:PrincipalTag/nested}", "ana", "no"),
            ("${aws:absent}*", "x", "unresolved"),
            ("${aws:null}*", "x", "unresolved"),
            ("${aws:many}*", "a", "unresolved"),
            ("${aws:none}*", "a", "unresolved"),
            ("${aws:absent, 'x'}", "x", "yes"),
            ("${aws:null, 'x'}", "x", "yes"),
            ("${aws:many, 'x'}", "x", "yes"),
            ("${aws:absent, '*'}", "x", "no"),
            ("${aws:absent, 'a}, b'}", "a}, b", "yes"),
            ("${aws:absent, ''}x", "x", "yes"),
            ("${aws:username, 'x'}", "x", "no"),
            (
                "a/${aws:ResourceTag/team}/b",
                "a/x/b",
                "aws:ResourceTag/team",
            ),
            ("a/${aws:ResourceTag/team}/b", "a/x/c", "no"),
            ("${aws:ResourceTag/team}${aws:absent}", "x", "unresolved"),
            ("${aws:ResourceTag/team, 'x'}", "x", "aws:ResourceTag/team"),
            // More parts than usual.
            ("*a?*b?*c?*d?${aws:username}*", "a1b2c3d4ana", "yes"),
            ("*a?*b?*c?*d?${aws:username}*", "a1b2c3d4bob", "no"),
        ] {
            assert_eq!(check(pattern, value), expected, "{pattern} {value}");
        }
    }

    /// A backtracking matcher needs 2,000 to the power of 20 steps for these.
    #[test]
    fn hostile_patterns_end() {
        let value = "a".repeat(2000);
        for piece in ["a*", "a?*", "*a", "?*a"] {
            let pattern = format!("{}b", piece.repeat(20));
            assert!(!matches(&pattern, &value), "{pattern}");
            let pattern = format!("{}a", piece.repeat(20));
            assert!(matches(&pattern, &value), "{pattern}");
        }
    }
}
