//! Callers that an extractor of the application authenticates.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::future::{Ready, ready};

use actix_web::HttpMessage as _;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::middleware::from_extractor_with_state;
use axum::routing::get;
use axum::{Router, body};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::{Caller, axum::PrincipalFrom};
use pinpoint_iam::{Authorizer, Denied, Policy, Principal, Scope, requires};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const ALLOW_EVERYTHING: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

fn authorizer() -> Authorizer {
    let mut store = PolicyStore::new();
    let document = Document::parse(ALLOW_EVERYTHING).unwrap();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new("all", document));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

/// The application's own extractor. A header contains the caller.
struct User(String);

impl Caller for User {
    fn principal(&self) -> Option<Principal> {
        Principal::from_arn(&self.0).ok()
    }
}

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        match parts.headers.get("x-user").map(|user| user.to_str()) {
            Some(Ok(user)) => Ok(Self(user.to_owned())),
            _ => Err((StatusCode::IM_A_TEAPOT, "no user")),
        }
    }
}

impl actix_web::FromRequest for User {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(
        request: &actix_web::HttpRequest,
        _: &mut actix_web::dev::Payload,
    ) -> Self::Future {
        let user = request.headers().get("x-user");
        ready(match user.map(|user| user.to_str()) {
            Some(Ok(user)) => Ok(Self(user.to_owned())),
            _ => Err(actix_web::error::InternalError::new(
                "no user",
                actix_web::http::StatusCode::IM_A_TEAPOT,
            )
            .into()),
        })
    }
}

impl pinpoint_iam::web::actix::BeforeBody for User {}

#[requires(GetApp, application_id = "a1")]
async fn handler() -> &'static str {
    "ran"
}

/// Returns the status and text for a caller in the header, and one that was inserted into the request before.
async fn on_axum(header: Option<&str>, before: Option<&str>, is_optional: bool) -> (u16, String) {
    let authorizer = authorizer();
    let router = Router::new().route("/", get(handler));
    let state = authorizer.clone();
    let router = if is_optional {
        router.layer(from_extractor_with_state::<
            PrincipalFrom<Result<User, (StatusCode, &'static str)>>,
            _,
        >(state))
    } else {
        router.layer(from_extractor_with_state::<PrincipalFrom<User>, _>(state))
    };
    let mut request = Request::get("/");
    if let Some(header) = header {
        request = request.header("x-user", header);
    }
    let mut request = request.body(Body::empty()).unwrap();
    if let Some(before) = before {
        request
            .extensions_mut()
            .insert(Principal::from_arn(before).unwrap());
    }
    let response = tower::ServiceExt::oneshot(router.with_state(authorizer), request);
    let response = response.await.unwrap();
    let status = response.status().as_u16();
    let text = body::to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

async fn on_actix(header: Option<&str>, before: Option<&str>, is_optional: bool) -> (u16, String) {
    use actix_web::middleware::{Condition, from_fn};
    use actix_web::{App, test, web};
    use pinpoint_iam::web::actix::principal_from;

    let app = App::new()
        .app_data(authorizer())
        .wrap(Condition::new(
            is_optional,
            from_fn(principal_from::<Option<User>, _>),
        ))
        .wrap(Condition::new(
            !is_optional,
            from_fn(principal_from::<User, _>),
        ))
        .route("/", web::get().to(handler));
    let app = test::init_service(app).await;
    let mut request = test::TestRequest::get().uri("/");
    if let Some(header) = header {
        request = request.insert_header(("x-user", header));
    }
    let request = request.to_request();
    if let Some(before) = before {
        request
            .extensions_mut()
            .insert(Principal::from_arn(before).unwrap());
    }
    let response = match test::try_call_service(&app, request).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let status = response.status().as_u16();
    let text = actix_web::body::to_bytes(response.into_body())
        .await
        .unwrap();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn the_extractor_determines_the_caller() {
    let missing = "{\"Message\":\"Missing Authentication Token\"}";
    for (header, before, is_optional, expected) in [
        (Some(ANA), None, false, (200, "ran")),
        (Some(ANA), None, true, (200, "ran")),
        // The application's own response.
        (None, None, false, (418, "no user")),
        (None, Some(ANA), false, (418, "no user")),
        // Without a caller, the guard responds, even if other code has found a caller.
        (None, None, true, (401, missing)),
        (None, Some(ANA), true, (401, missing)),
        (Some("ana"), Some(ANA), false, (401, missing)),
        (Some("ana"), Some(ANA), true, (401, missing)),
    ] {
        let expected = (expected.0, expected.1.to_owned());
        let found = on_axum(header, before, is_optional).await;
        assert_eq!(found, expected, "axum: {header:?} {before:?} {is_optional}");
        let found = on_actix(header, before, is_optional).await;
        assert_eq!(
            found, expected,
            "actix: {header:?} {before:?} {is_optional}"
        );
    }
}

#[test]
fn code_that_finds_no_caller_can_report_it() {
    let denied = Denied::unauthenticated();
    assert_eq!(denied.status(), 401);
    assert_eq!(denied.to_string(), "Missing Authentication Token");
    assert_eq!(denied.reason().to_string(), "the request has no principal");
}
