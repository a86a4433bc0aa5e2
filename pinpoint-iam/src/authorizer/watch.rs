//! File events, which make changes of the policies visible before the next poll.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use pinpoint_iam_core::__private::OneLine;

use super::refresh::Refresher;

/// The error of a file or directory that cannot be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchError(String);

impl fmt::Display for WatchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(&self.0).fmt(formatter)
    }
}

impl std::error::Error for WatchError {}

impl Refresher {
    /// Fetches the policies soon after the file or directory at `path` changes, in addition to polling.
    ///
    /// Requires the feature `watch`. File events are not reliable: they are missing on network file systems, after a
    /// watched directory was replaced, and when the queue of the operating system is full. Polling finds these changes.
    ///
    /// ```
    /// # use pinpoint_iam::{Refresher, WatchError};
    /// # fn watch(refresher: Refresher) -> Result<Refresher, WatchError> {
    /// let refresher = refresher.watching("policies")?;
    /// # Ok(refresher)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the operating system cannot watch `path`, for example because it does not exist.
    pub fn watching(mut self, path: impl AsRef<Path>) -> Result<Self, WatchError> {
        let path = path.as_ref();
        let wake = Arc::clone(&self.wake);
        let report = move |event: notify::Result<Event>| match event {
            Ok(event) if !is_change(&event) => {}
            Ok(_) => wake.wake(),
            Err(error) => {
                tracing::warn!(%error, "changes of the policies may be noticed only by the next poll");
                wake.wake();
            }
        };
        let watcher = notify::recommended_watcher(report).and_then(|mut watcher| {
            watcher.watch(path, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        let failed = |error| WatchError(format!("`{}` cannot be watched: {error}", path.display()));
        self.watchers.push(watcher.map_err(failed)?);
        Ok(self)
    }
}

/// Whether an event can mean that a file has other content, or that other events were lost. Reading is not such an event: it
/// would cause the next read.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => event.need_rescan(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, Flag, ModifyKind, RemoveKind, RenameMode};

    use super::*;

    #[test]
    fn reading_a_file_is_not_a_change() {
        for kind in [
            AccessKind::Any,
            AccessKind::Read,
            AccessKind::Open(AccessMode::Any),
            AccessKind::Open(AccessMode::Read),
            AccessKind::Close(AccessMode::Read),
        ] {
            let event = Event::new(EventKind::Access(kind));
            assert!(!is_change(&event), "{kind:?}");
            assert!(is_change(&event.set_flag(Flag::Rescan)), "{kind:?}");
        }
        for kind in [
            EventKind::Any,
            EventKind::Other,
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Create(CreateKind::File),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
            EventKind::Remove(RemoveKind::File),
        ] {
            assert!(is_change(&Event::new(kind)), "{kind:?}");
        }
    }
}
