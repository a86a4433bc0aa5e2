//! Permits as extractors, next to parameters that are read by position, and permits for other resources.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use actix_web::test::TestRequest;
use actix_web::{App, HttpMessage, web};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobileanalytics::PutEvents;
use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{AllResources, Authorizer, Permit, Policy, Principal, Scope};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// The paths, and the status of the response to a request whose application and campaign ids are those that Ana may
/// access.
const PATHS: [(&str, &str, u16); 6] = [
    ("/{application-id}/{campaign-id}", "/a1/c1", 200),
    ("/{application_id}/{campaign_id}", "/a1/c1", 200),
    (
        "/{application-id}/x/{version}/{campaign-id}",
        "/a1/x/7/c1",
        200,
    ),
    // By name, these identify the campaign `c1` of `a1`. A tuple `Path((application_id, campaign_id))` would read them
    // in the other order.
    ("/{campaign-id}/{application-id}", "/c1/a1", 500),
    ("/{campaign_id}/x/{application_id}", "/c1/x/a1", 500),
    ("/{version}/{campaign-id}/{application-id}", "/7/c1/a1", 500),
];

fn authorizer() -> Authorizer {
    let document = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "mobileanalytics:PutEvents", "Resource": "*"},
        {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign",
            "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/*"}]}"#;
    let policy = Policy::new("a1", Document::parse(document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

async fn permitted(permit: Permit<GetCampaign>) -> String {
    permit.arn().to_owned()
}

async fn status_on_axum(path: &str, target: &str) -> u16 {
    let router = Router::new()
        .route(path, get(permitted))
        .with_state(authorizer());
    let mut request = Request::get(target).body(Body::empty()).unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana);
    let response = router.oneshot(request).await.unwrap();
    response.status().as_u16()
}

#[tokio::test]
async fn rejects_a_route_in_another_order_on_axum() {
    for (path, target, expected) in PATHS {
        assert_eq!(status_on_axum(path, target).await, expected, "{path}");
    }
}

/// Two placeholders with the spellings of one name do not determine which of them identifies the resource. On actix-web,
/// both are the same placeholder.
#[tokio::test]
async fn rejects_a_route_with_both_spellings_of_a_name() {
    let path = "/{application-id}/{campaign-id}/{campaign_id}";
    for target in ["/a1/c1/c2", "/a1/c1/c1"] {
        assert_eq!(status_on_axum(path, target).await, 500, "{target}");
    }
}

#[actix_web::test]
async fn rejects_a_route_in_another_order_on_actix() {
    for (path, target, expected) in PATHS {
        let path = pinpoint_iam::web::actix::pattern(path);
        let app = App::new()
            .app_data(authorizer())
            .route(&path, web::get().to(permitted));
        let app = actix_web::test::init_service(app).await;
        let request = TestRequest::get().uri(target).to_request();
        let ana = Principal::from_arn(ANA).unwrap();
        request.extensions_mut().insert(ana);
        let response = actix_web::test::call_service(&app, request).await;
        assert_eq!(response.status(), expected, "{path}");
    }
}

#[test]
fn a_permit_is_for_one_resource() {
    let authorizer = authorizer();
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let campaign =
        |application_id, campaign_id| Campaign::new(application_id, campaign_id).unwrap();
    let permit = guard.authorize(GetCampaign, &campaign("a1", "c1")).unwrap();
    assert!(permit.is_for(&campaign("a1", "c1")));
    assert!(!permit.is_for(&campaign("a1", "c2")));
    assert!(!permit.is_for(&campaign("a2", "c1")));
    let permit = guard.authorize(PutEvents, &AllResources).unwrap();
    assert!(permit.is_for(&AllResources));
}
