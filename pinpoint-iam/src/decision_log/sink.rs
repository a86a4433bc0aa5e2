//! Where a decision log writes its records.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::decision_log::json;
use crate::decision_log::record::Record;

/// Writes the records of a decision log, on a thread of its own.
///
/// Closures over [`Record`] implement this trait. A sink may block: requests then follow
/// [`WhenFull`](super::WhenFull). A panic counts as an error.
pub trait DecisionSink: Send + 'static {
    /// Writes a record, or keeps it for [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// Fails if the record cannot be written. All records since the last successful flush then count as
    /// [failed](super::DecisionLogCounts::failed).
    fn write(&mut self, record: &Record<'_>) -> io::Result<()>;

    /// Writes what was kept. Called after every batch of at most 256 records, and after an error of
    /// [`write`](Self::write).
    ///
    /// # Errors
    ///
    /// Fails if a record cannot be written.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F: FnMut(&Record<'_>) + Send + 'static> DecisionSink for F {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        self(record);
        Ok(())
    }
}

/// Writes records as events of `tracing`, with the target `pinpoint_iam::decisions`, the level `INFO`, and the line of
/// JSON as the field `record`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingSink;

impl DecisionSink for TracingSink {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        if tracing::enabled!(target: "pinpoint_iam::decisions", tracing::Level::INFO) {
            let record = serde_json::to_string(record)?;
            tracing::info!(target: "pinpoint_iam::decisions", record, "decision");
        }
        Ok(())
    }
}

/// Writes records to a file, one line of JSON each, and rotates it by size.
///
/// With the file `decisions.log`, older records are in `decisions.log.1`, still older ones in `decisions.log.2`, and so
/// on. A new file is readable only by its owner. The file is not synchronized to the disk: the last records may be
/// missing after the computer, not the program, has crashed.
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    file: File,
    /// The bytes of complete lines in the file.
    size: u64,
    max_size: u64,
    kept: u32,
    /// The size at which the file is rotated.
    rotate_at: u64,
    /// Whether the file may end within a line.
    is_torn: bool,
    /// Whether lines are events of OCSF.
    is_ocsf: bool,
    buffer: Vec<u8>,
}

impl JsonLines {
    /// Opens or creates the file `path`, and appends to it. It is rotated when it has 100 MiB, and nine older files are
    /// kept.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        const DEFAULT_SIZE: u64 = 100 * 1024 * 1024;
        let path = path.as_ref().to_owned();
        let file = open(&path)?;
        let size = file.metadata()?.len();
        Ok(Self {
            path,
            file,
            size,
            max_size: DEFAULT_SIZE,
            kept: 9,
            rotate_at: DEFAULT_SIZE,
            // A program that was killed may have left a part of a line.
            is_torn: size > 0,
            is_ocsf: false,
            buffer: Vec::new(),
        })
    }

    /// Sets the size in bytes beyond which a file is rotated, and the number of older files that are kept. Without older
    /// files, records are deleted by a rotation.
    #[must_use]
    pub const fn rotation(mut self, max_size: u64, kept: u32) -> Self {
        self.max_size = max_size;
        self.rotate_at = max_size;
        self.kept = kept;
        self
    }

    /// Writes each record as an event of the Open Cybersecurity Schema Framework, see [`Record::as_ocsf`]. Such a file
    /// cannot be read as records again.
    #[must_use]
    pub const fn as_ocsf(mut self) -> Self {
        self.is_ocsf = true;
        self
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.kept).rev() {
            match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        match self.kept {
            0 => fs::remove_file(&self.path)?,
            _ => fs::rename(&self.path, self.numbered(1))?,
        }
        self.file = open(&self.path)?;
        self.size = self.file.metadata()?.len();
        self.is_torn = self.size > 0;
        self.rotate_at = self.max_size;
        Ok(())
    }

    fn append(&mut self) -> io::Result<()> {
        if self.is_torn {
            // An empty line is easier to skip than a line with two records.
            self.buffer.insert(0, b'\n');
        }
        let length = self.buffer.len() as u64;
        match self.file.write_all(&self.buffer) {
            Ok(()) => {
                self.size = self.size.saturating_add(length);
                self.is_torn = false;
                Ok(())
            }
            Err(error) => {
                // The batch counts as lost, so a part of it must not remain.
                self.is_torn = self.file.set_len(self.size).is_err();
                Err(error)
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

impl DecisionSink for JsonLines {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        let complete = self.buffer.len();
        let written = match self.is_ocsf {
            true => json::write(&mut self.buffer, &record.as_ocsf()),
            // Session policies are written as they are, which only `serde_json` can do.
            false if !record.principal.session_policies.is_empty() => {
                serde_json::to_writer(&mut self.buffer, record)
            }
            false => json::write(&mut self.buffer, record),
        };
        if let Err(error) = written {
            self.buffer.truncate(complete);
            return Err(error.into());
        }
        self.buffer.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let next = self.size.saturating_add(self.buffer.len() as u64);
        if self.size > 0
            && next > self.rotate_at
            && let Err(error) = self.rotate()
        {
            // A file that is too large is better than lost records.
            tracing::error!(path = %self.path.display(), %error, "the decision log cannot be rotated, and grows");
            self.rotate_at = self.size.saturating_add(self.max_size);
        }
        let written = self.append();
        self.buffer.clear();
        written
    }
}
