//! From the settings to a running service, and to its end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use pinpoint_iam::Authorizer;
use pinpoint_iam::source::{Directory, PolicySource as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::announcement::Announcement;
use crate::arguments::Settings;
use crate::callers::Callers;
use crate::deployment::scope;
use crate::routes::{AppState, router, routes};
use crate::shutdown::Signals;
use crate::store::Store;

/// How long requests that are under way at the end may still take.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the service until the process is asked to stop.
///
/// # Errors
///
/// One line that says what is in the way: a broken policy or configuration, a port in use, a database that cannot be
/// opened.
pub(crate) async fn run(settings: Settings) -> Result<(), String> {
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
    let routes = routes();
    routes.check().map_err(|faults| faults.to_string())?;
    // The port comes before the database: a second service is told of the port, which it can change with one option.
    let listener = bind(listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| format!("cannot tell the port: {error}"))?;
    let store = Store::open(&data)?;
    let mut signals =
        Signals::new().map_err(|error| format!("cannot wait for signals: {error}"))?;
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "the address is not a loopback one: tokens travel in the clear, and the demo's are public");
    }
    let announcement = Announcement {
        address,
        routes: routes.table(),
        callers: &callers,
        config: &config,
        policies: &policies,
        authorizer: &authorizer,
    };
    if let Err(error) = announcement.write(&mut io::stdout().lock()) {
        // Whoever started the service may have read the first line and closed the pipe.
        tracing::debug!(%error, "the announcement could not be printed");
    }
    let state = AppState { authorizer, store };
    let service = router(routes, Arc::new(callers), state)
        .map_err(|faults| faults.to_string())?
        .into_make_service_with_connect_info::<SocketAddr>();
    let stop = Arc::new(Notify::new());
    let stopping = Arc::clone(&stop);
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stopping.notified().await });
    let mut server = pin!(server.into_future());
    tokio::select! {
        result = &mut server => return result.map_err(|error| format!("the service failed: {error}")),
        () = signals.next() => {}
    }
    tracing::info!("stopping");
    stop.notify_one();
    tokio::select! {
        result = server => return result.map_err(|error| format!("the service failed: {error}")),
        () = signals.next() => tracing::warn!("asked to stop again: requests under way are dropped"),
        () = tokio::time::sleep(GRACE) => tracing::warn!("requests still under way are dropped"),
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on {address}: another program uses this port; `--listen 127.0.0.1:0` picks a free one")
        }
        _ => format!("cannot listen on {address}: {error}"),
    })
}
