//! The condition keys of a web request: its source address, its transport, and the keys of the application.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod keys;
mod source;
mod transport;

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRef, Path};
use axum::http::{HeaderName, HeaderValue, Request};
use axum::routing::get;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, AuthorizerBuilder, Policy, Principal, Scope, requires};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// The trusted proxies.
const PROXIES: [&str; 3] = ["10.0.0.0/24", "192.0.2.1", "2001:db8:1::/48"];

/// The status if a decision depends on an unknown value.
const UNKNOWN: u16 = 503;

#[derive(Clone)]
struct AppState(Authorizer);

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.0.clone()
    }
}

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn builder(statements: &str) -> AuthorizerBuilder {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let policy = Policy::new("policy", Document::parse(&document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
}

fn allow_if(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

/// Creates a request from `peer` with these headers.
fn request(peer: Option<&str>, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get("/v1/apps/a1?tenant=t1")
        .body(Body::empty())
        .unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana);
    if let Some(peer) = peer {
        let peer: IpAddr = peer.parse().unwrap();
        let connection = ConnectInfo(SocketAddr::new(peer, 4711));
        request.extensions_mut().insert(connection);
    }
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        // Callers may also send characters that are not ASCII.
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

async fn status(builder: AuthorizerBuilder, request: Request<Body>) -> u16 {
    let router = Router::new()
        .route("/v1/apps/{application-id}", get(get_app))
        .with_state(AppState(
            builder.warn_about_keys_without_source().build().unwrap(),
        ));
    let response = router.oneshot(request).await.unwrap();
    response.status().as_u16()
}
