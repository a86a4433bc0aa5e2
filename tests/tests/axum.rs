//! `#[requires]` on axum handlers, over a real router.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRef, Path, State};
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http_body::Frame;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires};
use tower::ServiceExt;

#[derive(Clone)]
struct AppState {
    authorizer: Authorizer,
    calls: Arc<AtomicBool>,
}

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.authorizer.clone()
    }
}

#[requires(GetCampaign)]
async fn get_campaign(
    State(state): State<AppState>,
    Path((application_id, campaign_id)): Path<(String, String)>,
) -> String {
    state.calls.store(true, Ordering::SeqCst);
    format!("{application_id} {campaign_id}")
}

#[requires(CreateCampaign, request_tags = none)]
async fn create_campaign(
    Path(application_id): Path<String>,
    Json(body): Json<serde_json::Value>,
) -> String {
    format!("{application_id} {body}")
}

#[requires(DeleteCampaign)]
async fn delete_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(mobileanalytics::PutEvents)]
async fn put_events() -> &'static str {
    "events"
}

#[requires(GetEndpoint)]
async fn get_endpoint(Path((application_id, endpoint_id)): Path<(String, String)>) -> String {
    format!("{application_id} {endpoint_id}")
}

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

struct App {
    router: Router,
    handler_ran: Arc<AtomicBool>,
}

impl App {
    /// The service with one policy statement for Ana.
    fn with(statement: &str) -> Self {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        let mut store = PolicyStore::new();
        let policy = Policy::new("test", Document::parse(&document).unwrap());
        store.identity(ANA).unwrap().attach(policy);
        let authorizer = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "123456789012"))
            .source(store)
            .build()
            .unwrap();
        let handler_ran = Arc::new(AtomicBool::new(false));
        let state = AppState {
            authorizer,
            calls: Arc::clone(&handler_ran),
        };
        let router = Router::new()
            .route("/v1/apps/{application-id}/campaigns", post(create_campaign))
            .route(
                "/v1/apps/{application-id}/campaigns/{campaign-id}",
                get(get_campaign),
            )
            .route(
                "/v1/apps/{application-id}/campaigns/{campaign-id}",
                delete(delete_campaign),
            )
            .route(
                "/v1/apps/{application-id}/endpoints/{endpoint-id}",
                get(get_endpoint),
            )
            .route("/events", post(put_events))
            .with_state(state);
        Self {
            router,
            handler_ran,
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        principal: Option<&str>,
        body: Body,
    ) -> Response {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        request
            .headers_mut()
            .insert("content-type", "application/json".parse().unwrap());
        if let Some(arn) = principal {
            request
                .extensions_mut()
                .insert(Principal::from_arn(arn).unwrap());
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, Some(ANA), Body::empty()).await
    }
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A body that remembers whether anybody read from it.
struct Watched(Arc<AtomicBool>);

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.store(true, Ordering::SeqCst);
        Poll::Ready(None)
    }
}

const READ_EVERYTHING: &str =
    r#"{"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}"#;
const ALLOW_EVERYTHING: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

#[tokio::test]
async fn an_allowed_request_reaches_its_handler() {
    let app = App::with(READ_EVERYTHING);
    let response = app.get("/v1/apps/a1/campaigns/c1").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(response).await, "a1 c1");
    assert!(app.handler_ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_refused_caller_is_told_what_aws_tells() {
    let app = App::with(READ_EVERYTHING);
    let response = app
        .send(
            Method::DELETE,
            "/v1/apps/a1/campaigns/c1",
            Some(ANA),
            Body::empty(),
        )
        .await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        response.headers()["x-amzn-errortype"],
        "AccessDeniedException"
    );
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(
        text(response).await,
        "{\"Message\":\"User: arn:aws:iam::123456789012:user/ana is not authorized to perform: \
         mobiletargeting:DeleteCampaign on resource: \
         arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1 because no identity-based policy allows \
         the mobiletargeting:DeleteCampaign action\"}"
    );
}

#[tokio::test]
async fn an_explicit_deny_is_told_without_the_policy() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
           {"Sid": "secretName", "Effect": "Deny", "Action": "mobiletargeting:GetCampaign", "Resource": "*"}"#,
    );
    let response = app.get("/v1/apps/a1/campaigns/c1").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let body = text(response).await;
    assert!(
        body.ends_with("with an explicit deny in an identity-based policy\"}"),
        "{body}"
    );
    assert!(
        !body.contains("secretName") && !body.contains("test"),
        "{body}"
    );
    assert!(!app.handler_ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn nobody_is_401() {
    let app = App::with(ALLOW_EVERYTHING);
    for path in ["/v1/apps/a1/campaigns/c1", "/v1/apps/a1/campaigns/%2F"] {
        let response = app.send(Method::GET, path, None, Body::empty()).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    assert!(!app.handler_ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_stranger_has_no_policies() {
    let app = App::with(ALLOW_EVERYTHING);
    for stranger in [
        "arn:aws:iam::123456789012:user/bob",
        "arn:aws:iam::123456789012:user/Ana",
        "arn:aws:iam::999988887777:user/ana",
        "arn:aws:sts::123456789012:assumed-role/ana/session",
        "arn:aws:sts::123456789012:federated-user/ana",
    ] {
        let response = app
            .send(
                Method::GET,
                "/v1/apps/a1/campaigns/c1",
                Some(stranger),
                Body::empty(),
            )
            .await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{stranger}");
    }
}

#[tokio::test]
async fn a_broken_body_of_a_refused_caller_is_403_and_unread() {
    let app = App::with(READ_EVERYTHING);
    let read = Arc::new(AtomicBool::new(false));
    let body = Body::new(Watched(Arc::clone(&read)));
    let response = app
        .send(Method::POST, "/v1/apps/a1/campaigns", Some(ANA), body)
        .await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(
        !read.load(Ordering::SeqCst),
        "the body of a refused caller was read"
    );

    // The same body is a bad request for a caller that is let in, and is read then.
    let app = App::with(ALLOW_EVERYTHING);
    let body = Body::new(Watched(Arc::clone(&read)));
    let response = app
        .send(Method::POST, "/v1/apps/a1/campaigns", Some(ANA), body)
        .await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(read.load(Ordering::SeqCst));
}

#[tokio::test]
async fn an_id_that_cannot_stand_in_an_arn_is_400_whatever_the_policies() {
    for statement in [
        ALLOW_EVERYTHING,
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#,
    ] {
        let app = App::with(statement);
        for id in [
            "%2F",
            "c1%2Fkpis",
            "*",
            "%2A",
            "..",
            ".",
            "%2e%2e",
            "a:b",
            "a%00b",
            "$",
            "%3F",
            "%25",
        ] {
            let response = app.get(&format!("/v1/apps/a1/campaigns/{id}")).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{id}");
            assert_eq!(
                response.headers()["x-amzn-errortype"],
                "BadRequestException",
                "{id}"
            );
            let body = text(response).await;
            assert!(body.contains("`campaign_id`"), "{id}: {body}");
        }
        let long = "c".repeat(129);
        let response = app.get(&format!("/v1/apps/a1/campaigns/{long}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(!app.handler_ran.load(Ordering::SeqCst));
    }
}

#[tokio::test]
async fn an_id_of_an_application_is_encoded_and_reaches_the_handler_as_it_was() {
    let one = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/endpoints/e%2F1%20x"}"#;
    let app = App::with(one);
    let response = app.get("/v1/apps/a1/endpoints/e%2F1%20x").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(response).await, "a1 e/1 x");
    for other in ["e%252F1%2520x", "e1x", "e%2F1x", "e%2F1%2520x"] {
        let response = app.get(&format!("/v1/apps/a1/endpoints/{other}")).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{other}");
    }
}

#[tokio::test]
async fn an_action_without_resource_types_is_checked_against_everything() {
    let app =
        App::with(r#"{"Effect": "Allow", "Action": "mobileanalytics:PutEvents", "Resource": "*"}"#);
    let response = app
        .send(Method::POST, "/events", Some(ANA), Body::empty())
        .await;
    assert_eq!(response.status(), StatusCode::OK);

    let app = App::with(
        r#"{"Effect": "Allow", "Action": "mobileanalytics:PutEvents",
            "Resource": "arn:aws:mobileanalytics:us-east-1:123456789012:apps/*"}"#,
    );
    let response = app
        .send(Method::POST, "/events", Some(ANA), Body::empty())
        .await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_decision_that_needs_an_unknown_key_is_503() {
    for statement in [
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "growth"}}}"#,
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
           {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "growth"}}}"#,
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
           {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
    ] {
        let app = App::with(statement);
        let response = app.get("/v1/apps/a1/campaigns/c1").await;
        assert_eq!(
            response.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "{statement}"
        );
        assert!(!app.handler_ran.load(Ordering::SeqCst), "{statement}");
    }
}

#[tokio::test]
async fn the_clock_and_the_region_are_filled_in() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
            "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"},
            "NumericGreaterThan": {"aws:EpochTime": "1577836800"},
            "StringEquals": {"aws:RequestedRegion": "us-east-1"}}}"#,
    );
    assert_eq!(
        app.get("/v1/apps/a1/campaigns/c1").await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_head_request_is_checked_like_its_get() {
    let app = App::with(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#);
    let response = app
        .send(
            Method::HEAD,
            "/v1/apps/a1/campaigns/c1",
            Some(ANA),
            Body::empty(),
        )
        .await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(!app.handler_ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_header_is_matched_up_to_a_length_and_unknown_beyond_it() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "client*"}}}"#,
    );
    let send = async |agent: String| {
        let request = Request::get("/v1/apps/a1/campaigns/c1")
            .extension(Principal::from_arn(ANA).unwrap())
            .header("user-agent", agent)
            .body(Body::empty())
            .unwrap();
        app.router.clone().oneshot(request).await.unwrap().status()
    };
    assert_eq!(send("client/1.0".to_owned()).await, StatusCode::OK);
    assert_eq!(send("other/1.0".to_owned()).await, StatusCode::FORBIDDEN);
    assert_eq!(
        send(format!("client{}", "a".repeat(2042))).await,
        StatusCode::OK
    );
    assert_eq!(
        send(format!("client{}", "a".repeat(2043))).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_path_that_cannot_be_read_is_400_in_the_same_shape() {
    let app = App::with(ALLOW_EVERYTHING);
    let response = app.get("/v1/apps/a1/campaigns/%FF").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        response.headers()["x-amzn-errortype"],
        "BadRequestException"
    );
    assert_eq!(
        text(response).await,
        r#"{"Message":"What names the resource in the request cannot be read."}"#
    );
    let nobody = app
        .send(
            Method::GET,
            "/v1/apps/a1/campaigns/%FF",
            None,
            Body::empty(),
        )
        .await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert!(!app.handler_ran.load(Ordering::SeqCst));
}
