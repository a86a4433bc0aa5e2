//! Runs the service with the given settings until it is stopped.

use std::pin::pin;
use std::time::Duration;

use actix_web::{HttpServer, web};
use pinpoint_iam_sigv4::actix::SigV4;

use super::{admin, app};
use crate::arguments::Settings;
use crate::callers::{Keys, verifier};
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
    let routes = routes::actix();
    routes.check().map_err(|faults| faults.to_string())?;
    let deployment = Deployment::prepare(settings).await?;
    deployment.print_startup_message(routes.table())?;
    let routes = routes.service().map_err(|faults| faults.to_string())?;
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
    let callers = web::Data::new(callers);
    // Shared by all threads.
    let sigv4 = SigV4::new(verifier(), Keys(callers.clone().into_inner()));
    let failed = |error| format!("the service failed: {error}");
    tokio::spawn(updates.run());
    let of_admin = authorizer.clone();
    let admin = HttpServer::new(move || admin(of_admin.clone()))
        .disable_signals()
        .workers(1)
        .listen(admin_listener)
        .map_err(failed)?
        .run();
    tokio::spawn(admin);
    let server = HttpServer::new(move || {
        app(
            routes.clone(),
            callers.clone(),
            sigv4.clone(),
            authorizer.clone(),
            store.clone(),
            prometheus.clone(),
        )
    })
    .disable_signals()
    .shutdown_timeout(GRACE.as_secs())
    .listen(listener)
    .map_err(failed)?
    .run();
    tracing::info!("serving with actix-web");
    let handle = server.handle();
    let mut server = pin!(server);
    tokio::select! {
        result = &mut server => return result.map_err(failed),
        () = signals.next() => {}
    }
    tracing::info!("stopping");
    let mut stopping = pin!(handle.stop(true));
    tokio::select! {
        result = &mut server => return result.map_err(failed),
        () = &mut stopping => {}
        () = signals.next() => {
            tracing::warn!("asked to stop again: requests under way are dropped");
            handle.stop(false).await;
        }
    }
    deployment::finish(decision_log.as_ref());
    Ok(())
}
