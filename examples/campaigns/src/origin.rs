//! Where the policies come from: a directory, and with optional features a bucket or PostgreSQL.

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "postgres")]
use pinpoint_iam::Invalidator;
use pinpoint_iam::source::{AsyncPolicySource, Directory, PolicySource as _, PolicyStore};
use pinpoint_iam::{Authorizer, AuthorizerBuilder, Refresher};
#[cfg(feature = "postgres")]
use pinpoint_iam_sources::postgres::NotificationListener;

use crate::callers::Callers;

/// The longest time until a change of the policies is in use.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The age of the policies from which on all requests are denied, because they cannot be read any more.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Where the policies come from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The directory with these documents.
    Directory(PathBuf),
    /// The archive with this address, on a server with the interface of S3: `http://HOST:PORT/BUCKET/PATH`.
    #[cfg(feature = "bucket")]
    Bucket(String),
    /// The database with this configuration, in which principals are looked up on demand.
    #[cfg(feature = "postgres")]
    Postgres(String),
}

/// The policies, and what keeps them up to date.
pub(crate) struct Policies {
    pub(crate) authorizer: Authorizer,
    pub(crate) updates: Updates,
    /// The policies of all callers, if they are known.
    pub(crate) listed: Option<PolicyStore>,
}

/// Reads the policies again when they change.
pub(crate) enum Updates {
    Poll(Refresher),
    #[cfg(feature = "postgres")]
    Listen(Box<NotificationListener>, Invalidator),
}

impl Updates {
    /// Runs until the last clone of the authorizer is dropped.
    pub(crate) async fn run(self) {
        match self {
            Self::Poll(refresher) => refresher.run().await,
            #[cfg(feature = "postgres")]
            Self::Listen(listener, invalidator) => listener.run(invalidator).await,
        }
    }
}

impl Origin {
    /// Reads the policies.
    ///
    /// # Errors
    ///
    /// One line that describes the problem.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "other policies are not loaded by caller")
    )]
    pub(crate) async fn open(
        self,
        builder: AuthorizerBuilder,
        callers: &Callers,
    ) -> Result<Policies, String> {
        match self {
            Self::Directory(path) => {
                let unusable = |error| format!("cannot use the policies: {error}");
                let directory = Directory::open(path).map_err(unusable)?;
                let listed = directory.load().map_err(unusable)?;
                poll(builder, directory, Some(listed)).await
            }
            #[cfg(feature = "bucket")]
            Self::Bucket(address) => poll(builder, bucket(&address)?, None).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(config) => listen(builder, &config, callers).await,
        }
    }
}

async fn poll(
    builder: AuthorizerBuilder,
    source: impl AsyncPolicySource,
    listed: Option<PolicyStore>,
) -> Result<Policies, String> {
    let (authorizer, refresher) = builder
        .async_source(source)
        .poll_interval(POLL_INTERVAL)
        .max_age(MAX_AGE)
        .build_async()
        .await
        .map_err(|error| error.to_string())?;
    Ok(Policies {
        authorizer,
        updates: Updates::Poll(refresher),
        listed,
    })
}

/// Returns the archive with an address such as `http://127.0.0.1:5000/policies/campaigns.tar.gz`. The credentials are in
/// the environment variables of AWS's tools.
#[cfg(feature = "bucket")]
fn bucket(address: &str) -> Result<pinpoint_iam_sources::ObjectSource, String> {
    use pinpoint_iam_sources::ObjectSource;
    use pinpoint_iam_sources::object_store::aws::AmazonS3Builder;

    let parts = || {
        let (scheme, rest) = address.split_once("://")?;
        let (host, path) = rest.split_once('/')?;
        let (bucket, object) = path.split_once('/')?;
        Some((format!("{scheme}://{host}"), bucket, object))
    };
    let (endpoint, bucket, object) = parts().ok_or_else(|| {
        format!("`--bucket` takes an address such as `http://127.0.0.1:5000/policies/campaigns.tar.gz`, not `{address}`")
    })?;
    // An error means that the process has one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = AmazonS3Builder::from_env()
        .with_endpoint(endpoint)
        // The demo's server is on the loopback interface.
        .with_allow_http(true)
        .with_bucket_name(bucket)
        .build()
        .map_err(|error| format!("cannot use the bucket `{address}`: {error}"))?;
    Ok(ObjectSource::archive(std::sync::Arc::new(store), object))
}

#[cfg(feature = "postgres")]
async fn listen(
    builder: AuthorizerBuilder,
    config: &str,
    callers: &Callers,
) -> Result<Policies, String> {
    use pinpoint_iam::PrincipalCache;
    use pinpoint_iam_sources::postgres::PostgresPrincipals;
    use pinpoint_iam_sources::postgres::tokio_postgres::{Config, NoTls};

    let config: Config = config.parse().map_err(|error| {
        format!(
            "`--postgres` takes a configuration such as `host=127.0.0.1 user=campaigns`: {error}"
        )
    })?;
    let (principals, listener) = PostgresPrincipals::builder(config).build(NoTls);
    principals
        .check()
        .await
        .map_err(|error| format!("cannot use the database: {error}"))?;
    let authorizer = builder
        .principal_source(principals, PrincipalCache::new())
        .build()
        .map_err(|error| error.to_string())?;
    // For the start message, which does not wait.
    for caller in callers.iter() {
        authorizer.load(caller.principal()).await;
    }
    let invalidator = authorizer.invalidator();
    Ok(Policies {
        authorizer,
        updates: Updates::Listen(Box::new(listener), invalidator),
        listed: None,
    })
}
