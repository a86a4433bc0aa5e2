//! Everything that the service needs before it can serve requests.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use pinpoint_iam::source::{Directory, PolicySource as _, PolicyStore};
use pinpoint_iam::web::RouteTable;
use pinpoint_iam::{Authorizer, Scope};

use crate::arguments::Settings;
use crate::callers::Callers;
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
    /// The callers.
    pub(crate) callers: Callers,
    /// The records.
    pub(crate) store: Store,
    /// The socket, which already listens.
    pub(crate) listener: TcpListener,
    /// The signals that ask the service to stop.
    pub(crate) signals: Signals,
    policies: PolicyStore,
    config: PathBuf,
}

impl Deployment {
    /// Reads the files, binds the port and opens the database. Must be called in a Tokio runtime.
    ///
    /// # Errors
    ///
    /// One line that describes the problem: an invalid policy or configuration, a port in use, a database that cannot
    /// be opened.
    pub(crate) fn prepare(settings: Settings) -> Result<Self, String> {
        let Settings {
            listen,
            data,
            config,
            policies,
        } = settings;
        let callers = Callers::read(&config)?;
        let policies = Directory::open(policies)
            .and_then(|directory| directory.load())
            .map_err(|error| format!("cannot use the policies: {error}"))?;
        let authorizer = Authorizer::builder()
            .scope(scope())
            .source(policies.clone())
            .build()
            .map_err(|error| error.to_string())?;
        // The port is bound before the database is opened. A second service then reports the port, which one option can
        // change.
        let listener = bind(listen)?;
        let store = Store::open(&data)?;
        let signals =
            Signals::new().map_err(|error| format!("cannot wait for signals: {error}"))?;
        Ok(Self {
            authorizer,
            callers,
            store,
            listener,
            signals,
            policies,
            config,
        })
    }

    /// Prints the address of the service, its routes and its callers.
    ///
    /// # Errors
    ///
    /// If the port cannot be determined.
    pub(crate) fn print_startup_message(&self, routes: &RouteTable) -> Result<(), String> {
        let address = self
            .listener
            .local_addr()
            .map_err(|error| format!("cannot determine the port: {error}"))?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the address is not a loopback one: tokens travel in the clear, and the demo's are public");
        }
        let message = StartupMessage {
            address,
            routes,
            callers: &self.callers,
            config: &self.config,
            policies: &self.policies,
            authorizer: &self.authorizer,
        };
        if let Err(error) = message.write(&mut io::stdout().lock()) {
            // The parent process may have read the first line and closed the pipe.
            tracing::debug!(%error, "the start message could not be printed");
        }
        Ok(())
    }
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
