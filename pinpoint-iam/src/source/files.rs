//! The files of a set of policies, in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::freshness::Revision;
use crate::source::error::SourceError;

/// The files of a set of policies by name, in memory. By default they are those of a
/// [`Directory`](crate::source::Directory): documents, and an `attachments.json`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PolicyFiles(BTreeMap<String, String>);

impl PolicyFiles {
    /// Creates a set without files.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a file.
    ///
    /// # Errors
    ///
    /// Fails if the set already has a file of this name. An archive with two files of one name could be read in two
    /// ways.
    pub fn insert(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<(), SourceError> {
        let name = name.into();
        if self.0.contains_key(&name) {
            let message = "the set has two files of this name";
            return Err(SourceError::of_file(Path::new(&name), message));
        }
        self.0.insert(name, text.into());
        Ok(())
    }

    /// Returns the text of a file.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the names and texts of all files, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.0.iter();
        files.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns the number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a revision that depends only on the names and texts of the files: `sha256:` and the SHA-256 checksum.
    pub fn checksum(&self) -> Revision {
        let mut hasher = Sha256::new();
        for (name, text) in self.iter() {
            // With the lengths, no two sets have the same bytes.
            for part in [name, text] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part);
            }
        }
        Revision::new(&format!("sha256:{}", Hex(&hasher.finalize())))
    }
}

impl fmt::Debug for PolicyFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Bytes as hexadecimal digits.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}
