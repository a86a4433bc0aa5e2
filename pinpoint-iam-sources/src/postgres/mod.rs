//! Policies by principal from PostgreSQL, with notifications of changes.
//!
//! [`PostgresPrincipals`] is a [source of principals](pinpoint_iam::AuthorizerBuilder::principal_source). A principal that
//! is not in the cache costs one round trip, and a second one for managed policies that are not compiled yet.
//! [`NotificationListener`] removes principals from the cache when the database reports a change.
//!
//! ```no_run
//! use pinpoint_iam::{Authorizer, PrincipalCache, Scope};
//! use pinpoint_iam_sources::postgres::PostgresPrincipals;
//! use pinpoint_iam_sources::postgres::tokio_postgres::NoTls;
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let config = "host=127.0.0.1 user=campaigns dbname=campaigns".parse()?;
//! let (principals, listener) = PostgresPrincipals::builder(config).build(NoTls);
//! // Fails if the tables do not exist.
//! principals.check().await?;
//! let monitor = listener.monitor();
//! let authorizer = Authorizer::builder()
//!     .scope(Scope::new("aws", "us-east-1", "111122223333"))
//!     .principal_source(principals, PrincipalCache::new())
//!     .build()?;
//! tokio::spawn(listener.run(authorizer.invalidator()));
//! # drop(monitor);
//! # Ok(())
//! # }
//! ```
//!
//! # What is guaranteed
//!
//! - The policies of a principal are read by one statement, so they are those of one state of the database. They are never
//!   read from a standby server, which may be older than the notifications.
//! - A change takes effect when the notification of its transaction arrives. A read that started before is repeated.
//! - When the listener connects, also after a loss, everything is removed from the cache, because notifications may be
//!   missing.
//! - When the listener ends before the authorizer, for example because its task is aborted, everything is removed as well.
//! - While it is not connected, no policies are used for longer than the
//!   [time without notifications](PostgresBuilder::time_without_notifications), nor for longer than the
//!   [time to live](pinpoint_iam::PrincipalCache::time_to_live). The listener [probes](PostgresBuilder::probe_interval) its
//!   connection; until a loss is noticed, the time to live is the bound.
//! - Every error denies the requests that need the read with 503: no connection, a timeout, a policy that cannot be parsed,
//!   a policy without a default version, a row that is not understood, and too many or too large rows.
//!
//! # Tables
//!
//! [`SCHEMA`] is a script that creates the schema `pinpoint_iam` with tables for principals, groups, managed policies and
//! inline policies, and with triggers that report every change. Apply it with your migrations.
//! Only triggers of statements report changes: logical replication into the tables does not, and neither do sessions with
//! `session_replication_role = replica`. Then the time to live is the bound.
//!
//! # Your own tables
//!
//! If your database has users and policies already, there are two ways:
//!
//! - Create views with the names and columns of [`SCHEMA`] in a schema, and pass
//!   [`Queries::of_schema`] to [`PostgresBuilder::queries`].
//! - Write the statements, and pass [`Queries`].
//!
//! The statement for principals returns rows with five columns of the type `text`. Their order does not matter. A row that
//! is not understood is an error:
//!
//! | Item | Owner | Name | Version | Value |
//! | --- | --- | --- | --- | --- |
//! | `identity` | ARN without path | ARN with path | | unique id, or null |
//! | `tag` | ARN without path | key | | value |
//! | `inline` | ARN without path | name of the policy | | document |
//! | `managed` | ARN without path | name of the policy | version | document, or null |
//! | `boundary` | ARN without path | name of the policy | version | document, or null |
//! | `inline boundary` | ARN without path | name of the policy | | document |
//! | `member` | ARN without path | name of the group | | |
//! | `group` | name of the group | | | |
//! | `group inline` | name of the group | name of the policy | | document |
//! | `group managed` | name of the group | name of the policy | version | document, or null |
//! | `revision` | | | | any text, to which decisions are attributed |
//!
//! Users, roles and groups that do not exist have no rows; there is exactly one row `revision`. A document of a name and a
//! version must never change. Documents that are null are read by the statement for documents.
//!
//! Functions in the statements must not be `VOLATILE` if they read tables: PostgreSQL would execute their statements in a
//! later state.
//!
//! Report changes with `pg_notify` in the transaction that makes them. The payload is `principal ARN`, `group NAME`,
//! `policy NAME` or `everything`; anything else counts as `everything`. A new principal is a change, because its absence
//! is cached, and so is a change of its groups.

mod connect;
mod listener;
mod pool;
mod queries;
mod rows;
mod status;

use std::sync::Arc;
use std::time::Duration;

use pinpoint_iam::source::{
    DocumentsFuture, ManagedPolicy, PrincipalFuture, PrincipalRequest, PrincipalSource, SourceError,
};
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, Row, Socket};

use self::connect::Connect;
use self::pool::{Pool, Read};
use self::rows::{Item, records};
use self::status::Shared;

pub use self::listener::NotificationListener;
pub use self::queries::Queries;
pub use self::status::{PostgresMonitor, PostgresStatus};
pub use tokio_postgres;

/// The script that creates the schema `pinpoint_iam`. See its comments.
pub const SCHEMA: &str = include_str!("schema.sql");

/// The name of the schema, and of the channel of its notifications.
const OWN: &str = "pinpoint_iam";

/// The settings of a [`PostgresPrincipals`] and its [`NotificationListener`].
#[derive(Clone, Debug)]
pub struct PostgresBuilder {
    config: Config,
    queries: Option<Queries>,
    channel: String,
    connections: usize,
    statement_timeout: Duration,
    probe_interval: Duration,
    retry_interval: Duration,
    time_without_notifications: Duration,
}

impl PostgresBuilder {
    /// Sets the statements that read the policies. The default reads the tables of [`SCHEMA`].
    #[must_use]
    pub fn queries(mut self, queries: Queries) -> Self {
        self.queries = Some(queries);
        self
    }

    /// Sets the channel of the notifications. The default is `pinpoint_iam`.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = channel.into();
        self
    }

    /// Sets the number of connections that read policies, of which each serves one principal at a time. The default is 8.
    /// The listener has a connection of its own.
    #[must_use]
    pub const fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets the time after which the server ends a statement, for example because it waits for a lock. The default is 900
    /// ms, which is shorter than the [load timeout](pinpoint_iam::PrincipalCache::load_timeout).
    #[must_use]
    pub const fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// Sets the interval at which the listener asks the server whether the connection still works. The default is 5
    /// seconds. A server that does not respond within the same time has lost the connection.
    #[must_use]
    pub const fn probe_interval(mut self, interval: Duration) -> Self {
        self.probe_interval = interval;
        self
    }

    /// Sets the time after which the listener connects again after a loss. The default is 200 ms. It doubles with each
    /// failure, up to ten seconds.
    #[must_use]
    pub const fn retry_interval(mut self, interval: Duration) -> Self {
        self.retry_interval = interval;
        self
    }

    /// Sets the longest time for which policies are used while changes are not reported: those in the cache, after the
    /// notification connection was lost, and those that are read before it works again. The default is 10 seconds.
    ///
    /// With zero, every request reads its policies while the connection is lost. With the
    /// [time to live](pinpoint_iam::PrincipalCache::time_to_live), a loss changes nothing.
    #[must_use]
    pub const fn time_without_notifications(mut self, time: Duration) -> Self {
        self.time_without_notifications = time;
        self
    }

    /// Creates the source and its listener. `tls` opens encrypted connections; `NoTls` is for a server on the same host.
    ///
    /// Does not connect. [`PostgresPrincipals::check`] does.
    pub fn build<T>(self, tls: T) -> (PostgresPrincipals, NotificationListener)
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let Self {
            mut config,
            queries,
            channel,
            connections,
            statement_timeout,
            probe_interval,
            retry_interval,
            time_without_notifications,
        } = self;
        // A standby may be older than the notifications.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let name = name(&config);
        let connector: Arc<dyn Connect> = Arc::new(tls);
        let shared = Shared::new();
        let is_own_schema = queries.is_none();
        let pool = Pool::new(
            Arc::clone(&connector),
            config.clone(),
            queries.unwrap_or_else(|| Queries::of_schema(OWN)),
            is_own_schema,
            statement_timeout,
            connections,
            shared.clone(),
        );
        let principals = PostgresPrincipals {
            name: name.clone(),
            pool,
            time_without_notifications,
            shared: shared.clone(),
        };
        let listener = NotificationListener {
            name,
            connector,
            config,
            channel,
            probe_interval,
            retry_interval,
            time_without_notifications,
            shared,
        };
        (principals, listener)
    }
}

/// Returns the address and the database, without the user and the password.
fn name(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let port = ports.get(index).or_else(|| ports.first());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        match host {
            Host::Tcp(name) => format!("{name}{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}{port}", path.display()),
        }
    });
    let hosts: Vec<String> = hosts.collect();
    let database = config.get_dbname().unwrap_or_default();
    format!("PostgreSQL at {}/{database}", hosts.join(","))
}

/// The policies of principals in a PostgreSQL database. See the [module](self).
pub struct PostgresPrincipals {
    name: String,
    pool: Pool,
    time_without_notifications: Duration,
    shared: Shared,
}

impl std::fmt::Debug for PostgresPrincipals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let principals = &mut formatter.debug_struct("PostgresPrincipals");
        principals.field("name", &self.name).finish_non_exhaustive()
    }
}

impl PostgresPrincipals {
    /// Starts with the default settings. `config` is the address, the user and the database.
    pub fn builder(config: Config) -> PostgresBuilder {
        PostgresBuilder {
            config,
            queries: None,
            channel: OWN.to_owned(),
            connections: 8,
            statement_timeout: Duration::from_millis(900),
            probe_interval: Duration::from_secs(5),
            retry_interval: Duration::from_millis(200),
            time_without_notifications: Duration::from_secs(10),
        }
    }

    /// Connects and prepares the statements, so that a service does not start with a database that has no policies.
    ///
    /// # Errors
    ///
    /// Fails if the server does not accept the connection, or a statement, for example because a table does not exist.
    pub async fn check(&self) -> Result<(), SourceError> {
        let checked = self.pool.check().await;
        checked.map_err(|message| self.error(message))
    }

    /// Returns a handle that observes the source and its listener.
    pub fn monitor(&self) -> PostgresMonitor {
        self.shared.monitor()
    }

    fn error(&self, message: impl Into<String>) -> SourceError {
        SourceError::of_file(self.name.as_ref(), message)
    }
}

/// Returns the text of a column.
fn text(row: &Row, column: usize) -> Result<Option<String>, String> {
    let text = row.try_get::<_, Option<String>>(column);
    text.map_err(|error| format!("returned a row that cannot be read: {error}"))
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

fn item(row: &Row) -> Result<(Item, usize), String> {
    let item = text(row, 0)?;
    let item = item.ok_or("returned a row without an item, or one that is too large")?;
    let [owner, name, version, value] =
        [text(row, 1)?, text(row, 2)?, text(row, 3)?, text(row, 4)?];
    let lengths = [
        Some(&item),
        owner.as_ref(),
        name.as_ref(),
        version.as_ref(),
        value.as_ref(),
    ];
    let bytes = lengths.into_iter().map(length).sum();
    let item = Item {
        item,
        owner,
        name,
        version,
        value,
    };
    Ok((item, bytes))
}

fn document(row: &Row) -> Result<((ManagedPolicy, String), usize), String> {
    let missing = "returned a document without name or version, or one that is too large";
    let [name, version, document] = [text(row, 0)?, text(row, 1)?, text(row, 2)?];
    let (name, version) = (name.ok_or(missing)?, version.ok_or(missing)?);
    let document = document.ok_or(missing)?;
    let bytes = document.len();
    Ok(((ManagedPolicy::new(name, version), document), bytes))
}

impl PrincipalSource for PostgresPrincipals {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        Box::pin(async move {
            // Before the read: the loss of the connection after this line removes what is read.
            let is_listening = self.shared.is_listening();
            let rows = self
                .pool
                .read(
                    Read::Principals,
                    [&request.identities, &request.groups],
                    item,
                )
                .await
                .map_err(|message| self.error(message))?;
            let mut records = records(&rows).map_err(|message| self.error(message))?;
            if !is_listening {
                records.time_to_live = Some(self.time_without_notifications);
            }
            Ok(records)
        })
    }

    fn documents<'a>(&'a self, policies: &'a [ManagedPolicy]) -> DocumentsFuture<'a> {
        Box::pin(async move {
            let names: Vec<&str> = policies.iter().map(ManagedPolicy::name).collect();
            let versions: Vec<&str> = policies.iter().map(ManagedPolicy::version).collect();
            let documents = self
                .pool
                .read(Read::Documents, [&names, &versions], document)
                .await;
            documents.map_err(|message| self.error(message))
        })
    }
}
