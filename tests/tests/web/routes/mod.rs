//! `routes!` for axum: where handlers are mounted, and which routes are rejected when the router is built.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod parameters;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Request;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::web::{Access, Annotated, Declaration, RouteOverride, RouteTable};
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, public, requires, routes};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tower::ServiceExt;

use self::parameters::several;

mod campaigns {
    use super::*;

    #[requires(GetCampaign)]
    pub(crate) async fn get_campaign(
        Path((application_id, campaign_id)): Path<(String, String)>,
    ) -> String {
        format!("{application_id} {campaign_id}")
    }

    #[requires(DeleteCampaign)]
    pub(crate) async fn delete_campaign(
        Path((application_id, campaign_id)): Path<(String, String)>,
    ) -> String {
        format!("{application_id} {campaign_id} deleted")
    }
}

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(mobileanalytics::PutEvents)]
async fn put_events() -> &'static str {
    "events"
}

#[requires(GetApps)]
async fn generic<T: Default + ToString + Send + 'static>() -> String {
    T::default().to_string()
}

#[public("load balancer health check")]
async fn health() -> &'static str {
    "healthy"
}

#[public("the version is no secret")]
async fn version<T: Default + ToString + Send + 'static>(State(_): State<Authorizer>) -> String {
    T::default().to_string()
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

async fn answer(
    router: &Router,
    method: &str,
    path: &str,
    principal: Option<&str>,
) -> (u16, String) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap();
    if let Some(arn) = principal {
        request
            .extensions_mut()
            .insert(Principal::from_arn(arn).unwrap());
    }
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn listed(table: &RouteTable) -> Vec<String> {
    table
        .iter()
        .map(|route| format!("{route} {}", route.declaration.handler))
        .collect()
}

fn all() -> Routes<Authorizer> {
    routes![
        campaigns::get_campaign,
        campaigns::delete_campaign,
        "/v2/apps/{application-id}" => get_app,
        "POST /events" => put_events,
        generic::<u8>,
        "GET /healthz" => health,
        "GET /version" => version::<u16>,
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
            "POST /events put_events",
            "GET /v1/apps generic",
            "GET /healthz health",
            "GET /version version",
        ]
    );
    let routes: Routes<Authorizer> = routes!["PUT" => get_app];
    assert_eq!(
        listed(routes.table()),
        ["PUT /v1/apps/{application-id} get_app"]
    );
}

#[test]
fn conditions_hold_for_single_entries() {
    let routes: Routes<Authorizer> = routes![
        #[cfg(any())]
        no_such_handler,
        #[cfg(all())]
        get_app,
    ];
    assert_eq!(routes.table().iter().count(), 1);
}

#[test]
fn the_table_contains_the_declarations_of_the_handlers() {
    let routes = all();
    let declarations: Vec<&Declaration> = routes
        .table()
        .iter()
        .map(|route| route.declaration)
        .collect();
    let [get_campaign, .., health, version] = declarations.as_slice() else {
        panic!("{declarations:?}");
    };
    assert_eq!(
        get_campaign.module_path,
        concat!(module_path!(), "::campaigns")
    );
    assert!(get_campaign.file.contains("tests/web/routes/"));
    assert!(matches!(
        health.access,
        Access::Public {
            reason: "load balancer health check"
        }
    ));
    assert_eq!(version.handler, "version");
}

#[tokio::test]
async fn what_is_mounted_is_guarded() {
    let app = all().with_state(authorizer()).unwrap();
    let campaign = "/v1/apps/a1/campaigns/c1";
    for (method, path, principal, status, body) in [
        ("GET", campaign, Some(ANA), 200, "a1 c1"),
        ("GET", campaign, None, 401, "Message"),
        ("DELETE", campaign, Some(ANA), 403, "DeleteCampaign"),
        ("GET", "/v2/apps/a1", Some(ANA), 200, "a1"),
        ("GET", "/v2/apps/a1", None, 401, "Message"),
        ("POST", "/events", Some(ANA), 403, "PutEvents"),
        ("GET", "/v1/apps", Some(ANA), 200, "0"),
        ("GET", "/healthz", None, 200, "healthy"),
        ("GET", "/version", None, 200, "0"),
        ("GET", "/v1/apps/a1", Some(ANA), 404, ""),
    ] {
        let (answered, text) = answer(&app, method, path, principal).await;
        assert_eq!(answered, status, "{method} {path}: {text}");
        assert!(text.contains(body), "{method} {path}: {text}");
    }
}

#[tokio::test]
async fn head_is_checked_as_get_is_and_options_is_not_answered() {
    let app = all().with_state(authorizer()).unwrap();
    let campaign = "/v1/apps/a1/campaigns/c1";
    for (method, principal, status) in [
        ("HEAD", Some(ANA), 200),
        ("HEAD", None, 401),
        ("OPTIONS", Some(ANA), 405),
        ("OPTIONS", None, 405),
        ("TRACE", None, 405),
    ] {
        let (answered, body) = answer(&app, method, campaign, principal).await;
        assert_eq!(
            (answered, body.as_str()),
            (status, ""),
            "{method} {principal:?}"
        );
    }
}

#[tokio::test]
async fn lists_are_joined_and_put_under_prefixes() {
    let routes = routes![get_app]
        .merge(routes!["GET /healthz" => health])
        .nest(
            "/tenants/{tenant}/",
            routes!["GET /" => health].nest("/deep", routes!["GET /{x}" => health]),
        )
        .nest("/inner", routes![campaigns::get_campaign]);
    assert_eq!(
        listed(routes.table()),
        [
            "GET /v1/apps/{application-id} get_app",
            "GET /healthz health",
            "GET /tenants/{tenant} health",
            "GET /tenants/{tenant}/deep/{x} health",
            "GET /inner/v1/apps/{application-id}/campaigns/{campaign-id} get_campaign",
        ]
    );
    let app = routes.with_state(authorizer()).unwrap();
    for (path, principal, status) in [
        ("/v1/apps/a1", None, 401),
        ("/v1/apps/a1", Some(ANA), 200),
        ("/healthz", None, 200),
        ("/tenants/t", None, 200),
        ("/tenants/t/deep/x", None, 200),
        ("/inner/v1/apps/a1/campaigns/c1", None, 401),
    ] {
        let (answered, _) = answer(&app, "GET", path, principal).await;
        assert_eq!(answered, status, "{path}");
    }
}

/// Returns the errors of routes that cannot be served, without the positions of the handlers.
fn faults(routes: Routes<Authorizer>) -> Vec<String> {
    let faults = routes.router().unwrap_err();
    let texts = faults.iter().map(|fault| {
        assert!(fault.declaration().file.contains("tests/web/routes/"));
        assert!(!fault.hint().is_empty());
        format!("{}: {}", fault.declaration().handler, fault.message())
    });
    texts.collect()
}

#[test]
fn rejects_two_handlers_on_one_route() {
    let twice = faults(routes![
        get_app,
        "GET /v1/apps/{id}" => health,
        get_app,
    ]);
    let [first, second] = twice.as_slice() else {
        panic!("{twice:?}");
    };
    assert!(
        first.starts_with("health: `get_app` at ")
            && first.ends_with(" has the same route `GET /v1/apps/{id}`"),
        "{first}"
    );
    assert!(
        second.starts_with("get_app: `get_app` at ")
            && second.ends_with(" has the same route `GET /v1/apps/{application-id}`"),
        "{second}"
    );
}

#[test]
fn a_nested_list_is_compared_with_the_outer_one() {
    let twice = faults(routes!["GET /a/b" => health].nest("/a", routes!["GET /b" => health]));
    assert_eq!(twice.len(), 1, "{twice:?}");
}

#[test]
fn placeholders_of_one_path_have_one_name() {
    let found = faults(routes![get_app, "PUT /v1/apps/{id}" => health]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("name the placeholders of one path differently"),
        "{found:?}"
    );
}

#[test]
fn rejects_a_handler_without_a_route() {
    assert_eq!(
        faults(routes![
            health,
            "POST" => health,
            "/x" => health,
            put_events,
            several,
            "/several" => several,
        ]),
        [
            "health: a public handler has no route in the catalog",
            "health: a public handler has no route in the catalog",
            "health: a public handler has no route in the catalog",
            "put_events: the catalog has no route for `mobileanalytics:PutEvents`",
            "several: a handler that requires several actions has no route in the catalog",
            "several: a handler that requires several actions has no route in the catalog",
        ]
    );
}

#[test]
fn faults_are_reported_together_with_place_and_remedy() {
    let faults = routes![health, "GET /a/b" => health, "GET /a/b" => health]
        .with_state(authorizer())
        .unwrap_err();
    let text = faults.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0], "2 routes cannot be served");
    let Declaration { file, line, .. } = health::declaration();
    assert_eq!(
        lines[1],
        format!(
            "  {file}:{line}: `health`: a public handler has no route in the catalog; add the method and path, as in `\"GET /healthz\" => health`"
        )
    );
    assert_eq!(text, format!("{faults:?}"));
}

#[test]
fn paths_that_axum_rejects_are_errors_not_panics() {
    for path in [
        "",
        "x",
        "/:id",
        "/*rest",
        "/{id",
        "/id}",
        "/{}",
        "/{a}{b}",
        "/{a}.json",
        "/{*rest}/x",
        "/{a}/{a}",
    ] {
        let place = RouteOverride {
            method: Some("GET"),
            path: Some(path),
        };
        let routes = Routes::<Authorizer>::new().mount::<health, _, _, _>(health, place);
        assert_eq!(faults(routes).len(), 1, "{path}");
    }
    let beside_rest = [
        "health: `GET /{b}` cannot be served together with the path `/{*a}`",
        "health: `GET /{c}/x` cannot be served together with the path `/{*a}`",
    ];
    assert_eq!(
        faults(routes![
            "GET /{*a}" => health,
            "GET /{b}" => health,
            "GET /{c}/x" => health,
        ]),
        beside_rest
    );
}

proptest! {
    /// Accepted routes can be served. axum would panic if it rejected a path.
    #[test]
    fn what_is_accepted_is_served(places in vec((method(), path()), 1..6)) {
        let routes = places.into_iter().fold(Routes::<Authorizer>::new(), |routes, (method, path)| {
            let place = RouteOverride {
                method: Some(method),
                path: Some(path.leak()),
            };
            routes.mount::<health, _, _, _>(health, place)
        });
        if routes.check().is_ok() {
            prop_assert!(routes.router().is_ok());
        }
    }
}

fn method() -> impl Strategy<Value = &'static str> {
    select(vec!["GET", "HEAD", "POST"])
}

fn path() -> impl Strategy<Value = String> {
    let segment = select(vec![
        "", "a", "b", "{x}", "{y}", "a{x}", "a{y}", "{*r}", "a{*r}", "{{", "{{x}}", "{{{x}",
        "{x}}}", "}}", "{x}a", ":a", "*", "%7B", "ä",
    ]);
    vec(segment, 1..4).prop_map(|segments| format!("/{}", segments.join("/")))
}

#[test]
fn methods_that_axum_rejects_are_errors_not_panics() {
    for method in ["", "get", "PURGE", "GE T"] {
        let place = RouteOverride {
            method: Some(method),
            path: Some("/"),
        };
        let routes = Routes::<Authorizer>::new().mount::<health, _, _, _>(health, place);
        assert_eq!(
            faults(routes),
            [format!("health: axum cannot serve the method `{method}`")]
        );
    }
}

mod elsewhere {
    use super::*;

    #[public("the original")]
    pub(crate) async fn shadowed() {}

    #[public("the original")]
    pub(crate) async fn shadowed_generic<T: Default + Send + 'static>() {
        drop(T::default());
    }
}

#[test]
fn a_function_that_shadows_a_public_handler_is_not_public() {
    mod here {
        use super::elsewhere::*;
        use super::*;

        async fn shadowed() {}
        pub(super) fn routes() -> Routes<Authorizer> {
            routes!["GET /a" => shadowed]
        }
    }
    let found = faults(here::routes());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("another function with this name"),
        "{found:?}"
    );
    let routes: Routes<Authorizer> =
        routes!["GET /a" => elsewhere::shadowed, "GET /b" => elsewhere::shadowed_generic::<u8>];
    routes.check().unwrap();
}

#[test]
fn a_handler_at_two_places_is_served_at_both() {
    let routes: Routes<Authorizer> = routes![get_app, "/v2/apps/{application-id}" => get_app];
    routes.check().unwrap();
    assert_eq!(routes.table().iter().count(), 2);
}

#[test]
fn every_route_of_the_catalog_can_be_served_at_once() {
    let actions = pinpoint_iam::mobiletargeting::Action::ALL.iter();
    let routes = actions
        .filter_map(|action| action.metadata().route)
        .map(|route| RouteOverride {
            method: Some(route.method),
            path: Some(route.path),
        })
        .collect::<std::collections::HashSet<_>>()
        .into_iter()
        .fold(Routes::<Authorizer>::new(), |routes, place| {
            routes.mount::<health, _, _, _>(health, place)
        });
    assert!(routes.table().iter().count() > 100);
    routes.check().unwrap();
    let _ = routes.router().unwrap();
}
