//! `routes!` for actix-web: where handlers are mounted, and which routes are rejected when the service is built.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpMessage, web};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::actix::{Path, Routes, routes};
use pinpoint_iam::web::{RouteOverride, RouteTable};
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, public, requires};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(DeleteCampaign)]
async fn delete_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id} deleted")
}

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApps)]
async fn generic<T: Default + ToString + 'static>() -> String {
    T::default().to_string()
}

#[public("load balancer health check")]
async fn health() -> &'static str {
    "healthy"
}

#[public("tells what is left of the path")]
async fn rest(Path(rest): Path<String>) -> String {
    rest
}

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Returns an authorizer that allows Ana to read.
fn authorizer() -> Authorizer {
    let document = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}
    ]}"#;
    let mut store = PolicyStore::new();
    let policy = Policy::new("test", Document::parse(document).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

/// Checks the responses of an application with these routes: method, path, whether Ana is the caller, status and body.
async fn assert_answers(routes: Routes, cases: &[(&str, &str, bool, u16, &str)]) {
    let app = App::new()
        .app_data(authorizer())
        .service(routes.service().unwrap());
    let app = init_service(app).await;
    for &(method, path, is_ana, status, body) in cases {
        let request = TestRequest::with_uri(path)
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .to_request();
        if is_ana {
            let ana = Principal::from_arn(ANA).unwrap();
            request.extensions_mut().insert(ana);
        }
        let response = call_service(&app, request).await;
        let answered = response.status().as_u16();
        let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        assert_eq!(answered, status, "{method} {path}: {text}");
        assert!(text.contains(body), "{method} {path}: {text}");
    }
}

fn listed(table: &RouteTable) -> Vec<String> {
    table
        .iter()
        .map(|route| format!("{route} {}", route.declaration.handler))
        .collect()
}

fn all() -> Routes {
    routes![
        get_campaign,
        delete_campaign,
        "/v2/apps/{application-id}" => get_app,
        generic::<u8>,
        "GET /healthz" => health,
        "GET /files/{*rest}" => rest,
    ]
}

#[test]
fn method_and_path_come_from_the_catalog_unless_they_are_given() {
    assert_eq!(
        listed(all().table()),
        [
            "GET /v1/apps/{application-id}/campaigns/{campaign-id} get_campaign",
            "DELETE /v1/apps/{application-id}/campaigns/{campaign-id} delete_campaign",
            "GET /v2/apps/{application-id} get_app",
            "GET /v1/apps generic",
            "GET /healthz health",
            "GET /files/{*rest} rest",
        ]
    );
}

#[actix_web::test]
async fn what_is_mounted_is_guarded() {
    let campaign = "/v1/apps/a1/campaigns/c1";
    assert_answers(
        all(),
        &[
            ("GET", campaign, true, 200, "a1 c1"),
            ("GET", campaign, false, 401, "Message"),
            ("DELETE", campaign, true, 403, "DeleteCampaign"),
            ("GET", "/v2/apps/a1", true, 200, "a1"),
            ("GET", "/v2/apps/a1", false, 401, "Message"),
            ("GET", "/v1/apps", true, 200, "0"),
            ("GET", "/healthz", false, 200, "healthy"),
            ("GET", "/files/a/b", false, 200, "a/b"),
            ("GET", "/files/", false, 404, ""),
            ("GET", "/v1/apps/a1", true, 404, ""),
            ("GET", "/v1/apps/a1/campaigns/c1/", true, 404, ""),
        ],
    )
    .await;
}

#[actix_web::test]
async fn head_is_served_by_the_handler_of_get_after_its_check() {
    let campaign = "/v1/apps/a1/campaigns/c1";
    assert_answers(
        all(),
        &[
            ("HEAD", campaign, true, 200, ""),
            ("HEAD", campaign, false, 401, ""),
        ],
    )
    .await;
}

#[actix_web::test]
async fn a_handler_of_head_goes_before_that_of_get() {
    assert_answers(
        routes!["GET /apps" => generic::<u8>, "HEAD /apps" => health],
        &[
            ("HEAD", "/apps", false, 200, "healthy"),
            ("GET", "/apps", false, 401, "Message"),
            ("GET", "/apps", true, 200, "0"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn other_methods_are_not_answered() {
    let campaign = "/v1/apps/a1/campaigns/c1";
    for method in ["OPTIONS", "POST", "TRACE"] {
        assert_answers(
            all(),
            &[
                (method, campaign, true, 405, ""),
                (method, campaign, false, 405, ""),
            ],
        )
        .await;
    }
}

#[actix_web::test]
async fn a_literal_goes_before_a_placeholder_in_any_order() {
    let cases = [
        ("GET", "/a/b", false, 200, "healthy"),
        ("GET", "/a/c", false, 200, "c"),
        ("GET", "/a/vc", false, 200, "c"),
        ("GET", "/a/b/c", false, 200, "b/c"),
    ];
    assert_answers(
        routes![
            "GET /a/{*rest}" => rest,
            "GET /a/{rest}" => rest,
            "GET /a/v{rest}" => rest,
            "GET /a/b" => health,
        ],
        &cases,
    )
    .await;
    assert_answers(
        routes![
            "GET /a/b" => health,
            "GET /a/v{rest}" => rest,
            "GET /a/{rest}" => rest,
            "GET /a/{*rest}" => rest,
        ],
        &cases,
    )
    .await;
}

#[actix_web::test]
async fn lists_are_joined_and_put_under_prefixes() {
    let routes = routes![get_app].nest(
        "/tenants/{tenant}",
        routes!["GET /" => health].merge(routes!["GET /deep" => health]),
    );
    assert_eq!(
        listed(routes.table()),
        [
            "GET /v1/apps/{application-id} get_app",
            "GET /tenants/{tenant} health",
            "GET /tenants/{tenant}/deep health",
        ]
    );
    assert_answers(
        routes,
        &[
            ("GET", "/v1/apps/a1", true, 200, "a1"),
            ("GET", "/tenants/t", false, 200, "healthy"),
            ("GET", "/tenants/t/deep", false, 200, "healthy"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn a_scope_takes_routes_too() {
    let service = routes!["GET /healthz" => health].service().unwrap();
    let app = App::new().service(web::scope("/internal").service(service));
    let app = init_service(app).await;
    let request = TestRequest::with_uri("/internal/healthz").to_request();
    assert_eq!(call_service(&app, request).await.status(), 200);
}

/// Returns the errors of routes that cannot be served, without the positions of the handlers.
fn faults(routes: Routes) -> Vec<String> {
    let faults = routes.service().unwrap_err();
    faults
        .iter()
        .map(|fault| format!("{}: {}", fault.declaration().handler, fault.message()))
        .collect()
}

fn at(method: &'static str, path: &'static str) -> Routes {
    let place = RouteOverride {
        method: Some(method),
        path: Some(path),
    };
    Routes::new().mount::<health, _, _, _>(health, place)
}

#[test]
fn routes_that_cannot_be_served_are_reported_together() {
    let found = faults(routes![health, get_app, "GET /v1/apps/{application-id}" => health]);
    assert_eq!(found.len(), 2, "{found:?}");
    let swapped = faults(routes!["/{campaign-id}/{application-id}" => get_campaign]);
    assert!(swapped[0].contains("has another order"), "{swapped:?}");
    let lacking = faults(routes!["/v2/{app}" => get_app]);
    assert!(
        lacking[0].contains("needs the placeholder `{application-id}`"),
        "{lacking:?}"
    );
}

#[test]
fn paths_and_methods_that_actix_rejects_are_errors_not_panics() {
    let many = "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}";
    for path in [
        "",
        "x",
        "/{id",
        "/{id:[0-9]+}",
        "/{{x}}",
        "/x*",
        "/{1}",
        "/{ö}",
        "/{a.b}",
        many,
    ] {
        assert_eq!(faults(at("GET", path)).len(), 1, "{path}");
    }
    for method in ["", "get", "GE T"] {
        assert_eq!(faults(at(method, "/")).len(), 1, "{method}");
    }
}

mod elsewhere {
    #[pinpoint_iam::public("the original")]
    pub(crate) async fn shadowed() -> &'static str {
        ""
    }
}

#[test]
fn a_function_that_shadows_a_public_handler_is_not_public() {
    mod here {
        use super::elsewhere::*;
        use super::{Routes, routes};

        async fn shadowed() -> &'static str {
            "open"
        }

        pub(super) fn routes() -> Routes {
            routes!["GET /" => shadowed]
        }
    }
    let found = faults(here::routes());
    assert!(
        found[0].contains("another function with this name"),
        "{found:?}"
    );
}

#[actix_web::test]
async fn every_route_of_the_catalog_can_be_served_at_once() {
    let actions = pinpoint_iam::mobiletargeting::Action::ALL.iter();
    let routes = actions
        .filter_map(|action| action.metadata().route)
        .map(|route| RouteOverride {
            method: Some(route.method),
            path: Some(route.path),
        })
        .collect::<std::collections::HashSet<_>>()
        .into_iter()
        .fold(Routes::new(), |routes, place| {
            routes.mount::<health, _, _, _>(health, place)
        });
    assert!(routes.table().iter().count() > 100);
    assert_answers(
        routes,
        &[("GET", "/v1/apps/a/campaigns/c", false, 200, "healthy")],
    )
    .await;
}

proptest! {
    /// Accepted routes can be served. actix-web would panic if it rejected a path.
    #[test]
    fn what_is_accepted_is_served(places in vec((method(), path()), 1..6)) {
        let routes = places.into_iter().fold(Routes::new(), |routes, (method, path)| {
            routes.merge(at(method, path.leak()))
        });
        if let Ok(service) = routes.service() {
            actix_web::rt::System::new().block_on(async {
                init_service(App::new().service(service)).await;
            });
        }
    }
}

fn method() -> impl Strategy<Value = &'static str> {
    select(vec!["GET", "HEAD", "POST"])
}

fn path() -> impl Strategy<Value = String> {
    let segment = select(vec![
        "", "a", "b", "{x}", "{y}", "{x-y}", "a{x}", "a{y}", "{*r}", "a{*r}", "{{", "{{x}}",
        "{x}}}", "}}", "{1}", "{x y}", "{x:a}", "{_}", "{-}", "a*", "*", ":a", "%7B", "ä", "(",
        "[a", "\\d", ".+", "a:b",
    ]);
    vec(segment, 1..4).prop_map(|segments| format!("/{}", segments.join("/")))
}
