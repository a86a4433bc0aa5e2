//! Runs the service with the given settings until it is stopped.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::{AppState, admin, router};
use crate::arguments::Settings;
use crate::deployment::{self, Deployment};
use crate::routes;

/// How long requests that are in progress when the service stops may still take.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the service until the process is asked to stop.
///
/// # Errors
///
/// One line that describes the problem: an invalid policy or configuration, a port in use, a database that cannot be
/// opened.
pub(crate) async fn serve(settings: Settings) -> Result<(), String> {
    let routes = routes::axum();
    routes.check().map_err(|faults| faults.to_string())?;
    let deployment = Deployment::prepare(settings).await?;
    deployment.print_startup_message(routes.table())?;
    let Deployment {
        authorizer,
        decision_log,
        updates,
        callers,
        store,
        prometheus,
        listener,
        admin: admin_listener,
        mut signals,
        ..
    } = deployment;
    let failed = |error| format!("the service failed: {error}");
    let listener = TcpListener::from_std(listener).map_err(failed)?;
    let admin_listener = TcpListener::from_std(admin_listener).map_err(failed)?;
    tokio::spawn(updates.run());
    let admin = axum::serve(admin_listener, admin(authorizer.clone()));
    tokio::spawn(admin.into_future());
    let state = AppState {
        authorizer,
        store,
        prometheus,
    };
    let service = router(routes, Arc::new(callers), state)
        .map_err(|faults| faults.to_string())?
        .into_make_service_with_connect_info::<SocketAddr>();
    tracing::info!("serving with axum");
    let stop = Arc::new(Notify::new());
    let stopping = Arc::clone(&stop);
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stopping.notified().await });
    let mut server = pin!(server.into_future());
    tokio::select! {
        result = &mut server => return result.map_err(failed),
        () = signals.next() => {}
    }
    tracing::info!("stopping");
    stop.notify_one();
    tokio::select! {
        result = server => return result.map_err(failed),
        () = signals.next() => tracing::warn!("asked to stop again: requests under way are dropped"),
        () = tokio::time::sleep(GRACE) => tracing::warn!("requests still under way are dropped"),
    }
    deployment::finish(decision_log.as_ref());
    Ok(())
}
