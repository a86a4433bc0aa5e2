//! Notes that a request was checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Notes that a check of a request has started, for the layers around its handler that need to know it.
///
/// Without such a layer it is empty. Clones are about the same request. Only code of this crate can reach it, so neither
/// a caller nor the application can pretend a check.
#[derive(Clone, Debug, Default)]
pub(super) struct CheckNote(Option<Arc<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    is_checked: AtomicBool,
    /// The note of the next layer outside of this one.
    outer: CheckNote,
}

impl CheckNote {
    /// Returns a note for a layer inside of the layer that has the note `outer`.
    #[cfg(feature = "tower")]
    pub(super) fn inside(outer: Self) -> Self {
        Self(Some(Arc::new(Noted {
            is_checked: AtomicBool::new(false),
            outer,
        })))
    }

    /// Notes that a check has started.
    pub(super) fn set(&self) {
        let mut next = self;
        while let Some(noted) = &next.0 {
            noted.is_checked.store(true, Ordering::Release);
            next = &noted.outer;
        }
    }

    /// Whether a check has started.
    #[cfg(feature = "tower")]
    pub(super) fn is_set(&self) -> bool {
        let noted = self.0.as_deref();
        noted.is_some_and(|noted| noted.is_checked.load(Ordering::Acquire))
    }
}
