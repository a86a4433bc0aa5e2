//! `#[requires(.., keys(..))]`: condition keys of the request, on both frameworks and in functions.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document as PolicyDocument;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope};
use pinpoint_iam_keys::archive::{self, Document, DocumentKeys};
use pinpoint_iam_keys::{copy, move_or_copy, on_actix, on_axum};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Allows everything, and denies `action` under `condition`. The document `secret` is secret.
fn authorizer(action: &str, condition: &str) -> Authorizer {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Action": "archive:*", "Resource": "*"}},
            {{"Effect": "Deny", "Action": "archive:*", "Resource": "arn:aws:archive:*:*:documents/d9"}},
            {{"Effect": "Deny", "Action": "archive:{action}", "Resource": "*", "Condition": {condition}}}
        ]}}"#
    );
    let mut store = PolicyStore::new();
    let policy = Policy::new("p", PolicyDocument::parse(&text).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .catalog(&archive::SERVICE)
        .supplied(["archive:TargetFolder", "archive:Copies", "archive:Labels"])
        .resource_keys(|document: Document| async move {
            let is_secret = document.document_id() == "secret";
            Ok(DocumentKeys {
                classification: is_secret.then(|| "secret".to_owned()),
            })
        })
        .source(store)
        .build()
        .unwrap()
}

/// The status of the responses of axum and actix-web.
async fn send(authorizer: &Authorizer, path: &str, body: &str) -> [u16; 2] {
    let router = Router::new()
        .route("/move/{document-id}", post(on_axum::move_document))
        .route("/query/{document-id}", post(on_axum::move_by_query))
        .route("/copy/{document-id}", post(on_axum::copy_document))
        .route("/either/{document-id}", post(on_axum::move_or_copy))
        .with_state(authorizer.clone());
    let mut request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana.clone());
    let on_axum = router.oneshot(request).await.unwrap().status().as_u16();

    let web = actix_web::web::post;
    let app = actix_web::App::new()
        .app_data(authorizer.clone())
        .route("/move/{document_id}", web().to(on_actix::move_document))
        .route("/query/{document_id}", web().to(on_actix::move_by_query))
        .route("/copy/{document_id}", web().to(on_actix::copy_document))
        .route("/either/{document_id}", web().to(on_actix::move_or_copy));
    let call = start!(app);
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"));
    let body = Payload::from(actix_web::web::Bytes::from(body.to_owned()));
    [on_axum, call(request, Some(ana), body).await.status]
}

const VAULT: &str = r#"{"StringEquals": {"archive:TargetFolder": "vault"}}"#;

#[tokio::test]
async fn handlers_supply_keys_of_their_requests() {
    let two = r#"{"NumericEquals": {"archive:Copies": "2"}}"#;
    let three = r#"{"NumericEquals": {"archive:Copies": "3"}}"#;
    let old = r#"{"ForAnyValue:StringEquals": {"archive:Labels": "old"}}"#;
    let elsewhere = r#"{"StringNotEquals": {"archive:TargetFolder": "desk"}}"#;
    let somewhere = r#"{"Null": {"archive:TargetFolder": "false"}}"#;
    let (desk, vault) = (r#"{"to": "desk"}"#, r#"{"to": "vault"}"#);
    let old_desk = r#"{"to": "desk", "labels": ["new", "old"]}"#;
    let old_vault = r#"{"to": "vault", "labels": ["old"]}"#;
    for (action, condition, path, body, expected) in [
        // After the body.
        ("*", VAULT, "/move/d1", desk, 200),
        ("*", VAULT, "/move/d1", vault, 403),
        ("*", VAULT, "/move/d1", "{", 400),
        ("*", VAULT, "/move/d9", "{", 403),
        ("*", elsewhere, "/move/d1", vault, 403),
        // Before the body.
        ("*", VAULT, "/query/d1?to=desk", "", 200),
        ("*", VAULT, "/query/d1?to=vault", "", 403),
        ("*", VAULT, "/query/d9?to=desk", "", 403),
        // `all`: the shared key belongs to the action that has it.
        ("*", VAULT, "/copy/d1", desk, 200),
        ("*", VAULT, "/copy/d1", vault, 403),
        ("CopyDocument", somewhere, "/copy/d1", desk, 403),
        ("*", two, "/copy/d1", desk, 403),
        ("*", three, "/copy/d1", desk, 200),
        ("*", two, "/move/d1", desk, 200),
        // `any`: each action has its own keys.
        ("MoveDocument", VAULT, "/either/d1", vault, 200),
        ("CopyDocument", old, "/either/d1", old_desk, 200),
        ("CopyDocument", somewhere, "/either/d1", vault, 200),
        ("*", somewhere, "/either/d1", vault, 200),
        ("*", VAULT, "/either/d1", old_vault, 200),
        ("*", "{}", "/either/d1", desk, 403),
        // With keys of the resource.
        (
            "*",
            r#"{"StringEquals": {"archive:Classification": "secret", "archive:TargetFolder": "desk"}}"#,
            "/move/secret",
            desk,
            403,
        ),
        (
            "*",
            r#"{"StringEquals": {"archive:Classification": "secret", "archive:TargetFolder": "desk"}}"#,
            "/move/secret",
            vault,
            200,
        ),
    ] {
        let authorizer = authorizer(action, condition);
        let statuses = send(&authorizer, path, body).await;
        assert_eq!(
            statuses, [expected; 2],
            "{action} {condition}: {path} {body}"
        );
    }
}

#[tokio::test]
async fn functions_supply_keys_of_their_requests() {
    let ana = Principal::from_arn(ANA).unwrap();
    let context = Context::new();
    let both = r#"{"StringEqualsIfExists": {"archive:TargetFolder": "vault"}, "ForAllValues:StringEquals": {"archive:Labels": "old"}}"#;
    let authorizer_of_both = authorizer("*", both);
    let guard = authorizer_of_both.guard(&ana, &context);
    for (to, label, expected) in [
        ("desk", "old", Ok(())),
        ("vault", "new", Ok(())),
        ("vault", "old", Err(403)),
    ] {
        let outcome = move_or_copy(&guard, "d1", to, &[label.to_owned()]);
        assert_eq!(
            outcome.map_err(|denied| denied.status()),
            expected,
            "{to} {label}"
        );
    }

    let secrets = r#"{"StringEquals": {"archive:Classification": "secret"}, "NumericGreaterThan": {"archive:Copies": "1"}}"#;
    let authorizer_of_secrets = authorizer("*", secrets);
    let guard = authorizer_of_secrets.guard(&ana, &context);
    for (document, copies, expected) in [
        ("d1", 2, Ok(())),
        ("secret", 1, Ok(())),
        ("secret", 2, Err(403)),
        ("d9", 1, Err(403)),
    ] {
        let outcome = copy(&guard, document, Some("desk"), copies).await;
        assert_eq!(
            outcome.map_err(|denied| denied.status()),
            expected,
            "{document} {copies}"
        );
    }
    let authorizer_of_folders = authorizer(
        "CopyDocument",
        r#"{"Null": {"archive:TargetFolder": "true"}}"#,
    );
    let guard = authorizer_of_folders.guard(&ana, &context);
    assert!(copy(&guard, "d1", Some("desk"), 1).await.is_ok());
    let denied = copy(&guard, "d1", None, 1).await.unwrap_err();
    assert_eq!(denied.status(), 403);
}
