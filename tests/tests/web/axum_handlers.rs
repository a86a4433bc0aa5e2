//! `#[requires]` on axum handlers, with a real router.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

#[path = "web_contract.rs"]
#[allow(
    clippy::duplicate_mod,
    reason = "the same tests, of the `App` of each framework"
)]
mod web_contract;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRef, Path, State};
use axum::http::Request;
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body::Frame;
use pinpoint_iam::mobiletargeting::GetCampaign;
use pinpoint_iam::{Authorizer, Permit, Principal, requires};
use pinpoint_iam_tests::answer::Answer;
use tower::ServiceExt;

use self::web_contract::{ALLOW_EVERYTHING, Sent, by_ana};

#[derive(Clone)]
struct AppState {
    authorizer: Authorizer,
    handler_ran: Arc<AtomicBool>,
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
    state.handler_ran.store(true, Ordering::SeqCst);
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

#[requires(GetSegment, segment_id = number.to_string())]
async fn get_segment(Path((application_id, number)): Path<(String, u64)>) -> String {
    format!("{application_id} {number}")
}

#[requires(CreateSegment, request_tags = tags, dependents(TagResource))]
async fn create_segment(
    Path(application_id): Path<String>,
    Json(tags): Json<HashMap<String, String>>,
) -> String {
    format!("{application_id} {}", tags.len())
}

async fn permitted(permit: Permit<GetCampaign>) -> String {
    permit.arn().to_owned()
}

/// A body that records whether it was read.
struct Watched {
    was_read: Arc<AtomicBool>,
    rest: Option<Bytes>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.was_read.store(true, Ordering::SeqCst);
        Poll::Ready(self.rest.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

struct App {
    router: Router,
    handler_ran: Arc<AtomicBool>,
    body_was_read: Arc<AtomicBool>,
}

impl App {
    async fn with(statements: &str) -> Self {
        let handler_ran = Arc::new(AtomicBool::new(false));
        let state = AppState {
            authorizer: web_contract::authorizer(statements),
            handler_ran: Arc::clone(&handler_ran),
        };
        let router = Router::new()
            .route("/v1/apps/{application-id}/campaigns", post(create_campaign))
            .route(
                "/v1/apps/{application-id}/campaigns/{campaign-id}",
                get(get_campaign).delete(delete_campaign),
            )
            .route(
                "/v1/apps/{application-id}/endpoints/{endpoint-id}",
                get(get_endpoint),
            )
            .route(
                "/v1/apps/{application-id}/segments/{number}",
                get(get_segment),
            )
            .route("/v1/apps/{application-id}/segments", post(create_segment))
            .route("/events", post(put_events))
            .route("/permit/{application-id}/{campaign_id}", get(permitted))
            .route("/misnamed/{application-id}/{id}", get(permitted))
            .with_state(state);
        Self {
            router,
            handler_ran,
            body_was_read: Arc::default(),
        }
    }

    async fn send(&self, sent: Sent<'_>) -> Answer {
        let body = Body::new(Watched {
            was_read: Arc::clone(&self.body_was_read),
            rest: Some(sent.body.to_owned().into()),
        });
        let mut request = Request::builder()
            .method(sent.method)
            .uri(sent.path)
            .header("content-type", "application/json");
        if let Some(agent) = sent.user_agent {
            request = request.header("user-agent", agent);
        }
        if let Some(arn) = sent.caller {
            request = request.extension(Principal::from_arn(arn).unwrap());
        }
        let request = request.body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
        let headers = head.headers.iter();
        Answer {
            status: head.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
                .collect(),
            text: text(&bytes),
        }
    }

    fn handler_ran(&self) -> bool {
        self.handler_ran.load(Ordering::SeqCst)
    }

    fn body_was_read(&self) -> bool {
        self.body_was_read.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_names_no_resource() {
    let app = App::with(ALLOW_EVERYTHING).await;
    let answer = web_contract::get(&app, "/v1/apps/a1/campaigns/%FF").await;
    assert_eq!(
        answer.text,
        r#"{"Message":"The id of the resource is missing or cannot be read."}"#
    );
}

#[tokio::test]
async fn a_head_request_is_checked_like_its_get() {
    let app = App::with(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#).await;
    let answer = app.send(by_ana("HEAD", "/v1/apps/a1/campaigns/c1")).await;
    assert_eq!(answer.status, 403);
    assert!(!app.handler_ran());
}
