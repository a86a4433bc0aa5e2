//! Asynchronous sources of whole sets of policies.

use std::fmt;
use std::pin::Pin;

use crate::arn::Scope;
use crate::freshness::Revision;
use crate::source::account_details::AccountDetails;
use crate::source::directory::Directory;
use crate::source::error::SourceError;
use crate::source::files::PolicyFiles;
use crate::source::store::PolicyStore;

/// An asynchronous place that a whole set of policies is loaded from, such as a bucket or a database.
///
/// An authorizer with such a source is built with
/// [`build_async`](crate::AuthorizerBuilder::build_async), and a [`Refresher`](crate::Refresher) polls the source.
/// [`Directory`] and [`AccountDetails`] implement this trait, and [`from_fn`] makes a source from a closure.
/// [`Layers`](crate::source::Layers) combines two sources.
///
/// Every set has a [`Revision`]. A source receives the revision that the authorizer has, and returns
/// [`Fetched::Unchanged`] if it is still the current one. This confirms that the policies are current.
pub trait AsyncPolicySource: Send + Sync + 'static {
    /// Returns a name of the source for logs and errors, such as a path or an address. It must not contain secrets.
    ///
    /// A [last good set](crate::AuthorizerBuilder::last_good) is used only for the source of the same name.
    fn name(&self) -> String;

    /// Fetches the current set, unless the authorizer has it.
    ///
    /// The future is dropped if it takes longer than the
    /// [fetch timeout](crate::AuthorizerBuilder::fetch_timeout).
    ///
    /// # Errors
    ///
    /// Fails if the set cannot be fetched. The current policies then stay in use, and their age grows.
    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a>;

    /// Parses the files of a set. The default are the rules of [`Directory`].
    ///
    /// # Errors
    ///
    /// Fails if any part cannot be parsed. The set is then rejected as a whole, see
    /// [`Authorizer::refresh`](crate::Authorizer::refresh).
    fn parse(&self, files: &PolicyFiles, scope: &Scope) -> Result<PolicyStore, SourceError> {
        Directory::in_memory(&self.name()).parse_files(files, scope)
    }

    /// Accepts a set of files that was parsed, compiled and checked, directly before it is used. The default accepts
    /// every set.
    ///
    /// For sources whose sets have an order or expire. Calls are in the order in which sets are used.
    ///
    /// # Errors
    ///
    /// Rejects the set, for example because it is older than the one in use.
    fn accept(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        let _ = files;
        Ok(())
    }

    /// Whether sets have an order, which [`accept`](Self::accept) checks. The default is `false`.
    fn has_order(&self) -> bool {
        false
    }

    /// Receives the [last good set](crate::AuthorizerBuilder::last_good) when a service starts, before the first fetch, if
    /// sets [have an order](Self::has_order). The set is not used yet, and may be one that can no longer be used.
    ///
    /// # Errors
    ///
    /// Fails if the place of the set in the order cannot be determined. The service then does not start, because an older
    /// set could not be recognized.
    fn resume(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        let _ = files;
        Ok(())
    }

    /// Whether the policies were written for AWS; see
    /// [`PolicySource::is_from_aws_account`](crate::source::PolicySource::is_from_aws_account).
    fn is_from_aws_account(&self) -> bool {
        false
    }
}

/// The future that an [`AsyncPolicySource`] returns.
pub type FetchFuture<'a> = Pin<Box<dyn Future<Output = Result<Fetched, SourceError>> + Send + 'a>>;

/// What an authorizer asks of a source.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FetchRequest<'a> {
    /// The revision that the authorizer has from this source; `None` for the first fetch.
    pub known: Option<&'a Revision>,
    /// The partition, region and account of the deployment.
    pub scope: &'a Scope,
}

impl<'a> FetchRequest<'a> {
    pub(crate) const fn new(known: Option<&'a Revision>, scope: &'a Scope) -> Self {
        Self { known, scope }
    }
}

/// What a source returns.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// The revision of the request is still the current one.
    Unchanged,
    /// The current set.
    Changed(PolicySet),
}

/// A whole set of policies with its revision.
#[derive(Clone, Debug)]
pub struct PolicySet {
    revision: Revision,
    content: SetContent,
}

#[derive(Clone, Debug)]
enum SetContent {
    Files(PolicyFiles),
    Store(PolicyStore),
}

impl PolicySet {
    /// Creates a set from files, which the source [parses](AsyncPolicySource::parse).
    pub const fn from_files(revision: Revision, files: PolicyFiles) -> Self {
        Self {
            revision,
            content: SetContent::Files(files),
        }
    }

    /// Creates a set from policies that are already parsed, for example from rows of a database.
    ///
    /// It has no files that could be kept as the [last good set](crate::AuthorizerBuilder::last_good).
    pub const fn from_store(revision: Revision, store: PolicyStore) -> Self {
        Self {
            revision,
            content: SetContent::Store(store),
        }
    }

    /// Returns the revision.
    pub const fn revision(&self) -> &Revision {
        &self.revision
    }

    /// Returns the files; `None` if the set was created [from a store](Self::from_store).
    pub const fn files(&self) -> Option<&PolicyFiles> {
        match &self.content {
            SetContent::Files(files) => Some(files),
            SetContent::Store(_) => None,
        }
    }

    /// Returns the policies, with `parse` for files.
    pub(crate) fn store(
        &self,
        parse: impl FnOnce(&PolicyFiles) -> Result<PolicyStore, SourceError>,
    ) -> Result<PolicyStore, SourceError> {
        match &self.content {
            SetContent::Files(files) => parse(files),
            SetContent::Store(store) => Ok(store.clone()),
        }
    }
}

/// Creates a source from an asynchronous closure, which receives the revision that the authorizer has.
///
/// ```
/// use std::time::Duration;
///
/// use pinpoint_iam::freshness::Revision;
/// use pinpoint_iam::source::{Fetched, PolicySet, PolicyStore, SourceError, from_fn};
/// use pinpoint_iam::{Authorizer, Scope};
///
/// # async fn version() -> Result<String, std::io::Error> { Ok("7".to_owned()) }
/// # async fn policies() -> Result<PolicyStore, std::io::Error> { Ok(PolicyStore::new()) }
/// let source = from_fn("the database", |known: Option<Revision>| async move {
///     let failed = |error: std::io::Error| SourceError::of_file("the database".as_ref(), error.to_string());
///     let revision = Revision::new(&version().await.map_err(failed)?);
///     if known.as_ref() == Some(&revision) {
///         return Ok(Fetched::Unchanged);
///     }
///     let store = policies().await.map_err(failed)?;
///     Ok(Fetched::Changed(PolicySet::from_store(revision, store)))
/// });
/// let builder = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .async_source(source)
///     .max_age(Duration::from_secs(600));
/// # drop(builder);
/// ```
pub fn from_fn<F, T>(name: &str, fetch: F) -> FromFn<F>
where
    F: Fn(Option<Revision>) -> T + Send + Sync + 'static,
    T: Future<Output = Result<Fetched, SourceError>> + Send + 'static,
{
    FromFn {
        name: name.to_owned(),
        fetch,
    }
}

/// A source from a closure, see [`from_fn`].
pub struct FromFn<F> {
    name: String,
    fetch: F,
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("FromFn").field(&self.name).finish()
    }
}

impl<F, T> AsyncPolicySource for FromFn<F>
where
    F: Fn(Option<Revision>) -> T + Send + Sync + 'static,
    T: Future<Output = Result<Fetched, SourceError>> + Send + 'static,
{
    fn name(&self) -> String {
        self.name.clone()
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        Box::pin((self.fetch)(request.known.cloned()))
    }
}

/// Returns a set, or that nothing has changed, for a source that has to read everything to know its revision.
pub(super) fn compare(files: PolicyFiles, known: Option<&Revision>) -> Fetched {
    let revision = files.checksum();
    match known {
        Some(known) if *known == revision => Fetched::Unchanged,
        _ => Fetched::Changed(PolicySet::from_files(revision, files)),
    }
}

/// The files are read on a thread of their own, so that a slow disk does not block the caller. The revision is the
/// [checksum](PolicyFiles::checksum) of the files.
impl AsyncPolicySource for Directory {
    fn name(&self) -> String {
        self.path().to_string_lossy().into_owned()
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        Box::pin(async move {
            let files = self.read_in_thread(request.scope).await?;
            Ok(compare(files, request.known))
        })
    }

    fn parse(&self, files: &PolicyFiles, scope: &Scope) -> Result<PolicyStore, SourceError> {
        self.parse_files(files, scope)
    }
}

/// The file is read on a thread of its own, so that a slow disk does not block the caller. The revision is the
/// [checksum](PolicyFiles::checksum) of the file.
impl AsyncPolicySource for AccountDetails {
    fn name(&self) -> String {
        self.path().to_string_lossy().into_owned()
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        Box::pin(async move {
            let files = self.read_in_thread().await?;
            Ok(compare(files, request.known))
        })
    }

    fn parse(&self, files: &PolicyFiles, _: &Scope) -> Result<PolicyStore, SourceError> {
        self.parse_files(files)
    }

    fn is_from_aws_account(&self) -> bool {
        true
    }
}
