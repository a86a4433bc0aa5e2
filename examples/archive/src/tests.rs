//! Requests with the facts on which the policies depend.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::PageTokens;
use pinpoint_iam::list::Constraint;
use pinpoint_iam::testing::Sweep;
use pinpoint_iam::{Authorizer, Principal, Scope};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::api::{AppState, app, routes};
use crate::archive::{self, GetDocument};
use crate::callers::{authorizer, policies};
use crate::facts::columns;
use crate::store::Store;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn state() -> AppState {
    let store = Store::open().unwrap();
    let authorizer = authorizer(store.clone()).unwrap();
    AppState {
        authorizer,
        store,
        tokens: PageTokens::random().unwrap(),
    }
}

/// Sends a request with a body of JSON, and returns the status and the body.
async fn send(
    state: &AppState,
    user: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Authorization", format!("Bearer demo-{user}"))
        .header("Content-Type", "application/json")
        .body(Body::from(body.to_string()));
    let response = app(state.clone())
        .unwrap()
        .oneshot(request.unwrap())
        .await
        .unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A `Deny` on a key that nothing supplies would deny requests that it should not.
#[test]
fn the_service_does_not_start_without_the_facts() -> TestResult {
    let built = Authorizer::builder()
        .scope(Scope::of_tenants("acme", ""))
        .source(policies()?)
        .catalog(&archive::SERVICE)
        .supplied(["archive:TargetFolder"])
        .build();
    let error = built.err().ok_or("there is no source")?.to_string();
    let start = "policy `reader`, line 15, column 27: no source supplies the condition key \
                 `archive:Classification` of the resource type `Document`";
    assert!(error.starts_with(start), "{error}");
    Ok(())
}

/// The condition that the guide's chapter shows.
#[tokio::test]
async fn the_policies_become_a_condition() -> TestResult {
    let organization = Scope::new("acme", "", "acme");
    let ben = Principal::user(&organization, "ben")?;
    let (authorizer, facts) = (state().authorizer, Context::new());
    let guard = authorizer.guard(&ben, &facts).in_scope(&organization);
    let constraint = guard.constraint(GetDocument, &columns()).await?;
    let Constraint::Where(predicate) = constraint else {
        return Err(format!("{constraint:?}").into());
    };
    assert_eq!(
        predicate.to_string(),
        "(`classification` IS NULL OR `owner` COLLATE BINARY = ?1 OR `classification` COLLATE BINARY <> ?2)"
    );
    Ok(())
}

#[tokio::test]
async fn decisions_depend_on_the_document() {
    for (user, method, path, body, expected, why) in [
        (
            "ben",
            "POST",
            "/folders/general/documents",
            json!({"id": "new", "title": "", "classification": "secret", "content": ""}),
            201,
            "authors create documents",
        ),
        (
            "ben",
            "POST",
            "/folders/general/documents",
            json!({"id": "plan", "title": "", "classification": "public", "content": ""}),
            409,
            "the document belongs to ana",
        ),
        (
            "ben",
            "POST",
            "/documents/plan/versions",
            json!("mine"),
            403,
            "the draft belongs to ana",
        ),
        (
            "ana",
            "POST",
            "/documents/plan/versions",
            json!("mine"),
            204,
            "the draft is hers",
        ),
        (
            "ben",
            "GET",
            "/documents/merger/versions",
            json!(null),
            403,
            "the secret belongs to ana",
        ),
        (
            "ben",
            "GET",
            "/documents/plan",
            json!(null),
            200,
            "internal documents are for all",
        ),
        (
            "ben",
            "GET",
            "/documents/merger",
            json!(null),
            403,
            "the secret belongs to ana",
        ),
        (
            "ana",
            "GET",
            "/documents/merger",
            json!(null),
            200,
            "the secret is hers",
        ),
        (
            "eve",
            "GET",
            "/documents/merger",
            json!(null),
            404,
            "globex has no such document",
        ),
        (
            "nobody",
            "GET",
            "/documents/plan",
            json!(null),
            401,
            "the token is unknown",
        ),
        (
            "ana",
            "DELETE",
            "/documents/plan",
            json!(null),
            204,
            "the draft is hers",
        ),
        (
            "ana",
            "DELETE",
            "/documents/handbook",
            json!(null),
            403,
            "the document is final",
        ),
        (
            "ben",
            "DELETE",
            "/documents/plan",
            json!(null),
            403,
            "the draft belongs to ana",
        ),
        (
            "ana",
            "DELETE",
            "/documents/gone",
            json!(null),
            403,
            "the document does not exist",
        ),
        (
            "ana",
            "PUT",
            "/documents/plan/folder",
            json!({"folder_id": "legal"}),
            204,
            "the draft is hers",
        ),
        (
            "ana",
            "PUT",
            "/documents/plan/folder",
            json!({"folder_id": "vault"}),
            403,
            "the vault is closed",
        ),
        (
            "ana",
            "PUT",
            "/documents/plan/folder",
            json!({"folder": "legal"}),
            422,
            "the target is missing",
        ),
        (
            "ana",
            "POST",
            "/documents/handbook/links",
            json!(null),
            201,
            "the document is public",
        ),
        (
            "ana",
            "POST",
            "/documents/plan/links",
            json!(null),
            403,
            "the document is internal",
        ),
        (
            "ana",
            "POST",
            "/documents/deletions",
            json!({"ids": ["plan"]}),
            204,
            "the draft is hers",
        ),
        (
            "ana",
            "POST",
            "/documents/deletions",
            json!({"ids": ["plan", "notes"]}),
            403,
            "one is ben's",
        ),
    ] {
        let (status, text) = send(&state(), user, method, path, &body).await;
        assert_eq!(status, expected, "{user} {method} {path}: {why}: {text}");
    }
}

#[tokio::test]
async fn a_denied_deletion_deletes_nothing() {
    let state = state();
    let ids = json!({"ids": ["notes", "plan"]});
    let (status, _) = send(&state, "ben", "POST", "/documents/deletions", &ids).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = send(&state, "ben", "GET", "/documents/notes", &json!(null)).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_list_contains_what_the_caller_may_read() -> TestResult {
    for (user, expected) in [
        ("ana", vec!["merger", "notes", "plan"]),
        ("ben", vec!["notes", "plan"]),
        ("eve", vec!["plan"]),
    ] {
        let (status, text) =
            send(&state(), user, "GET", "/documents?word=plan", &json!(null)).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        let found: Value = serde_json::from_str(&text)?;
        let documents = found.get("documents").and_then(Value::as_array).unwrap();
        let ids: Vec<&str> = documents
            .iter()
            .filter_map(|document| document.get("id")?.as_str())
            .collect();
        assert_eq!(ids, expected, "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn a_link_leads_to_the_present_version() {
    let state = state();
    let (status, link) = send(
        &state,
        "ana",
        "POST",
        "/documents/handbook/links",
        &json!(null),
    )
    .await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, text) = send(&state, "nobody", "GET", link.trim(), &json!(null)).await;
    assert_eq!((status, &*text), (StatusCode::OK, "The handbook."));
    let (status, _) = send(&state, "nobody", "GET", "/links/0", &json!(null)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn no_route_admits_unprivileged_callers() {
    let app = app(state()).unwrap();
    let routes = routes();
    let organization = Scope::new("acme", "", "acme");
    let swept = Sweep::new(routes.table())
        .in_scope(organization.clone())
        .run_on_axum(&app, |request| {
            let unprivileged = Principal::user(&organization, "unprivileged").unwrap();
            request.extensions_mut().insert(unprivileged);
            request.extensions_mut().insert(organization.clone());
        })
        .await
        .unwrap();
    assert_eq!(swept.public().count(), 1);
}
