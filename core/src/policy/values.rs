//! What a policy writes as one string or as a list of strings.

use super::error::{Place, Position};

/// One or more values, and how they were written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values<T> {
    pub(super) items: Box<[T]>,
    /// Whether they stand in a list; there is one otherwise.
    pub(super) is_list: bool,
    /// The indexes of the list at which `null` is written, and where that is in the document.
    pub(super) nulls: Box<[(usize, Place)]>,
    pub(super) place: Place,
}

impl<T> Values<T> {
    /// One value that stands in no list.
    pub(super) fn one(item: T, place: Place) -> Self {
        Self {
            items: [item].into(),
            is_list: false,
            nulls: Box::default(),
            place,
        }
    }

    pub(super) const fn position(&self) -> Position {
        self.place.0
    }

    /// The values with `None` for each `null`, in the order of the list.
    pub(super) fn with_nulls(&self) -> impl Iterator<Item = Option<&T>> {
        let mut items = self.items.iter();
        (0..self.items.len() + self.nulls.len()).map(move |index| {
            if self.nulls.iter().any(|(null, _)| *null == index) {
                None
            } else {
                items.next()
            }
        })
    }
}
