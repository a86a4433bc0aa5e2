//! Parses the text of a pattern.

use std::borrow::Cow;
use std::fmt;

use super::glob::Piece;
use super::part::Variable;
use super::token::Token;
use crate::context::ConditionKey;

/// A malformed policy variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    offset: usize,
    message: String,
    hint: &'static str,
}

impl PatternError {
    /// The position of the error, in bytes from the start of the pattern's text.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        self.hint
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.message, self.hint)
    }
}

impl std::error::Error for PatternError {}

/// Parses a text with variables.
pub(super) fn tokens(text: &str, wildcards: bool) -> Result<Vec<Token>, PatternError> {
    Reader::read(text, wildcards)
}

/// Collects tokens, and merges the characters between wildcards and variables.
#[derive(Default)]
struct Reader {
    tokens: Vec<Token>,
    literal: String,
}

impl Reader {
    fn read(text: &str, wildcards: bool) -> Result<Vec<Token>, PatternError> {
        let mut tokens = Self::default();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if rest.starts_with("${") {
                let (hole, after) = Substitution::read(rest).map_err(|mut error| {
                    error.offset += text.len() - rest.len();
                    error
                })?;
                match hole {
                    Substitution::Character(character) => tokens.literal.push(character),
                    Substitution::Variable(variable) => tokens.push(Token::Variable(variable)),
                }
                rest = after;
                continue;
            }
            match character {
                '*' if wildcards => tokens.push(Token::Fixed(Piece::AnyRun)),
                '?' if wildcards => tokens.push(Token::Fixed(Piece::AnyCharacter)),
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

/// The content between `${` and `}`.
enum Substitution {
    Character(char),
    Variable(Variable),
}

impl Substitution {
    /// Parses the variable at the start of `text`, and returns the rest. Offsets of errors count from the start of
    /// `text`.
    fn read(text: &str) -> Result<(Self, &str), PatternError> {
        let body = text.strip_prefix("${").unwrap_or(text);
        for (special, character) in [("*}", '*'), ("?}", '?'), ("$}", '$')] {
            if let Some(after) = body.strip_prefix(special) {
                return Ok((Self::Character(character), after));
            }
        }
        let fault = |rest: &str, message: String, hint: &'static str| PatternError {
            offset: text.len() - rest.len(),
            message,
            hint,
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
                "the name of a variable contains a space".to_owned(),
                "write `${key}`, or `${key, 'default'}` with a comma after the key",
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
                format!("invalid character `{found}` in the name of a variable"),
                "close the variable with `}` first",
            ));
        };
        let Some(quoted) = after_comma.strip_prefix(" '") else {
            return Err(fault(
                after_comma,
                "the default of a variable must be in single quotes after one space".to_owned(),
                "write `${key, 'default'}`",
            ));
        };
        let Some((default, rest)) = quoted.split_once('\'') else {
            return Err(fault(
                after_comma,
                "the default of a variable is not closed".to_owned(),
                "end it with `'}`",
            ));
        };
        let Some(after) = rest.strip_prefix('}') else {
            return Err(fault(
                rest,
                "a variable is not closed after its default".to_owned(),
                "write `${key, 'default'}`",
            ));
        };
        let default = Some(default.into());
        Ok((Self::Variable(Variable { key, default }), after))
    }
}

#[cfg(test)]
mod tests {
    use crate::pattern::{Pattern, Syntax};

    const FULL: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };

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
                "the name of a variable contains a space; write `${key}`, or `${key, 'default'}` with a comma after the \
                 key",
            ),
            (
                "${a${b}}",
                3,
                "invalid character `$` in the name of a variable; close the variable with `}` first",
            ),
            (
                "${a*}",
                3,
                "invalid character `*` in the name of a variable; close the variable with `}` first",
            ),
            (
                "${a, x}",
                4,
                "the default of a variable must be in single quotes after one space; write `${key, 'default'}`",
            ),
            (
                "${a,'x'}",
                4,
                "the default of a variable must be in single quotes after one space; write `${key, 'default'}`",
            ),
            (
                "${a, 'x}",
                4,
                "the default of a variable is not closed; end it with `'}`",
            ),
            (
                "${a, 'x' }",
                8,
                "a variable is not closed after its default; write `${key, 'default'}`",
            ),
        ] {
            let error = Pattern::parse(pattern, FULL).unwrap_err();
            assert_eq!(error.to_string(), expected, "{pattern}");
            assert_eq!(error.offset(), offset, "{pattern}");
        }
    }
}
