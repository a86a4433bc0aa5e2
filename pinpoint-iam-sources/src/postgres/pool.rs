//! The connections that read policies.
//!
//! A connection reads for one load at a time, so a load that waits for a lock delays no other. Its place is free again
//! when the server has ended the statement, also if the load is given up before.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Error, Row, Statement};

use super::connect::{Connect, Messages, closed, describe};
use super::queries::{MOST_ROWS, Queries};
use super::status::Shared;

/// The memory that the rows of one principal may take, in bytes.
const MOST_BYTES: usize = 4 << 20;

/// The time that a connection has to end after the statement timeout.
const GRACE: Duration = Duration::from_secs(1);

/// Which of the prepared statements is meant.
#[derive(Clone, Copy)]
pub(super) enum Read {
    Principals,
    Documents,
}

/// The prepared statements of a connection.
struct Statements {
    principals: Statement,
    documents: Statement,
}

struct Session {
    client: Client,
    /// `None` until they are prepared.
    statements: Option<Statements>,
    /// Passes the place of the session to the task of the connection, which keeps it until the connection ends.
    leave: oneshot::Sender<OwnedSemaphorePermit>,
}

pub(super) struct Pool {
    pub(super) connector: Arc<dyn Connect>,
    pub(super) config: Config,
    pub(super) queries: Queries,
    pub(super) statement_timeout: Duration,
    /// Whether the statements are those of this crate, which need no search path.
    pub(super) is_own_schema: bool,
    pub(super) places: Arc<Semaphore>,
    pub(super) shared: Shared,
    idle: Mutex<Vec<Session>>,
}

/// A connection that one load uses, with its place.
struct Lease {
    place: Option<OwnedSemaphorePermit>,
    session: Option<Session>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let (Some(session), Some(place)) = (self.session.take(), self.place.take()) {
            // If the connection has ended, the place is free at once.
            let _ = session.leave.send(place);
        }
    }
}

/// Why a read has no rows.
enum Failure {
    Database(Error),
    /// The rows are not usable.
    Rows(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Failure {
    fn is_timeout(&self) -> bool {
        matches!(self, Self::Database(error) if error.code() == Some(&SqlState::QUERY_CANCELED))
    }

    /// Whether the connection has ended, and not the statement failed.
    fn is_disconnect(&self) -> bool {
        match self {
            Self::Database(error) => error.code().is_none_or(|code| {
                [
                    SqlState::ADMIN_SHUTDOWN,
                    SqlState::CRASH_SHUTDOWN,
                    SqlState::CANNOT_CONNECT_NOW,
                ]
                .contains(code)
            }),
            Self::Rows(_) => false,
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Database(error) => describe(error),
            Self::Rows(message) => message.clone(),
        }
    }
}

type Parameter<'a> = &'a (dyn ToSql + Sync);

impl Pool {
    pub(super) fn new(
        connector: Arc<dyn Connect>,
        config: Config,
        queries: Queries,
        is_own_schema: bool,
        statement_timeout: Duration,
        connections: usize,
        shared: Shared,
    ) -> Self {
        Self {
            connector,
            config,
            queries,
            statement_timeout,
            is_own_schema,
            places: Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS))),
            shared,
            idle: Mutex::default(),
        }
    }

    /// Executes a prepared statement in one round trip, and converts its rows.
    ///
    /// A connection that the server has closed while it was idle is replaced: reading has no effects, so it is repeated.
    pub(super) async fn read<T>(
        &self,
        read: Read,
        parameters: [Parameter<'_>; 2],
        mut convert: impl FnMut(&Row) -> Result<(T, usize), String>,
    ) -> Result<Vec<T>, String> {
        loop {
            let mut lease = self.lease().await?;
            let was_idle = lease.session.as_ref().is_some_and(Session::is_prepared);
            let rows = self
                .read_with(&mut lease, read, parameters, &mut convert)
                .await;
            match rows {
                Ok(rows) => {
                    self.give_back(lease);
                    return Ok(rows);
                }
                Err(failure) if was_idle && failure.is_disconnect() => {}
                Err(failure) => {
                    let is_timeout = failure.is_timeout();
                    self.shared.change(|status| {
                        status.failures += 1;
                        status.timeouts += u64::from(is_timeout);
                    });
                    if is_timeout {
                        self.give_back(lease);
                    }
                    return Err(failure.describe());
                }
            }
        }
    }

    /// Opens a connection and prepares the statements, to find out whether policies can be read.
    pub(super) async fn check(&self) -> Result<(), String> {
        let mut lease = self.lease().await?;
        let prepared = self.prepare(&mut lease).await;
        prepared.map_err(|error| describe(&error))?;
        self.give_back(lease);
        Ok(())
    }

    async fn read_with<T>(
        &self,
        lease: &mut Lease,
        read: Read,
        parameters: [Parameter<'_>; 2],
        convert: &mut impl FnMut(&Row) -> Result<(T, usize), String>,
    ) -> Result<Vec<T>, Failure> {
        self.prepare(lease).await?;
        let Some(session) = &lease.session else {
            return Err(Failure::Rows("has no connection".to_owned()));
        };
        let Some(statements) = &session.statements else {
            return Err(Failure::Rows("has no statements".to_owned()));
        };
        let statement = match read {
            Read::Principals => &statements.principals,
            Read::Documents => &statements.documents,
        };
        let rows = session.client.query_raw(statement, parameters).await?;
        let mut rows = pin!(rows);
        let mut converted = Vec::new();
        let mut total = 0_usize;
        while let Some(row) = rows.try_next().await? {
            let (value, bytes) = convert(&row).map_err(Failure::Rows)?;
            total = total.saturating_add(bytes);
            if converted.len() == MOST_ROWS || total > MOST_BYTES {
                return Err(Failure::Rows(format!(
                    "returned more than {MOST_ROWS} rows or {MOST_BYTES} bytes for one principal"
                )));
            }
            converted.push(value);
        }
        Ok(converted)
    }

    /// Returns a connection, which is new if none is idle. Waits while all places are taken.
    async fn lease(&self) -> Result<Lease, String> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|error| error.to_string())?;
        let idle = || {
            // Only whole values are stored, so poisoning is harmless.
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.pop()
        };
        while let Some(session) = idle() {
            if !session.client.is_closed() {
                return Ok(Lease {
                    place: Some(place),
                    session: Some(session),
                });
            }
        }
        let connected = self.connector.connect(&self.config).await;
        let (client, messages) = connected.map_err(|error| {
            self.shared.change(|status| status.failures += 1);
            describe(&error)
        })?;
        self.shared.change(|status| status.connections += 1);
        let (leave, left) = oneshot::channel();
        let grace = self.statement_timeout.saturating_add(GRACE);
        tokio::spawn(drive(messages, left, grace));
        Ok(Lease {
            place: Some(place),
            session: Some(Session {
                client,
                statements: None,
                leave,
            }),
        })
    }

    /// Prepares the statements of a new connection.
    async fn prepare(&self, lease: &mut Lease) -> Result<(), Error> {
        let Some(session) = lease.session.as_mut() else {
            return Ok(());
        };
        if session.is_prepared() {
            return Ok(());
        }
        let timeout = self.statement_timeout.as_millis().max(1);
        // Names are qualified, so that objects of other users are not found instead of functions and operators.
        let path = match self.is_own_schema {
            true => "SET search_path = pg_catalog, pg_temp;",
            false => "",
        };
        let settings = format!(
            "SET statement_timeout = {timeout}; SET default_transaction_read_only = on; {path}"
        );
        session.client.batch_execute(&settings).await?;
        let types = [Type::TEXT_ARRAY, Type::TEXT_ARRAY];
        let principals = self.queries.bounded_principals();
        let principals = session.client.prepare_typed(&principals, &types).await?;
        let documents = self.queries.bounded_documents();
        let documents = session.client.prepare_typed(&documents, &types).await?;
        session.statements = Some(Statements {
            principals,
            documents,
        });
        Ok(())
    }

    fn give_back(&self, mut lease: Lease) {
        if let Some(session) = lease.session.take() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(session);
        }
    }
}

impl Session {
    const fn is_prepared(&self) -> bool {
        self.statements.is_some()
    }
}

/// Exchanges messages until the connection ends. After the connection was given up, it ends in `grace` at the latest, and
/// its place is taken until then.
async fn drive(
    messages: Box<dyn Messages>,
    left: oneshot::Receiver<OwnedSemaphorePermit>,
    grace: Duration,
) {
    let mut end = pin!(closed(messages));
    let place = tokio::select! {
        () = &mut end => return,
        place = left => place,
    };
    // The result does not matter: the connection is dropped in both cases.
    let _ = tokio::time::timeout(grace, end).await;
    drop(place);
}
