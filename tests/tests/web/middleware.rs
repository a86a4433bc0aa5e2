//! `#[requires]` on a middleware function, and routes below it that do not name the resource of its check.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use actix_web::HttpMessage;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, public, requires};
use tower::ServiceExt;

use crate::log::Log;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Ana may read the application `a1`.
fn authorizer() -> Authorizer {
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"}}"#;
    let policy = Policy::new("a1", Document::parse(document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

/// The check of a part of the service.
#[requires(GetApp)]
async fn gate(Path(application_id): Path<String>, request: Request, next: Next) -> Response {
    next.run(request).await
}

#[public("load balancer health check")]
async fn health() -> &'static str {
    "reached"
}

/// The status and the body of the response, and what was logged.
async fn called(path: &str) -> (u16, String, String) {
    let authorizer = authorizer();
    let router = Router::new()
        .route("/healthz", get(health))
        .route("/apps/{application_id}", get(health))
        .route("/apps/{application_id}/{more}", get(health))
        .layer(from_fn_with_state(authorizer, gate));
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    request
        .extensions_mut()
        .insert(Principal::from_arn(ANA).unwrap());
    let log = Log::default();
    let logged = tracing::subscriber::set_default(log.clone());
    let response = router.oneshot(request).await.unwrap();
    drop(logged);
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let log = log.lines();
    (status, String::from_utf8(body.to_vec()).unwrap(), log)
}

#[tokio::test]
async fn a_middleware_checks_the_routes_that_name_its_resource() {
    let (status, body, log) = called("/apps/a1").await;
    assert_eq!((status, &*body, &*log), (200, "reached", ""));
    let (status, body, _) = called("/apps/a2").await;
    assert_eq!(status, 403, "{body}");
}

/// A public route below a check is not public: its response is an error of the application, and the log states why.
#[tokio::test]
async fn a_route_that_does_not_name_the_resource_of_the_middleware_is_an_error_of_the_application()
{
    for path in ["/healthz", "/apps/a1/more"] {
        let (status, body, log) = called(path).await;
        assert_eq!(status, 500, "{path}: {body}");
        assert!(!body.contains("reached"), "{path}: {body}");
        assert!(log.starts_with("ERROR"), "{path}: {log}");
        for expected in ["handler=\"gate\"", "status=500", "`Path`"] {
            assert!(log.contains(expected), "{path}: {log}");
        }
        assert_eq!(log.lines().count(), 1, "{path}: {log}");
    }
}

/// The check of a part of an actix-web service.
#[requires(GetApp)]
async fn actix_gate(
    pinpoint_iam::web::actix::Path(application_id): pinpoint_iam::web::actix::Path<String>,
    request: actix_web::dev::ServiceRequest,
    next: actix_web::middleware::Next<actix_web::body::BoxBody>,
) -> Result<actix_web::dev::ServiceResponse, actix_web::Error> {
    next.call(request).await
}

#[actix_web::test]
async fn a_middleware_of_actix_denies_routes_that_do_not_name_its_resource() {
    use actix_web::{App, middleware, test, web};

    // A middleware of a resource knows the placeholders of its path; that of a scope does not.
    let guarded = |path: &str| {
        web::resource(path)
            .wrap(middleware::from_fn(actix_gate))
            .route(web::get().to(health))
    };
    let app = App::new()
        .app_data(authorizer())
        .service(guarded("/healthz"))
        .service(guarded("/apps/{application_id}"));
    let service = test::init_service(app).await;
    for (path, expected) in [("/apps/a1", 200), ("/apps/a2", 403), ("/healthz", 400)] {
        let request = test::TestRequest::get().uri(path).to_request();
        request
            .extensions_mut()
            .insert(Principal::from_arn(ANA).unwrap());
        let status = match test::try_call_service(&service, request).await {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        assert_eq!(status.as_u16(), expected, "{path}");
    }
}
