//! Reading the files of a source.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use pinpoint_iam_core::json;

use crate::source::error::SourceError;

/// Reads a text file of at most `limit` bytes, so that a huge one is refused before it fills the memory.
///
/// `raise` is the method that raises the limit.
pub(super) fn read(path: &Path, limit: usize, raise: &str) -> Result<String, SourceError> {
    let unreadable = |error: io::Error| cannot_be_read(path, &error);
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let allowed = u64::try_from(limit).unwrap_or(u64::MAX);
    file.take(allowed.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    check_length(path, bytes.len(), limit, raise)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
        let position = json::position(&before, before.len());
        let message = "the file is not UTF-8 from here on; save it as UTF-8";
        SourceError::at(path, position.line(), position.column(), message)
    })
}

/// Refuses a text of more than `limit` bytes.
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

/// A file or directory that cannot be read.
pub(super) fn cannot_be_read(path: &Path, error: &io::Error) -> SourceError {
    match error.kind() {
        ErrorKind::NotFound => SourceError::of_file(path, "does not exist"),
        _ => SourceError::of_file(path, format!("cannot be read: {error}")),
    }
}
