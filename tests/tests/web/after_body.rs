//! Checks that need the body: certain denials are returned before the body is read, other decisions are made after it.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context as TaskContext, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http_body::Frame;
use pinpoint_iam::guard::{ResourceTagSource, Tags, TagsFuture};
use pinpoint_iam::mobiletargeting::CreateCampaign;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::AfterBody;
use pinpoint_iam::{Authorizer, Permit, Policy, Principal, Scope, requires};
use serde::Deserialize;
use tower::ServiceExt;

#[derive(Deserialize)]
struct NewCampaign {
    tags: Option<HashMap<String, String>>,
}

#[requires(CreateCampaign, request_tags = body.tags, dependents = none)]
async fn create_campaign(
    Path(application_id): Path<String>,
    Json(body): Json<NewCampaign>,
) -> String {
    format!("{application_id} {}", body.tags.is_some())
}

#[requires(CreateCampaign, request_tags = body.tags, permit = proof, dependents = none)]
async fn with_proof(Path(application_id): Path<String>, Json(body): Json<NewCampaign>) -> String {
    let proof: Permit<CreateCampaign> = proof;
    format!("{application_id} {} {}", body.tags.is_some(), proof.arn())
}

#[derive(Deserialize)]
struct Wanted {
    campaign_id: String,
}

#[requires(GetCampaign)]
async fn get_campaign(
    Path(application_id): Path<String>,
    Json(Wanted { campaign_id }): Json<Wanted>,
) -> String {
    application_id + &campaign_id
}

#[requires(any(GetApp, GetCampaign(campaign_id = wanted.campaign_id)))]
async fn one_of_two(Path(application_id): Path<String>, Json(wanted): Json<Wanted>) -> String {
    application_id + &wanted.campaign_id
}

#[requires(all(GetApp, GetCampaign(campaign_id = wanted.campaign_id)))]
async fn both(Path(application_id): Path<String>, Json(wanted): Json<Wanted>) -> String {
    application_id + &wanted.campaign_id
}

/// A body extractor with its own response.
struct OwnBody(Vec<String>);

impl<S: Send + Sync> FromRequest<S> for OwnBody {
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        let text = String::from_request(request, state).await;
        match text.as_deref() {
            Ok("broken") | Err(_) => Err(StatusCode::IM_A_TEAPOT),
            Ok(text) => Ok(Self(text.split(',').map(str::to_owned).collect())),
        }
    }
}

#[requires(CreateApp, request_tags = keys, dependents = none)]
async fn create_app(OwnBody(keys): OwnBody) -> String {
    keys.join(",")
}

/// Changes the user agent of the request.
struct Rewritten;

impl<S: Send + Sync> FromRequestParts<S> for Rewritten {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let other = HeaderValue::from_static("other");
        parts.headers.insert(USER_AGENT, other);
        Ok(Self)
    }
}

#[requires(CreateCampaign, request_tags = body.tags, dependents = none)]
async fn rewritten(
    Path(application_id): Path<String>,
    _: Rewritten,
    Json(body): Json<NewCampaign>,
) -> String {
    format!("{application_id} {}", body.tags.is_some())
}

/// A handler with only the second half of a check.
async fn without_the_first_half(
    _: AfterBody<create_campaign, (Path<String>,), Json<NewCampaign>>,
) -> &'static str {
    "ran"
}

/// Counts how often tags are requested.
#[derive(Clone, Default)]
struct Source(Arc<AtomicU32>);

impl ResourceTagSource for Source {
    fn tags<'a>(&'a self, _: &'a str) -> TagsFuture<'a> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok([("stage", "live")].into_iter().collect::<Tags>()) })
    }
}

struct App {
    router: Router,
    source: Source,
    body_was_read: Arc<AtomicBool>,
}

impl App {
    /// Creates the service, with these policy statements for Ana.
    fn with(statements: &str) -> Self {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
        let mut store = PolicyStore::new();
        store
            .identity("arn:aws:iam::123456789012:user/ana")
            .unwrap()
            .attach(Policy::new("test", Document::parse(&document).unwrap()));
        let source = Source::default();
        let authorizer = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "123456789012"))
            .source(store)
            .resource_tags(source.clone())
            .build()
            .unwrap();
        let router = Router::new()
            .route("/create/{app}", post(create_campaign))
            .route("/proof/{app}", post(with_proof))
            .route("/get/{app}", post(get_campaign))
            .route("/any/{app}", post(one_of_two))
            .route("/all/{app}", post(both))
            .route("/own", post(create_app))
            .route("/rewritten/{app}", post(rewritten))
            .route("/half/{app}", post(without_the_first_half))
            .with_state(authorizer);
        Self {
            router,
            source,
            body_was_read: Arc::default(),
        }
    }

    async fn response(&self, path: &str, body: &str) -> Response {
        let mut request = Request::new(Body::new(Watched {
            text: Some(Bytes::copy_from_slice(body.as_bytes())),
            was_read: Arc::clone(&self.body_was_read),
        }));
        *request.method_mut() = "POST".parse().unwrap();
        *request.uri_mut() = path.parse().unwrap();
        let json = "application/json".parse().unwrap();
        request.headers_mut().insert("content-type", json);
        let console = HeaderValue::from_static("console");
        request.headers_mut().insert(USER_AGENT, console);
        let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
        request.extensions_mut().insert(ana);
        self.body_was_read.store(false, Ordering::SeqCst);
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Returns the status, and whether the body was read.
    async fn send(&self, path: &str, body: &str) -> (u16, bool) {
        let status = self.response(path, body).await.status().as_u16();
        (status, self.body_was_read.load(Ordering::SeqCst))
    }
}

/// A body that records whether it was read.
struct Watched {
    text: Option<Bytes>,
    was_read: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.was_read.store(true, Ordering::SeqCst);
        Poll::Ready(self.text.take().map(|text| Ok(Frame::data(text))))
    }
}

const ALLOW: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
const RED: &str = r#"{"tags": {"team": "red"}}"#;
const BLUE: &str = r#"{"tags": {"team": "blue"}}"#;
const SECRET: &str = r#"{"tags": {"team": "red", "secret": "x"}}"#;
const NO_TAGS: &str = "{}";
const BROKEN: &str = "{";

fn allow_if(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

fn deny_if(condition: &str) -> String {
    let deny = allow_if(condition).replace("Allow", "Deny");
    format!("{ALLOW}, {deny}")
}

#[tokio::test]
async fn certain_denials_leave_the_body_unread() {
    for statements in [
        r#"{"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}"#.to_owned(),
        format!(r#"{ALLOW}, {{"Effect": "Deny", "Action": "*", "Resource": "*"}}"#),
        // The tag does not matter if another condition already denies the request.
        allow_if(
            r#""StringEquals": {"aws:RequestTag/team": "red", "aws:RequestedRegion": "eu-west-1"}"#,
        ),
        deny_if(r#""Null": {"aws:RequestedRegion": "false"}"#),
    ] {
        let app = App::with(&statements);
        for body in [RED, BLUE, NO_TAGS, BROKEN] {
            assert_eq!(
                app.send("/create/a1", body).await,
                (403, false),
                "{statements} {body}"
            );
            assert_eq!(app.send("/own", body).await, (403, false), "{statements}");
        }
    }
    assert_eq!(
        App::with(ALLOW).send("/create/%2F", RED).await,
        (400, false)
    );
}

#[tokio::test]
async fn requests_that_depend_on_a_tag_are_decided_after_the_body() {
    let app = App::with(&allow_if(
        r#""StringEquals": {"aws:RequestTag/team": "red"}"#,
    ));
    assert_eq!(app.send("/create/a1", RED).await, (200, true));
    assert_eq!(app.send("/create/a1", BLUE).await, (403, true));
    assert_eq!(app.send("/create/a1", NO_TAGS).await, (403, true));
    assert_eq!(app.send("/create/a1", BROKEN).await, (400, true));
    assert_eq!(app.send("/create/a1", r#"{"tags": 1}"#).await, (422, true));
}

#[tokio::test]
async fn a_deny_on_a_tag_cannot_be_skipped() {
    for condition in [
        r#""Null": {"aws:RequestTag/secret": "false"}"#,
        r#""ForAnyValue:StringEquals": {"aws:TagKeys": "secret"}"#,
        r#""StringLike": {"aws:RequestTag/secret": "*"}"#,
    ] {
        let app = App::with(&deny_if(condition));
        for (body, expected) in [(RED, 200), (NO_TAGS, 200), (SECRET, 403), (BROKEN, 400)] {
            let found = app.send("/create/a1", body).await;
            assert_eq!(found, (expected, true), "{condition} {body}");
        }
    }
    // A tag that must be present, and a condition that all tags are absent.
    let app = App::with(&deny_if(r#""Null": {"aws:TagKeys": "true"}"#));
    assert_eq!(app.send("/create/a1", RED).await, (200, true));
    assert_eq!(app.send("/create/a1", NO_TAGS).await, (403, true));
}

#[tokio::test]
async fn an_error_of_the_body_is_that_of_its_extractor() {
    for statements in [
        ALLOW.to_owned(),
        allow_if(r#""ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}"#),
    ] {
        let app = App::with(&statements);
        assert_eq!(app.send("/own", "broken").await, (418, true));
        assert_eq!(app.send("/own", "a,b").await, (200, true));
    }
}

#[tokio::test]
async fn the_proof_comes_from_the_last_check() {
    let app = App::with(&deny_if(r#""Null": {"aws:RequestTag/secret": "false"}"#));
    assert_eq!(app.send("/proof/a1", SECRET).await, (403, true));
    let response = app.response("/proof/a1", RED).await;
    let body = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    assert_eq!(
        body,
        "a1 true arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"
    );
}

const fn wanted(id: &str) -> &str {
    match id.as_bytes() {
        b"c1" => r#"{"campaign_id": "c1"}"#,
        b"c2" => r#"{"campaign_id": "c2"}"#,
        _ => r#"{"campaign_id": "c/1"}"#,
    }
}

fn on(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "mobiletargeting:{action}",
            "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:{resource}"}}"#
    )
}

#[tokio::test]
async fn an_id_that_is_only_in_the_body_is_checked() {
    let app = App::with(&on("GetCampaign", "apps/a1/campaigns/c1"));
    assert_eq!(app.send("/get/a1", wanted("c1")).await, (200, true));
    assert_eq!(app.send("/get/a1", wanted("c2")).await, (403, true));
    assert_eq!(app.send("/get/a2", wanted("c1")).await, (403, true));
    assert_eq!(app.send("/get/a1", wanted("c/1")).await, (400, true));
    assert_eq!(app.send("/get/a1", BROKEN).await, (400, true));
    // Callers that may not read any campaign are denied without a body.
    for statements in [
        on("DeleteCampaign", "*"),
        format!(
            r#"{ALLOW}, {{"Effect": "Deny", "Action": "mobiletargeting:Get*", "Resource": "*"}}"#
        ),
    ] {
        let app = App::with(&statements);
        for body in [wanted("c1"), wanted("c/1"), BROKEN] {
            assert_eq!(
                app.send("/get/a1", body).await,
                (403, false),
                "{statements}"
            );
        }
    }
    // An explicit deny applies to this campaign only, although everything else is allowed.
    let denied = on("GetCampaign", "apps/a1/campaigns/c1").replace("Allow", "Deny");
    let app = App::with(&format!("{ALLOW}, {denied}"));
    assert_eq!(app.send("/get/a1", wanted("c1")).await, (403, true));
    assert_eq!(app.send("/get/a1", wanted("c2")).await, (200, true));
}

#[tokio::test]
async fn compositions_wait_for_the_body_where_a_part_does() {
    let campaign = on("GetCampaign", "apps/a1/campaigns/c1");
    let app_only = on("GetApp", "apps/a1");
    for (statements, any, all) in [
        (
            campaign.clone(),
            [(200, true), (403, true)],
            [(403, false); 2],
        ),
        (app_only.clone(), [(200, true); 2], [(403, false); 2]),
        (
            format!("{campaign}, {app_only}"),
            [(200, true); 2],
            [(200, true), (403, true)],
        ),
        (on("DeleteApp", "*"), [(403, false); 2], [(403, false); 2]),
    ] {
        let app = App::with(&statements);
        for (index, body) in [wanted("c1"), wanted("c2")].into_iter().enumerate() {
            let found = app.send("/any/a1", body).await;
            assert_eq!(Some(&found), any.get(index), "any: {statements} {body}");
            let found = app.send("/all/a1", body).await;
            assert_eq!(Some(&found), all.get(index), "all: {statements} {body}");
        }
    }
}

#[tokio::test]
async fn tags_of_the_resource_are_fetched_once_for_both_checks() {
    let both = |team: &str, stage: &str| {
        allow_if(&format!(
            r#""StringEquals": {{"aws:RequestTag/team": "{team}", "aws:ResourceTag/stage": "{stage}"}}"#
        ))
    };
    let app = App::with(&both("red", "live"));
    assert_eq!(app.send("/create/a1", RED).await, (200, true));
    assert_eq!(app.source.0.load(Ordering::SeqCst), 1);
    assert_eq!(app.send("/create/a1", BLUE).await, (403, true));
    assert_eq!(app.source.0.load(Ordering::SeqCst), 2);
    // If the tags of the resource deny the request, the body is not read.
    let app = App::with(&both("red", "test"));
    assert_eq!(app.send("/create/a1", RED).await, (403, false));
    // The tags of a resource that only the body names are fetched after the body is read.
    let app = App::with(&allow_if(
        r#""StringEquals": {"aws:ResourceTag/stage": "live"}"#,
    ));
    assert_eq!(app.send("/get/a1", wanted("c1")).await, (200, true));
    assert_eq!(app.source.0.load(Ordering::SeqCst), 1);
}

/// An extractor between the two checks cannot cancel a denial.
#[tokio::test]
async fn both_checks_are_about_the_request_as_it_came() {
    let app = App::with(&deny_if(
        r#""StringEquals": {"aws:UserAgent": "console", "aws:RequestTag/team": "red"}"#,
    ));
    assert_eq!(app.send("/rewritten/a1", RED).await, (403, true));
    assert_eq!(app.send("/rewritten/a1", BLUE).await, (200, true));
}

#[tokio::test]
async fn half_a_check_allows_nothing() {
    let response = App::with(ALLOW).response("/half/a1", RED).await;
    assert_eq!(
        response.into_response().status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

/// The decisions of the check before the body are made again after it, and are logged once.
#[tokio::test]
async fn a_check_in_two_halves_is_logged_once() {
    use std::sync::Mutex;
    use std::time::Duration;

    use pinpoint_iam::decision_log::{DecisionLog, Record};

    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let sink = move |record: &Record<'_>| {
        let action = record.action.rsplit(':').next().unwrap();
        let text = format!("{action} {:?}", record.outcome);
        kept.lock().unwrap().push(text);
    };
    let log = DecisionLog::builder().start(sink).unwrap();
    let document = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["mobiletargeting:GetApp", "mobiletargeting:CreateCampaign"], "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:RequestTag/team": "red"}}},
        {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/campaigns/c1"}]}"#;
    let ana = "arn:aws:iam::123456789012:user/ana";
    let mut store = PolicyStore::new();
    let policy = Policy::new("test", Document::parse(document).unwrap());
    store.identity(ana).unwrap().attach(policy);
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .decision_log(log.clone())
        .build()
        .unwrap();
    for (path, body, status, expected) in [
        (
            "/both/a1",
            r#"{"campaign_id": "c1"}"#,
            200,
            &["GetApp Allow", "GetCampaign Allow"][..],
        ),
        (
            "/both/a1",
            r#"{"campaign_id": "c2"}"#,
            403,
            &["GetApp Allow", "GetCampaign Deny"],
        ),
        // Tags of a request that is yet to be read are what the first half needs.
        (
            "/campaigns/a1",
            r#"{"tags": {"team": "blue"}}"#,
            200,
            &["CreateCampaign Allow"],
        ),
        (
            "/campaigns/a1",
            r#"{"tags": {"team": "red"}}"#,
            403,
            &["CreateCampaign Deny"],
        ),
    ] {
        let router = Router::new()
            .route("/both/{application_id}", post(both))
            .route("/campaigns/{application_id}", post(create_campaign))
            .with_state(authorizer.clone());
        let mut request = axum::http::Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        request
            .extensions_mut()
            .insert(Principal::from_arn(ana).unwrap());
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path} {body}");
        assert!(log.flush(Duration::from_secs(60)));
        assert_eq!(
            std::mem::take(&mut *records.lock().unwrap()),
            expected,
            "{body}"
        );
    }
}
