//! The tags of a request come from the body, from elsewhere, or there are none.

use std::collections::{BTreeMap, HashMap};

use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Query, Request};
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use pinpoint_iam::guard::Tags;
use pinpoint_iam::web::{Access, Annotated};
use pinpoint_iam::{Authorizer, requires};

#[derive(serde::Deserialize)]
struct NewCampaign {
    tags: Option<HashMap<String, String>>,
}

#[requires(CreateCampaign, request_tags = body.tags, dependents(TagResource))]
#[axum::debug_handler(state = Authorizer)]
async fn of_the_body(Path(application_id): Path<String>, Json(body): Json<NewCampaign>) -> String {
    format!("{application_id} {}", body.tags.is_some())
}

struct OwnBody<T>(T);

impl<S: Send + Sync> FromRequest<S> for OwnBody<BTreeMap<String, String>> {
    type Rejection = String;

    async fn from_request(request: Request, state: &S) -> Result<Self, String> {
        let bytes = Bytes::from_request(request, state).await;
        bytes
            .map(|_| Self(BTreeMap::new()))
            .map_err(|_| String::new())
    }
}

#[requires(CreateApp, request_tags = &tags, dependents(TagResource))]
async fn of_an_extractor_of_ones_own(OwnBody(tags): OwnBody<BTreeMap<String, String>>) -> String {
    tags.into_keys().collect()
}

#[requires(CreateApp, request_tags = { let mut tags = Tags::new(); tags.insert("team", body.trim()); tags }, dependents = none)]
async fn of_an_expression(body: String) -> String {
    body
}

#[requires(TagResource, request_tags = tags)]
async fn of_the_query(
    Path(resource_arn): Path<String>,
    Query(tags): Query<HashMap<String, String>>,
) -> String {
    format!("{resource_arn} {tags:?}")
}

fn tag_of(headers: &HeaderMap) -> Option<Tags> {
    let team = headers.get("team")?.to_str().ok()?;
    Some([("team", team)].into_iter().collect())
}

#[requires(CreateApp, request_tags = tag_of(headers), dependents(TagResource))]
async fn of_a_header(headers: HeaderMap) -> String {
    format!("{headers:?}")
}

#[requires(CreateApp, request_tags = none)]
async fn none_at_all(body: String) -> String {
    body
}

#[requires(all(CreateApp, UpdateCampaign(request_tags = none), CreateSegment), request_tags = body, dependents(TagResource))]
async fn of_several(
    Path((application_id, campaign_id)): Path<(String, String)>,
    Json(body): Json<Vec<String>>,
) -> String {
    application_id + &campaign_id + &body.concat()
}

fn is_after_body<H: Annotated>() -> bool {
    matches!(
        H::declaration().access,
        Access::Requires {
            after_body: true,
            ..
        }
    )
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", post(of_the_body))
        .route("/2", post(of_an_extractor_of_ones_own))
        .route("/3", post(of_an_expression))
        .route("/4", post(of_the_query))
        .route("/5", post(of_a_header))
        .route("/6", post(none_at_all))
        .route("/7", post(of_several));
    assert!(is_after_body::<of_the_body>());
    assert!(is_after_body::<of_an_extractor_of_ones_own>());
    assert!(is_after_body::<of_an_expression>());
    assert!(!is_after_body::<of_the_query>());
    assert!(!is_after_body::<of_a_header>());
    assert!(!is_after_body::<none_at_all>());
    assert!(is_after_body::<of_several>());
}
