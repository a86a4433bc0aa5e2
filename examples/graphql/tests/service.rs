//! The service as its callers see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use graphql_campaigns::guard::Missing;
use graphql_campaigns::{authorizer, router};
use pinpoint_iam::guard::Tags;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Sends a query, and returns the status, the response and how often the source of tags was asked.
async fn sent(by: Option<&str>, query: &str) -> (u16, Value, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let tags = move |arn: String| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move {
            let team = if arn.ends_with("/secret") {
                "red"
            } else {
                "blue"
            };
            Ok([("team".to_owned(), team.to_owned())]
                .into_iter()
                .collect::<Tags>())
        }
    };
    let authorizer = authorizer().unwrap().resource_tags(tags).build().unwrap();
    let mut request = Request::post("/graphql").header("content-type", "application/json");
    if let Some(name) = by {
        request = request.header("authorization", format!("Bearer {name}"));
    }
    let body = json!({ "query": query }).to_string();
    let request = request.body(Body::from(body)).unwrap();
    let response = router(authorizer).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    (status, body, asked.load(Ordering::SeqCst))
}

/// Each query, the status of its error for each caller (`None`: allowed), and the reason.
#[tokio::test]
async fn every_field_is_checked_before_its_resolver() {
    let campaign = |app: &str, id: &str| {
        format!(r#"{{ campaign(applicationId: "{app}", campaignId: "{id}") {{ name }} }}"#)
    };
    let delete = |app: &str, id: &str| {
        format!(r#"mutation {{ deleteCampaign(applicationId: "{app}", campaignId: "{id}") }}"#)
    };
    let delete_both = |one: &str, other: &str| {
        format!(
            r#"mutation {{ deleteCampaigns(applicationId: "demo", campaignIds: ["{one}", "{other}"]) }}"#
        )
    };
    for (query, ana, ben, eve, reason) in [
        (campaign("demo", "welcome"), None, None, Some(403), "the team of the caller"),
        (campaign("demo", "secret"), None, Some(403), Some(403), "another team"),
        (campaign("other", "spring"), None, Some(403), Some(403), "another application"),
        (campaign("demo", "a/b"), Some(400), Some(400), Some(400), "an invalid id"),
        (campaign("demo", "*"), Some(400), Some(400), Some(400), "an invalid id"),
        (campaign("..", "welcome"), Some(400), Some(400), Some(400), "an invalid id"),
        (
            r#"{ campaigns(app: "demo") { name } }"#.into(),
            None,
            None,
            Some(403),
            "a list",
        ),
        (
            r#"{ campaigns(app: "other") { name } }"#.into(),
            None,
            Some(403),
            Some(403),
            "a list of another application",
        ),
        (
            r#"{ x: campaign(applicationId: "demo", campaignId: "secret") { y: name } }"#.into(),
            None,
            Some(403),
            Some(403),
            "an alias",
        ),
        (
            r#"query { ...f } fragment f on Query { campaign(applicationId: "demo", campaignId: "secret") { name } }"#.into(),
            None,
            Some(403),
            Some(403),
            "a fragment",
        ),
        (delete("demo", "welcome"), None, Some(403), Some(403), "a mutation"),
        (delete_both("welcome", "autumn"), None, Some(403), Some(403), "several resources"),
        (delete_both("welcome", "a/b"), Some(400), Some(400), Some(403), "several resources, one invalid"),
    ] {
        for (by, expected) in [("ana", ana), ("ben", ben), ("eve", eve)] {
            let (status, body, _) = sent(Some(by), &query).await;
            assert_eq!(status, 200, "{by}: {query}: {body}");
            let found = body["errors"][0]["extensions"]["status"].as_u64();
            assert_eq!(found, expected, "{by}: {query}: {reason}: {body}");
            if found.is_some() {
                assert!(!body["data"].to_string().contains("the "), "{by}: {query}: {body}");
            }
        }
        let (status, ..) = sent(None, &query).await;
        assert_eq!(status, 401, "anonymous: {query}");
    }
}

/// A field of a query that is allowed does not allow the others.
#[tokio::test]
async fn fields_of_one_query_are_checked_separately() {
    let query = r#"{
        a: campaigns(app: "demo") { campaignId }
        b: campaigns(app: "other") { campaignId }
    }"#;
    let (_, body, _) = sent(Some("ben"), query).await;
    assert_eq!(body["errors"][0]["path"], json!(["b"]), "{body}");
    assert!(!body.to_string().contains("spring"), "{body}");
}

#[tokio::test]
async fn a_list_contains_what_the_caller_may_read() {
    let query = r#"{ campaigns(app: "demo") { campaignId } }"#;
    let ids = |ids: &[&str]| {
        json!(
            ids.iter()
                .map(|id| json!({ "campaignId": id }))
                .collect::<Vec<_>>()
        )
    };
    let (_, body, asked) = sent(Some("ana"), query).await;
    assert_eq!(
        body["data"]["campaigns"],
        ids(&["autumn", "secret", "welcome"])
    );
    assert_eq!(asked, 0, "no policy depends on tags");
    let (_, body, asked) = sent(Some("ben"), query).await;
    assert_eq!(body["data"]["campaigns"], ids(&["autumn", "welcome"]));
    assert_eq!(asked, 3, "the tags of each campaign are fetched once");
}

/// Several fields about one campaign load and check it once for the list; its own guard uses the fetched tags.
#[tokio::test]
async fn tags_are_fetched_once_for_a_request() {
    let one = r#"campaign(applicationId: "demo", campaignId: "welcome") { name }"#;
    let query = format!(r#"{{ a: {one} b: {one} campaigns(app: "demo") {{ campaignId }} }}"#);
    let (_, body, asked) = sent(Some("ben"), &query).await;
    assert!(body["errors"].is_null(), "{body}");
    assert!(asked <= 5, "{asked}");
}

struct Forgotten;

#[Object(guard = "Missing")]
impl Forgotten {
    async fn secret(&self) -> &str {
        "the secret"
    }
}

#[tokio::test]
async fn a_field_without_a_guard_is_denied() {
    let schema = Schema::new(Forgotten, EmptyMutation, EmptySubscription);
    let response = serde_json::to_value(schema.execute("{ secret }").await).unwrap();
    assert_eq!(
        response["errors"][0]["extensions"]["status"], 500,
        "{response}"
    );
    assert!(!response.to_string().contains("the secret"), "{response}");
}
