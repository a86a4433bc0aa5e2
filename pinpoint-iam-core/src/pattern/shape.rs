//! The shape of a pattern, determined once when it is parsed.

use memchr::{memchr, memchr2};

use super::Syntax;
use super::read::{self, PatternError};
use super::token::Token;

/// The kind of matching that a pattern needs. Without variables, the text of the pattern contains everything else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape<T> {
    /// No wildcards.
    Literal,
    /// `*` alone.
    Everything,
    /// One `*`, at the end.
    Prefix,
    /// Any other use of wildcards.
    Wildcards,
    /// Variables, with or without wildcards.
    Tokens(T),
}

/// The tokens of a text with variables.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tokens(Box<[Token]>);

impl Shape<Tokens> {
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, PatternError> {
        if syntax.variables
            && let Some(tokens) = Tokens::parse(text, syntax.wildcards)?
        {
            return Ok(Self::Tokens(tokens));
        }
        Ok(if syntax.wildcards {
            Self::of_wildcards(text)
        } else {
            Self::Literal
        })
    }

    pub(super) const fn as_borrowed(&self) -> Shape<&Tokens> {
        match self {
            Self::Literal => Shape::Literal,
            Self::Everything => Shape::Everything,
            Self::Prefix => Shape::Prefix,
            Self::Wildcards => Shape::Wildcards,
            Self::Tokens(tokens) => Shape::Tokens(tokens),
        }
    }
}

impl<T> Shape<T> {
    /// The shape of a text with wildcards and without variables.
    pub(super) fn of_wildcards(text: &str) -> Self {
        let first = memchr2(b'*', b'?', text.as_bytes());
        match (first, text.strip_suffix('*')) {
            (None, _) => Self::Literal,
            (Some(0), Some("")) => Self::Everything,
            (Some(first), Some(prefix)) if first == prefix.len() => Self::Prefix,
            _ => Self::Wildcards,
        }
    }

    pub(super) fn map<U>(self, map: impl FnOnce(T) -> U) -> Shape<U> {
        match self {
            Self::Literal => Shape::Literal,
            Self::Everything => Shape::Everything,
            Self::Prefix => Shape::Prefix,
            Self::Wildcards => Shape::Wildcards,
            Self::Tokens(tokens) => Shape::Tokens(map(tokens)),
        }
    }
}

impl Tokens {
    /// Parses a text with variables; returns `None` if it has none.
    pub(crate) fn parse(text: &str, wildcards: bool) -> Result<Option<Self>, PatternError> {
        // Most texts do not even contain the first of these characters, which is faster to search for.
        if memchr(b'$', text.as_bytes()).is_none() || !text.contains("${") {
            return Ok(None);
        }
        let tokens = read::tokens(text, wildcards)?;
        Ok(Some(Self(tokens.into())))
    }

    pub(super) const fn as_slice(&self) -> &[Token] {
        &self.0
    }
}
