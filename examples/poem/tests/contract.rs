//! The contract that the adapters of `pinpoint-iam` pass, with the adapter for poem.

#![allow(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

#[path = "../../../tests/src/answer.rs"]
mod answer;
#[path = "../../../tests/tests/web/web_contract.rs"]
mod web_contract;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use pinpoint_iam::mobiletargeting::GetCampaign;
use pinpoint_iam::web::{Access, RouteOverride};
use pinpoint_iam::{Principal, public, requires};
use poem::http::HeaderMap;
use poem::web::{Json, Path};
use poem::{
    Body, Endpoint, EndpointExt, FromRequest, Request, RequestBody, Result, Route, get, post,
};
use poem_campaigns::adapter::{self, Permit, endpoint};
use poem_campaigns::routes::Routes;

use self::answer::Answer;
use self::web_contract::{ALLOW_EVERYTHING, READ_EVERYTHING, Sent};

/// Whether a handler ran.
#[derive(Clone, Default)]
struct HandlerRan(Arc<AtomicBool>);

impl<'a> FromRequest<'a> for HandlerRan {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(request.data::<Self>().cloned().unwrap_or_default())
    }
}

#[requires(GetCampaign, adapter = adapter)]
async fn get_campaign(
    handler_ran: HandlerRan,
    Path((application_id, campaign_id)): Path<(String, String)>,
) -> String {
    handler_ran.0.store(true, Ordering::SeqCst);
    format!("{application_id} {campaign_id}")
}

#[requires(CreateCampaign, request_tags = none, adapter = adapter)]
async fn create_campaign(
    Path(application_id): Path<String>,
    Json(body): Json<serde_json::Value>,
) -> String {
    format!("{application_id} {body}")
}

#[requires(DeleteCampaign, adapter = adapter)]
async fn delete_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(mobileanalytics::PutEvents, adapter = adapter)]
async fn put_events() -> &'static str {
    "events"
}

#[requires(GetEndpoint, adapter = adapter)]
async fn get_endpoint(Path((application_id, endpoint_id)): Path<(String, String)>) -> String {
    format!("{application_id} {endpoint_id}")
}

#[requires(GetSegment, segment_id = number.to_string(), adapter = adapter)]
async fn get_segment(Path((application_id, number)): Path<(String, u64)>) -> String {
    format!("{application_id} {number}")
}

#[requires(CreateSegment, request_tags = tags, dependents(TagResource), adapter = adapter)]
async fn create_segment(
    Path(application_id): Path<String>,
    Json(tags): Json<HashMap<String, String>>,
) -> String {
    format!("{application_id} {}", tags.len())
}

async fn permitted(Permit(permit): Permit<GetCampaign>) -> String {
    permit.arn().to_owned()
}

/// A body that records whether it was read.
struct Watched {
    was_read: Arc<AtomicBool>,
    rest: Option<String>,
}

impl futures_core::Stream for Watched {
    type Item = Result<String, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.was_read.store(true, Ordering::SeqCst);
        Poll::Ready(self.rest.take().map(Ok))
    }
}

struct App {
    service: Box<dyn Fn(Request) -> Called + Send + Sync>,
    handler_ran: HandlerRan,
    body_was_read: Arc<AtomicBool>,
}

type Called = Pin<Box<dyn Future<Output = poem::Response> + Send>>;

impl App {
    async fn with(statements: &str) -> Self {
        let authorizer = web_contract::authorizer(statements);
        let handler_ran = HandlerRan::default();
        let routes = Route::new()
            .at(
                "/v1/apps/:application_id/campaigns",
                post(endpoint(create_campaign)),
            )
            .at(
                "/v1/apps/:application_id/campaigns/:campaign_id",
                get(endpoint(get_campaign)).delete(endpoint(delete_campaign)),
            )
            .at(
                "/v1/apps/:application_id/endpoints/:endpoint_id",
                get(endpoint(get_endpoint)),
            )
            .at(
                "/v1/apps/:application_id/segments/:number",
                get(endpoint(get_segment)),
            )
            .at(
                "/v1/apps/:application_id/segments",
                post(endpoint(create_segment)),
            )
            .at("/events", post(endpoint(put_events)))
            .at(
                "/permit/:application_id/:campaign_id",
                get(endpoint(permitted)),
            )
            .at("/misnamed/:application_id/:id", get(endpoint(permitted)));
        let service = Arc::new(routes.data(authorizer).data(handler_ran.clone()));
        Self {
            service: Box::new(move |request| {
                let service = Arc::clone(&service);
                Box::pin(async move { service.get_response(request).await })
            }),
            handler_ran,
            body_was_read: Arc::default(),
        }
    }

    async fn send(&self, sent: Sent<'_>) -> Answer {
        let body = Watched {
            was_read: Arc::clone(&self.body_was_read),
            rest: Some(sent.body.to_owned()),
        };
        let mut request = Request::builder()
            .method(sent.method.parse().unwrap())
            .uri(sent.path.parse().unwrap())
            .header("content-type", "application/json");
        if let Some(agent) = sent.user_agent {
            request = request.header("user-agent", agent);
        }
        let mut request = request.body(Body::from_bytes_stream(body));
        if let Some(arn) = sent.caller {
            request
                .extensions_mut()
                .insert(Principal::from_arn(arn).unwrap());
        }
        let response = (self.service)(request).await;
        answer(response).await
    }

    fn handler_ran(&self) -> bool {
        self.handler_ran.0.load(Ordering::SeqCst)
    }

    fn body_was_read(&self) -> bool {
        self.body_was_read.load(Ordering::SeqCst)
    }
}

async fn answer(response: poem::Response) -> Answer {
    let status = response.status().as_u16();
    let headers = texts(response.headers());
    let text = response.into_body().into_string().await.unwrap();
    Answer {
        status,
        headers,
        text,
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers = headers.iter();
    headers
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

/// Without its data, the application responds 500 to every caller.
#[tokio::test]
async fn an_application_without_an_authorizer_runs_no_handler() {
    let handler_ran = HandlerRan::default();
    let path = "/v1/apps/:application_id/campaigns/:campaign_id";
    let service = Route::new()
        .at(path, get(endpoint(get_campaign)))
        .data(handler_ran.clone());
    let uri = "/v1/apps/a1/campaigns/c1".parse().unwrap();
    let mut request = Request::builder().uri(uri).finish();
    let ana = Principal::from_arn(web_contract::ANA).unwrap();
    request.extensions_mut().insert(ana);
    let response = service.get_response(request).await;
    assert_eq!(response.status(), 500);
    assert!(!handler_ran.0.load(Ordering::SeqCst));
}

/// The second half of a check without the first: an endpoint that does not go through `endpoint`, or another attribute
/// that drops the first parameter.
#[tokio::test]
async fn a_second_half_without_the_first_is_denied() {
    #[allow(non_camel_case_types)]
    type Last = adapter::AfterBody<create_segment, (Path<String>,), Json<HashMap<String, String>>>;

    async fn second_half_only(_: Last) -> &'static str {
        "reached"
    }

    let authorizer = web_contract::authorizer(ALLOW_EVERYTHING);
    let service = Route::new()
        .at("/:application_id", post(endpoint(second_half_only)))
        .data(authorizer);
    let mut request = Request::builder()
        .method(poem::http::Method::POST)
        .uri("/a1".parse().unwrap())
        .content_type("application/json")
        .body(r#"{"team": "growth"}"#);
    let ana = Principal::from_arn(web_contract::ANA).unwrap();
    request.extensions_mut().insert(ana);
    let response = answer(service.get_response(request).await).await;
    assert_eq!(response.status, 500, "{}", response.text);
}

#[public("for load balancers")]
async fn healthz() -> &'static str {
    "healthy"
}

mod shadowed {
    pub(super) async fn healthz() -> &'static str {
        "another function"
    }
}

fn at(method: &'static str, path: &'static str) -> RouteOverride {
    RouteOverride {
        method: Some(method),
        path: Some(path),
    }
}

#[tokio::test]
async fn routes_serves_every_handler_where_the_catalog_says() {
    let routes = Routes::new()
        .mount::<get_campaign, _, _>(get_campaign, RouteOverride::default())
        .mount::<delete_campaign, _, _>(delete_campaign, RouteOverride::default())
        .mount::<create_segment, _, _>(create_segment, RouteOverride::default())
        .mount::<healthz, _, _>(healthz, at("GET", "/healthz"));
    let guarded = routes.table().iter();
    let guarded =
        guarded.filter(|route| matches!(route.declaration.access, Access::Requires { .. }));
    assert_eq!(guarded.count(), 3);
    let authorizer = web_contract::authorizer(READ_EVERYTHING);
    let service = routes.router().unwrap().data(authorizer);
    for (method, path, status) in [
        ("GET", "/healthz", 200),
        ("GET", "/v1/apps/a1/campaigns/c1", 200),
        ("DELETE", "/v1/apps/a1/campaigns/c1", 403),
        ("POST", "/v1/apps/a1/segments", 403),
        ("PUT", "/v1/apps/a1/campaigns/c1", 405),
    ] {
        let mut request = Request::builder()
            .method(method.parse().unwrap())
            .uri(path.parse().unwrap())
            .finish();
        let ana = Principal::from_arn(web_contract::ANA).unwrap();
        request.extensions_mut().insert(ana);
        let response = service.get_response(request).await;
        assert_eq!(response.status(), status, "{method} {path}");
    }
}

#[test]
fn routes_rejects_contradictions_and_other_functions() {
    let twice = Routes::new()
        .mount::<get_campaign, _, _>(get_campaign, RouteOverride::default())
        .mount::<get_campaign, _, _>(get_campaign, RouteOverride::default());
    let errors = twice.router().err().unwrap().to_string();
    assert!(errors.contains("has the same route"), "{errors}");

    let other = Routes::new().mount::<healthz, _, _>(shadowed::healthz, at("GET", "/healthz"));
    let errors = other.router().err().unwrap().to_string();
    assert!(errors.contains("another function"), "{errors}");
}
