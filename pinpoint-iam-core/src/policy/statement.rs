//! The statements of a document.

use super::action::ActionElement;
use super::error::Place;
use super::principal::PrincipalElement;
use super::resource::ResourceElement;
use crate::condition::Condition;
use crate::context::ConditionKey;
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
    /// Boxed, as the conditions are, because few statements have them.
    pub(super) principal: Option<Box<PrincipalElement>>,
    pub(super) action: ActionElement,
    pub(super) resource: Option<ResourceElement>,
    pub(super) conditions: Option<Box<Conditions>>,
}

/// The conditions of a statement, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conditions {
    pub(super) conditions: Box<[Condition]>,
    /// The position of each condition, in the same order.
    pub(super) places: Box<[ConditionPlace]>,
    /// The grouping of the conditions.
    pub(super) operators: Box<[OperatorBlock]>,
    /// The position of `Condition`.
    pub(super) place: Place,
}

/// One member of `Condition`: `"operator": {…}`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OperatorBlock {
    pub(super) operator: Box<str>,
    /// The number of its conditions; they follow those of the previous blocks.
    pub(super) length: usize,
    pub(super) place: Place,
}

/// The positions of a condition's parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConditionPlace {
    pub(super) key: Place,
    pub(super) values: Box<[Place]>,
}

impl Statement {
    /// The `Sid` of the statement; it can be empty.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_ref().map(|(sid, _)| &**sid)
    }

    /// The index of the statement in the document, counted from 0.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// The position of the statement in the document.
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

    /// The `Resource` or `NotResource`; some resource-based policies have neither.
    pub const fn resource(&self) -> Option<&ResourceElement> {
        self.resource.as_ref()
    }

    /// The conditions, all of which must hold; one for each combination of operator and key.
    pub fn conditions(&self) -> &[Condition] {
        match &self.conditions {
            Some(conditions) => &conditions.conditions,
            None => &[],
        }
    }

    /// The positions of the keys of the [conditions](Self::conditions) in the document, in the same order.
    pub fn condition_positions(&self) -> impl Iterator<Item = Position> {
        let conditions = self.conditions.iter();
        conditions.flat_map(|conditions| conditions.places.iter().map(|place| place.key.0))
    }

    /// Returns every condition key that the statement uses, with the position of the condition or of the resource: the keys
    /// of conditions, and those of policy variables in their values and in resources.
    pub fn condition_keys(&self) -> impl Iterator<Item = (Position, &ConditionKey)> {
        let by_conditions = self
            .conditions()
            .iter()
            .zip(self.condition_positions())
            .flat_map(|(condition, position)| condition.keys().map(move |key| (position, key)));
        let patterns = self.resource().into_iter();
        let by_resources = patterns
            .flat_map(|element| element.patterns())
            .flat_map(|pattern| {
                let variables = pattern.variables();
                variables.map(|variable| (pattern.position(), variable.key()))
            });
        by_conditions.chain(by_resources)
    }
}
