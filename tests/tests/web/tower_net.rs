//! `RequireCheckLayer`: the response to a request that was not checked is replaced.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use pinpoint_iam::mobiletargeting::{self, Campaign, DeleteCampaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::web::tower::{CatalogLayer, PublicLayer, RequireCheckLayer};
use pinpoint_iam::{
    Authorizer, Denied, Permit, Policy, Principal, Scope, public, requires, routes,
};
use tower::ServiceExt;

use crate::log::Log;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

fn authorizer() -> Authorizer {
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1*"}}"#;
    let policy = Policy::new("a1", Document::parse(document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

#[requires(GetApp)]
async fn guarded(Path(application_id): Path<String>) -> String {
    format!("reached {application_id}")
}

#[requires(GetApp)]
async fn missing(Path(application_id): Path<String>) -> StatusCode {
    drop(application_id);
    StatusCode::NOT_FOUND
}

#[requires(CreateCampaign, dependents(TagResource), request_tags = body.tags)]
async fn late(Path(application_id): Path<String>, Json(body): Json<Tagged>) -> String {
    format!("reached {application_id} {}", body.tags.len())
}

#[derive(serde::Deserialize)]
struct Tagged {
    tags: std::collections::HashMap<String, String>,
}

#[public("load balancer health check")]
async fn health() -> &'static str {
    "reached"
}

async fn forgotten() -> &'static str {
    "reached"
}

async fn permitted(permit: Permit<GetCampaign>) -> String {
    format!("reached {}", permit.arn())
}

async fn in_handler(
    Path((app, campaign)): Path<(String, String)>,
    guard: RequestGuard,
) -> Response {
    let checked = async {
        let campaign = Campaign::new(&*app, &*campaign)?;
        guard.check(DeleteCampaign, &campaign).await
    };
    match checked.await {
        Ok(()) => "reached".into_response(),
        Err(denied) => denied.into_response(),
    }
}

/// The guard is there, but nothing is checked.
async fn idle(guard: RequestGuard) -> String {
    format!("reached by {}", guard.principal())
}

async fn refuses() -> Denied {
    Denied::unauthenticated()
}

fn router() -> Router {
    let guarded: Router = routes![
        guarded,
        "GET /missing/{application_id}" => missing,
        late,
        "GET /healthz" => health,
    ]
    .with_state(authorizer())
    .unwrap();
    let other = Router::new()
        .route("/permitted/{application_id}/{campaign_id}", get(permitted))
        .route(
            "/in-handler/{application_id}/{campaign_id}",
            get(in_handler),
        )
        .route("/idle", get(idle))
        .route("/refuses", get(refuses))
        .with_state(authorizer());
    let marked = Router::new()
        .route("/marked", get(forgotten))
        .route_layer(PublicLayer::new("for a test"));
    guarded
        .merge(other)
        .merge(marked)
        .route("/forgotten", get(forgotten))
        .route("/v1/forgotten", get(forgotten).post(forgotten))
        .route("/moved", get(async || StatusCode::TEMPORARY_REDIRECT))
        .route("/absent", get(async || (StatusCode::NOT_FOUND, "reached")))
        .route(
            "/broken",
            get(async || (StatusCode::BAD_GATEWAY, "reached")),
        )
}

async fn called(router: Router, request: Request) -> (u16, String, String) {
    let log = Log::default();
    let logged = tracing::subscriber::set_default(log.clone());
    let response = router.oneshot(request).await.unwrap();
    drop(logged);
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (
        status,
        String::from_utf8(body.to_vec()).unwrap(),
        log.lines(),
    )
}

fn request(method: &str, path: &str, by: Option<&str>) -> Request {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(r#"{"tags": {}}"#))
        .unwrap();
    if let Some(arn) = by {
        let principal = Principal::from_arn(arn).unwrap();
        request.extensions_mut().insert(principal);
    }
    request
}

/// The request, whether it has a principal, the status, whether the response is that of the handler, and the reason.
const CONTRACT: &[(&str, &str, bool, u16, bool, &str)] = &[
    ("GET", "/v1/apps/a1", true, 200, true, "a guarded handler"),
    (
        "GET",
        "/v1/apps/a2",
        true,
        403,
        false,
        "a guarded handler, denied",
    ),
    (
        "GET",
        "/v1/apps/a1",
        false,
        401,
        false,
        "a guarded handler, anonymous",
    ),
    (
        "GET",
        "/v1/apps/a%20b",
        true,
        400,
        false,
        "a guarded handler, invalid id",
    ),
    (
        "GET",
        "/missing/a1",
        true,
        404,
        false,
        "a guarded handler finds nothing",
    ),
    (
        "POST",
        "/v1/apps/a1/campaigns",
        true,
        200,
        true,
        "a check after the body",
    ),
    (
        "POST",
        "/v1/apps/a2/campaigns",
        true,
        403,
        false,
        "a check after the body, denied",
    ),
    (
        "GET",
        "/healthz",
        false,
        200,
        true,
        "a public handler in `routes!`",
    ),
    ("GET", "/marked", false, 200, true, "a public route"),
    (
        "GET",
        "/permitted/a1/c1",
        true,
        200,
        true,
        "the extractor of a permit",
    ),
    (
        "GET",
        "/permitted/a2/c1",
        true,
        403,
        false,
        "the extractor of a permit, denied",
    ),
    (
        "GET",
        "/in-handler/a1/c1",
        true,
        200,
        true,
        "a check in the handler",
    ),
    (
        "GET",
        "/in-handler/a2/c1",
        true,
        403,
        false,
        "a check in the handler, denied",
    ),
    (
        "GET",
        "/in-handler/a1/c1",
        false,
        401,
        false,
        "a check in the handler, anonymous",
    ),
    (
        "GET",
        "/refuses",
        false,
        401,
        false,
        "a denial by the application",
    ),
    ("GET", "/idle", true, 500, false, "a guard that is not used"),
    (
        "GET",
        "/forgotten",
        true,
        500,
        false,
        "a handler without an attribute",
    ),
    (
        "GET",
        "/forgotten",
        false,
        500,
        false,
        "a handler without an attribute, anonymous",
    ),
    ("HEAD", "/forgotten", true, 500, false, "HEAD of it"),
    ("POST", "/v1/forgotten", true, 500, false, "POST to it"),
    ("GET", "/moved", true, 500, false, "its redirect"),
    ("GET", "/broken", true, 500, false, "its error"),
    ("GET", "/absent", true, 403, false, "its 404 with a body"),
    (
        "GET",
        "/unknown",
        true,
        403,
        false,
        "a path without a handler",
    ),
    (
        "PUT",
        "/forgotten",
        true,
        403,
        false,
        "a method without a handler",
    ),
];

#[tokio::test]
async fn only_responses_to_checked_requests_are_sent() {
    for (method, path, has_principal, expected, is_own, reason) in CONTRACT {
        let router = router().layer(RequireCheckLayer::new(authorizer()));
        let by = has_principal.then_some(ANA);
        let (status, body, log) = called(router, request(method, path, by)).await;
        assert_eq!(status, *expected, "{method} {path}: {reason}: {body}");
        assert_eq!(
            body.contains("reached"),
            *is_own,
            "{method} {path}: {reason}: {body}"
        );
        if status == 500 {
            assert!(log.starts_with("ERROR"), "{path}: {log}");
            assert!(log.contains(&format!("path={path}")), "{path}: {log}");
            assert!(log.contains("without a check"), "{path}: {log}");
        }
    }
}

/// Without the net, the same router shows what the handlers return. This is what the net is for.
#[tokio::test]
async fn the_net_is_what_replaces_the_responses() {
    let (status, body, _) = called(router(), request("GET", "/forgotten", None)).await;
    assert_eq!((status, &*body), (200, "reached"));
}

/// Directly around the handlers, the router's own responses remain.
#[tokio::test]
async fn a_layer_of_the_routes_leaves_unknown_paths_to_the_router() {
    for (path, expected) in [("/forgotten", 500), ("/v1/apps/a1", 200), ("/unknown", 404)] {
        let router = router().route_layer(RequireCheckLayer::new(authorizer()));
        let (status, ..) = called(router, request("GET", path, Some(ANA))).await;
        assert_eq!(status, expected, "{path}");
    }
}

#[tokio::test]
async fn a_check_in_an_inner_layer_counts_and_one_in_an_outer_layer_does_not() {
    let catalog = || {
        CatalogLayer::builder(authorizer())
            .service(&mobiletargeting::SERVICE)
            .public("GET", "/forgotten", "for a test")
            .build()
            .unwrap()
    };
    let net = || RequireCheckLayer::new(authorizer());
    let get = || request("GET", "/forgotten", Some(ANA));
    let inside = router().layer(catalog()).layer(net());
    assert_eq!(called(inside, get()).await.0, 200);
    let outside = router().layer(net()).layer(catalog());
    assert_eq!(called(outside, get()).await.0, 500);
}

/// A net inside of another one does not hide checks from it.
#[tokio::test]
async fn nets_can_be_nested() {
    for (path, expected) in [("/v1/apps/a1", 200), ("/healthz", 200), ("/forgotten", 500)] {
        let net = || RequireCheckLayer::new(authorizer());
        let router = router().layer(net()).layer(net());
        let (status, ..) = called(router, request("GET", path, Some(ANA))).await;
        assert_eq!(status, expected, "{path}");
    }
}

/// Nothing that a caller sends counts as a check, and a check of one request is not one of the next.
#[tokio::test]
async fn a_caller_cannot_pretend_a_check() {
    let router = router().layer(RequireCheckLayer::new(authorizer()));
    let (status, ..) = called(router.clone(), request("GET", "/v1/apps/a1", Some(ANA))).await;
    assert_eq!(status, 200);
    let mut headers = HeaderMap::new();
    for name in [
        "x-checked",
        "x-authorized",
        "authorized",
        "check",
        "note",
        "x-pinpoint-iam",
        "permit",
    ] {
        headers.append(name, "true".parse().unwrap());
    }
    let mut request = request("GET", "/forgotten?checked=true&note=1", Some(ANA));
    request.headers_mut().extend(headers);
    let (status, ..) = called(router, request).await;
    assert_eq!(status, 500);
}
