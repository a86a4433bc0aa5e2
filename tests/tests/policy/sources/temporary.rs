//! Directories that exist as long as a test runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A separate directory, which is deleted when this is dropped.
pub(crate) struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// Creates an empty directory.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pinpoint-iam-sources-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Creates a directory with these files: names and contents.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let directory = Self::new();
        for (name, content) in files {
            directory.write(name, content);
        }
        directory
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns `message` without the path of the directory.
    pub(crate) fn strip(&self, message: &str) -> String {
        let path = format!("{}{}", self.0.display(), std::path::MAIN_SEPARATOR);
        message
            .replace(&path, "")
            .replace(&*self.0.to_string_lossy(), "DIRECTORY")
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // A directory that cannot be deleted remains among the temporary files, and the test does not fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}
