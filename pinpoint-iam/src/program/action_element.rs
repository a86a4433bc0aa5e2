//! Which actions a statement is about, as its text says it.

use crate::policy::{ActionPattern, Effect, Statement};

/// With which effect the patterns of a statement's action element are asked.
///
/// A pattern that is doubtful must shrink an `Allow` and widen a `Deny`. Under `NotAction` a pattern that matches shrinks the
/// statement, so there the doubt counts the other way round.
pub(crate) fn doubt_about_actions(statement: &Statement) -> Effect {
    match (statement.effect(), statement.action().is_negated()) {
        (Effect::Allow, false) | (Effect::Deny, true) => Effect::Allow,
        (Effect::Deny, false) | (Effect::Allow, true) => Effect::Deny,
    }
}

/// The pattern that covers an action; under `NotAction` it is the one that keeps the statement from matching.
pub(crate) fn covering_pattern<'s>(
    statement: &'s Statement,
    prefix: &str,
    name: &str,
) -> Option<&'s ActionPattern> {
    let doubt = doubt_about_actions(statement);
    let mut patterns = statement.action().patterns().iter();
    patterns.find(|pattern| pattern.matches(prefix, name, doubt))
}

/// Whether a statement is about an action.
pub(crate) fn is_about_action(statement: &Statement, prefix: &str, name: &str) -> bool {
    covering_pattern(statement, prefix, name).is_some() != statement.action().is_negated()
}
