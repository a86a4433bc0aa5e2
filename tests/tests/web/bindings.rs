//! Regardless of how a handler names its resource, exactly that resource is checked.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, RawPathParams};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use pinpoint_iam::mobiletargeting::{App, Campaign, Segment};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires};
use serde::Deserialize;
use tower::ServiceExt;

#[requires(GetCampaign)]
async fn tuple(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[derive(Deserialize)]
struct Fields {
    application_id: String,
    #[serde(rename = "id")]
    campaign: String,
}

#[requires(GetCampaign)]
async fn fields(
    Path(Fields {
        application_id,
        campaign: campaign_id,
    }): Path<Fields>,
) -> String {
    format!("{application_id} {campaign_id}")
}

#[derive(Deserialize)]
struct Ids {
    application_id: String,
    id: String,
}

#[requires(GetCampaign, application_id = path.application_id, campaign_id = path.id)]
async fn expressions(Path(path): Path<Ids>) -> String {
    format!("{} {}", path.application_id, path.id)
}

/// The names of the parameters contradict the expressions. The expressions count.
#[requires(GetCampaign, application_id = campaign_id, campaign_id = application_id)]
async fn crossed(Path((campaign_id, application_id)): Path<(String, String)>) -> String {
    format!("{campaign_id} {application_id}")
}

#[requires(GetCampaign, campaign_id = format!("{id}"))]
async fn formatted(Path((application_id, id)): Path<(String, String)>) -> String {
    format!("{application_id} {id}")
}

#[requires(GetCampaign, resource = Campaign::new(app, id)?)]
async fn made(Path((app, id)): Path<(String, String)>) -> String {
    format!("{app} {id}")
}

struct Known(Campaign);

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        let values: Vec<&str> = parameters.iter().map(|(_, value)| value).collect();
        Campaign::new(values[0], values[1])
            .map(Self)
            .map_err(|_| StatusCode::NOT_FOUND)
    }
}

#[requires(GetCampaign, resource = campaign)]
async fn extracted(Known(campaign): Known) -> String {
    format!("{} {}", campaign.application_id(), campaign.campaign_id())
}

fn router(policy: &str) -> Router {
    let mut store = PolicyStore::new();
    store
        .identity("arn:aws:iam::123456789012:user/ana")
        .unwrap()
        .attach(Policy::new("test", Document::parse(policy).unwrap()));
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap();
    Router::new()
        .route("/tuple/{application_id}/{id}", get(tuple))
        .route("/fields/{application_id}/{id}", get(fields))
        .route("/expressions/{application_id}/{id}", get(expressions))
        .route("/crossed/{application_id}/{id}", get(crossed))
        .route("/formatted/{application_id}/{id}", get(formatted))
        .route("/made/{application_id}/{id}", get(made))
        .route("/extracted/{application_id}/{id}", get(extracted))
        .route("/templates/{name}/email", get(email_template))
        .route("/app-tags/{application_id}", get(app_tags))
        .route("/by-arn/{arn}", get(by_arn))
        .route("/by-text/{arn}", get(by_part_of_a_text))
        .route("/segment-tags/{application_id}/{id}", get(segment_tags))
        .with_state(authorizer)
}

async fn status(router: &Router, path: &str) -> StatusCode {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse().unwrap();
    request
        .extensions_mut()
        .insert(Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap());
    router.clone().oneshot(request).await.unwrap().status()
}

fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:{action}",
            "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:{resource}"}}}}"#
    )
}

#[tokio::test]
async fn every_way_to_bind_asks_for_the_resource_of_the_path() {
    let router = router(&allow("GetCampaign", "apps/a1/campaigns/c1"));
    for way in [
        "tuple",
        "fields",
        "expressions",
        "crossed",
        "formatted",
        "made",
        "extracted",
    ] {
        for (ids, expected) in [
            ("a1/c1", StatusCode::OK),
            ("a1/c2", StatusCode::FORBIDDEN),
            ("a2/c1", StatusCode::FORBIDDEN),
            ("c1/a1", StatusCode::FORBIDDEN),
            ("a1/C1", StatusCode::FORBIDDEN),
        ] {
            let path = format!("/{way}/{ids}");
            assert_eq!(status(&router, &path).await, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn an_id_that_is_not_valid_in_an_arn_rejects_the_request() {
    let router = router(&allow("*", "*"));
    for way in ["tuple", "expressions", "formatted", "made"] {
        let path = format!("/{way}/a1/c1%2Fkpis");
        assert_eq!(
            status(&router, &path).await,
            StatusCode::BAD_REQUEST,
            "{path}"
        );
    }
}

#[requires(GetEmailTemplate)]
async fn email_template(Path(template_name): Path<String>) -> String {
    template_name
}

#[tokio::test]
async fn what_the_catalog_fixes_is_part_of_the_resource() {
    let email = router(&allow("GetEmailTemplate", "templates/welcome/EMAIL"));
    assert_eq!(
        status(&email, "/templates/welcome/email").await,
        StatusCode::OK
    );
    let sms = router(&allow("GetEmailTemplate", "templates/welcome/SMS"));
    assert_eq!(
        status(&sms, "/templates/welcome/email").await,
        StatusCode::FORBIDDEN
    );
}

#[requires(ListTagsForResource, resource = App::new(application_id)?)]
async fn app_tags(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(ListTagsForResource, resource = Segment::new(application_id, id)?)]
async fn segment_tags(Path((application_id, id)): Path<(String, String)>) -> String {
    format!("{application_id} {id}")
}

#[tokio::test]
async fn each_of_several_resource_types_is_checked_as_itself() {
    let app = router(&allow("ListTagsForResource", "apps/a1"));
    assert_eq!(status(&app, "/app-tags/a1").await, StatusCode::OK);
    assert_eq!(
        status(&app, "/segment-tags/a1/s1").await,
        StatusCode::FORBIDDEN
    );
    let segment = router(&allow("ListTagsForResource", "apps/a1/segments/s1"));
    assert_eq!(
        status(&segment, "/app-tags/a1").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        status(&segment, "/segment-tags/a1/s1").await,
        StatusCode::OK
    );
}

#[requires(ListTagsForResource)]
async fn by_arn(Path(resource_arn): Path<String>) -> String {
    resource_arn
}

#[requires(ListTagsForResource, resource_arn = arn.trim_end_matches('!'), permit = proof)]
async fn by_part_of_a_text(Path(arn): Path<String>) -> String {
    assert_eq!(proof.arn(), arn.trim_end_matches('!'));
    proof.arn().to_owned()
}

#[tokio::test]
async fn a_whole_arn_is_read_into_the_types_of_the_action() {
    let router = router(&allow("ListTagsForResource", "apps/a1*"));
    for (arn, expected) in [
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
            200,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1",
            200,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/segments/s1",
            200,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a2",
            403,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:templates/a1/EMAIL",
            403,
        ),
        // In another partition, region or account.
        (
            "arn:aws-cn:mobiletargeting:us-east-1:123456789012:apps/a1",
            403,
        ),
        (
            "arn:aws:mobiletargeting:eu-west-1:123456789012:apps/a1",
            403,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:999999999999:apps/a1",
            403,
        ),
        ("arn:aws:mobiletargeting:us-east-1::apps/a1", 403),
        // Of a type that the action does not act on, or of an unknown type.
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/endpoints/e1",
            400,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1/x",
            400,
        ),
        (
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/*",
            400,
        ),
        ("arn:aws:mobiletargeting:us-east-1:123456789012:apps/*", 400),
        ("arn:aws:mobiletargeting:us-east-1:123456789012:apps/", 400),
        ("arn:aws:mobiletargeting:us-east-1:123456789012:*", 400),
        ("arn:aws:s3:us-east-1:123456789012:apps/a1", 400),
        ("apps/a1", 400),
        ("*", 400),
        (" ", 400),
    ] {
        let encoded = arn
            .replace('%', "%25")
            .replace('/', "%2F")
            .replace(' ', "%20");
        for way in ["by-arn", "by-text"] {
            let path = format!("/{way}/{encoded}");
            assert_eq!(status(&router, &path).await.as_u16(), expected, "{path}");
        }
    }
}
