//! A server for all tests, with a database for each.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use pinpoint_iam::context::Context;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{Authorizer, AuthorizerBuilder, Principal, PrincipalCache, Scope};
use pinpoint_iam_sources::postgres::tokio_postgres::{Client, Config, NoTls};
use pinpoint_iam_sources::postgres::{
    PostgresBuilder, PostgresMonitor, PostgresPrincipals, PostgresStatus, SCHEMA,
};
use postgres_server::Server;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// Stops when the last test that uses it ends.
static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());

fn shared_server() -> TestResult<Option<Arc<Server>>> {
    let mut shared = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Ok(Some(server));
    }
    let server = Server::start("principals")?.map(Arc::new);
    if let Some(server) = &server {
        *shared = Arc::downgrade(server);
    }
    Ok(server)
}

/// A database with the tables.
pub(crate) struct Database {
    pub(crate) server: Arc<Server>,
    name: String,
    /// A session that changes the tables.
    pub(crate) client: Client,
}

impl Database {
    /// Creates the database. Returns `None` if the test is skipped.
    pub(crate) async fn new(name: &str) -> TestResult<Option<Self>> {
        let database = Self::empty(name).await?;
        if let Some(database) = &database {
            database.client.batch_execute(SCHEMA).await?;
        }
        Ok(database)
    }

    pub(crate) async fn empty(name: &str) -> TestResult<Option<Self>> {
        match shared_server()? {
            Some(server) => Self::on(server, name).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn on(server: Arc<Server>, name: &str) -> TestResult<Self> {
        let admin = session(&server, "postgres").await?;
        admin
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await?;
        let client = session(&server, name).await?;
        Ok(Self {
            server,
            name: name.to_owned(),
            client,
        })
    }

    /// Opens another session.
    pub(crate) async fn session(&self) -> TestResult<Client> {
        session(&self.server, &self.name).await
    }

    pub(crate) fn config(&self) -> Config {
        config(self.server.port(), &self.name)
    }

    pub(crate) fn config_with_port(&self, port: u16) -> Config {
        config(port, &self.name)
    }

    /// Ends the connection of the listener, and prevents that it connects again. Open sessions continue.
    pub(crate) async fn cut_listener(&self) -> TestResult {
        let name = &self.name;
        let admin = session(&self.server, "postgres").await?;
        // Not in one transaction: `ALTER DATABASE` takes effect when it commits.
        let statement = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        admin.batch_execute(&statement).await?;
        let statements = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = '{name}' AND application_name = 'source' AND (query LIKE 'LISTEN%' OR query = '')"
        );
        Ok(admin.batch_execute(&statements).await?)
    }

    pub(crate) async fn allow_connections(&self) -> TestResult {
        let name = &self.name;
        let admin = session(&self.server, "postgres").await?;
        let statement = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        Ok(admin.batch_execute(&statement).await?)
    }

    /// Waits until the number of sessions of this database that wait for a lock is `expected`.
    pub(crate) async fn wait_for_blocked(&self, expected: i64) -> TestResult {
        let statement = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        loop {
            let row = self.client.query_one(statement, &[]).await?;
            if row.get::<_, i64>(0) == expected {
                return Ok(());
            }
        }
    }
}

fn config(port: u16, database: &str) -> Config {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user("postgres")
        .dbname(database);
    config
}

async fn session(server: &Server, database: &str) -> TestResult<Client> {
    let (client, connection) = config(server.port(), database).connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// An authorizer whose principals are in a database.
pub(crate) struct Service {
    pub(crate) authorizer: Authorizer,
    pub(crate) monitor: PostgresMonitor,
    pub(crate) clock: SimulatedClock,
}

/// A long time, so that only what a test is about removes policies from the cache.
pub(crate) const LONG: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn cache() -> PrincipalCache {
    PrincipalCache::new()
        .time_to_live(LONG)
        .negative_time_to_live(LONG)
}

impl Service {
    /// Starts a service whose listener has connected.
    pub(crate) async fn start(database: &Database) -> TestResult<Self> {
        Self::with(database.config(), cache(), |builder| builder).await
    }

    pub(crate) async fn with(
        config: Config,
        cache: PrincipalCache,
        change: impl FnOnce(PostgresBuilder) -> PostgresBuilder,
    ) -> TestResult<Self> {
        Self::with_authorizer(config, cache, change, |builder| builder).await
    }

    pub(crate) async fn with_authorizer(
        mut config: Config,
        cache: PrincipalCache,
        change: impl FnOnce(PostgresBuilder) -> PostgresBuilder,
        change_authorizer: impl FnOnce(AuthorizerBuilder) -> AuthorizerBuilder,
    ) -> TestResult<Self> {
        config.application_name("source");
        let builder = PostgresPrincipals::builder(config)
            .statement_timeout(LONG)
            .retry_interval(Duration::from_millis(2))
            .time_without_notifications(LONG);
        let (principals, listener) = change(builder).build(NoTls);
        let mut monitor = listener.monitor();
        let clock = SimulatedClock::new();
        let builder = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "111122223333"))
            .principal_source(principals, cache)
            .clock(clock.clone());
        let authorizer = change_authorizer(builder).build()?;
        tokio::spawn(listener.run(authorizer.invalidator()));
        monitor.wait_until(|status| status.is_listening).await;
        Ok(Self {
            authorizer,
            monitor,
            clock,
        })
    }

    /// The outcome of a request of a user, which waits for its policies.
    pub(crate) async fn ask(&self, name: &str) -> Outcome {
        self.ask_as(&user(name)).await
    }

    pub(crate) async fn ask_as(&self, principal: &Principal) -> Outcome {
        let context = Context::new();
        let guard = self.authorizer.guard_async(principal, &context).await;
        match guard.check(GetApp, &App::new("a1").unwrap()) {
            Ok(()) => Outcome::Allowed,
            Err(denied) if matches!(denied.reason(), DeniedReason::PoliciesNotLoaded) => {
                assert_eq!(denied.status(), 503);
                Outcome::NotLoaded
            }
            Err(denied) => {
                assert_eq!(denied.status(), 403, "{denied}");
                Outcome::Denied
            }
        }
    }

    /// Makes a change, and waits until `notifications` have taken effect, which is how many the database must send.
    pub(crate) async fn change(
        &mut self,
        client: &Client,
        statements: &str,
        notifications: u64,
    ) -> TestResult {
        let before = self.monitor.status().notifications;
        client.batch_execute(statements).await?;
        // A further notification, which arrives after those of the change. No principal has the group.
        client
            .batch_execute("SELECT pinpoint_iam.report('group', 'a group that marks the end')")
            .await?;
        let enough = |status: &PostgresStatus| status.notifications > before + notifications;
        let status = self.monitor.wait_until(enough).await;
        assert_eq!(
            status.notifications,
            before + notifications + 1,
            "{statements}"
        );
        Ok(())
    }

    /// Waits until all notifications until now have taken effect, and empties the cache.
    pub(crate) async fn settle(&mut self, client: &Client) -> TestResult {
        let before = self.monitor.status().unknown_notifications;
        client
            .batch_execute("SELECT pg_notify('pinpoint_iam', 'a form that is not known')")
            .await?;
        let enough = |status: &PostgresStatus| status.unknown_notifications > before;
        self.monitor.wait_until(enough).await;
        Ok(())
    }

    pub(crate) fn loads(&self) -> u64 {
        self.authorizer.principal_cache_counts().loads
    }
}

/// The result of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Allowed,
    Denied,
    NotLoaded,
}

pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{name}")
}

pub(crate) fn user(name: &str) -> Principal {
    Principal::from_arn(&arn(name)).unwrap()
}

/// A document that allows an action, as a literal of SQL.
pub(crate) fn allow(action: &str) -> String {
    format!(
        r#"'{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:{action}", "Resource": "*"}}}}'"#
    )
}

/// The statements that create a user who may call `GetApp` by the managed policy `read`, which exists after it.
pub(crate) fn reader(name: &str) -> String {
    let (arn, document) = (arn(name), allow("GetApp"));
    format!(
        "SELECT pinpoint_iam.put_policy('read', {document})
            WHERE NOT EXISTS (SELECT FROM pinpoint_iam.managed_policies WHERE name = 'read');
         INSERT INTO pinpoint_iam.principals (arn) VALUES ('{arn}');
         INSERT INTO pinpoint_iam.attachments VALUES ('{arn}', 'read');"
    )
}
