//! Sets of policies that are signed.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use pinpoint_iam::Scope;
use pinpoint_iam::source::{
    AsyncPolicySource, FetchFuture, FetchRequest, Fetched, PolicyFiles, PolicyStore, SourceError,
};

use crate::keys::{VerificationKey, read_signature};
use crate::manifest::{InvalidManifest, MANIFEST, Manifest, SIGNATURE, sha256};

/// A source whose sets are used only if they are signed.
///
/// A set contains a [manifest](Manifest) with the checksums of all its files, a revision and an expiry, in the file
/// [`policies.manifest`](MANIFEST), and the Ed25519 signature of this file in [`policies.manifest.sig`](SIGNATURE).
///
/// - A set without a valid signature of a configured key is rejected, whatever its origin: the source, and the
///   [last good set](pinpoint_iam::AuthorizerBuilder::last_good) on disk. There is no way to use an unsigned set.
/// - The files have to be exactly those of the manifest.
/// - An expired set is rejected. If the set in use expires, the source can no longer confirm it: its age grows, so that it
///   becomes stale, and is denied after [`max_age`](pinpoint_iam::AuthorizerBuilder::max_age). A publisher therefore has
///   to publish the set again in time, with a new revision, even if nothing has changed.
/// - A set with an older revision than the one in use is rejected, unless its manifest names the newer revision that it
///   [rolls back](Manifest::rolling_back). The revision that was rolled back is rejected from then on.
/// - After a restart, the last good set contains the newest revision. Without it, an older set that has not expired can be
///   replayed to a service that has just started.
///
/// Several keys allow a rotation: add the new key to all services, sign with it, and remove the old key.
///
/// ```
/// use pinpoint_iam::source::AsyncPolicySource;
/// use pinpoint_iam_sources::{InvalidKey, Signed, VerificationKey};
///
/// fn signed(source: impl AsyncPolicySource) -> Result<impl AsyncPolicySource, InvalidKey> {
///     let key = VerificationKey::from_pem(
///         "-----BEGIN PUBLIC KEY-----
///         MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
///         -----END PUBLIC KEY-----",
///     )?;
///     Ok(Signed::new(source, key))
/// }
/// # let source = pinpoint_iam::source::from_fn("none", |_| async { Ok(pinpoint_iam::source::Fetched::Unchanged) });
/// # signed(source)?;
/// # Ok::<(), InvalidKey>(())
/// ```
pub struct Signed<S> {
    source: S,
    keys: Vec<VerificationKey>,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// The newest set that was accepted.
    accepted: Mutex<Option<Accepted>>,
}

/// A verified manifest.
struct Accepted {
    manifest: Manifest,
    /// The checksum of the text of the manifest.
    sha256: String,
}

impl Accepted {
    /// Returns the newest revision that the publisher knew.
    fn reach(&self) -> u64 {
        let newest = self.manifest.rolls_back();
        newest.unwrap_or_default().max(self.manifest.revision())
    }

    /// Checks that this set may be used after `previous`.
    fn check_follows(&self, previous: &Self) -> Result<(), String> {
        let (newest, revision) = (previous.reach(), self.manifest.revision());
        if self.sha256 == previous.sha256 || self.reach() > newest {
            return Ok(());
        }
        let (is_rollback, was_rollback) = (
            self.manifest.rolls_back() == Some(newest),
            previous.manifest.rolls_back().is_some(),
        );
        match (is_rollback, was_rollback) {
            (true, false) => Ok(()),
            _ if revision == newest && !was_rollback => Err(format!(
                "revision {revision} is in use with other content; publish every set with a new revision"
            )),
            _ if revision == newest => Err(format!(
                "revision {revision} was rolled back to {}; publish the set with a revision above {newest}",
                previous.manifest.revision()
            )),
            (true, true) => Err(format!(
                "revision {newest} was already rolled back to {}; publish the set with a revision above {newest}",
                previous.manifest.revision()
            )),
            _ => Err(format!(
                "revision {revision} is older than revision {newest}; publish the set with a revision above {newest}, or \
                 with `rolls_back` {newest}"
            )),
        }
    }
}

impl<S: AsyncPolicySource> Signed<S> {
    /// Requires that the sets of `source` are signed with `key`.
    ///
    /// The source has to return sets of files, with the manifest and its signature.
    #[must_use]
    pub fn new(source: S, key: VerificationKey) -> Self {
        Self {
            source,
            keys: vec![key],
            now: Arc::new(SystemTime::now),
            accepted: Mutex::default(),
        }
    }

    /// Accepts sets that are signed with `key` as well.
    #[must_use]
    pub fn or_key(mut self, key: VerificationKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Sets the function that returns the time of day. The default is [`SystemTime::now`]. For tests.
    #[must_use]
    pub fn with_time(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    /// Returns the verified manifest of a set. Neither its time nor its files are checked.
    fn verify(&self, files: &PolicyFiles) -> Result<Accepted, SourceError> {
        let (Some(manifest), Some(signature)) = (files.get(MANIFEST), files.get(SIGNATURE)) else {
            let message =
                format!("the set is not signed: it has no `{MANIFEST}` with a `{SIGNATURE}`");
            return Err(SourceError::of_file(
                Path::new(&self.source.name()),
                message,
            ));
        };
        let signature = read_signature(signature)
            .ok_or_else(|| self.fault(SIGNATURE, "is not a signature: 64 bytes as base64"))?;
        if !self
            .keys
            .iter()
            .any(|key| key.has_signed(manifest, &signature))
        {
            return Err(self.fault(
                SIGNATURE,
                "is not a signature of the manifest with a known key",
            ));
        }
        let parsed = Manifest::parse(manifest).map_err(|error| self.invalid(&error))?;
        Ok(Accepted {
            manifest: parsed,
            sha256: sha256(manifest.as_bytes()),
        })
    }

    /// Checks that a set may be used after the newest one, and remembers it.
    fn advance(&self, next: Accepted) -> Result<(), SourceError> {
        let mut accepted = self.accepted();
        if let Some(previous) = &*accepted {
            let follows = next.check_follows(previous);
            follows.map_err(|message| self.fault(MANIFEST, &message))?;
        }
        *accepted = Some(next);
        Ok(())
    }

    fn accepted(&self) -> MutexGuard<'_, Option<Accepted>> {
        // It is replaced as a whole, so poisoning is harmless.
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_time(&self, manifest: &Manifest) -> Result<(), SourceError> {
        let checked = manifest.check_time((self.now)());
        checked.map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, error: &InvalidManifest) -> SourceError {
        self.fault(MANIFEST, &error.to_string())
    }

    fn fault(&self, file: &str, message: &str) -> SourceError {
        SourceError::of_file(&Path::new(&self.source.name()).join(file), message)
    }
}

impl<S: AsyncPolicySource> AsyncPolicySource for Signed<S> {
    /// The last good set of the same source without signatures is another one.
    fn name(&self) -> String {
        format!("{}, signed", self.source.name())
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        Box::pin(async move {
            let fetched = self.source.fetch(request).await?;
            match &fetched {
                Fetched::Changed(set) if set.files().is_none() => {
                    let message = "returns a set without files, which cannot be signed";
                    return Err(SourceError::of_file(
                        Path::new(&self.source.name()),
                        message,
                    ));
                }
                Fetched::Changed(_) => {}
                // A source that confirms an expired set for ever would keep it in use.
                Fetched::Unchanged => match &*self.accepted() {
                    Some(accepted) => self.check_time(&accepted.manifest)?,
                    None => {
                        let message = "reports that nothing has changed, without having returned a signed set";
                        return Err(SourceError::of_file(
                            Path::new(&self.source.name()),
                            message,
                        ));
                    }
                },
            }
            Ok(fetched)
        })
    }

    fn parse(&self, files: &PolicyFiles, scope: &Scope) -> Result<PolicyStore, SourceError> {
        let manifest = self.verify(files)?.manifest;
        let files = manifest
            .check_files(files)
            .map_err(|error| self.invalid(&error))?;
        self.source.parse(&files, scope)
    }

    fn accept(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        let next = self.verify(files)?;
        self.check_time(&next.manifest)?;
        self.advance(next)
    }

    fn has_order(&self) -> bool {
        true
    }

    fn resume(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        self.advance(self.verify(files)?)
    }

    fn is_from_aws_account(&self) -> bool {
        self.source.is_from_aws_account()
    }
}

impl<S: fmt::Debug> fmt::Debug for Signed<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signed")
            .field("source", &self.source)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
