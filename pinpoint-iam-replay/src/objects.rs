//! Log files in object storage.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::runtime::Handle;

use crate::input::{LogContent, LogFile};

/// The number of bytes that one request reads.
const CHUNK: u64 = 8 * 1024 * 1024;

/// Log files in a bucket of object storage.
///
/// A file is read with several requests. If it changes between them, or if one of them fails, the rest of the file is a
/// record that is not replayable.
///
/// Its functions, and a replay of its log files, wait for the store. Call them outside of asynchronous functions, for
/// example in [`spawn_blocking`](tokio::task::spawn_blocking).
#[derive(Clone, Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    /// What the name of a log file starts with, before its path in the bucket.
    address: String,
    runtime: Handle,
}

impl Bucket {
    /// Uses a store. The names of log files are `address`, such as `s3://logs/`, and their paths in the bucket.
    pub fn new(store: Arc<dyn ObjectStore>, address: impl Into<String>, runtime: Handle) -> Self {
        Self {
            store,
            address: address.into(),
            runtime,
        }
    }

    /// Returns the object at `path`, or else all objects below it, in the order of their paths.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be read.
    pub fn log_files(&self, path: &Path) -> Result<Vec<LogFile>, Error> {
        self.log_files_where(path, |_| true)
    }

    /// Returns those of the [log files](Self::log_files) for whose paths `is_wanted` is true.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot be read.
    pub fn log_files_where(
        &self,
        path: &Path,
        is_wanted: impl Fn(&Path) -> bool,
    ) -> Result<Vec<LogFile>, Error> {
        let mut found = self.runtime.block_on(self.find(path))?;
        found.retain(|object| is_wanted(&object.location));
        found.sort_by(|one, other| one.location.cmp(&other.location));
        let files = found.into_iter().map(|object| {
            let name = format!("{}{}", self.address, object.location);
            let bytes = object.size;
            let bucket = self.clone();
            LogFile::new(name, bytes, LogObject { bucket, object })
        });
        Ok(files.collect())
    }

    async fn find(&self, path: &Path) -> Result<Vec<ObjectMeta>, Error> {
        if !path.as_ref().is_empty() {
            match self.store.head(path).await {
                Ok(object) => return Ok(vec![object]),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.store.list(Some(path)).try_collect().await
    }
}

/// The bytes of a log file.
#[derive(Debug)]
struct LogObject {
    bucket: Bucket,
    object: ObjectMeta,
}

impl LogContent for LogObject {
    fn open(&self, position: u64) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(ObjectReader {
            object: self,
            position,
            chunk: Bytes::new(),
        }))
    }
}

/// Reads an object from a position.
struct ObjectReader<'a> {
    object: &'a LogObject,
    /// The position after `chunk`.
    position: u64,
    /// The bytes that have arrived and were not read.
    chunk: Bytes,
}

impl Read for ObjectReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            let end = self
                .object
                .object
                .size
                .min(self.position.saturating_add(CHUNK));
            if self.position >= end {
                return Ok(0);
            }
            self.chunk = self.object.range(self.position, end)?;
            self.position = end;
        }
        let length = bytes.len().min(self.chunk.len());
        let now = self.chunk.split_to(length);
        let free = bytes.get_mut(..length).unwrap_or_default();
        free.copy_from_slice(&now);
        Ok(length)
    }
}

impl LogObject {
    /// Reads the bytes of a range.
    fn range(&self, start: u64, end: u64) -> io::Result<Bytes> {
        let ObjectMeta {
            e_tag,
            last_modified,
            ..
        } = &self.object;
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..end)),
            // Otherwise the parts of a file could be of different versions. Not every store has tags of versions.
            if_match: e_tag.clone(),
            if_unmodified_since: e_tag.is_none().then_some(*last_modified),
            ..GetOptions::default()
        };
        let Bucket { store, runtime, .. } = &self.bucket;
        let bytes = runtime.block_on(async {
            let result = store.get_opts(&self.object.location, options).await?;
            result.bytes().await
        })?;
        match bytes.len() as u64 == end - start {
            true => Ok(bytes),
            false => Err(io::Error::other("the store has returned another range")),
        }
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;
    use tokio::runtime::Runtime;

    use super::*;

    struct Setup {
        runtime: Runtime,
        store: Arc<InMemory>,
    }

    impl Setup {
        fn new() -> Self {
            Self {
                runtime: Runtime::new().unwrap(),
                store: Arc::new(InMemory::new()),
            }
        }

        fn put(&self, path: &str, content: Vec<u8>) {
            let path = Path::from(path);
            let put = self.store.put(&path, content.into());
            self.runtime.block_on(put).unwrap();
        }

        fn bucket(&self) -> Bucket {
            let handle = self.runtime.handle().clone();
            Bucket::new(self.store.clone(), "memory:///", handle)
        }
    }

    /// Returns the bytes from a position.
    fn content(file: &LogFile, position: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.open(position)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn objects_are_found_by_path() {
        let setup = Setup::new();
        for path in ["logs/b/2.jsonl", "logs/a.jsonl", "logs-old/c.jsonl"] {
            setup.put(path, vec![b'x'; 3]);
        }
        for (path, expected) in [
            ("logs", &["logs/a.jsonl", "logs/b/2.jsonl"][..]),
            ("logs/a.jsonl", &["logs/a.jsonl"]),
            ("logs/b", &["logs/b/2.jsonl"]),
            ("", &["logs-old/c.jsonl", "logs/a.jsonl", "logs/b/2.jsonl"]),
            // A path consists of whole names.
            ("log", &[]),
        ] {
            let found = setup.bucket().log_files(&Path::from(path)).unwrap();
            let names: Vec<&str> = found.iter().map(LogFile::name).collect();
            let expected: Vec<String> = expected
                .iter()
                .map(|path| format!("memory:///{path}"))
                .collect();
            assert_eq!(names, expected, "{path}");
            assert!(found.iter().all(|file| file.bytes() == 3));
        }
        let wanted = |path: &Path| path.as_ref().contains("2");
        let found = setup.bucket().log_files_where(&Path::from("logs"), wanted);
        assert_eq!(found.unwrap().len(), 1);
    }

    /// A file that needs several requests is read from any position to its end.
    #[test]
    fn long_objects_are_read_in_chunks() {
        let setup = Setup::new();
        let length = usize::try_from(2 * CHUNK).unwrap() + 5;
        let whole: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
        setup.put("log", whole.clone());
        let files = setup.bucket().log_files(&Path::from("log")).unwrap();
        for position in [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK, length as u64] {
            let rest = &whole[usize::try_from(position).unwrap()..];
            assert!(content(&files[0], position).unwrap() == rest, "{position}");
        }
        assert!(content(&files[0], u64::MAX).unwrap().is_empty());
    }

    /// The bytes of two versions are never mixed.
    #[test]
    fn a_changed_object_cannot_be_read() {
        let setup = Setup::new();
        setup.put("log", vec![b'a'; 10]);
        let bucket = setup.bucket();
        let path = Path::from("log");
        let files = bucket.log_files(&path).unwrap();
        let head = setup.store.head(&path);
        let object = ObjectMeta {
            e_tag: None,
            ..setup.runtime.block_on(head).unwrap()
        };
        let untagged = LogFile::new("untagged", 10, LogObject { bucket, object });
        assert_eq!(content(&files[0], 0).unwrap(), [b'a'; 10]);
        assert_eq!(content(&untagged, 0).unwrap(), [b'a'; 10]);
        setup.put("log", vec![b'b'; 10]);
        assert!(content(&files[0], 0).is_err());
        assert!(content(&untagged, 0).is_err());
    }
}
