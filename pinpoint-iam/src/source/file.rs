//! Reads the files of a source in one consistent state.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::SystemTime;

use pinpoint_iam_core::json;

use crate::source::error::SourceError;

/// The number of attempts to read files that keep changing.
const ATTEMPTS: usize = 3;

/// The files changed while they were being read.
#[derive(Debug)]
pub(super) struct Changed;

/// Reads files with `read`, and repeats this while their `state` before and after differs.
///
/// The result is the content that all files had at one time. Otherwise, it could combine parts of two versions into a
/// source that never existed.
///
/// # Errors
///
/// Returns the errors of `state`, and an error if the files change during every attempt.
pub(super) fn read_unchanged<S: PartialEq, T>(
    path: &Path,
    state: impl Fn() -> Result<S, SourceError>,
    mut read: impl FnMut(&S) -> Result<T, Changed>,
) -> Result<T, SourceError> {
    for _ in 0..ATTEMPTS {
        let before = state()?;
        let Ok(content) = read(&before) else {
            continue;
        };
        if state().is_ok_and(|after| after == before) {
            return Ok(content);
        }
    }
    let message = format!(
        "changed each of the {ATTEMPTS} times that it was read; replace all files at once, \
         for example with a symbolic link that is renamed"
    );
    Err(SourceError::of_file(path, message))
}

/// Identifies the state of a file or directory. Symbolic links are followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileState {
    file_type: FileType,
    length: u64,
    modified: Option<SystemTime>,
    identity: Identity,
}

/// Attributes other than the length and the modification time that identify the state of a file on this platform.
#[cfg(unix)]
type Identity = (u64, u64, i64, i64);

/// Attributes other than the length and the modification time that identify the state of a file on this platform.
#[cfg(not(unix))]
type Identity = Option<SystemTime>;

/// Returns the device, the inode, and the time of the last change of the inode.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (
        metadata.dev(),
        metadata.ino(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    )
}

/// Returns the creation time.
#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> Identity {
    metadata.created().ok()
}

impl FileState {
    /// Returns the current state of the file or directory at `path`.
    pub(super) fn of(path: &Path) -> Result<Self, SourceError> {
        std::fs::metadata(path)
            .map(|metadata| Self::from_metadata(&metadata))
            .map_err(|error| cannot_be_read(path, &error))
    }

    fn from_metadata(metadata: &Metadata) -> Self {
        Self {
            file_type: metadata.file_type(),
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity: identity(metadata),
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        self.file_type.is_dir()
    }

    /// Checks that this is a regular file. Only regular files have content that ends.
    pub(super) fn check_is_file(&self, path: &Path) -> Result<(), SourceError> {
        if self.file_type.is_file() {
            return Ok(());
        }
        let what = if self.file_type.is_dir() {
            "a directory"
        } else {
            "a pipe, socket or device"
        };
        Err(SourceError::of_file(path, format!("is {what}, not a file")))
    }
}

/// Reads a text file of at most `limit` bytes, so that a huge file is rejected before it fills the memory.
///
/// `raise` is the name of the method that raises the limit.
///
/// # Errors
///
/// Fails if the file is not the one whose state is `expected`. The inner result is an error of the file itself.
pub(super) fn read(
    path: &Path,
    expected: &FileState,
    limit: usize,
    raise: &str,
) -> Result<Result<String, SourceError>, Changed> {
    if let Err(fault) = expected.check_is_file(path) {
        return Ok(Err(fault));
    }
    let opened =
        open(path).and_then(|file| Ok((FileState::from_metadata(&file.metadata()?), file)));
    match opened {
        Ok((state, _)) if state != *expected => Err(Changed),
        Ok((_, file)) => Ok(read_text(path, file, limit, raise)),
        Err(error) => Ok(Err(cannot_be_read(path, &error))),
    }
}

/// Opens a file without blocking, even if a pipe or terminal has replaced it since its state was read.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    options.open(path)
}

fn read_text(path: &Path, file: File, limit: usize, raise: &str) -> Result<String, SourceError> {
    let mut bytes = Vec::new();
    let allowed = u64::try_from(limit).unwrap_or(u64::MAX);
    file.take(allowed.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| cannot_be_read(path, &error))?;
    check_length(path, bytes.len(), limit, raise)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
        let position = json::position(&before, before.len());
        let message = "invalid UTF-8; save the file as UTF-8";
        SourceError::at(path, position.line(), position.column(), message)
    })
}

/// Rejects a text of more than `limit` bytes.
pub(super) fn check_length(
    path: &Path,
    length: usize,
    limit: usize,
    raise: &str,
) -> Result<(), SourceError> {
    if length > limit {
        let message = format!("is longer than {limit} bytes; `{raise}` raises the limit");
        return Err(SourceError::of_file(path, message));
    }
    Ok(())
}

/// The error for a file or directory that cannot be read.
pub(super) fn cannot_be_read(path: &Path, error: &io::Error) -> SourceError {
    match error.kind() {
        ErrorKind::NotFound => SourceError::of_file(path, "does not exist"),
        _ => SourceError::of_file(path, format!("cannot be read: {error}")),
    }
}
