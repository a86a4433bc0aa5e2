//! Sweeps that send bodies, over checks that continue after the body, and queries.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use axum::http::Request;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::testing::{Sweep, SweepCaller, allow_all};
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires, routes};
use serde::Deserialize;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const EXPORT: &str = "POST /v1/apps/{application-id}/jobs/export";
const BODY: &str = r#"{"role_arn": "arn:aws:iam::123456789012:role/export"}"#;

#[derive(Clone, Deserialize)]
struct Sent {
    role_arn: String,
}

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = body.role_arn)))]
async fn export(Path(application_id): Path<String>, body: Json<Sent>) -> String {
    let _ = body;
    application_id
}

/// The dependent action is not checked: the error that a sweep after the body finds.
#[requires(CreateExportJob, dependents = none)]
async fn forgetful(Path(application_id): Path<String>, body: Json<Sent>) -> String {
    let _ = body;
    application_id
}

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

/// Returns an authorizer with which Ana may create jobs, but not pass roles.
fn authorizer() -> Authorizer {
    let document = r#"{"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "mobiletargeting:CreateExportJob", "Resource": "*"}}"#;
    let mut store = PolicyStore::new();
    let ana = store.identity(ANA).unwrap();
    ana.attach(Policy::new("jobs", Document::parse(document).unwrap()));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

fn as_user(name: &str) -> impl Fn(&mut Request<Body>) + use<> {
    let user = Principal::from_arn(&format!("arn:aws:iam::123456789012:user/{name}")).unwrap();
    move |request| {
        request.extensions_mut().insert(user.clone());
    }
}

fn both() -> Routes<Authorizer> {
    routes![export, get_app]
}

#[tokio::test]
async fn a_sweep_reports_routes_whose_body_is_missing() {
    let table = both().table().clone();
    let router = both().with_state(authorizer()).unwrap();
    let sweep = Sweep::new(&table);
    let swept = sweep.run_on_axum(&router, as_user("powerless")).await;
    let swept = swept.unwrap();
    assert_eq!(swept.calls(), 4);
    let missing: Vec<String> = swept.without_body().map(ToString::to_string).collect();
    assert_eq!(missing, [EXPORT]);
    let swept = sweep.clone().body(EXPORT, BODY);
    let swept = swept.run_on_axum(&router, as_user("powerless")).await;
    assert_eq!(swept.unwrap().without_body().count(), 0);

    // After the body, a missing one is an error, and so is one for a route that does not exist.
    let found = sweep.clone().after_body();
    let found = found.run_on_axum(&router, as_user("ana")).await;
    let found = found.unwrap_err();
    assert_eq!(found.without_body().count(), 1);
    assert_eq!(
        found.to_string(),
        format!(
            "the bodies or queries do not match the routes\n  the check of `{EXPORT}` needs a body: give one with `body`"
        )
    );
    let unknown = sweep.clone().query("GET /v1/app", "page=1");
    let found = unknown.run_on_axum(&router, as_user("powerless")).await;
    assert_eq!(
        found.unwrap_err().to_string(),
        "the bodies or queries do not match the routes\n  the table has no route `GET /v1/app`, for which `query` was called"
    );
    let found = sweep.body(EXPORT, BODY).body("POST /v1/apps/export", BODY);
    let found = found.run_on_axum(&router, as_user("powerless")).await;
    assert_eq!(
        found.unwrap_err().to_string(),
        "the bodies or queries do not match the routes\n  the table has no route `POST /v1/apps/export`, for which `body` was \
         called"
    );
}

#[tokio::test]
async fn a_sweep_after_the_body_tests_dependent_actions() {
    let table = both().table().clone();
    let router = both().with_state(authorizer()).unwrap();
    let sweep = Sweep::new(&table).body(EXPORT, BODY).after_body();
    let calls: Vec<_> = sweep
        .calls()
        .iter()
        .map(|call| (call.caller(), call.body().map(str::to_owned)))
        .collect();
    assert_eq!(
        calls,
        ["", BODY].map(|body| (SweepCaller::Unprivileged, Some(body.to_owned())))
    );
    let swept = sweep.run_on_axum(&router, as_user("ana")).await.unwrap();
    assert_eq!(swept.calls(), 2);

    // A caller that is denied before the body does not test anything after it.
    let found = sweep.run_on_axum(&router, as_user("powerless")).await;
    let found = found.unwrap_err();
    assert_eq!(found.iter().count(), 1);
    assert!(
        found
            .to_string()
            .contains("the check ended before the body"),
        "{found}"
    );

    // A check that allows what the body requests, and a handler that does not check it.
    let allowed = both().with_state(allow_all(&authorizer())).unwrap();
    let found = sweep.run_on_axum(&allowed, as_user("ana")).await;
    let statuses: Vec<u16> = found
        .unwrap_err()
        .iter()
        .map(|call| call.status())
        .collect();
    assert_eq!(statuses, [200]);
    let forgetful: Routes<Authorizer> = routes![forgetful];
    let forgetful = forgetful.with_state(authorizer()).unwrap();
    let found = sweep.run_on_axum(&forgetful, as_user("ana")).await;
    let statuses: Vec<u16> = found
        .unwrap_err()
        .iter()
        .map(|call| call.status())
        .collect();
    assert_eq!(statuses, [200]);
}

const GET_APP: &str = "GET /v1/apps/{application-id}";
const QUERY: &str = "team=a%26b&page=1";

#[tokio::test]
async fn queries_are_sent_with_their_routes() {
    use axum::http::{StatusCode, Uri};

    /// A stand-in for a guarded handler, which denies.
    async fn handler(uri: Uri) -> StatusCode {
        assert_eq!(
            uri.query(),
            (uri.path() == "/v1/apps/sample").then_some(QUERY)
        );
        StatusCode::FORBIDDEN
    }

    let table = both().table().clone();
    let sweep = Sweep::new(&table)
        .query(GET_APP, "page=2")
        .query(GET_APP, QUERY);
    let uris: Vec<String> = sweep
        .calls()
        .iter()
        .map(|call| call.uri().to_owned())
        .collect();
    let export = "/v1/apps/sample/jobs/export".to_owned();
    let get = format!("/v1/apps/sample?{QUERY}");
    assert_eq!(uris, [export.clone(), export, get.clone(), get]);
    let paths: Vec<String> = sweep
        .calls()
        .iter()
        .map(|call| call.path().to_owned())
        .collect();
    assert_eq!(paths[3], "/v1/apps/sample");

    let router = axum::Router::new().fallback(handler);
    let swept = sweep.run_on_axum(&router, |_| ()).await.unwrap();
    assert_eq!(swept.calls(), 4);
    // The error names the place that was called.
    let open = axum::Router::new().fallback(async || StatusCode::BAD_REQUEST);
    let found = sweep.run_on_axum(&open, |_| ()).await.unwrap_err();
    assert!(found.to_string().contains(QUERY), "{found}");
}

#[actix_web::test]
async fn queries_are_sent_on_actix() {
    use actix_web::{App, HttpRequest, HttpResponse, test, web};

    async fn handler(request: HttpRequest) -> HttpResponse {
        let query = if request.path() == "/v1/apps/sample" {
            QUERY
        } else {
            ""
        };
        assert_eq!(request.query_string(), query);
        HttpResponse::Forbidden().finish()
    }

    let app = test::init_service(App::new().default_service(web::to(handler))).await;
    let table = both().table().clone();
    let swept = Sweep::new(&table)
        .query(GET_APP, QUERY)
        .run_on_actix(&app, |request, _| request.to_request())
        .await
        .unwrap();
    assert_eq!(swept.calls(), 4);
}

#[actix_web::test]
async fn bodies_are_sent_on_actix() {
    use actix_web::{App, HttpResponse, test, web};

    /// A stand-in for a guarded handler, which denies what a body requests.
    async fn handler(body: web::Json<serde_json::Value>) -> HttpResponse {
        assert_eq!(body["role_arn"], "arn:aws:iam::123456789012:role/export");
        HttpResponse::Forbidden().finish()
    }

    let path = "/v1/apps/{application_id}/jobs/export";
    let app = App::new().route(path, web::post().to(handler));
    let app = test::init_service(app).await;
    let table = both().table().clone();
    let swept = Sweep::new(&table)
        .body(EXPORT, BODY)
        .after_body()
        .run_on_actix(&app, |request, _| request.to_request())
        .await
        .unwrap();
    assert_eq!(swept.calls(), 2);
}
