//! Checks that are made twice, so that their decisions are logged and counted once.

use std::cell::Cell;

thread_local! {
    static IS_ANNOUNCED: Cell<bool> = const { Cell::new(false) };
}

/// States that the check that this thread makes is made again, after the body is read.
pub(crate) fn announce() {
    IS_ANNOUNCED.set(true);
}

/// A check that may be made again. Checks are nested.
pub(crate) struct Repetition {
    outer: bool,
}

impl Repetition {
    /// Starts a check.
    pub(crate) fn start() -> Self {
        Self {
            outer: IS_ANNOUNCED.replace(false),
        }
    }

    /// Whether this check has announced that it is made again.
    #[expect(
        clippy::unused_self,
        reason = "only a check that has started can have announced it"
    )]
    pub(crate) fn is_announced(&self) -> bool {
        IS_ANNOUNCED.get()
    }
}

impl Drop for Repetition {
    fn drop(&mut self) {
        IS_ANNOUNCED.set(self.outer);
    }
}
