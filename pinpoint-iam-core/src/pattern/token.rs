//! The tokens of a text with variables.

use super::glob::Piece;
use super::part::Variable;

/// A piece of a text with variables.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Token {
    Fixed(Piece<'static>),
    Variable(Variable),
}
