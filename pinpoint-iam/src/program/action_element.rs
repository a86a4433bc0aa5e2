//! The actions that the `Action` or `NotAction` element of a statement matches.

use crate::policy::{ActionPattern, Effect, Statement};

/// Returns the effect for which the patterns of a statement's action element are matched.
///
/// A doubtful pattern must narrow an `Allow` and widen a `Deny`. Under `NotAction` a matching pattern narrows the
/// statement, so the default is inverted.
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
