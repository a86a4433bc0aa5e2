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

use std::borrow::Cow;
use std::fmt;

use crate::context::{ConditionKey, Facts, Lookup};

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

/// What a pattern consists of once its variables are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(Cow<'a, str>),
    AnyCharacter,
    AnyRun,
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
        let tokens: &[Token] = match &self.shape {
            Shape::Variables(tokens) => tokens,
            _ => &[],
        };
        tokens.iter().filter_map(|token| match token {
            Token::Variable(variable) => Some(variable),
            Token::Fixed(_) => None,
        })
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

/// A variable that is not written as variables are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    offset: usize,
    message: String,
    hint: Option<String>,
}

impl PatternError {
    /// Where the fault stands, in bytes from the start of the pattern's text.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PatternError {}

impl Shape {
    fn parse(text: &str, syntax: Syntax) -> Result<Self, PatternError> {
        let has_variables = syntax.variables && text.contains("${");
        let has_wildcards = syntax.wildcards && text.contains(['*', '?']);
        if !has_variables && !has_wildcards {
            return Ok(Self::Literal);
        }
        if !has_variables && let Some(prefix) = text.strip_suffix('*') {
            if prefix.is_empty() {
                return Ok(Self::Everything);
            }
            if !prefix.contains(['*', '?']) {
                return Ok(Self::Prefix);
            }
        }
        let tokens = Tokens::read(text, syntax)?;
        let pieces: Option<Box<[Piece<'static>]>> = tokens
            .iter()
            .map(|token| match token {
                Token::Fixed(piece) => Some(piece.clone()),
                Token::Variable(_) => None,
            })
            .collect();
        Ok(match pieces {
            Some(pieces) => Self::Wildcards(pieces),
            None => Self::Variables(tokens.into()),
        })
    }
}

/// Collects tokens and joins the characters between wildcards and variables.
#[derive(Default)]
struct Tokens {
    tokens: Vec<Token>,
    literal: String,
}

impl Tokens {
    fn read(text: &str, syntax: Syntax) -> Result<Vec<Token>, PatternError> {
        let mut tokens = Self::default();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if syntax.variables && rest.starts_with("${") {
                let (hole, after) = Hole::read(rest).map_err(|mut error| {
                    error.offset += text.len() - rest.len();
                    error
                })?;
                match hole {
                    Hole::Character(character) => tokens.literal.push(character),
                    Hole::Variable(variable) => tokens.push(Token::Variable(variable)),
                }
                rest = after;
                continue;
            }
            match character {
                '*' if syntax.wildcards => tokens.push(Token::Fixed(Piece::AnyRun)),
                '?' if syntax.wildcards => tokens.push(Token::Fixed(Piece::AnyCharacter)),
                _ => tokens.literal.push(character),
            }
            let mut characters = rest.chars();
            characters.next();
            rest = characters.as_str();
        }
        tokens.flush();
        Ok(tokens.tokens)
    }

    fn push(&mut self, token: Token) {
        self.flush();
        self.tokens.push(token);
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.tokens
                .push(Token::Fixed(Piece::Text(Cow::Owned(literal))));
        }
    }
}

/// What stands between `${` and `}`.
enum Hole {
    Character(char),
    Variable(Variable),
}

impl Hole {
    /// Reads the hole that `text` starts with, and gives what comes behind it. Offsets of errors count from `text`.
    fn read(text: &str) -> Result<(Self, &str), PatternError> {
        let body = text.strip_prefix("${").unwrap_or(text);
        for (special, character) in [("*}", '*'), ("?}", '?'), ("$}", '$')] {
            if let Some(after) = body.strip_prefix(special) {
                return Ok((Self::Character(character), after));
            }
        }
        let fault = |rest: &str, message: String, hint: &str| PatternError {
            offset: text.len() - rest.len(),
            message,
            hint: Some(hint.to_owned()),
        };
        let never_closed = || {
            fault(
                text,
                "a variable is never closed".to_owned(),
                "write `${key}`, or `${$}{` for the characters `${`",
            )
        };
        let end = body
            .find(['}', ',', '{', '$', '\'', '*', '?'])
            .ok_or_else(never_closed)?;
        let (name, rest) = body.split_at_checked(end).ok_or_else(never_closed)?;
        if let Some(blank) = name.find(char::is_whitespace) {
            let (_, rest) = body.split_at_checked(blank).ok_or_else(never_closed)?;
            return Err(fault(
                rest,
                "the name of a variable holds a blank".to_owned(),
                "write `${key}`, or `${key, 'default'}` with a comma behind the key",
            ));
        }
        if name.is_empty() && rest.starts_with(['}', ',']) {
            return Err(fault(
                text,
                "a variable has no name".to_owned(),
                "name a condition key, as in `${aws:username}`",
            ));
        }
        let key = ConditionKey::new(name);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((Self::Variable(Variable { key, default: None }), after));
        }
        let Some(after_comma) = rest.strip_prefix(',') else {
            let found: String = rest.chars().take(1).collect();
            return Err(fault(
                rest,
                format!("`{found}` cannot stand in the name of a variable"),
                "close the variable with `}` first",
            ));
        };
        let Some(quoted) = after_comma.strip_prefix(" '") else {
            return Err(fault(
                after_comma,
                "the default of a variable does not stand in single quotes behind one space"
                    .to_owned(),
                "write `${key, 'default'}`",
            ));
        };
        let Some((default, rest)) = quoted.split_once('\'') else {
            return Err(fault(
                after_comma,
                "the default of a variable is never closed".to_owned(),
                "end it with `'}`",
            ));
        };
        let Some(after) = rest.strip_prefix('}') else {
            return Err(fault(
                rest,
                "a variable is not closed behind its default".to_owned(),
                "write `${key, 'default'}`",
            ));
        };
        let default = Some(default.into());
        Ok((Self::Variable(Variable { key, default }), after))
    }
}

impl Case {
    /// What comes behind `prefix`, when `text` starts with it.
    fn strip_start<'t>(self, text: &'t str, prefix: &str) -> Option<&'t str> {
        match self {
            Self::Sensitive => text.strip_prefix(prefix),
            Self::IgnoreAscii => {
                let (head, tail) = text.split_at_checked(prefix.len())?;
                head.eq_ignore_ascii_case(prefix).then_some(tail)
            }
            Self::Ignore => {
                let mut rest = text.chars();
                let mut prefix = prefix.chars();
                prefix
                    .all(|letter| rest.next().is_some_and(|other| same_letter(letter, other)))
                    .then_some(rest.as_str())
            }
        }
    }

    /// What comes before `suffix`, when `text` ends with it.
    fn strip_end<'t>(self, text: &'t str, suffix: &str) -> Option<&'t str> {
        match self {
            Self::Sensitive => text.strip_suffix(suffix),
            Self::IgnoreAscii => {
                let (head, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
                tail.eq_ignore_ascii_case(suffix).then_some(head)
            }
            Self::Ignore => {
                let mut rest = text.chars();
                let mut suffix = suffix.chars().rev();
                suffix
                    .all(|letter| {
                        rest.next_back()
                            .is_some_and(|other| same_letter(letter, other))
                    })
                    .then_some(rest.as_str())
            }
        }
    }
}

/// Either case will do: the capital of `ı` is `I`, and the small letter of the Kelvin sign is `k`.
fn same_letter(left: char, right: char) -> bool {
    left == right
        || left.to_lowercase().eq(right.to_lowercase())
        || left.to_uppercase().eq(right.to_uppercase())
}

/// Matches after filling variables; one that is not known yet is taken for anything at all, so that `No` is final.
fn match_filled<'p>(
    tokens: &'p [Token],
    value: &str,
    case: Case,
    facts: &(impl Facts + ?Sized),
) -> Match<'p> {
    let mut unknown = None;
    let mut pieces = Vec::with_capacity(tokens.len());
    for token in tokens {
        pieces.push(match token {
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
        });
    }
    match (glob(&pieces, value, case), unknown) {
        (false, _) => Match::No,
        (true, None) => Match::Yes,
        (true, Some(key)) => Match::Unknown(key),
    }
}

/// The first run is held against the start, the last against the end, and each of the others is taken where it comes
/// first: all of them have a fixed number of characters, so an earlier place never spoils a later one.
fn glob(pieces: &[Piece<'_>], value: &str, case: Case) -> bool {
    let mut runs = pieces.split(|piece| matches!(piece, Piece::AnyRun));
    let Some(rest) = strip_run_from_start(runs.next().unwrap_or_default(), value, case) else {
        return false;
    };
    let Some(last) = runs.next_back() else {
        return rest.is_empty();
    };
    let Some(mut rest) = strip_run_from_end(last, rest, case) else {
        return false;
    };
    runs.all(|run| match find_run(run, rest, case) {
        Some(after) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn strip_run_from_start<'v>(run: &[Piece<'_>], value: &'v str, case: Case) -> Option<&'v str> {
    run.iter().try_fold(value, |rest, piece| match piece {
        Piece::Text(text) => case.strip_start(rest, text),
        Piece::AnyCharacter | Piece::AnyRun => {
            let mut characters = rest.chars();
            characters.next()?;
            Some(characters.as_str())
        }
    })
}

fn strip_run_from_end<'v>(run: &[Piece<'_>], value: &'v str, case: Case) -> Option<&'v str> {
    run.iter().rev().try_fold(value, |rest, piece| match piece {
        Piece::Text(text) => case.strip_end(rest, text),
        Piece::AnyCharacter | Piece::AnyRun => {
            let mut characters = rest.chars();
            characters.next_back()?;
            Some(characters.as_str())
        }
    })
}

/// What comes behind the first place where `run` matches.
fn find_run<'v>(run: &[Piece<'_>], value: &'v str, case: Case) -> Option<&'v str> {
    if let ([Piece::Text(text)], Case::Sensitive) = (run, case) {
        return value.split_once(&**text).map(|(_, after)| after);
    }
    let mut candidate = value;
    loop {
        if let Some(after) = strip_run_from_start(run, candidate, case) {
            return Some(after);
        }
        let mut characters = candidate.chars();
        characters.next()?;
        candidate = characters.as_str();
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
        ] {
            assert_eq!(check(pattern, value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn faults_of_variables() {
        for (pattern, offset, expected) in [
            (
                "x${aws:username",
                1,
                "a variable is never closed; write `${key}`, or `${$}{` for the characters `${`",
            ),
            (
                "${}",
                0,
                "a variable has no name; name a condition key, as in `${aws:username}`",
            ),
            (
                "${, 'x'}",
                0,
                "a variable has no name; name a condition key, as in `${aws:username}`",
            ),
            (
                "ü${aws: username}",
                8,
                "the name of a variable holds a blank; write `${key}`, or `${key, 'default'}` with a comma behind the \
                 key",
            ),
            (
                "${a${b}}",
                3,
                "`$` cannot stand in the name of a variable; close the variable with `}` first",
            ),
            (
                "${a*}",
                3,
                "`*` cannot stand in the name of a variable; close the variable with `}` first",
            ),
            (
                "${a, x}",
                4,
                "the default of a variable does not stand in single quotes behind one space; write `${key, 'default'}`",
            ),
            (
                "${a,'x'}",
                4,
                "the default of a variable does not stand in single quotes behind one space; write `${key, 'default'}`",
            ),
            (
                "${a, 'x}",
                4,
                "the default of a variable is never closed; end it with `'}`",
            ),
            (
                "${a, 'x' }",
                8,
                "a variable is not closed behind its default; write `${key, 'default'}`",
            ),
        ] {
            let error = Pattern::parse(pattern, FULL).unwrap_err();
            assert_eq!(error.to_string(), expected, "{pattern}");
            assert_eq!(error.offset(), offset, "{pattern}");
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
