//! `#[requires(.., caller = claims)]`: callers that an extractor of the application authenticates.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::HashMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use pinpoint_iam::mobiletargeting::{App, DeleteApp, GetApp};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::actix::BeforeBody;
use pinpoint_iam::web::{Caller, RequestGuard};
use pinpoint_iam::{Authorizer, Denied, Permit, Policy, Principal, Scope, requires};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const EVE: &str = "arn:aws:iam::123456789012:user/eve";

/// Ana may do everything with the application `a1`, and nobody else anything.
fn authorizer() -> Authorizer {
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1*"}}"#;
    let policy = Policy::new("a1", Document::parse(document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

/// The claims of a token. A token `insert:NAME` also inserts a principal, as a careless extractor could.
#[derive(Clone, Debug)]
struct Claims {
    sub: String,
}

impl Claims {
    /// Returns the claims, and the name for a principal to be inserted.
    fn of(token: Option<&str>) -> Option<(Self, Option<&str>)> {
        let token = token?;
        let (inserted, sub) = match token.split_once(':') {
            Some((name, sub)) => (Some(name), sub),
            None => (None, token),
        };
        let sub = sub.to_owned();
        Some((Self { sub }, inserted))
    }
}

fn user(name: &str) -> Option<Principal> {
    Principal::user(&Scope::new("aws", "us-east-1", "123456789012"), name).ok()
}

impl Caller for Claims {
    fn principal(&self) -> Option<Principal> {
        user(&self.sub)
    }
}

impl<S: Sync> FromRequestParts<S> for Claims {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let token = parts.headers.get("authorization");
        let token = token.and_then(|token| token.to_str().ok());
        let found = Self::of(token).ok_or((StatusCode::UNAUTHORIZED, "no token"))?;
        let (claims, inserted) = (found.0, found.1.and_then(user));
        if let Some(principal) = inserted {
            parts.extensions.insert(principal);
        }
        Ok(claims)
    }
}

impl FromRequest for Claims {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = request.headers().get("authorization");
        let token = token.and_then(|token| token.to_str().ok());
        let Some((claims, inserted)) = Self::of(token) else {
            return ready(Err(actix_web::error::ErrorUnauthorized("no token")));
        };
        if let Some(principal) = inserted.and_then(user) {
            request.extensions_mut().insert(principal);
        }
        ready(Ok(claims))
    }
}

impl BeforeBody for Claims {}

/// What a handler does after its check, with other checks of the same request.
async fn run(guard: &RequestGuard, permit: &Permit<DeleteApp>) -> Result<String, Denied> {
    guard.check(GetApp, &App::new("a1")?).await?;
    let name = guard.principal().arn().unwrap_or_default().to_owned();
    assert_eq!(permit.principal(), guard.principal());
    Ok(name)
}

mod on_axum {
    use super::*;

    #[requires(GetApp, caller = claims)]
    pub(super) async fn get_app(claims: Claims, Path(application_id): Path<String>) -> String {
        format!("{application_id} {}", claims.sub)
    }

    #[requires(GetApp, caller = claims)]
    pub(super) async fn optional(
        claims: Option<Claims>,
        Path(application_id): Path<String>,
    ) -> String {
        format!("{application_id} {}", claims.is_some())
    }

    #[requires(GetApp, caller = claims)]
    pub(super) async fn with_guard(
        Path(application_id): Path<String>,
        claims: Claims,
        permit: Permit<DeleteApp>,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        let _ = (application_id, claims);
        run(&guard, &permit).await
    }

    #[requires(CreateCampaign, request_tags = tags, caller = claims, dependents = none)]
    pub(super) async fn after_body(
        claims: Claims,
        Path(application_id): Path<String>,
        Json(tags): Json<HashMap<String, String>>,
    ) -> String {
        format!("{application_id} {} {}", claims.sub, tags.len())
    }
}

mod on_actix {
    use pinpoint_iam::web::actix::Path;

    use super::*;

    #[requires(GetApp, caller = claims)]
    pub(super) async fn get_app(claims: Claims, Path(application_id): Path<String>) -> String {
        format!("{application_id} {}", claims.sub)
    }

    #[requires(GetApp, caller = claims)]
    pub(super) async fn with_guard(
        Path(application_id): Path<String>,
        claims: Claims,
        permit: Permit<DeleteApp>,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        let _ = (application_id, claims);
        run(&guard, &permit).await
    }

    #[requires(CreateCampaign, request_tags = tags.0, caller = claims, dependents = none)]
    pub(super) async fn after_body(
        claims: Claims,
        Path(application_id): Path<String>,
        tags: actix_web::web::Json<HashMap<String, String>>,
    ) -> String {
        format!("{application_id} {} {}", claims.sub, tags.len())
    }
}

impl axum::extract::OptionalFromRequestParts<Authorizer> for Claims {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Authorizer,
    ) -> Result<Option<Self>, Self::Rejection> {
        let claims = <Self as FromRequestParts<Authorizer>>::from_request_parts(parts, state);
        Ok(claims.await.ok())
    }
}

/// The status and the body of the responses of both frameworks, or of axum only.
async fn called(path: &str, token: Option<&str>, principal: Option<&str>) -> Vec<(u16, String)> {
    let authorizer = authorizer();
    let router = Router::new()
        .route("/get/{application_id}", post(on_axum::get_app))
        .route("/optional/{application_id}", post(on_axum::optional))
        .route("/guard/{application_id}", post(on_axum::with_guard))
        .route("/body/{application_id}", post(on_axum::after_body))
        .with_state(authorizer.clone());
    let principal = principal.map(|arn| Principal::from_arn(arn).unwrap());
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let mut request = request.body(Body::from(r#"{"stage": "live"}"#)).unwrap();
    if let Some(principal) = principal.clone() {
        request.extensions_mut().insert(principal);
    }
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let mut responses = vec![(status, String::from_utf8(body.to_vec()).unwrap())];
    if path.starts_with("/optional") {
        return responses;
    }
    let app = actix_web::App::new()
        .app_data(authorizer)
        .route(
            "/get/{application_id}",
            actix_web::web::post().to(on_actix::get_app),
        )
        .route(
            "/guard/{application_id}",
            actix_web::web::post().to(on_actix::with_guard),
        )
        .route(
            "/body/{application_id}",
            actix_web::web::post().to(on_actix::after_body),
        );
    let app = actix_web::test::init_service(app).await;
    let mut request = actix_web::test::TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"))
        .set_payload(r#"{"stage": "live"}"#);
    if let Some(token) = token {
        request = request.insert_header(("authorization", token));
    }
    let request = request.to_request();
    if let Some(principal) = principal {
        request.extensions_mut().insert(principal);
    }
    let response = actix_web::test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    responses.push((status, String::from_utf8(body.to_vec()).unwrap()));
    responses
}

#[tokio::test]
async fn a_parameter_identifies_the_caller() {
    for (path, token, principal, status, expected) in [
        ("/get/a1", Some("ana"), None, 200, "a1 ana"),
        ("/get/a1", Some("eve"), None, 403, ""),
        ("/get/a2", Some("ana"), None, 403, ""),
        // The extractor's own rejection is the response.
        ("/get/a1", None, None, 401, "no token"),
        // A name that is not valid in IAM does not become a principal.
        ("/get/a1", Some("a/na"), None, 401, ""),
        ("/get/a%2F1", Some("ana"), None, 400, ""),
        // A principal in the extensions as well, from a middleware or from the extractor itself.
        ("/get/a1", Some("ana"), Some(ANA), 500, ""),
        ("/get/a1", Some("eve"), Some(ANA), 500, ""),
        ("/get/a1", Some("ana"), Some(EVE), 500, ""),
        ("/get/a1", None, Some(ANA), 500, ""),
        ("/get/a1", Some("ana:eve"), None, 500, ""),
        ("/get/a1", Some("ana:ana"), None, 500, ""),
        ("/optional/a1", Some("ana"), None, 200, "a1 true"),
        ("/optional/a1", None, None, 401, ""),
        ("/optional/a1", None, Some(ANA), 500, ""),
        // Other checks of the request have the same caller.
        ("/guard/a1", Some("ana"), None, 200, ANA),
        ("/guard/a1", Some("eve"), None, 403, ""),
        ("/guard/a1", Some("ana"), Some(EVE), 500, ""),
        ("/body/a1", Some("ana"), None, 200, "a1 ana 1"),
        ("/body/a1", Some("eve"), None, 403, ""),
        ("/body/a1", Some("ana"), Some(ANA), 500, ""),
        ("/body/a1", None, None, 401, "no token"),
    ] {
        for (found, body) in called(path, token, principal).await {
            assert_eq!(found, status, "{path} {token:?} {principal:?}: {body}");
            if !expected.is_empty() {
                assert_eq!(body, expected, "{path} {token:?}");
            }
        }
    }
}
