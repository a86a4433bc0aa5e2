//! The last good set of policies, kept on disk.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::arn::Scope;
use crate::freshness::Revision;
use crate::source::asynchronous::PolicySet;
use crate::source::error::SourceError;
use crate::source::file::{FileState, read};
use crate::source::files::{Hex, PolicyFiles};

/// The start of the file. The SHA-256 checksum of everything after the first line follows.
const HEADER: &str = "pinpoint-iam last good set 1 sha256:";

/// The largest file, so that a huge one is rejected before it fills the memory.
const MAX_LENGTH: usize = 1 << 30;

/// The file that keeps the last good set.
pub(crate) struct LastGood {
    path: PathBuf,
    /// The number of the attempt that wrote the file last. A slower, earlier attempt must not overwrite it.
    written: Mutex<u64>,
}

/// The content of the file after the first line, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content<'a> {
    source: String,
    scope: String,
    revision: String,
    #[serde(borrow)]
    files: Vec<(std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>,
}

impl LastGood {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            written: Mutex::new(0),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a file, or may be one that cannot be read.
    pub(crate) fn may_exist(&self) -> bool {
        match fs::symlink_metadata(&self.path) {
            Ok(_) => true,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// Keeps a set of `source`, from the fetch with the number `attempt`.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be written. The previous file, if there is one, is then unchanged.
    pub(crate) fn write(
        &self,
        attempt: u64,
        source: &str,
        scope: &Scope,
        revision: &Revision,
        files: &PolicyFiles,
    ) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if attempt < *written {
            return Ok(());
        }
        let content = Content {
            source: source.to_owned(),
            scope: name_of(scope),
            revision: revision.as_str().to_owned(),
            files: files
                .iter()
                .map(|(name, text)| (name.into(), text.into()))
                .collect(),
        };
        let content = serde_json::to_vec(&content)?;
        let header = format!("{HEADER}{}\n", checksum(&content));
        replace(&Disk, &self.path, &[header.as_bytes(), &content])?;
        *written = attempt;
        Ok(())
    }

    /// Reads the set that was kept for `source`.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, if other users may access it, if it is not complete and unchanged, or if it
    /// was written for another source or scope.
    pub(crate) fn read(&self, source: &str, scope: &Scope) -> Result<PolicySet, SourceError> {
        let path = &self.path;
        let fault = |message: String| SourceError::of_file(path, message);
        check_permissions(path)?;
        let state = FileState::of(path)?;
        let text = read(path, &state, MAX_LENGTH, "MAX_LENGTH")
            .map_err(|_| fault("changed while it was read".to_owned()))??;
        let unsuitable = || {
            fault("is not a last good set, or is from another version of the library".to_owned())
        };
        let (header, content) = text.split_once('\n').ok_or_else(unsuitable)?;
        let sum = header.strip_prefix(HEADER).ok_or_else(unsuitable)?;
        if sum != checksum(content.as_bytes()) {
            return Err(fault("is damaged: its checksum does not match".to_owned()));
        }
        let content: Content<'_> = serde_json::from_str(content).map_err(|_| unsuitable())?;
        if content.source != source {
            return Err(fault(format!(
                "is from another source: `{}`",
                content.source.escape_debug()
            )));
        }
        if content.scope != name_of(scope) {
            return Err(fault(format!(
                "is for another scope: `{}`",
                content.scope.escape_debug()
            )));
        }
        let mut files = PolicyFiles::new();
        for (name, text) in content.files {
            files.insert(name, text)?;
        }
        Ok(PolicySet::from_files(
            Revision::new(&content.revision),
            files,
        ))
    }
}

/// Returns the scope as text.
fn name_of(scope: &Scope) -> String {
    format!(
        "{}:{}:{}",
        scope.partition(),
        scope.region(),
        scope.account()
    )
}

fn checksum(bytes: &[u8]) -> String {
    Hex(&Sha256::digest(bytes)).to_string()
}

/// Checks that only the owner may access the file.
#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), SourceError> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::symlink_metadata(path)
        .map_err(|error| crate::source::file::cannot_be_read(path, &error))?;
    if metadata.is_symlink() {
        return Err(SourceError::of_file(path, "is a symbolic link"));
    }
    if metadata.mode() & 0o077 != 0 {
        let message = "may be accessed by other users; it must have the mode 600";
        return Err(SourceError::of_file(path, message));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_permissions(_: &Path) -> Result<(), SourceError> {
    Ok(())
}

/// The operations on a file system that replacing a file consists of. Tests make each of them fail.
trait FileSystem {
    type File: Write;

    /// Creates a file that must not exist, and that only its owner may access.
    fn create(&self, path: &Path) -> io::Result<Self::File>;
    /// Waits until the content of the file is on disk.
    fn sync(&self, file: &Self::File) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Waits until the names in the directory are on disk.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
}

struct Disk;

impl FileSystem for Disk {
    type File = File;

    fn create(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(path)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Directories cannot be opened on this platform.
    #[cfg(not(unix))]
    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Replaces the file at `path` as a whole: at any time, it has the old or the new content.
fn replace<S: FileSystem>(system: &S, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = temporary_name(path)?;
    let written =
        write_all(system, &temporary, parts).and_then(|()| system.rename(&temporary, path));
    if let Err(error) = written {
        // It may not exist. If it cannot be removed, it is never read.
        let _ = system.remove(&temporary);
        return Err(error);
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    system.sync_directory(directory)
}

fn write_all<S: FileSystem>(system: &S, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = system.create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.flush()?;
    system.sync(&file)
}

/// Returns a name in the same directory, because a file can only be renamed within a file system.
fn temporary_name(path: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    temporary.push(format!(".{}-{count}.tmp", std::process::id()));
    Ok(path.with_file_name(temporary))
}

#[cfg(test)]
mod tests;
