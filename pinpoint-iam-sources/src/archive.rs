//! Archives of policies: tar, with or without gzip.

use std::fmt;
use std::io::{Cursor, Read};

use flate2::bufread::GzDecoder;
use pinpoint_iam::source::PolicyFiles;
use tar::EntryType;

/// The size of a block of an archive, in bytes.
const BLOCK: usize = 512;

/// The first bytes of a file that is compressed with gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The limits of a set, so that a huge one is rejected before it fills the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetLimits {
    bytes: u64,
    files: usize,
}

impl Default for SetLimits {
    /// 64 MiB, and 10,100 files.
    fn default() -> Self {
        Self {
            bytes: 64 * 1024 * 1024,
            files: 10_100,
        }
    }
}

impl SetLimits {
    /// Sets the largest size: of an archive as it is stored, of an archive without compression, and of all files of a set
    /// together, in bytes.
    #[must_use]
    pub const fn with_bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets the largest number of files.
    #[must_use]
    pub const fn with_files(mut self, files: usize) -> Self {
        self.files = files;
        self
    }

    /// Returns the largest size in bytes.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the largest number of files.
    pub const fn files(&self) -> usize {
        self.files
    }
}

/// The reason why an archive cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidArchive(String);

impl InvalidArchive {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for InvalidArchive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidArchive {}

/// Reads a tar archive, which may be compressed with gzip, into memory.
///
/// The archive contains the files of a directory of policies, without subdirectories: `tar -czf policies.tar.gz -C
/// policies .` creates one. Its last file has to be followed by the end of an archive, so that one that was cut between two
/// files is recognized.
///
/// # Errors
///
/// Fails if the archive is damaged, cut, followed by other bytes, or larger than the limits, and if it contains a link, a
/// device, a file in a directory, two files of one name, or a file that is not UTF-8.
pub fn read_archive(bytes: &[u8], limits: &SetLimits) -> Result<PolicyFiles, InvalidArchive> {
    if bytes.len() as u64 > limits.bytes {
        return Err(too_large(limits));
    }
    if bytes.starts_with(&GZIP) {
        read_tar(&decompress(bytes, limits)?, limits)
    } else {
        read_tar(bytes, limits)
    }
}

fn too_large(limits: &SetLimits) -> InvalidArchive {
    InvalidArchive(format!("is larger than {} bytes", limits.bytes))
}

fn decompress(bytes: &[u8], limits: &SetLimits) -> Result<Vec<u8>, InvalidArchive> {
    let mut rest = bytes;
    let mut unpacked = Vec::new();
    let mut decoder = GzDecoder::new(&mut rest).take(limits.bytes.saturating_add(1));
    decoder
        .read_to_end(&mut unpacked)
        .map_err(|error| InvalidArchive(format!("cannot be decompressed: {error}")))?;
    if unpacked.len() as u64 > limits.bytes {
        return Err(too_large(limits));
    }
    match rest.is_empty() {
        true => Ok(unpacked),
        false => Err(InvalidArchive::new("is followed by other bytes")),
    }
}

fn read_tar(bytes: &[u8], limits: &SetLimits) -> Result<PolicyFiles, InvalidArchive> {
    let damaged = |error: std::io::Error| InvalidArchive(format!("is damaged or cut: {error}"));
    let cut = || InvalidArchive::new("is cut: the end of the archive is missing");
    let mut files = PolicyFiles::new();
    let mut end = 0;
    let mut archive = tar::Archive::new(Cursor::new(bytes));
    for (number, entry) in archive.entries().map_err(damaged)?.enumerate() {
        let entry = entry.map_err(damaged)?;
        if number >= limits.files {
            let message = format!("contains more than {} files", limits.files);
            return Err(InvalidArchive(message));
        }
        let path = entry.path_bytes();
        let path = std::str::from_utf8(&path)
            .map_err(|_| InvalidArchive::new("contains a file whose name is not UTF-8"))?;
        let start = usize::try_from(entry.raw_file_position()).map_err(|_| cut())?;
        let length = usize::try_from(entry.size()).map_err(|_| cut())?;
        let stop = start.checked_add(length).ok_or_else(cut)?;
        let content = bytes.get(start..stop).ok_or_else(cut)?;
        end = stop.checked_next_multiple_of(BLOCK).ok_or_else(cut)?;
        let in_file =
            |message: &str| InvalidArchive(format!("`{}` {message}", path.escape_debug()));
        match entry.header().entry_type() {
            EntryType::Regular => {
                let name = flat_name(path).ok_or_else(|| {
                    in_file("is not a file of the directory itself; create the archive with `tar -cf policies.tar -C policies .`")
                })?;
                let text = std::str::from_utf8(content).map_err(|_| in_file("is not UTF-8"))?;
                files
                    .insert(name, text)
                    .map_err(|_| in_file("is contained twice"))?;
            }
            // The archived directory itself.
            EntryType::Directory
                if path.bytes().all(|byte| matches!(byte, b'.' | b'/')) && !path.contains("..") => {
            }
            EntryType::Directory => return Err(in_file("is a directory; a set has none")),
            // A comment, such as that of `git archive`. Its values are not applied to files.
            EntryType::XGlobalHeader => {}
            _ => return Err(in_file("is not a regular file")),
        }
    }
    // The end is two blocks of zeros. More of them fill the last record.
    let rest = bytes.get(end..).ok_or_else(cut)?;
    if rest.len() < 2 * BLOCK {
        return Err(cut());
    }
    match rest.iter().all(|byte| *byte == 0) {
        true => Ok(files),
        false => Err(InvalidArchive::new("is followed by other bytes")),
    }
}

/// Returns the name of a file in the archived directory itself.
fn flat_name(path: &str) -> Option<&str> {
    let mut name = path;
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    let is_plain = !name.is_empty()
        && name != "."
        && name != ".."
        && !name
            .contains(|character: char| matches!(character, '/' | '\\') || character.is_control());
    is_plain.then_some(name)
}

#[cfg(test)]
mod tests;
