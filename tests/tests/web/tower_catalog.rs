//! `CatalogLayer`: a service whose handlers are unknown, checked by method and path.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use pinpoint_iam::mobiletargeting::{self, DeleteApp, GetApp, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::tower::{CatalogLayer, CatalogLayerBuilder};
use pinpoint_iam::{Authorizer, Policy, Principal, Scope};
use tower::{Layer, ServiceExt, service_fn};

use crate::log::Log;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

fn authorizer(statement: &str) -> Authorizer {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    let mut store = PolicyStore::new();
    let policy = Policy::new("p", Document::parse(&document).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

fn allow(action: &str, resource: &str) -> String {
    statement("Allow", action, resource)
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    let resource = match resource {
        "*" => "*".to_owned(),
        resource => format!("arn:aws:mobiletargeting:us-east-1:123456789012:{resource}"),
    };
    format!(
        r#"{{"Effect": "{effect}", "Action": "mobiletargeting:{action}", "Resource": "{resource}"}}"#
    )
}

fn catalog(authorizer: Authorizer) -> CatalogLayerBuilder {
    CatalogLayer::builder(authorizer)
        .service(&mobiletargeting::SERVICE)
        .route("GET", "/reports/campaigns", GetCampaign)
        .route("GET", "/x/{application-id}/{campaign-id}", GetCampaign)
        .route("GET", "/x/{application-id}/settings", GetApp)
        .route("GET", "/x/{application-id}/u@v", DeleteApp)
        .public("GET", "/healthz", "health check of the load balancer")
}

/// The status of the response, whether the service was called, and the log.
async fn called(
    layer: CatalogLayer,
    mut request: Request,
    by: Option<&str>,
) -> (u16, bool, String) {
    let was_called = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&was_called);
    let service = layer.layer(service_fn(move |_: Request| {
        seen.store(true, Ordering::SeqCst);
        async { Ok::<_, Infallible>(Response::new(Body::from("reached"))) }
    }));
    if let Some(arn) = by {
        let principal = Principal::from_arn(arn).unwrap();
        request.extensions_mut().insert(principal);
    }
    let log = Log::default();
    let logged = tracing::subscriber::set_default(log.clone());
    let response = service.oneshot(request).await.unwrap();
    drop(logged);
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let was_called = was_called.load(Ordering::SeqCst);
    assert_eq!(was_called, body == "reached", "{status}");
    assert_eq!(was_called, status == 200);
    (status, was_called, log.lines())
}

fn request(method: &str, target: &str) -> Request {
    Request::builder()
        .method(method)
        .uri(target)
        .body(Body::empty())
        .unwrap()
}

async fn status(statements: &[String], method: &str, target: &str) -> u16 {
    let layer = catalog(authorizer(&statements.join(","))).build().unwrap();
    called(layer, request(method, target), Some(ANA)).await.0
}

/// The statements of the caller, the request, the status and the reason.
#[tokio::test]
async fn the_action_follows_from_the_method_and_the_resource_from_the_path() {
    let get = || allow("GetCampaign", "apps/a1/campaigns/c1");
    let campaigns = || allow("GetCampaign", "*");
    let everything = || allow("*", "*");
    let tagged = "/v1/tags/arn:aws:mobiletargeting:us-east-1:123456789012:apps%2Fa1";
    for (statements, method, path, expected, reason) in [
        (
            vec![get()],
            "GET",
            "/v1/apps/a1/campaigns/c1",
            200,
            "exactly this campaign",
        ),
        (
            vec![get()],
            "HEAD",
            "/v1/apps/a1/campaigns/c1",
            200,
            "HEAD requires the action of GET",
        ),
        (
            vec![get()],
            "GET",
            "/v1/apps/a1/campaigns/c1?x=/v1/apps",
            200,
            "the query is not part of the path",
        ),
        (
            vec![get()],
            "GET",
            "http://example.com/v1/apps/a1/campaigns/c1",
            200,
            "absolute form of HTTP/1.1 and HTTP/2",
        ),
        (
            vec![get()],
            "GET",
            "/x/a1/c1",
            200,
            "a route that the application added",
        ),
        (
            vec![get()],
            "GET",
            "/v1/apps/a1/campaigns/c2",
            403,
            "another campaign",
        ),
        (
            vec![get()],
            "GET",
            "/v1/apps/c1/campaigns/a1",
            403,
            "the ids of another order",
        ),
        (
            vec![get()],
            "DELETE",
            "/v1/apps/a1/campaigns/c1",
            403,
            "another action",
        ),
        (
            vec![get()],
            "DELETE",
            "/x/a1/c1",
            403,
            "a method without a route",
        ),
        (
            vec![everything()],
            "DELETE",
            "/x/a1/c1",
            403,
            "a method without a route, for an administrator",
        ),
        (
            vec![get()],
            "GET",
            "/reports/campaigns",
            403,
            "the path names no campaign, so all must be allowed",
        ),
        (
            vec![allow("GetCampaign", "apps/*")],
            "GET",
            "/reports/campaigns",
            403,
            "only `*` covers every resource",
        ),
        (
            vec![campaigns()],
            "GET",
            "/reports/campaigns",
            200,
            "all campaigns are allowed",
        ),
        (
            vec![
                campaigns(),
                statement("Deny", "GetCampaign", "apps/secret/*"),
            ],
            "GET",
            "/reports/campaigns",
            403,
            "one campaign is denied, and the path may be about it",
        ),
        (
            vec![allow("GetApps", "*")],
            "GET",
            "/v1/apps",
            200,
            "an action on the list of projects",
        ),
        (
            vec![allow("ListTagsForResource", "apps/a1")],
            "GET",
            tagged,
            200,
            "a whole ARN in the path",
        ),
        (
            vec![allow("ListTagsForResource", "apps/a2")],
            "GET",
            tagged,
            403,
            "the ARN of another project",
        ),
        (
            vec![everything()],
            "GET",
            "/v1/tags/arn:aws:mobiletargeting:us-east-1:210987654321:apps%2Fa1",
            403,
            "the ARN of another account",
        ),
        (
            vec![everything()],
            "GET",
            "/v1/apps/a%20b",
            400,
            "an id that is not valid in an ARN",
        ),
        (
            vec![everything()],
            "POST",
            "/v1/apps",
            200,
            "a dependent action in the same catalog",
        ),
        (
            vec![allow("CreateApp", "*")],
            "POST",
            "/v1/apps",
            403,
            "the dependent action may be required",
        ),
        (
            vec![everything()],
            "POST",
            "/v1/apps/a1/jobs/export",
            500,
            "`iam:PassRole` cannot be checked without the body",
        ),
    ] {
        assert_eq!(
            status(&statements, method, path).await,
            expected,
            "{method} {path}: {reason}"
        );
    }
}

#[tokio::test]
async fn dependent_actions_can_be_left_to_the_service() {
    for (method, path) in [("POST", "/v1/apps"), ("POST", "/v1/apps/a1/jobs/export")] {
        let authorizer = authorizer(&allow("Create*", "*"));
        let layer = catalog(authorizer).without_dependent_actions();
        let layer = layer.build().unwrap();
        let (status, ..) = called(layer, request(method, path), Some(ANA)).await;
        assert_eq!(status, 200, "{path}");
    }
}

/// A caller with all permissions does not get past any of them, because they may mean something else to the service.
#[tokio::test]
async fn a_request_that_can_be_read_differently_is_denied() {
    let everything = [allow("*", "*")];
    for (method, target, reason) in [
        ("GET", "/", "no route"),
        ("GET", "/v1", "no route"),
        ("GET", "/v1/apps/", "a slash at the end"),
        ("GET", "/v1/apps/a1/", "a slash at the end"),
        ("GET", "//v1/apps", "an empty segment"),
        ("GET", "/v1//apps", "an empty segment"),
        ("GET", "/v1/apps//campaigns/c1", "an empty id"),
        ("GET", "/v1/apps/../apps", "dots"),
        ("GET", "/v1/./apps", "dots"),
        ("GET", "/v1/apps/..", "dots as an id"),
        ("GET", "/v1/apps/%2e%2e", "escaped dots as an id"),
        ("GET", "/v1/apps/.%2E", "escaped dots as an id"),
        (
            "GET",
            "/v1/apps/a1/campaigns/c1/../../../a2",
            "dots at the end",
        ),
        (
            "GET",
            "/v1/apps/a1%2Fcampaigns",
            "an escaped slash in an id",
        ),
        (
            "GET",
            "/v1/apps/a1%2fcampaigns",
            "an escaped slash in an id",
        ),
        ("GET", "/v1/apps/a1%5Ccampaigns", "an escaped backslash"),
        ("GET", "/v1/apps/a1\\campaigns", "a backslash"),
        ("GET", "/v1/apps/a1;v=2", "a parameter of the segment"),
        (
            "GET",
            "/v1/apps/a1%3Bv=2",
            "an escaped parameter of the segment",
        ),
        ("GET", "/v1/apps/a1%252Fcampaigns", "an escape of an escape"),
        ("GET", "/v1/apps/a1%3Fx", "an escaped query"),
        ("GET", "/v1/apps/a1%23x", "an escaped fragment"),
        ("GET", "/v1/apps/a1%00", "an escaped control character"),
        ("GET", "/v1/apps/a1%0d%0ax", "an escaped line break"),
        ("GET", "/v1/apps/a1%7f", "an escaped control character"),
        ("GET", "/v1/apps/%61", "an escape of a letter"),
        (
            "GET",
            "/v1/%61pps",
            "an escape of a letter in a literal segment",
        ),
        ("GET", "/v1/apps/a1%", "an incomplete escape"),
        ("GET", "/v1/apps/a1%4", "an incomplete escape"),
        ("GET", "/v1/apps/a1%zz", "an invalid escape"),
        ("GET", "/v1/apps/a1%+1", "an invalid escape"),
        ("GET", "/v1/apps/%FF", "an escape that is not UTF-8"),
        ("GET", "/V1/apps", "another case"),
        ("GET", "/x/a1/Settings", "another route if case is ignored"),
        ("GET", "/x/a1/u%40v", "another route if the path is decoded"),
        ("get", "/v1/apps", "another case of the method"),
        ("PUT", "/v1/apps", "a method without a route"),
        ("OPTIONS", "/v1/apps", "a method without a route"),
        ("TRACE", "/v1/apps", "a method without a route"),
        ("PROPFIND", "/v1/apps", "a method without a route"),
        ("OPTIONS", "*", "the asterisk form"),
        ("CONNECT", "example.com:443", "the authority form"),
        (
            "GET",
            "example.com:443",
            "the authority form of another method",
        ),
        ("HEAD", "/v1/apps/a1/messages", "HEAD of a path without GET"),
        (
            "GET",
            "/v1/tags/arn:aws:mobiletargeting:us-east-1:123456789012:apps%2F..%2Fa1",
            "escaped dots",
        ),
        (
            "GET",
            "/v1/tags/arn:aws:mobiletargeting:us-east-1:123456789012:apps%2Fa1%2F..",
            "escaped dots",
        ),
    ] {
        let status = status(&everything, method, target).await;
        assert_eq!(status, 403, "{method} {target}: {reason}");
    }
}

#[tokio::test]
async fn a_request_whose_method_or_path_a_header_replaces_is_denied() {
    for name in [
        "X-HTTP-Method",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "X-Original-URL",
        "X-Rewrite-URL",
    ] {
        for path in ["/v1/apps", "/healthz"] {
            let layer = catalog(authorizer(&allow("*", "*"))).build().unwrap();
            let mut request = request("GET", path);
            let value = "DELETE".parse().unwrap();
            let name: axum::http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name.clone(), value);
            let (status, _, log) = called(layer, request, Some(ANA)).await;
            assert_eq!(status, 403, "{name} {path}");
            assert!(log.contains("x-http-method-override"), "{log}");
        }
    }
}

#[tokio::test]
async fn a_caller_without_a_principal_reaches_public_routes_only() {
    for (method, path, expected) in [
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("POST", "/healthz", 401),
        ("GET", "/healthz/", 401),
        ("GET", "/v1/apps", 401),
        ("GET", "/unknown", 401),
    ] {
        let layer = catalog(authorizer(&allow("*", "*"))).build().unwrap();
        let (status, _, log) = called(layer, request(method, path), None).await;
        assert_eq!(status, expected, "{method} {path}");
        assert_eq!(log.is_empty(), expected == 200, "{log}");
    }
}

#[tokio::test]
async fn the_log_states_why_a_request_was_denied() {
    for (path, expected) in [
        ("/unknown", "no route has this path"),
        ("/v1//apps", "what other programs may read differently"),
        ("/x/a1/SETTINGS", "if case is ignored"),
        ("/reports/campaigns", "does not identify the resource"),
    ] {
        let layer = catalog(authorizer(&allow("GetCampaign", "apps/a1/*")));
        let layer = layer.build().unwrap();
        let (_, _, log) = called(layer, request("GET", path), Some(ANA)).await;
        assert!(log.contains(expected), "{path}: {log}");
        assert!(log.starts_with("INFO"), "{path}: {log}");
    }
}

#[test]
fn routes_that_contradict_each_other_do_not_become_a_layer() {
    let layer = || CatalogLayer::builder(authorizer(&allow("*", "*")));
    for (builder, expected) in [
        (
            layer()
                .service(&mobiletargeting::SERVICE)
                .public("GET", "/v1/apps", "a mistake"),
            "the route `GET /v1/apps` occurs twice",
        ),
        (
            layer()
                .route("GET", "/{app-id}", GetApp)
                .public("GET", "/{other}", "a mistake"),
            "the route `GET /{other}` occurs twice",
        ),
        (
            layer()
                .public("GET", "/a", "one")
                .public("GET", "/A", "other"),
            "upper and lower case do not distinguish paths",
        ),
        (layer().public("GET", "a", "no slash"), "write `/a`"),
        (layer().public("GET", "/{a", "open"), "unmatched brace"),
        (
            layer().public("GET", "/{{a}}", "a brace"),
            "contains a brace",
        ),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// The layer is coarse, but it finds the resource of every action whose path names it.
#[tokio::test]
async fn every_route_of_the_catalog_is_checked() {
    let mut count = 0;
    for action in mobiletargeting::SERVICE.actions {
        let Some(route) = action.route else { continue };
        let arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps%2Fa1";
        let segments = route.path.split('/').map(|segment| match segment {
            "{resource-arn}" => arn,
            "{template-type}" => "email",
            "{attribute-type}" => "endpoint-custom-attributes",
            segment if segment.starts_with('{') => "a1",
            literal => literal,
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let others = format!(
            r#"{{"Effect": "Allow", "NotAction": "mobiletargeting:{}", "Resource": "*"}}"#,
            action.name
        );
        for (statement, expected) in [(allow(action.name, "*"), 200), (others, 403)] {
            let layer = catalog(authorizer(&statement)).without_dependent_actions();
            let layer = layer.build().unwrap();
            let request = request(route.method, &path);
            let (status, ..) = called(layer, request, Some(ANA)).await;
            assert_eq!(status, expected, "{action}: {} {path}", route.method);
        }
        count += 1;
    }
    assert!(count > 100, "{count}");
}
