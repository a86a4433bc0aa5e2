//! `Resource` and `NotResource`.

use super::resource_pattern::ResourcePattern;
use super::values::Values;
use crate::position::Position;

/// The resources that a statement covers: those that match one of the patterns or, if negated, those that match none.
///
/// See [Resource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html) and
/// [NotResource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html).
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceElement {
    pub(super) is_negated: bool,
    pub(super) values: Values<ResourcePattern>,
}

impl ResourceElement {
    /// Whether the element is `NotResource`, which covers the resources that match no pattern.
    pub const fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// The patterns as written; never empty.
    pub fn patterns(&self) -> &[ResourcePattern] {
        self.values.items()
    }

    /// The position of the element's value in the document.
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

    /// Whether the list contains `null` elements, which are ignored.
    pub fn has_nulls(&self) -> bool {
        !self.values.nulls().is_empty()
    }
}
