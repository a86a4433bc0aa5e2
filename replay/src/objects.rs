//! Log files in the object stores of a session.
//!
//! `pinpoint_iam_replay::Bucket` does the same for a later version of the crate `object_store` than DataFusion has.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _,
};
use pinpoint_iam_replay::{LogContent, LogFile};
use tokio::runtime::Handle;

use crate::error::execution;

/// The number of bytes that one request reads.
const CHUNK: u64 = 8 * 1024 * 1024;

/// The URL of the file system of this machine.
const LOCAL: &str = "file:///";

/// Finds the log file at a path of a store. Waits for the store: call it outside of asynchronous functions.
pub(crate) fn log_file(
    runtime: &RuntimeEnv,
    store_url: &str,
    path: &str,
    handle: Handle,
) -> Result<LogFile> {
    let path = Path::parse(path)?;
    if store_url == LOCAL {
        let local = LocalFileSystem::new().path_to_filesystem(&path)?;
        let shown = local.display().to_string();
        return LogFile::at(local)
            .map_err(|error| execution(format!("cannot read `{shown}`: {error}")));
    }
    let store = runtime.object_store(&ObjectStoreUrl::parse(store_url)?)?;
    let object = handle.block_on(store.head(&path))?;
    let name = format!("{store_url}{path}");
    let bytes = object.size;
    let content = LogObject {
        store,
        object,
        runtime: handle,
    };
    Ok(LogFile::new(name, bytes, content))
}

/// The bytes of a log file.
#[derive(Debug)]
struct LogObject {
    store: Arc<dyn ObjectStore>,
    object: ObjectMeta,
    runtime: Handle,
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
            let end = self.position.saturating_add(CHUNK);
            let end = end.min(self.object.object.size);
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
    /// Reads the bytes of a range. The object must not have changed.
    fn range(&self, start: u64, end: u64) -> io::Result<Bytes> {
        let ObjectMeta {
            location,
            e_tag,
            last_modified,
            ..
        } = &self.object;
        let options = GetOptions {
            range: Some(GetRange::Bounded(start..end)),
            if_match: e_tag.clone(),
            if_unmodified_since: e_tag.is_none().then_some(*last_modified),
            ..GetOptions::default()
        };
        let bytes = self.runtime.block_on(async {
            let result = self.store.get_opts(location, options).await?;
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
    use datafusion::object_store::memory::InMemory;
    use tokio::runtime::Runtime;

    use super::*;

    const STORE: &str = "memory://bucket/";
    const LOG: &str = "log";

    struct Setup {
        tokio: Runtime,
        store: Arc<InMemory>,
        runtime: RuntimeEnv,
    }

    impl Setup {
        fn new(content: &'static str) -> Self {
            let setup = Self {
                tokio: Runtime::new().unwrap(),
                store: Arc::new(InMemory::new()),
                runtime: RuntimeEnv::default(),
            };
            let url = ObjectStoreUrl::parse(STORE).unwrap();
            let store = setup.store.clone();
            setup.runtime.register_object_store(url.as_ref(), store);
            setup.put(content);
            setup
        }

        fn put(&self, content: &'static str) {
            let path = Path::from(LOG);
            let put = self.store.put(&path, content.into());
            self.tokio.block_on(put).unwrap();
        }

        /// The log file, with the size and the versions that `change` has changed.
        fn file(&self, change: impl FnOnce(&mut ObjectMeta)) -> LogFile {
            let path = Path::from(LOG);
            let mut object = self.tokio.block_on(self.store.head(&path)).unwrap();
            change(&mut object);
            let bytes = object.size;
            let content = LogObject {
                store: self.store.clone(),
                object,
                runtime: self.tokio.handle().clone(),
            };
            LogFile::new(LOG, bytes, content)
        }
    }

    fn records(file: &LogFile) -> Vec<Option<Vec<u8>>> {
        let mut records = Vec::new();
        for part in file.parts() {
            file.read(part, |record| records.push(record.map(<[u8]>::to_vec)));
        }
        records
    }

    /// Records of two versions of an object would be counted as those of one file.
    #[test]
    fn a_changed_object_cannot_be_read() {
        let setup = Setup::new("a\nb\n");
        let handle = setup.tokio.handle().clone();
        let file = log_file(&setup.runtime, STORE, LOG, handle).unwrap();
        let untagged = setup.file(|object| object.e_tag = None);
        for file in [&file, &untagged] {
            assert_eq!(records(file), [Some(b"a".to_vec()), Some(b"b".to_vec())]);
        }
        setup.put("c\nd\n");
        for file in [&file, &untagged] {
            assert_eq!(records(file), [None]);
        }
    }

    /// A store that returns fewer bytes than requested would end the file too early.
    #[test]
    fn an_incomplete_range_is_an_error() {
        let setup = Setup::new("a\nb\n");
        let longer = setup.file(|object| object.size += 1);
        assert_eq!(records(&longer), [None]);
    }
}
