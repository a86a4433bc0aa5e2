//! The service as its callers see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use graphql_campaigns::guard::Missing;
use graphql_campaigns::{CampaignSchema, Mutation, Query, authorizer, router};
use pinpoint_iam::guard::Tags;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Sends a query, and returns the status, the response and how often the source of tags was asked.
async fn sent(by: Option<&str>, query: &str) -> (u16, Value, usize) {
    let token = by.map(|name| format!("Bearer {name}"));
    sent_with(token.as_deref().as_slice(), query).await
}

/// The same with any values of the header `Authorization`.
async fn sent_with(authorization: &[&str], query: &str) -> (u16, Value, usize) {
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
    for value in authorization {
        request = request.header("authorization", *value);
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
        (
            r#"{ campaigns(app: "*") { name } }"#.into(),
            Some(400),
            Some(400),
            Some(400),
            "a list with an invalid id",
        ),
        (delete("demo", "a/b"), Some(400), Some(400), Some(400), "a mutation with an invalid id"),
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

#[tokio::test]
async fn a_caller_has_one_valid_token() {
    let query = r#"{ campaign(applicationId: "demo", campaignId: "welcome") { name } }"#;
    for (headers, expected) in [
        (&["Bearer ana"][..], 200),
        (&[], 401),
        (&["Bearer "], 401),
        (&["Bearer a/b"], 401),
        (&["bearer ana"], 401),
        (&["Basic ana"], 401),
        (&["ana"], 401),
        (&["Bearer ana", "Bearer ana"], 401),
        (&["Bearer eve", "Bearer ana"], 401),
    ] {
        let (status, body, _) = sent_with(headers, query).await;
        assert_eq!(status, expected, "{headers:?}: {body}");
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

fn schema() -> CampaignSchema {
    Schema::new(Query, Mutation, EmptySubscription)
}

/// A query for each field of the schema, with an example of every argument.
async fn every_field(schema: &CampaignSchema) -> Vec<String> {
    let described =
        "{ fields { name type { kind ofType { kind } } args { name type { ofType { kind } } } } }";
    let query = format!("{{ __schema {{ queryType {described} mutationType {described} }} }}");
    let response = serde_json::to_value(schema.execute(query).await).unwrap();
    let types = &response["data"]["__schema"];
    let mut queries = Vec::new();
    for (operation, found) in [("query", "queryType"), ("mutation", "mutationType")] {
        for field in types[found]["fields"].as_array().unwrap() {
            let arguments = field["args"].as_array().unwrap().iter().map(|argument| {
                let value = match argument["type"]["ofType"]["kind"].as_str() {
                    Some("LIST") => r#"["demo"]"#,
                    _ => r#""demo""#,
                };
                format!("{}: {value}", argument["name"].as_str().unwrap())
            });
            let arguments = arguments.collect::<Vec<_>>().join(", ");
            let is_scalar = field["type"]["ofType"]["kind"] == "SCALAR";
            let selection = if is_scalar { "" } else { "{ __typename }" };
            let name = field["name"].as_str().unwrap();
            queries.push(format!("{operation} {{ {name}({arguments}) {selection} }}"));
        }
    }
    queries
}

/// Every field is denied to a caller without permissions, also the fields that other tests do not name.
#[tokio::test]
async fn every_field_is_denied_without_permissions() {
    let queries = every_field(&schema()).await;
    assert!(queries.len() >= 4, "{queries:?}");
    for query in queries {
        let (_, body, _) = sent(Some("eve"), &query).await;
        assert_eq!(
            body["errors"][0]["extensions"]["status"], 403,
            "{query}: {body}"
        );
        assert!(!body.to_string().contains("true"), "{query}: {body}");
    }
}

/// An endpoint that forgets to add the guard of the request allows nothing.
#[tokio::test]
async fn every_field_is_denied_without_the_guard_of_the_request() {
    let schema = schema();
    for query in every_field(&schema).await {
        let response = serde_json::to_value(schema.execute(&query).await).unwrap();
        assert_eq!(
            response["errors"][0]["extensions"]["status"], 401,
            "{query}: {response}"
        );
    }
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
