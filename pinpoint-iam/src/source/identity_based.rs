//! What the policy of a user, group or role must be, when it was written as well as when it is loaded.

use crate::policy::{Document, Position, Statement};

/// What keeps a document from being an identity-based policy, and where. AWS has never stored such a document as one.
///
/// Everything else that AWS checks when a policy is written depends on the kind of the policy and on the year, and is not
/// asked of policies that are loaded.
pub(super) fn not_identity_based(document: &Document) -> Option<(Position, &'static str)> {
    let fault = |statement: &Statement| Some((statement.position(), fault_of(statement)?));
    document.statements().iter().find_map(fault)
}

fn fault_of(statement: &Statement) -> Option<&'static str> {
    if statement.principal().is_some() {
        return Some(
            "the statement has a `Principal` or `NotPrincipal`; the policy of a user, group or role has neither",
        );
    }
    if statement.resource().is_none() {
        return Some(
            "the statement has no `Resource` or `NotResource`; the policy of a user, group or role has one of them",
        );
    }
    None
}
