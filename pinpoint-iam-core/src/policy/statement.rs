//! Statements.

use super::action::ActionElement;
use super::error::Place;
use super::principal::PrincipalElement;
use super::resource::ResourceElement;
use crate::condition::Condition;
use crate::effect::Effect;
use crate::position::Position;

/// One statement of a document.
///
/// See [Statement](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html).
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub(super) index: usize,
    pub(super) place: Place,
    pub(super) sid: Option<(Box<str>, Place)>,
    pub(super) effect: Effect,
    pub(super) effect_place: Place,
    /// Few statements have one, and few have conditions.
    pub(super) principal: Option<Box<PrincipalElement>>,
    pub(super) action: ActionElement,
    pub(super) resource: Option<ResourceElement>,
    pub(super) conditions: Option<Box<Conditions>>,
}

/// The conditions of a statement, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conditions {
    pub(super) conditions: Box<[Condition]>,
    /// Where each of them stands, in the same order.
    pub(super) places: Box<[ConditionPlace]>,
    /// How they are grouped.
    pub(super) operators: Box<[OperatorBlock]>,
    /// Where `Condition` stands.
    pub(super) place: Place,
}

/// One member of `Condition`: `"operator": {…}`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OperatorBlock {
    pub(super) operator: Box<str>,
    /// How many of the statement's conditions it holds, following those of the blocks before it.
    pub(super) length: usize,
    pub(super) place: Place,
}

/// Where the parts of a condition stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConditionPlace {
    pub(super) key: Place,
    pub(super) values: Box<[Place]>,
}

impl Statement {
    /// The name of the statement; some are empty.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_ref().map(|(sid, _)| &**sid)
    }

    /// The index among the statements of the document, counted from 0.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Where the statement starts in the document.
    pub const fn position(&self) -> Position {
        self.place.0
    }

    /// Whether the statement allows or denies.
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// The `Principal` or `NotPrincipal`; only resource-based policies have one.
    pub fn principal(&self) -> Option<&PrincipalElement> {
        self.principal.as_deref()
    }

    /// The `Action` or `NotAction`.
    pub const fn action(&self) -> &ActionElement {
        &self.action
    }

    /// The `Resource` or `NotResource`; some resource-based policies have none.
    pub const fn resource(&self) -> Option<&ResourceElement> {
        self.resource.as_ref()
    }

    /// The conditions, all of which must hold: one for each operator and key.
    pub fn conditions(&self) -> &[Condition] {
        match &self.conditions {
            Some(conditions) => &conditions.conditions,
            None => &[],
        }
    }

    /// Where the keys of the [conditions](Self::conditions) stand in the document, in the same order.
    pub fn condition_positions(&self) -> impl Iterator<Item = Position> {
        let conditions = self.conditions.iter();
        conditions.flat_map(|conditions| conditions.places.iter().map(|place| place.key.0))
    }
}
