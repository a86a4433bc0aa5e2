//! The layer in an axum server.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::extract::{FromRef, Path};
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};
use pinpoint_iam_sigv4::Verifier;
use pinpoint_iam_sigv4::axum::SigV4Layer;

use crate::request::Request;
use crate::servers::{authorizer, check, find_key, verifier};

#[derive(Clone, FromRef)]
struct AppState {
    authorizer: Authorizer,
}

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{campaign_id} of {application_id}")
}

#[requires(UpdateCampaign, request_tags = none)]
async fn update_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    body: String,
) -> String {
    drop((application_id, campaign_id));
    body
}

fn routes() -> Router<AppState> {
    Router::new().route(
        "/apps/{application_id}/campaigns/{campaign_id}",
        get(get_campaign).put(update_campaign),
    )
}

/// Starts a server on a thread of its own, which ends with the process.
fn serve(app: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    address
}

fn state() -> AppState {
    AppState {
        authorizer: authorizer(),
    }
}

fn layer(verifier: Verifier) -> SigV4Layer {
    SigV4Layer::new(verifier, find_key)
}

#[test]
fn verifies_requests_of_a_router() {
    let app = Router::new().nest("/v1", routes()).layer(layer(verifier()));
    check(serve(app.with_state(state())));
}

#[test]
fn verifies_requests_of_a_nested_router() {
    let app = Router::new().nest("/v1", routes().layer(layer(verifier())));
    check(serve(app.with_state(state())));
}

#[test]
fn verifies_requests_before_they_are_routed() {
    let app = Router::new().nest("/v1", routes()).with_state(state());
    let app = tower_layer::Layer::layer(&layer(verifier()), app);
    check(serve(Router::new().fallback_service(app)));
}

#[test]
fn rejects_requests_without_a_signature_on_request() {
    let app = Router::new()
        .nest("/v1", routes())
        .layer(layer(verifier().reject_anonymous()));
    let address = serve(app.with_state(state()));
    let request = Request::new("GET", "/v1/apps/a1/campaigns/c1").with_header("host", "a");
    let code = "MissingAuthenticationTokenException";
    crate::servers::responds(address, &request, 403, code);
}
