//! Extractors that run between the check and the handler, and change the values that the check used: the handler
//! receives the values that were checked.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::HashMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use actix_web::web::ReqData;
use actix_web::{App, Error, FromRequest, HttpMessage, HttpRequest, web};
use axum::body::Body;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Extension, Json, Router};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::actix::{Path, guarded};
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires};
use serde::Deserialize;
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const EVE: &str = "arn:aws:iam::123456789012:user/eve";

/// Ana may do everything with the application `a1` of one tenant, and nothing else.
fn authorizer() -> Authorizer {
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1*"}}"#;
    let policy = Policy::new("a1", Document::parse(document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::of_tenants("aws", "us-east-1"))
        .source(store)
        .build()
        .unwrap()
}

fn scope(account: &str) -> Scope {
    Scope::new("aws", "us-east-1", account)
}

/// A value that a middleware has determined.
#[derive(Clone)]
struct Application {
    id: String,
}

impl Application {
    fn new(id: &str) -> Self {
        Self { id: id.to_owned() }
    }
}

#[derive(Deserialize)]
struct Wanted {
    application_id: String,
}

/// An extractor that replaces all values by the application `a2` of another tenant, and the caller by another one.
struct Switched;

impl<S: Sync> FromRequestParts<S> for Switched {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.uri = "/?application_id=a2".parse().unwrap();
        parts.extensions.insert(Application::new("a2"));
        parts.extensions.insert(scope("210987654321"));
        parts.extensions.insert(Principal::from_arn(EVE).unwrap());
        Ok(Self)
    }
}

impl FromRequest for Switched {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut extensions = request.extensions_mut();
        extensions.insert(Application::new("a2"));
        extensions.insert(scope("210987654321"));
        extensions.insert(Principal::from_arn(EVE).unwrap());
        ready(Ok(Self))
    }
}

mod on_axum {
    use super::*;

    #[requires(GetApp)]
    pub(super) async fn extension(
        _: Switched,
        Extension(Application { id: application_id }): Extension<Application>,
    ) -> String {
        application_id
    }

    #[requires(GetApp, application_id = wanted.application_id)]
    pub(super) async fn query(_: Switched, Query(wanted): Query<Wanted>) -> String {
        wanted.application_id
    }

    #[requires(GetApp)]
    pub(super) async fn caller(
        _: Switched,
        Extension(Application { id: application_id }): Extension<Application>,
        Extension(scope): Extension<Scope>,
        principal: Option<Extension<Principal>>,
    ) -> String {
        let Some(Extension(principal)) = principal else {
            return "nobody".to_owned();
        };
        let name = principal.arn().unwrap_or_default();
        format!("{application_id} {} {name}", scope.account())
    }

    /// The check is completed after the body is read.
    #[requires(CreateCampaign, request_tags = tags, dependents = none)]
    pub(super) async fn late(
        first: Extension<Scope>,
        _: Switched,
        Extension(Application { id: application_id }): Extension<Application>,
        Extension(scope): Extension<Scope>,
        Json(tags): Json<HashMap<String, String>>,
    ) -> String {
        let Extension(first) = first;
        let (first, second) = (first.account(), scope.account());
        format!("{application_id} {first} {second} {}", tags.len())
    }

    /// The check itself uses this extractor.
    #[requires(GetApp, resource = { let _ = switched; pinpoint_iam::mobiletargeting::App::new("a1")? })]
    pub(super) async fn within_the_check(
        switched: Switched,
        Extension(scope): Extension<Scope>,
    ) -> String {
        let Switched = switched;
        scope.account().to_owned()
    }
}

mod on_actix {
    use super::*;

    #[requires(GetApp, application_id = application.id)]
    pub(super) async fn request_data(_: Switched, application: ReqData<Application>) -> String {
        application.id.clone()
    }

    #[requires(GetApp)]
    pub(super) async fn caller(
        _: Switched,
        Path(application_id): Path<String>,
        scope: ReqData<Scope>,
        principal: Option<ReqData<Principal>>,
    ) -> String {
        let Some(principal) = principal else {
            return "nobody".to_owned();
        };
        let name = principal.arn().unwrap_or_default();
        format!("{application_id} {} {name}", scope.account())
    }

    /// The check is completed after the body is read.
    #[requires(CreateCampaign, application_id = application.id, request_tags = tags.0, dependents = none)]
    pub(super) async fn late(
        _: Switched,
        application: ReqData<Application>,
        scope: ReqData<Scope>,
        tags: web::Json<HashMap<String, String>>,
    ) -> String {
        format!("{} {} {}", application.id, scope.account(), tags.len())
    }
}

#[tokio::test]
async fn axum_handlers_get_what_was_checked() {
    let router = Router::new()
        .route("/extension", post(on_axum::extension))
        .route("/query", post(on_axum::query))
        .route("/caller", post(on_axum::caller))
        .route("/late", post(on_axum::late))
        .route("/within", post(on_axum::within_the_check))
        .with_state(authorizer());
    for (path, expected) in [
        ("/extension", "a1".to_owned()),
        ("/query?application_id=a1", "a1".to_owned()),
        ("/caller", format!("a1 123456789012 {ANA}")),
        ("/late", "a1 123456789012 123456789012 1".to_owned()),
        ("/within", "123456789012".to_owned()),
    ] {
        let mut request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(r#"{"stage": "live"}"#))
            .unwrap();
        let extensions = request.extensions_mut();
        extensions.insert(Principal::from_arn(ANA).unwrap());
        extensions.insert(Application::new("a1"));
        extensions.insert(scope("123456789012"));
        let response = router.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 10_000);
        let body = String::from_utf8(body.await.unwrap().to_vec()).unwrap();
        assert_eq!(body, expected, "{path}");
    }
}

#[actix_web::test]
async fn actix_handlers_get_what_was_checked() {
    for is_guarded in [false, true] {
        let app = App::new().app_data(authorizer());
        let app = if is_guarded {
            app.route("/data", web::post().to(guarded(on_actix::request_data)))
                .route("/caller/{id}", web::post().to(guarded(on_actix::caller)))
                .route("/late", web::post().to(guarded(on_actix::late)))
        } else {
            app.route("/data", web::post().to(on_actix::request_data))
                .route("/caller/{id}", web::post().to(on_actix::caller))
                .route("/late", web::post().to(on_actix::late))
        };
        let app = actix_web::test::init_service(app).await;
        for (path, expected) in [
            ("/data", "a1".to_owned()),
            ("/caller/a1", format!("a1 123456789012 {ANA}")),
            ("/late", "a1 123456789012 1".to_owned()),
        ] {
            let request = TestRequest::post()
                .uri(path)
                .set_json(serde_json::json!({"stage": "live"}));
            let request = request.to_request();
            request
                .extensions_mut()
                .insert(Principal::from_arn(ANA).unwrap());
            request.extensions_mut().insert(Application::new("a1"));
            request.extensions_mut().insert(scope("123456789012"));
            let body = actix_web::test::call_and_read_body(&app, request).await;
            assert_eq!(body, expected.as_bytes(), "{path}");
        }
    }
}
