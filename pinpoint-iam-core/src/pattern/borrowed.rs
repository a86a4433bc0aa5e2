//! Patterns that borrow their text, and the matching of patterns.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr2;

use super::glob::{Piece, glob};
use super::nfa::Nfa;
use super::part::{Filled, Part, Variable};
use super::shape::{Shape, Tokens};
use super::token::Token;
use super::{Case, Coverage, Match, Pattern};
use crate::context::ContextLookup;

/// A [`Pattern`] that is part of a longer text, for example a component of an ARN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BorrowedPattern<'p> {
    pub(super) text: &'p str,
    pub(super) shape: Shape<&'p Tokens>,
}

impl<'p> BorrowedPattern<'p> {
    /// The pattern that matches only the empty string.
    pub const EMPTY: Self = Self {
        text: "",
        shape: Shape::Literal,
    };

    /// Creates a pattern with wildcards in which `${` is plain text.
    pub fn without_variables(text: &'p str) -> Self {
        Self::new(text, None)
    }

    /// Creates a pattern from its text and, if it has variables, from its tokens.
    pub(crate) fn new(text: &'p str, tokens: Option<&'p Tokens>) -> Self {
        let shape = match tokens {
            Some(tokens) => Shape::Tokens(tokens),
            None => Shape::of_wildcards(text),
        };
        Self { text, shape }
    }

    /// Copies the pattern into one that owns its text.
    pub fn to_pattern(self) -> Pattern {
        Pattern {
            text: self.text.into(),
            shape: self.shape.map(Clone::clone),
        }
    }

    /// The text as written.
    pub const fn as_str(self) -> &'p str {
        self.text
    }

    /// The variables, in order of appearance, including duplicates.
    pub fn variables(self) -> impl Iterator<Item = &'p Variable> {
        self.parts().filter_map(|part| match part {
            Part::Variable(variable) => Some(variable),
            Part::Text(_) | Part::AnyCharacter | Part::AnyRun => None,
        })
    }

    /// The parts of the pattern, in order.
    pub fn parts(self) -> impl Iterator<Item = Part<'p>> {
        let (mut rest, tokens): (_, &[Token]) = match self.shape {
            Shape::Tokens(tokens) => ("", tokens.as_slice()),
            _ => (self.text, &[]),
        };
        let has_wildcards = self.shape != Shape::Literal;
        let written = std::iter::from_fn(move || {
            let (part, after) = first_part(rest, has_wildcards)?;
            rest = after;
            Some(part)
        });
        let taken_apart = tokens.iter().map(|token| match token {
            Token::Fixed(piece) => Part::of(piece),
            Token::Variable(variable) => Part::Variable(variable),
        });
        written.chain(taken_apart)
    }

    /// How many strings of a language the pattern matches, with variables filled in from `facts`.
    ///
    /// `All` and `None` are certain.
    #[doc(hidden)]
    pub fn extent(self, language: &Nfa, facts: &(impl ContextLookup + ?Sized)) -> Coverage<'p> {
        if self.shape == Shape::Everything {
            return Coverage::All;
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
                    Filled::Unresolved => return Coverage::None,
                    Filled::Unknown => {
                        unknown.get_or_insert(variable.key());
                        Piece::AnyRun
                    }
                },
            });
        }
        let parts = || filled.iter().map(Part::of);
        match unknown {
            _ if !language.meets(parts()) => Coverage::None,
            Some(key) => Coverage::Unknown(key),
            None if language.is_covered_by(parts()) => Coverage::All,
            None => Coverage::Some,
        }
    }

    /// Matches `value`, in which all characters are data, and fills in variables from `facts`.
    #[inline]
    pub fn matches(
        self,
        value: &str,
        case: Case,
        facts: &(impl ContextLookup + ?Sized),
    ) -> Match<'p> {
        let matched = match self.shape {
            Shape::Literal => case.strip_start(value, self.text) == Some(""),
            Shape::Everything => true,
            Shape::Prefix => self
                .text
                .strip_suffix('*')
                .is_some_and(|prefix| case.strip_start(value, prefix).is_some()),
            Shape::Wildcards => glob(self.text.split('*'), value, case),
            Shape::Tokens(tokens) => return match_filled(tokens.as_slice(), value, case, facts),
        };
        if matched { Match::Yes } else { Match::No }
    }

    /// [`matches`](Self::matches), case-sensitive, for a `value` that is known to start with the text before the first
    /// wildcard or variable. That text is not compared again.
    pub fn matches_behind_start(
        self,
        value: &str,
        facts: &(impl ContextLookup + ?Sized),
    ) -> Match<'p> {
        let wildcard = match self.shape {
            Shape::Wildcards => memchr2(b'*', b'?', self.text.as_bytes()),
            _ => None,
        };
        let rest = wildcard.and_then(|start| self.text.get(start..).zip(value.get(start..)));
        match rest {
            Some((text, value)) if glob(text.split('*'), value, Case::Sensitive) => Match::Yes,
            Some(_) => Match::No,
            None => self.matches(value, Case::Sensitive, facts),
        }
    }
}

impl fmt::Debug for BorrowedPattern<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text, formatter)
    }
}

impl fmt::Display for BorrowedPattern<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text)
    }
}

/// The first part of a text without variables, and the rest of the text.
fn first_part(text: &str, has_wildcards: bool) -> Option<(Part<'_>, &str)> {
    if text.is_empty() {
        return None;
    }
    let wildcard = match has_wildcards {
        true => memchr2(b'*', b'?', text.as_bytes()),
        false => None,
    };
    match wildcard {
        Some(0) => {
            let is_run = text.starts_with('*');
            let part = if is_run {
                Part::AnyRun
            } else {
                Part::AnyCharacter
            };
            Some((part, text.get(1..)?))
        }
        wildcard => {
            let (text, after) = text.split_at_checked(wildcard.unwrap_or(text.len()))?;
            Some((Part::Text(text), after))
        }
    }
}

/// The usual maximum number of tokens in a pattern with variables.
const FEW_TOKENS: usize = 8;

/// Matches after filling in variables. An unknown variable is treated as one that matches anything, so that `No` is
/// final.
fn match_filled<'p>(
    tokens: &'p [Token],
    value: &str,
    case: Case,
    facts: &(impl ContextLookup + ?Sized),
) -> Match<'p> {
    let mut unknown = None;
    // Patterns with variables are short, so that most of them need no heap allocation.
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
                    unknown.get_or_insert(variable.key());
                    Piece::AnyRun
                }
            },
        };
    }
    let runs = pieces.split(|piece| matches!(piece, Piece::AnyRun));
    match (glob(runs, value, case), unknown) {
        (false, _) => Match::No,
        (true, None) => Match::Yes,
        (true, Some(key)) => Match::Unknown(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::pattern::Syntax;

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
    fn a_start_that_is_known_changes_nothing() {
        let patterns = [
            "a*b", "a?", "ab*c*", "a*c?b", "ü*x", "ü?", "*", "?b", "a*", "a", "a${k}*b",
        ];
        let values = [
            "", "a", "ab", "aXb", "abc", "abXcY", "acb", "acüb", "ü", "üx", "üX", "aa", "avb",
        ];
        let mut facts = Context::new();
        facts.insert("k", "v");
        let mut matched = 0;
        for (pattern, value) in patterns
            .iter()
            .flat_map(|pattern| values.map(|value| (pattern, value)))
        {
            let pattern = Pattern::parse(pattern, FULL).unwrap();
            let start = match pattern.parts().next() {
                Some(Part::Text(text)) => text,
                _ => "",
            };
            if value.starts_with(start) {
                let whole = pattern.matches(value, Case::Sensitive, &facts);
                let behind = pattern.as_borrowed().matches_behind_start(value, &facts);
                assert_eq!(behind, whole, "{pattern} {value}");
                matched += usize::from(whole == Match::Yes);
            }
        }
        assert!(matched > 0, "no value was matched");
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

    /// A backtracking matcher would need 2,000 to the power of 20 steps for these.
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
