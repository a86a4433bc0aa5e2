//! Everything that the service needs before it can serve requests.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pinpoint_iam::decision_log::{DecisionLog, JsonLines};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RouteTable;
use pinpoint_iam::{Authorizer, Scope};

use crate::arguments::Settings;
use crate::callers::Callers;
use crate::campaigns;
use crate::origin::{Policies, Updates};
use crate::prometheus::{self, Prometheus};
use crate::records::store::Store;
use crate::shutdown::Signals;
use crate::startup_message::StartupMessage;

/// Returns the partition, region and account of every resource of the service. The policies of the demo name them.
pub(crate) fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// Everything that the service needs before it can serve requests.
pub(crate) struct Deployment {
    /// The policies.
    pub(crate) authorizer: Authorizer,
    /// The log of all decisions.
    pub(crate) decision_log: Option<DecisionLog>,
    /// Reads the policies again when they change.
    pub(crate) updates: Updates,
    /// The callers.
    pub(crate) callers: Callers,
    /// The records.
    pub(crate) store: Store,
    /// The metrics.
    pub(crate) prometheus: Prometheus,
    /// The socket, which already listens.
    pub(crate) listener: TcpListener,
    /// The socket for administrators, which already listens.
    pub(crate) admin: TcpListener,
    /// The signals that ask the service to stop.
    pub(crate) signals: Signals,
    policies: Option<PolicyStore>,
    config: PathBuf,
}

impl Deployment {
    /// Reads the files, binds the port and opens the database. Must be called in a Tokio runtime.
    ///
    /// # Errors
    ///
    /// One line that describes the problem: an invalid policy or configuration, a port in use, a database that cannot
    /// be opened.
    pub(crate) async fn prepare(settings: Settings) -> Result<Self, String> {
        let Settings {
            listen,
            admin,
            data,
            config,
            policies,
            decision_log,
        } = settings;
        let callers = Callers::read(&config)?;
        let decision_log = decision_log.as_deref().map(open_log).transpose()?;
        let recorder = prometheus::install()?;
        let mut builder = Authorizer::builder()
            .scope(scope())
            .catalog(&campaigns::SERVICE)
            .metrics("campaigns");
        if let Some(log) = &decision_log {
            builder = builder.decision_log(log.clone());
        }
        let Policies {
            authorizer,
            updates,
            listed,
        } = policies.open(builder, &callers).await?;
        let prometheus = Prometheus::new(recorder, authorizer.clone());
        // The port is bound before the database is opened. A second service then reports the port, which one option can
        // change.
        let listener = bind(listen)?;
        let admin = bind(admin)?;
        let store = Store::open(&data)?;
        let signals =
            Signals::new().map_err(|error| format!("cannot wait for signals: {error}"))?;
        Ok(Self {
            authorizer,
            decision_log,
            updates,
            callers,
            store,
            prometheus,
            listener,
            admin,
            signals,
            policies: listed,
            config,
        })
    }

    /// Prints the address of the service, its routes and its callers.
    ///
    /// # Errors
    ///
    /// If the port cannot be determined.
    pub(crate) fn print_startup_message(&self, routes: &RouteTable) -> Result<(), String> {
        let address = address_of(&self.listener)?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the address is not a loopback one: tokens travel in the clear, and the demo's are public");
        }
        let admin = address_of(&self.admin)?;
        if !admin.ip().is_loopback() {
            tracing::warn!(%admin, "the address for administrators is not a loopback one, and it is not guarded");
        }
        let message = StartupMessage {
            address,
            admin,
            routes,
            callers: &self.callers,
            config: &self.config,
            policies: self.policies.as_ref(),
            authorizer: &self.authorizer,
        };
        if let Err(error) = message.write(&mut io::stdout().lock()) {
            // The parent process may have read the first line and closed the pipe.
            tracing::debug!(%error, "the start message could not be printed");
        }
        Ok(())
    }
}

/// The longest time for which the end of the service waits for the decision log.
const LOG_PATIENCE: Duration = Duration::from_secs(5);

/// Opens the decision log.
fn open_log(path: &Path) -> Result<DecisionLog, String> {
    let opened = JsonLines::open(path).and_then(|file| DecisionLog::builder().start(file));
    opened.map_err(|error| format!("cannot log decisions in `{}`: {error}", path.display()))
}

/// Writes what the decision log has not written yet.
pub(crate) fn finish(decision_log: Option<&DecisionLog>) {
    if let Some(log) = decision_log
        && !log.flush(LOG_PATIENCE)
    {
        tracing::error!("the last decisions could not be logged in time");
    }
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, String> {
    let address = listener.local_addr();
    address.map_err(|error| format!("cannot determine the port: {error}"))
}

fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on {address}: another program uses this port; `--listen 127.0.0.1:0` picks a free one")
        }
        _ => format!("cannot listen on {address}: {error}"),
    })?;
    listener
        .set_nonblocking(true)
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    Ok(listener)
}
