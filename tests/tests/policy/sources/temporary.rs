//! Directories that live as long as a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A directory of its own, removed when it is dropped.
pub(crate) struct TemporaryDirectory(PathBuf);

impl TemporaryDirectory {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pinpoint-iam-sources-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// A directory with these files: names and contents.
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

    /// `message` without the path of the directory.
    pub(crate) fn strip(&self, message: &str) -> String {
        let path = format!("{}{}", self.0.display(), std::path::MAIN_SEPARATOR);
        message
            .replace(&path, "")
            .replace(&*self.0.to_string_lossy(), "DIRECTORY")
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // What is left behind is in the directory for temporary files, and no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}
