//! What a policy document says that the catalog knows to be wrong.
//!
//! Such a document is legal, and AWS accepts it. But an action that does not exist and an ARN that no action of its
//! statement can meet never match: an `Allow` with them grants less than it seems to, and a `Deny` lets more in.
//!
//! What other services do is not known here. Their actions are taken as they are, and so are their ARNs.

mod action;
mod arns;
mod condition;
mod resource;

use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_core::policy::{Document, ParseError, Position};

use self::arns::ServiceActions;

/// Something wrong at one place of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Where it stands.
    pub(crate) position: Position,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: String,
}

impl From<&ParseError> for Finding {
    fn from(error: &ParseError) -> Self {
        Self {
            position: error.position(),
            message: error.message().to_owned(),
            hint: error.hint().to_owned(),
        }
    }
}

/// Everything in `document` that can match nothing by what `catalog` says, statement by statement.
///
/// - An action of a service of the catalog that the catalog does not have, and a pattern that matches no action of it.
/// - An ARN that no action of the statement acts on, whatever fills the placeholders of the resource types. Partition,
///   region and account may be any text without a slash, where the service does not name its partitions, and a policy variable any text. Where the statement covers actions of services
///   that the catalog does not have, an ARN of such a service may be one of theirs; one of the catalog's own services
///   must still be the ARN of some resource type.
/// - A condition key, also that of a policy variable, with the prefix of a service of the catalog that no catalog defines.
///
/// `NotAction` and `NotResource` are held to the same: what they name by mistake is not exempt.
pub(crate) fn findings(catalog: &Catalog, document: &Document) -> Vec<Finding> {
    let services = ServiceActions::all(catalog);
    let mut findings = Vec::new();
    for statement in document.statements() {
        let covered = action::check(catalog, &services, statement, &mut findings);
        resource::check(catalog, &services, statement, &covered, &mut findings);
        condition::check(catalog, statement, &mut findings);
    }
    findings
}
