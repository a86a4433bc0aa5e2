//! The requirements for identity-based policies, which apply when a policy is created and when it is loaded.

use crate::policy::{Document, Position, Statement};

/// Returns the reason why a document is not an identity-based policy, with its position. AWS has never stored such a
/// document as an identity-based policy.
///
/// The other checks that AWS makes when a policy is created depend on the kind of the policy and have changed over the
/// years. Loaded policies are not subject to them.
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
