//! `Resource` and `NotResource`.

use super::resource_pattern::ResourcePattern;
use super::values::Values;
use crate::position::Position;

/// The resources that a statement is about: those that match one of the patterns, or, negated, those that match none.
///
/// See [Resource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html) and
/// [NotResource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html).
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceElement {
    pub(super) is_negated: bool,
    pub(super) values: Values<ResourcePattern>,
}

impl ResourceElement {
    /// Whether the element is `NotResource`: it covers the resources that match no pattern.
    pub const fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// The patterns, as they were written; never empty.
    pub fn patterns(&self) -> &[ResourcePattern] {
        self.values.items()
    }

    /// Where the value of the element stands in the document.
    pub const fn position(&self) -> Position {
        match &self.values {
            Values::One(pattern) => pattern.position(),
            Values::List(list) => list.position(),
        }
    }

    /// `Resource` or `NotResource`.
    pub const fn name(&self) -> &'static str {
        if self.is_negated {
            "NotResource"
        } else {
            "Resource"
        }
    }

    /// Whether the list has elements that are `null`, which are skipped.
    pub fn has_nulls(&self) -> bool {
        !self.values.nulls().is_empty()
    }
}
