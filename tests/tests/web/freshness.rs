//! Policies that become stale and expire: the responses of both frameworks, and what is logged.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::Request;
use axum::routing::get;
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::source::{Fetched, PolicyFiles, PolicySet, SourceError, from_fn};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{Authorizer, Principal, RefreshError, Refresher, Scope, requires};
use tower::ServiceExt as _;

use crate::log::Log;

const MINUTE: Duration = Duration::from_secs(60);

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApp)]
async fn get_app_on_actix(application_id: actix_web::web::Path<String>) -> String {
    application_id.into_inner()
}

fn files() -> PolicyFiles {
    let mut files = PolicyFiles::new();
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:GetApp",
        "Resource": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/*"}}"#;
    let attachments =
        r#"{"users": {"arn:aws:iam::111122223333:user/ana": {"policies": ["own.json"]}}}"#;
    files.insert("own.json", document).unwrap();
    files.insert("attachments.json", attachments).unwrap();
    files
}

/// What the source returns at the next fetches.
type Reply = Arc<Mutex<Result<Fetched, SourceError>>>;

async fn started(clock: &SimulatedClock) -> (Authorizer, Refresher, Reply) {
    let set = PolicySet::from_files(Revision::new("r1"), files());
    let reply: Reply = Arc::new(Mutex::new(Ok(Fetched::Changed(set))));
    let replies = Arc::clone(&reply);
    let source = from_fn("store", move |_| {
        let reply = replies.lock().unwrap().clone();
        async { reply }
    });
    let built = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .async_source(source)
        .max_age(10 * MINUTE)
        .clock(clock.clone())
        .build_async();
    let (authorizer, refresher) = built.await.unwrap();
    (authorizer, refresher, reply)
}

fn ana() -> Principal {
    Principal::from_arn("arn:aws:iam::111122223333:user/ana").unwrap()
}

/// The status, the type of the error, and the body.
type Response = (u16, Option<String>, String);

async fn on_axum(authorizer: &Authorizer) -> Response {
    let router: Router = Router::new()
        .route("/apps/{application_id}", get(get_app))
        .with_state(authorizer.clone());
    let mut request = Request::get("/apps/a1").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ana());
    let response = router.oneshot(request).await.unwrap();
    let error = response.headers().get("x-amzn-errortype");
    let error = error.map(|error| error.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1_000).await.unwrap();
    (status, error, String::from_utf8(body.to_vec()).unwrap())
}

async fn on_actix(authorizer: &Authorizer) -> Response {
    let app = actix_web::App::new().app_data(authorizer.clone()).route(
        "/apps/{application_id}",
        actix_web::web::get().to(get_app_on_actix),
    );
    let app = init_service(app).await;
    let request = TestRequest::get().uri("/apps/a1").to_request();
    actix_web::HttpMessage::extensions_mut(&request).insert(ana());
    let response = call_service(&app, request).await;
    let error = response.headers().get("x-amzn-errortype");
    let error = error.map(|error| error.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = read_body(response).await;
    (status, error, String::from_utf8(body.to_vec()).unwrap())
}

#[actix_web::test]
async fn expired_policies_are_a_503_that_names_no_policy() {
    let clock = SimulatedClock::new();
    let (authorizer, _refresher, _) = started(&clock).await;
    let allowed = (200, None, "a1".to_owned());
    assert_eq!(on_axum(&authorizer).await, allowed);
    assert_eq!(on_actix(&authorizer).await, allowed);
    clock.advance(10 * MINUTE);
    let expired = (
        503,
        Some("ServiceUnavailableException".to_owned()),
        r#"{"Message":"The request could not be authorized for now."}"#.to_owned(),
    );
    assert_eq!(on_axum(&authorizer).await, expired);
    assert_eq!(on_actix(&authorizer).await, expired);
    authorizer.refresh().await.unwrap();
    assert_eq!(on_axum(&authorizer).await, allowed);
    assert_eq!(on_actix(&authorizer).await, allowed);
}

#[tokio::test]
async fn every_failure_is_logged_once() {
    let clock = SimulatedClock::new();
    let (authorizer, mut refresher, reply) = started(&clock).await;
    let log = Log::default();
    // With only one subscriber, `tracing` asks that of the thread which reaches a line of the log first. This can be
    // the thread of another test, which has none.
    let _other = tracing::Dispatch::new(log.clone());
    let _logged = tracing::subscriber::set_default(log.clone());
    let mut known = 0;
    let mut new_lines = || -> Vec<String> {
        let lines = log.lines();
        let new = lines.lines().skip(known).map(str::to_owned).collect();
        known = lines.lines().count();
        new
    };
    clock.advance(5 * MINUTE);
    assert_eq!(
        new_lines(),
        [
            "WARN message=the policies are stale: their source has not confirmed them recently revision=r1 age=300s"
        ]
    );
    *reply.lock().unwrap() = Err(SourceError::of_file("store".as_ref(), "down\nagain"));
    let failed = refresher.next().await.unwrap();
    assert!(matches!(failed, Err(RefreshError::Unavailable(_))));
    assert_eq!(
        new_lines(),
        [
            r#"WARN message=the policies could not be fetched source="store" error=store: down\u{a}again"#
        ]
    );
    let mut broken = files();
    broken.insert("broken.json", "{").unwrap();
    let set = PolicySet::from_files(Revision::new("r2"), broken);
    *reply.lock().unwrap() = Ok(Fetched::Changed(set));
    authorizer.refresh().await.unwrap_err();
    let rejected = new_lines();
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    let start = r#"ERROR message=the new policies were rejected source="store" error=store/broken.json:1:1: "#;
    assert!(rejected[0].starts_with(start), "{rejected:?}");
    clock.advance(5 * MINUTE);
    assert_eq!(
        new_lines(),
        [
            "ERROR message=the policies have expired: all requests are denied until the source confirms them revision=r1 \
             age=600s"
        ]
    );
    *reply.lock().unwrap() = Ok(Fetched::Unchanged);
    authorizer.refresh().await.unwrap();
    assert_eq!(
        new_lines(),
        ["INFO message=the source has confirmed the policies again revision=r1"]
    );
    let set = PolicySet::from_files(Revision::new("r3"), files());
    *reply.lock().unwrap() = Ok(Fetched::Changed(set));
    authorizer.refresh().await.unwrap();
    assert_eq!(
        new_lines(),
        [r#"INFO message=new policies are in use source="store" revision=r3"#]
    );
    // A denied request of expired policies is logged with the reason.
    clock.advance(10 * MINUTE);
    let expired = new_lines();
    assert_eq!(expired.len(), 2, "{expired:?}");
    assert_eq!(on_axum(&authorizer).await.0, 503);
    let denied = new_lines();
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert!(
        denied[0].contains("the policies have expired"),
        "{denied:?}"
    );
}
