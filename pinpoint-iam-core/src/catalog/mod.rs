//! Compares policy documents with catalogs.
//!
//! A document with such an error is legal, and AWS accepts it. But an action that does not exist, an ARN that no action
//! of its statement can match, or a condition key that no request contains has no effect: an `Allow` grants less than it
//! appears to, and a `Deny` denies less.
//!
//! Other services are not known here. Their actions, ARNs and keys are accepted as they are.
//!
//! `include_policy!` and `pinpoint-iam lint` use parsed catalogs, and an authorizer uses generated ones: see
//! [`ServiceCatalog`].

mod action;
mod arns;
mod entries;
mod key;
mod resource;

use std::cell::{Cell, OnceCell};

use self::action::CoverCache;
pub use self::action::Covered;
pub use self::arns::CatalogAction;
use self::arns::{ArnForms, DistinctArns, ServiceActions};
pub use self::entries::{ActionEntry, ArnComponent, ResourceTypeEntry, ServiceCatalog};
use crate::context::ConditionKey;
use crate::effect::Effect;
use crate::policy::{Document, PolicyKind, Statement};
use crate::position::Position;

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
    /// Whether the error is in a statement that denies, or in a `NotAction` or `NotResource`.
    pub is_in_restriction: bool,
}

impl Finding {
    /// Whether the error may disable a limit of access: a `Deny`, an exemption or, with `limits_access`, any element of
    /// a policy that only limits access. Otherwise it makes the document grant less than it appears to.
    pub const fn disables_limit(&self, limits_access: bool) -> bool {
        self.is_in_restriction || limits_access
    }
}

/// The part of a document that does not agree with the catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The catalog does not contain the action.
    UnknownAction,
    /// The action has wildcards and matches none of the catalog's actions.
    UnmatchedWildcard,
    /// No action of the statement acts on the resource.
    UnmatchedResource,
    /// No catalog defines the condition key.
    UnknownConditionKey(ConditionKey),
    /// No action of the statement has the condition key.
    KeyNeverPresent,
}

/// Whether policies of this kind only limit the access that other policies grant.
pub const fn limits_access(kind: PolicyKind) -> bool {
    matches!(
        kind,
        PolicyKind::Boundary | PolicyKind::ServiceControl | PolicyKind::ResourceControl
    )
}

/// Whether an element of a statement denies or exempts. A wrong name in it may make access wider than intended.
fn is_in_restriction(statement: &Statement, is_negated: bool) -> bool {
    statement.effect() == Effect::Deny || is_negated
}

/// Compares documents with the catalogs of services.
pub struct CatalogChecker<'c, S: ServiceCatalog<'c>> {
    services: Vec<ServiceActions<'c, S>>,
    forms: ArnForms,
    /// The ARNs of all actions, computed on demand.
    all_arns: OnceCell<DistinctArns>,
    hints: Hints,
    covers: CoverCache,
}

impl<'c, S: ServiceCatalog<'c>> CatalogChecker<'c, S> {
    /// Creates a checker with the catalogs of `services`.
    pub fn new(services: impl IntoIterator<Item = S>) -> Self {
        Self {
            services: services.into_iter().map(ServiceActions::of).collect(),
            forms: ArnForms::default(),
            all_arns: OnceCell::new(),
            hints: Hints::default(),
            covers: CoverCache::default(),
        }
    }

    /// Returns all elements of `document` that cannot match anything according to the catalogs, statement by statement.
    ///
    /// - An action of a service in the catalogs that its catalog does not contain, and a pattern that matches none of its
    ///   actions.
    /// - An ARN on which no action of the statement acts, for all values of the placeholders in the resource types.
    ///   Partition, region and account may be any text without a slash, unless the service names its partitions, and a
    ///   policy variable may be any text. If the statement covers actions of services that are not in the catalogs, an
    ///   ARN of such a service may belong to them; an ARN of a service in the catalogs must still be the ARN of a
    ///   resource type.
    /// - A condition key, including that of a policy variable, with the prefix of a service in the catalogs that no
    ///   catalog defines.
    /// - A condition key that a catalog defines, and that no request for the statement's actions contains.
    ///
    /// The same rules apply to `NotAction` and `NotResource`: a wrong name in them does not exempt anything.
    pub fn findings(&self, document: &Document) -> Vec<Finding> {
        let mut findings = Vec::new();
        for statement in document.statements() {
            let covered = self.check_actions(statement, &mut findings);
            self.check_resources(statement, &covered, &mut findings);
            self.check_keys(statement, &mut findings);
            self.check_presence(statement, &covered, &mut findings);
        }
        findings
    }
}

/// Limits the cost of the hints of one checker.
///
/// Each hint compares a name of the document with all names of the catalog. In a document full of errors, later hints
/// are not worth this cost.
struct Hints {
    /// The number of comparisons that are left.
    comparisons: Cell<usize>,
}

impl Default for Hints {
    fn default() -> Self {
        Self {
            comparisons: Cell::new(Self::MOST_COMPARISONS),
        }
    }
}

impl Hints {
    const MOST_COMPARISONS: usize = 50_000;

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
