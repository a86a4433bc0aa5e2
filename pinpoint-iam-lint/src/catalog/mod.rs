//! Compares policy documents with the catalog.
//!
//! A document with such an error is legal, and AWS accepts it. But an action that does not exist, or an ARN that no
//! action of its statement can match, has no effect: an `Allow` grants less than it appears to, and a `Deny` denies
//! less.
//!
//! Other services are not known here. Their actions and ARNs are accepted as they are.

pub(crate) mod action;
pub(crate) mod arns;
mod condition;
mod resource;

use std::cell::Cell;

use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_core::policy::{Document, Position};

use self::arns::ServiceActions;

/// An error at a position of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind of the error.
    pub subject: Subject,
    /// The position.
    pub position: Position,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// The name that was probably meant, if there is only one candidate.
    pub suggestion: Option<String>,
}

/// The part of a document that does not agree with a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The catalog does not contain the action.
    UnknownAction,
    /// The action has wildcards and matches none of the catalog's actions.
    UnmatchedWildcard,
    /// No action of the statement acts on the resource.
    UnmatchedResource,
    /// No catalog defines the condition key.
    UnknownConditionKey,
}

/// Limits the cost of the hints about one document.
///
/// Each hint compares a name of the document with all names of the catalog. In a document full of errors, later hints
/// are not worth this cost.
pub(crate) struct Hints {
    /// The number of comparisons that are left.
    comparisons: Cell<usize>,
}

impl Hints {
    const MOST_COMPARISONS: usize = 50_000;

    fn new() -> Self {
        Self {
            comparisons: Cell::new(Self::MOST_COMPARISONS),
        }
    }

    /// No comparisons, for a caller that does not use the findings.
    #[cfg(feature = "rules")]
    pub(crate) fn none() -> Self {
        Self {
            comparisons: Cell::new(0),
        }
    }

    /// A hint that needs this number of comparisons; after too many of them, a hint that needs none.
    fn compare<T>(
        &self,
        comparisons: usize,
        hint: impl FnOnce() -> T,
        otherwise: impl FnOnce() -> T,
    ) -> T {
        let left = self.comparisons.get().checked_sub(comparisons);
        self.comparisons.set(left.unwrap_or_default());
        match left {
            Some(_) => hint(),
            None => otherwise(),
        }
    }
}

/// Returns all elements of `document` that cannot match anything according to `catalog`, statement by statement.
///
/// - An action of a service in the catalog that the catalog does not contain, and a pattern that matches none of its
///   actions.
/// - An ARN on which no action of the statement acts, for all values of the placeholders in the resource types.
///   Partition, region and account may be any text without a slash, unless the service names its partitions, and a
///   policy variable may be any text. If the statement covers actions of services that are not in the catalog, an ARN
///   of such a service may belong to them; an ARN of a service in the catalog must still be the ARN of a resource type.
/// - A condition key, including that of a policy variable, with the prefix of a service in the catalog that no catalog
///   defines.
///
/// The same rules apply to `NotAction` and `NotResource`: a wrong name in them does not exempt anything.
pub fn findings(catalog: &Catalog, document: &Document) -> Vec<Finding> {
    let services = ServiceActions::all(catalog);
    let hints = Hints::new();
    let mut findings = Vec::new();
    for statement in document.statements() {
        let covered = action::check(catalog, &services, statement, &hints, &mut findings);
        resource::check(
            catalog,
            &services,
            statement,
            &covered,
            &hints,
            &mut findings,
        );
        condition::check(catalog, statement, &hints, &mut findings);
    }
    findings
}
