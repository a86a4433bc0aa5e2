//! The row of a handler's own resource supplies its condition keys, so that nothing is read twice.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use actix_web::{FromRequest, HttpRequest, web};
use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::http::request::Parts;
use axum::routing::{get, post};
use pinpoint_iam::guard::{KeyedRow, KeysUnavailable};
use pinpoint_iam::mobiletargeting::{App, AppKeys};
use pinpoint_iam::policy::Document;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires};
use serde::Deserialize;
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Ana may do everything, except with applications of the red team.
fn authorizer() -> Authorizer {
    let text = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}
    ]}"#;
    let mut store = PolicyStore::new();
    let policy = Policy::new("policy", Document::parse(text).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .resource_keys(|_: App| async { Err(KeysUnavailable::new("the row has the keys")) })
        .warn_about_keys_without_source()
        .build()
        .unwrap()
}

/// The row of an application, as a handler loads it.
#[derive(Deserialize)]
struct Row {
    id: String,
    team: String,
}

impl KeyedRow for Row {
    type Resource = App;

    fn resource(&self) -> Result<App, InvalidId> {
        App::new(&self.id)
    }

    fn keys(&self) -> AppKeys {
        AppKeys {
            tags: [("team", self.team.as_str())].into_iter().collect(),
        }
    }
}

impl Row {
    /// The team of `red1` is red. The row of `lost` is that of another application, and that of `bad` has no valid id.
    fn of(path: &str) -> Self {
        let id = path.rsplit('/').next().unwrap_or_default();
        let row = |id: &str, team: &str| Self {
            id: id.to_owned(),
            team: team.to_owned(),
        };
        match id {
            "red1" => row(id, "red"),
            "lost" => row("a1", "blue"),
            "bad" => row("a/b", "blue"),
            _ => row(id, "blue"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Row {
    type Rejection = String;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, String> {
        Ok(Self::of(parts.uri.path()))
    }
}

impl FromRequest for Row {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request.path())))
    }
}

mod on_axum {
    use super::*;
    use axum::Json;
    use axum::extract::Path;

    #[requires(GetApp, keys = row)]
    pub(super) async fn last(Path(application_id): Path<String>, row: Row) -> String {
        application_id + &row.team
    }

    #[requires(GetApp(keys = row))]
    pub(super) async fn first(row: Row, Path(application_id): Path<String>) -> String {
        application_id + &row.team
    }

    #[requires(all(GetApp, DeleteApp), keys = row)]
    pub(super) async fn of_the_body(
        Path(application_id): Path<String>,
        Json(row): Json<Row>,
    ) -> String {
        application_id + &row.team
    }
}

mod on_actix {
    use super::*;
    use pinpoint_iam::web::actix::Path;

    #[requires(GetApp, keys = row)]
    pub(super) async fn last(Path(application_id): Path<String>, row: Row) -> String {
        application_id + &row.team
    }

    #[requires(all(GetApp, DeleteApp), keys = row.0)]
    pub(super) async fn of_the_body(
        Path(application_id): Path<String>,
        row: web::Json<Row>,
    ) -> String {
        application_id + &row.team
    }
}

const CASES: [(&str, u16); 4] = [("a1", 200), ("red1", 403), ("lost", 500), ("bad", 400)];

fn body_of(id: &str) -> String {
    let row = Row::of(id);
    format!(r#"{{"id": "{}", "team": "{}"}}"#, row.id, row.team)
}

#[tokio::test]
async fn a_row_supplies_the_keys_of_its_own_resource_on_axum() {
    let authorizer = authorizer();
    for (id, expected) in CASES {
        for (method, path) in [("GET", "last"), ("GET", "first"), ("POST", "body")] {
            let router = Router::new()
                .route("/last/{application-id}", get(on_axum::last))
                .route("/first/{application-id}", get(on_axum::first))
                .route("/body/{application-id}", post(on_axum::of_the_body))
                .with_state(authorizer.clone());
            let mut request = Request::builder()
                .method(method)
                .uri(format!("/{path}/{id}"))
                .header("content-type", "application/json")
                .body(Body::from(body_of(id)))
                .unwrap();
            request
                .extensions_mut()
                .insert(Principal::from_arn(ANA).unwrap());
            let response = router.oneshot(request).await.unwrap();
            assert_eq!(response.status().as_u16(), expected, "{path}/{id}");
        }
    }
    assert_eq!(authorizer.resource_key_fetches(), 0);
}

#[tokio::test]
async fn a_row_supplies_the_keys_of_its_own_resource_on_actix() {
    let authorizer = authorizer();
    let app = actix_web::App::new()
        .app_data(authorizer.clone())
        .route("/last/{application_id}", web::get().to(on_actix::last))
        .route(
            "/body/{application_id}",
            web::post().to(on_actix::of_the_body),
        );
    let call = start!(app);
    for (id, expected) in CASES {
        let get = TestRequest::get().uri(&format!("/last/{id}"));
        let answer = call(get, Principal::from_arn(ANA).ok(), Payload::None).await;
        assert_eq!(answer.status, expected, "last/{id}");
        let post = TestRequest::post()
            .uri(&format!("/body/{id}"))
            .insert_header(("content-type", "application/json"));
        let body = Payload::from(web::Bytes::from(body_of(id)));
        let answer = call(post, Principal::from_arn(ANA).ok(), body).await;
        assert_eq!(answer.status, expected, "body/{id}");
    }
    assert_eq!(authorizer.resource_key_fetches(), 0);
}
