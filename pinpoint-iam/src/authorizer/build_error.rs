//! The error of building an authorizer.

use std::fmt;
use std::time::Duration;

use pinpoint_iam_core::__private::Quoted;

use super::catalog_check::CatalogMismatches;
use super::change::RejectedChange;
use super::key_sources::KeysWithoutSource;
use crate::arn::InvalidScope;
use crate::program::TooLarge;
use crate::source::SourceError;

/// The error of building an authorizer.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The scope is missing.
    NoScope,
    /// The source is missing.
    NoSource,
    /// The transport is taken from proxies, but no proxy is trusted.
    NoTrustedProxies,
    /// The scope is not valid in ARNs.
    Scope(InvalidScope),
    /// The policies could not be loaded.
    Source(SourceError),
    /// Elements of the policies do not agree with the registered catalogs.
    CatalogMismatches(CatalogMismatches),
    /// A `Deny` or a permissions boundary uses condition keys that no source supplies.
    KeysWithoutSource(KeysWithoutSource),
    /// This key was declared absent, and has a source.
    AbsentKeyWithSource(String),
    /// The policies were loaded, but are too large to be compiled.
    TooLarge(TooLarge),
    /// [Checks](crate::AuthorizerBuilder::check_changes) reject the policies.
    ChangeRejected(RejectedChange),
    /// The [last good set](crate::AuthorizerBuilder::last_good), with which [checks](crate::AuthorizerBuilder::check_changes) compare the
    /// first policies, or a source the order of its first set, cannot be used.
    NoComparison(SourceError),
    /// [`max_age`](crate::AuthorizerBuilder::max_age) and [`serve_stale_forever`](crate::AuthorizerBuilder::serve_stale_forever) were
    /// both called.
    ContradictoryMaxAge,
    /// An asynchronous source needs [`max_age`](crate::AuthorizerBuilder::max_age) or
    /// [`serve_stale_forever`](crate::AuthorizerBuilder::serve_stale_forever).
    NoMaxAge,
    /// The policies would expire between two polls of the source.
    MaxAgeTooShort {
        /// The value of [`max_age`](crate::AuthorizerBuilder::max_age).
        max_age: Duration,
        /// The longest time between two confirmations of a source that works: a poll interval and the time for a fetch.
        needed: Duration,
    },
    /// The policies come from an asynchronous source, with which this method does not work.
    AsynchronousSource,
    /// The thread of the clock cannot be started; the text is the operating system's error.
    Clock(String),
    /// The source has an error, and the last good set of policies cannot be used in its place.
    LastGood {
        /// The error of the source.
        source: Box<BuildError>,
        /// The error of the last good set.
        last_good: Box<BuildError>,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScope => formatter.write_str("the authorizer has no scope: call `scope`"),
            Self::NoSource => formatter.write_str("the authorizer has no policies: call `source`"),
            Self::NoTrustedProxies => formatter
                .write_str("`Transport::FromProxy` needs trusted proxies: call `trusted_proxies`"),
            Self::Scope(error) => error.fmt(formatter),
            Self::Source(error) => error.fmt(formatter),
            Self::CatalogMismatches(mismatches) => mismatches.fmt(formatter),
            Self::KeysWithoutSource(keys) => keys.fmt(formatter),
            Self::AbsentKeyWithSource(key) => write!(
                formatter,
                "`absent` declares the condition key {}, and `resource_keys` supplies it: remove one of them",
                Quoted(key)
            ),
            Self::TooLarge(error) => error.fmt(formatter),
            Self::ChangeRejected(rejected) => rejected.fmt(formatter),
            Self::NoComparison(error) => write!(
                formatter,
                "the first policies cannot be compared with the last good set: {error}; to start without the \
                 comparison, remove the file"
            ),
            Self::ContradictoryMaxAge => formatter.write_str(
                "`max_age` and `serve_stale_forever` contradict each other: remove one of them",
            ),
            Self::NoMaxAge => formatter.write_str(
                "an asynchronous source may be unavailable for any time: call `max_age`, after which requests are \
                 denied, or `serve_stale_forever`",
            ),
            Self::MaxAgeTooShort { max_age, needed } => write!(
                formatter,
                "`max_age` is {max_age:?}, but a poll and its fetch may take {needed:?}, so that the policies would \
                 expire in between: raise `max_age`, or lower `poll_interval` or `fetch_timeout`"
            ),
            Self::AsynchronousSource => formatter.write_str(
                "the policies come from an asynchronous source: use `build_async` in place of `build`, and `refresh` in \
                 place of `reload` and `replace`",
            ),
            Self::Clock(error) => write!(formatter, "the thread of the clock cannot be started: {error}"),
            Self::LastGood { source, last_good } => write!(
                formatter,
                "{source}; the last good set cannot be used: {last_good}"
            ),
        }
    }
}

impl fmt::Debug for BuildError {
    /// Uses the `Display` text, because `unwrap` and `main` print errors with `Debug`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for BuildError {}
