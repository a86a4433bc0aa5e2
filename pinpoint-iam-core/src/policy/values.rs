//! Elements that are one string or a list of strings.

use super::error::Place;
use crate::position::Position;

/// One or more values, and the form in which they were written.
///
/// Most elements have a single value outside a list, so only lists are allocated separately.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values<T> {
    One(T),
    List(Box<List<T>>),
}

/// A list, with at least one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List<T> {
    pub(super) items: Box<[T]>,
    /// The indexes of `null` in the list, with their positions in the document.
    pub(super) nulls: Box<[(usize, Place)]>,
    pub(super) place: Place,
}

impl<T> Values<T> {
    pub(super) fn items(&self) -> &[T] {
        match self {
            Self::One(item) => std::slice::from_ref(item),
            Self::List(list) => &list.items,
        }
    }

    pub(super) fn nulls(&self) -> &[(usize, Place)] {
        match self {
            Self::One(_) => &[],
            Self::List(list) => &list.nulls,
        }
    }
}

impl<T> List<T> {
    pub(super) const fn position(&self) -> Position {
        self.place.0
    }

    /// The values, with `None` for each `null`, in the order of the list.
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
