//! What is known of a pattern's text once it was read.

use memchr::{memchr, memchr2};

use super::Syntax;
use super::read::{self, PatternError};
use super::token::Token;

/// What matching has to expect of a pattern's text. Without variables the text itself says all.
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

/// What a text with variables consists of.
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
    /// Takes a text apart that has variables; nothing comes of one that has none.
    pub(crate) fn parse(text: &str, wildcards: bool) -> Result<Option<Self>, PatternError> {
        // Most texts have not even the first of these characters, which is looked for faster.
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
