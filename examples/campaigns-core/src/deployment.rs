//! What a service needs before it serves.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use pinpoint_iam::source::{Directory, PolicySource as _, PolicyStore};
use pinpoint_iam::web::RouteTable;
use pinpoint_iam::{Authorizer, Scope};

use crate::announcement::Announcement;
use crate::arguments::Settings;
use crate::callers::Callers;
use crate::shutdown::Signals;
use crate::store::Store;

/// The partition, region and account of every resource that the service has; the policies of the demo name them.
pub(crate) fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// What a service needs before it serves.
pub struct Deployment {
    /// The policies.
    pub authorizer: Authorizer,
    /// Who may call.
    pub callers: Callers,
    /// The records.
    pub store: Store,
    /// The socket, which already listens.
    pub listener: TcpListener,
    /// What asks the service to stop.
    pub signals: Signals,
    policies: PolicyStore,
    config: PathBuf,
}

impl Deployment {
    /// Reads the files, binds the port and opens the database. Must be called in a Tokio runtime.
    ///
    /// # Errors
    ///
    /// One line that says what is in the way: a broken policy or configuration, a port in use, a database that cannot be
    /// opened.
    pub fn prepare(settings: Settings) -> Result<Self, String> {
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
        // The port comes before the database: a second service is told of the port, which it can change with one option.
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

    /// Prints where the service listens, what it serves and who may call.
    ///
    /// # Errors
    ///
    /// When the port cannot be told.
    pub fn announce(&self, routes: &RouteTable) -> Result<(), String> {
        let address = self
            .listener
            .local_addr()
            .map_err(|error| format!("cannot tell the port: {error}"))?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the address is not a loopback one: tokens travel in the clear, and the demo's are public");
        }
        let announcement = Announcement {
            address,
            routes,
            callers: &self.callers,
            config: &self.config,
            policies: &self.policies,
            authorizer: &self.authorizer,
        };
        if let Err(error) = announcement.write(&mut io::stdout().lock()) {
            // Whoever started the service may have read the first line and closed the pipe.
            tracing::debug!(%error, "the announcement could not be printed");
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
