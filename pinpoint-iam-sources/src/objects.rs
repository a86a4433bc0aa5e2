//! Sets of policies in object storage.

use std::error::Error as _;
use std::fmt::Write as _;
use std::path::Path as FilePath;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::{Path, PathPart};
use object_store::{Error, GetOptions, ObjectStore};
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::source::{
    AsyncPolicySource, FetchFuture, FetchRequest, Fetched, PolicyFiles, PolicySet, SourceError,
};

use crate::archive::{SetLimits, read_archive};
use crate::manifest::{self, MANIFEST, Manifest, SIGNATURE, sha256};

/// How often a set of objects is read if it changes in the meantime.
const ATTEMPTS: usize = 3;

/// How many objects are read at a time.
const CONCURRENT: usize = 16;

/// The longest signature, in bytes.
const MAX_SIGNATURE: u64 = 1024;

/// A set of policies in object storage: S3 and servers with its interface, Google Cloud Storage, Azure, HTTP servers,
/// local files, or memory. The stores are those of the crate [`object_store`], whose features select them.
///
/// A set is either one [archive](Self::archive), or the [objects with a prefix](Self::prefix) that a manifest lists.
/// "Nothing has changed" costs one request, with the ETag of the archive or manifest. A store without ETags is read at
/// every poll.
///
/// ```
/// use std::sync::Arc;
///
/// use pinpoint_iam_sources::ObjectSource;
/// use pinpoint_iam_sources::object_store::memory::InMemory;
///
/// // For example `AmazonS3Builder::from_env().with_bucket_name("policies").build()?`.
/// let store = Arc::new(InMemory::new());
/// let source = ObjectSource::archive(store, "campaigns/policies.tar.gz");
/// # drop(source);
/// ```
///
/// The time for a fetch is limited by
/// [`fetch_timeout`](pinpoint_iam::AuthorizerBuilder::fetch_timeout), whatever the store does. Stores repeat requests that
/// fail; their `RetryConfig` configures it.
#[derive(Clone, Debug)]
pub struct ObjectSource {
    store: Arc<dyn ObjectStore>,
    content: Content,
    limits: SetLimits,
    /// The name of the store.
    name: String,
}

#[derive(Clone, Debug)]
enum Content {
    Archive(Path),
    Prefix(Path),
}

/// An object that was read.
struct Object {
    bytes: Vec<u8>,
    /// The version that a later request compares with.
    revision: Revision,
}

/// The reason why a set of objects could not be read.
enum Failed {
    /// It has changed while it was read.
    Torn(SourceError),
    Other(SourceError),
}

impl ObjectSource {
    /// A set in one object: a tar archive, which may be compressed with gzip.
    ///
    /// An object is replaced as a whole, so an archive is always one version of a set. See
    /// [`read_archive`](crate::read_archive) for what an archive may contain.
    pub fn archive(store: Arc<dyn ObjectStore>, path: impl Into<Path>) -> Self {
        Self::new(store, Content::Archive(path.into()))
    }

    /// A set whose files are the objects with a prefix, such as those of a directory.
    ///
    /// The object [`policies.manifest`](MANIFEST) lists them with their checksums. Other objects are not read. If an object
    /// is not the one of the manifest, the set is being published, and is read again, up to three times.
    ///
    /// Without [`Signed`](crate::Signed), the revision and the expiry of the manifest have no effect.
    pub fn prefix(store: Arc<dyn ObjectStore>, prefix: impl Into<Path>) -> Self {
        Self::new(store, Content::Prefix(prefix.into()))
    }

    fn new(store: Arc<dyn ObjectStore>, content: Content) -> Self {
        let name = store.to_string();
        Self {
            store,
            content,
            limits: SetLimits::default(),
            name,
        }
    }

    /// Sets the name of the store in logs and errors. The default is that of [`object_store`], such as
    /// `AmazonS3(policies)`, in which HTTP stores have no address.
    ///
    /// A [last good set](pinpoint_iam::AuthorizerBuilder::last_good) is only used for a source of the same name.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Sets the limits of a set.
    #[must_use]
    pub const fn with_limits(mut self, limits: SetLimits) -> Self {
        self.limits = limits;
        self
    }

    async fn fetch_archive(
        &self,
        path: &Path,
        known: Option<&Revision>,
    ) -> Result<Fetched, SourceError> {
        let Some(object) = self.get(path, known, self.limits.bytes()).await? else {
            return Ok(Fetched::Unchanged);
        };
        let files = read_archive(&object.bytes, &self.limits)
            .map_err(|error| self.fault(path, &error.to_string()))?;
        Ok(Fetched::Changed(PolicySet::from_files(
            object.revision,
            files,
        )))
    }

    async fn fetch_prefix(
        &self,
        prefix: &Path,
        known: Option<&Revision>,
    ) -> Result<Fetched, SourceError> {
        let mut attempt = 1;
        loop {
            match self.try_fetch_prefix(prefix, known).await {
                Ok(fetched) => return Ok(fetched),
                Err(Failed::Torn(_)) if attempt < ATTEMPTS => attempt += 1,
                Err(Failed::Torn(error) | Failed::Other(error)) => return Err(error),
            }
        }
    }

    async fn try_fetch_prefix(
        &self,
        prefix: &Path,
        known: Option<&Revision>,
    ) -> Result<Fetched, Failed> {
        let path = child(prefix, MANIFEST);
        let manifest = self.get(&path, known, manifest::MAX_LENGTH as u64).await;
        let Some(Object { bytes, revision }) = manifest.map_err(Failed::Other)? else {
            return Ok(Fetched::Unchanged);
        };
        let text = self.text(&path, bytes).map_err(Failed::Other)?;
        let manifest = Manifest::parse(&text)
            .map_err(|error| Failed::Other(self.fault(&path, &error.to_string())))?;
        let limits = &self.limits;
        let lengths = manifest.lengths().map(|(_, length)| length);
        let total = lengths.fold(0, u64::saturating_add);
        if total > limits.bytes() || manifest.len() > limits.files() {
            let message = format!(
                "lists more than {} bytes or {} files",
                limits.bytes(),
                limits.files()
            );
            return Err(Failed::Other(self.fault(&path, &message)));
        }
        // Collected first: the compiler cannot check a closure over references in a stream.
        let reads: Vec<_> = manifest
            .lengths()
            .map(|(name, length)| self.listed(prefix, &manifest, name, length))
            .collect();
        let contents: Vec<(&str, String)> = stream::iter(reads)
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        let signature = self.signature(prefix).await.map_err(Failed::Other)?;
        let mut files = PolicyFiles::new();
        let signature = signature.map(|text| (SIGNATURE, text));
        let parts = contents
            .into_iter()
            .chain([(MANIFEST, text)])
            .chain(signature);
        for (name, text) in parts {
            files.insert(name, text).map_err(Failed::Other)?;
        }
        Ok(Fetched::Changed(PolicySet::from_files(revision, files)))
    }

    /// Reads a file that the manifest lists.
    async fn listed<'m>(
        &self,
        prefix: &Path,
        manifest: &Manifest,
        name: &'m str,
        length: u64,
    ) -> Result<(&'m str, String), Failed> {
        let path = child(prefix, name);
        let object = match self.read(&path, None, length).await {
            Ok(object) => {
                object.ok_or_else(|| Failed::Other(self.fault(&path, "was not returned")))?
            }
            Err(error @ (ReadError::TooLarge | ReadError::Store(Error::NotFound { .. }))) => {
                return Err(Failed::Torn(self.explain(&path, error)));
            }
            Err(error) => return Err(Failed::Other(self.explain(&path, error))),
        };
        manifest.check_file(name, &object.bytes).map_err(|error| {
            Failed::Torn(self.fault(&child(prefix, MANIFEST), &error.to_string()))
        })?;
        let text = self.text(&path, object.bytes).map_err(Failed::Other)?;
        Ok((name, text))
    }

    /// Reads the signature of the manifest; `None` if there is none. `Signed` rejects a set without one.
    async fn signature(&self, prefix: &Path) -> Result<Option<String>, SourceError> {
        let path = child(prefix, SIGNATURE);
        match self.read(&path, None, MAX_SIGNATURE).await {
            Ok(object) => object
                .map(|object| self.text(&path, object.bytes))
                .transpose(),
            Err(ReadError::Store(Error::NotFound { .. })) => Ok(None),
            Err(error) => Err(self.explain(&path, error)),
        }
    }

    async fn get(
        &self,
        path: &Path,
        known: Option<&Revision>,
        limit: u64,
    ) -> Result<Option<Object>, SourceError> {
        let object = self.read(path, known, limit).await;
        object.map_err(|error| self.explain(path, error))
    }

    /// Reads an object; `None` if it is the one with the known revision.
    async fn read(
        &self,
        path: &Path,
        known: Option<&Revision>,
        limit: u64,
    ) -> Result<Option<Object>, ReadError> {
        let etag = known.and_then(|known| known.as_str().strip_prefix(ETAG));
        let options = GetOptions::new().with_if_none_match(etag);
        let found = match self.store.get_opts(path, options).await {
            // Only a store that was asked for another version may say so.
            Err(Error::NotModified { .. }) if etag.is_some() => return Ok(None),
            found => found.map_err(ReadError::Store)?,
        };
        let revision = found
            .meta
            .e_tag
            .as_ref()
            .map(|etag| Revision::new(&format!("{ETAG}{etag}")));
        // The store may ignore the condition.
        if revision.is_some() && revision.as_ref() == known {
            return Ok(None);
        }
        let size = found.meta.size;
        if size > limit {
            return Err(ReadError::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut chunks = found.into_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(ReadError::Store)?;
            if bytes.len() as u64 + chunk.len() as u64 > limit {
                return Err(ReadError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.len() as u64 != size {
            return Err(ReadError::Cut);
        }
        let revision =
            revision.unwrap_or_else(|| Revision::new(&format!("sha256:{}", sha256(&bytes))));
        match known {
            Some(known) if *known == revision => Ok(None),
            _ => Ok(Some(Object { bytes, revision })),
        }
    }

    fn text(&self, path: &Path, bytes: Vec<u8>) -> Result<String, SourceError> {
        String::from_utf8(bytes).map_err(|_| self.fault(path, "is not UTF-8"))
    }

    fn explain(&self, path: &Path, error: ReadError) -> SourceError {
        let message = match error {
            ReadError::TooLarge => {
                "is larger than the limit, or than its manifest states".to_owned()
            }
            ReadError::Cut => "does not have the length that the store states".to_owned(),
            ReadError::Store(Error::NotFound { .. }) => "does not exist".to_owned(),
            ReadError::Store(error) => with_causes(&error),
        };
        self.fault(path, &message)
    }

    fn fault(&self, path: &Path, message: &str) -> SourceError {
        let path = format!("{}/{path}", self.name);
        SourceError::of_file(FilePath::new(&path), message)
    }
}

/// The start of a revision that is an ETag.
const ETAG: &str = "etag:";

/// The reason why an object cannot be read.
enum ReadError {
    TooLarge,
    Cut,
    Store(Error),
}

/// The message of an error with those of its causes, unless it contains them.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let message = next.to_string();
        if !text.contains(&message) {
            // Writing to a string never fails.
            let _ = write!(text, ": {message}");
        }
        cause = next.source();
    }
    text
}

fn child(prefix: &Path, name: &str) -> Path {
    prefix.clone().join(PathPart::from(name))
}

impl AsyncPolicySource for ObjectSource {
    fn name(&self) -> String {
        let (Content::Archive(path) | Content::Prefix(path)) = &self.content;
        format!("{}/{path}", self.name)
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        Box::pin(async move {
            match &self.content {
                Content::Archive(path) => self.fetch_archive(path, request.known).await,
                Content::Prefix(prefix) => self.fetch_prefix(prefix, request.known).await,
            }
        })
    }
}
