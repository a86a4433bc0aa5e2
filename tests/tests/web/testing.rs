//! The functions that `pinpoint_iam::testing` offers to the tests of an application.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, Path};
use axum::http::{Request, StatusCode};
use axum::routing::{delete, get};
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::testing::{
    Outcome, Recorder, Sweep, SweepCaller, Unguarded, allow_all, deny_all,
};
use pinpoint_iam::web::{
    Access, ActionRequirement, Annotated, Declaration, ErrorResponses, MountedRoute, Rejection,
    Requirement, ResourceBinding, RouteTable,
};
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, Policy, Principal, Resource, Scope, mobileanalytics,
    mobiletargeting, public, requires, routes,
};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const POWERLESS: &str = "arn:aws:iam::123456789012:user/powerless";

#[derive(Clone)]
struct AppState(Authorizer);

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.0.clone()
    }
}

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(DeleteCampaign)]
async fn delete_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(GetApp, application_id = app)]
async fn get_app(Path(app): Path<String>) -> String {
    app
}

#[public("for the load balancer")]
async fn health() -> &'static str {
    "well"
}

/// A handler without a check.
async fn unguarded() -> &'static str {
    "welcome"
}

/// Allows only reading, and only tagged resources.
fn builder() -> AuthorizerBuilder {
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}}"#;
    let policy = Policy::new("policy", Document::parse(document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
}

fn principal(arn: &str) -> Principal {
    Principal::from_arn(arn).unwrap()
}

fn check(authorizer: &Authorizer, caller: &str) -> u16 {
    let (caller, context) = (principal(caller), Context::new());
    let campaign = Campaign::new("a1", "c1").unwrap();
    let checked = authorizer
        .guard(&caller, &context)
        .check(DeleteCampaign, &campaign);
    checked.map_or_else(|denied| denied.status(), |()| 200)
}

#[test]
fn everything_is_allowed_or_denied_for_every_caller() {
    let real = builder().build().unwrap();
    let allowing = allow_all(&real);
    let denying = deny_all(&real);
    for (caller, expected) in [
        (ANA, 403),
        (POWERLESS, 403),
        ("arn:aws:iam::123456789012:root", 200),
        ("arn:aws:iam::999999999999:user/eve", 403),
    ] {
        assert_eq!(check(&real, caller), expected, "{caller}");
        assert_eq!(check(&allowing, caller), 200, "{caller}");
        assert_eq!(check(&denying, caller), 403, "{caller}");
    }
    // The last call counts.
    assert_eq!(check(&deny_all(&allowing), ANA), 403);
    assert_eq!(check(&allow_all(&denying), ANA), 200);
}

/// Requirements that are checked before policies do not depend on the decision.
#[tokio::test]
async fn an_authorizer_that_allows_everything_still_needs_to_know_who_and_what() {
    let authorizer = allow_all(&builder().build().unwrap());
    let router = mounted(&authorizer);
    for (path, caller, expected) in [
        ("/v1/apps/a1/campaigns/c1", None, 401),
        ("/v1/apps/a1/campaigns/c1", Some(POWERLESS), 200),
        ("/v1/apps/a1/campaigns/*", Some(POWERLESS), 400),
    ] {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(caller) = caller {
            request.extensions_mut().insert(principal(caller));
        }
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{path} {caller:?}");
    }
    let (ana, context) = (principal(ANA), Context::new());
    let foreign = "arn:aws:mobiletargeting:us-east-1:999999999999:apps/a1/campaigns/c1";
    let denied = authorizer
        .guard(&ana, &context)
        .check_arn(GetCampaign, foreign)
        .unwrap_err();
    assert!(matches!(denied.reason(), DeniedReason::OtherScope));
}

/// Such a decision cannot be confused with one of the policies in a log or response.
#[test]
fn a_decision_for_a_test_is_recognizable() {
    let authorizer = deny_all(&builder().build().unwrap());
    let (ana, context) = (principal(ANA), Context::new());
    let campaign = Campaign::new("a1", "c1").unwrap();
    let denied = authorizer
        .guard(&ana, &context)
        .check(GetCampaign, &campaign)
        .unwrap_err();
    let reason = denied.reason().to_string();
    assert!(
        reason.contains("EVERYTHING-IS-DENIED-IN-THIS-TEST"),
        "{reason}"
    );
    let arn = campaign.arn(authorizer.scope());
    let request = pinpoint_iam::Request::new(
        &ana,
        pinpoint_iam::request::RequestedAction::parse("mobiletargeting:GetCampaign").unwrap(),
        pinpoint_iam::resource::RequestedResource::Arn(pinpoint_iam::Arn::parse(&arn).unwrap()),
        &context,
    );
    let decision = allow_all(&authorizer).decide(&request).to_string();
    assert!(
        decision.contains("EVERYTHING-IS-ALLOWED-IN-THIS-TEST"),
        "{decision}"
    );
}

#[tokio::test]
async fn a_recorder_keeps_who_asked_what_and_changes_nothing() {
    let recorder = Recorder::new();
    let source = |_: String| async { Ok([("team", "red")].into_iter().collect()) };
    let real = builder().resource_tags(source).build().unwrap();
    let router = mounted(&recorder.watch(&real));
    for (method, caller, expected) in [
        ("GET", ANA, 200),
        ("DELETE", ANA, 403),
        ("GET", POWERLESS, 403),
    ] {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = "/v1/apps/a1/campaigns/c1".parse().unwrap();
        request.extensions_mut().insert(principal(caller));
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{method} {caller}");
    }
    let campaign = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1";
    let expected = [
        (ANA, "mobiletargeting:GetCampaign", Outcome::Undecided),
        (ANA, "mobiletargeting:GetCampaign", Outcome::Allowed),
        (ANA, "mobiletargeting:DeleteCampaign", Outcome::Refused),
        (POWERLESS, "mobiletargeting:GetCampaign", Outcome::Refused),
    ];
    let asked = recorder.requests();
    assert_eq!(asked.len(), expected.len(), "{asked:?}");
    for (asked, (principal, action, outcome)) in asked.iter().zip(expected) {
        assert_eq!(
            (
                asked.principal.as_str(),
                asked.action.as_str(),
                asked.resource.as_str(),
                asked.outcome
            ),
            (principal, action, campaign, outcome)
        );
    }
    assert_eq!(recorder.take(), asked);
    assert!(recorder.requests().is_empty());
    // The observed authorizer is unchanged.
    assert_eq!(check(&real, ANA), 403);
    assert!(recorder.requests().is_empty());
}

fn mounted(authorizer: &Authorizer) -> Router {
    let routes = routes![get_campaign, delete_campaign, "GET /healthz" => health];
    routes.with_state(AppState(authorizer.clone())).unwrap()
}

fn table() -> RouteTable {
    let routes: pinpoint_iam::web::axum::Routes<AppState> =
        routes![get_campaign, delete_campaign, "GET /healthz" => health];
    routes.table().clone()
}

fn as_powerless(request: &mut Request<Body>) {
    request.extensions_mut().insert(principal(POWERLESS));
}

#[tokio::test]
async fn a_guarded_application_is_swept_clean() {
    let router = mounted(&builder().build().unwrap());
    let swept = Sweep::new(&table())
        .run_on_axum(&router, as_powerless)
        .await
        .unwrap();
    assert_eq!(swept.calls(), 4);
    let public: Vec<_> = swept.public().collect();
    let [health] = public.as_slice() else {
        panic!("{public:?}");
    };
    assert_eq!((health.call().path(), health.status()), ("/healthz", 200));
}

/// Returns the lines of the report, without the positions in the source.
fn lines(unguarded: &Unguarded) -> Vec<String> {
    let text = unguarded.to_string();
    let lines = text.lines().map(|line| match line.split_once(": `") {
        Some((_, rest)) => format!("`{rest}"),
        None => line.to_owned(),
    });
    lines.collect()
}

#[tokio::test]
async fn every_call_that_is_not_denied_is_reported() {
    let authorizer = builder().build().unwrap();
    let path = "/v1/apps/{application-id}/campaigns/{campaign-id}";
    let state = AppState(authorizer.clone());
    let router = Router::new()
        .route(path, get(unguarded))
        .with_state(state.clone());
    let found = Sweep::new(&table())
        .run_on_axum(&router, as_powerless)
        .await
        .unwrap_err();
    let called = "/v1/apps/sample/campaigns/sample";
    assert_eq!(
        lines(&found),
        [
            "4 calls were not denied".to_owned(),
            format!(
                "`get_campaign` answered 200 to a caller without a principal at `GET {called}`; nothing has stopped the call"
            ),
            format!(
                "`get_campaign` answered 200 to a powerless caller at `GET {called}`; nothing has stopped the call"
            ),
            format!(
                "`delete_campaign` answered 405 to a caller without a principal at `DELETE {called}`; the route is not mounted there, or existence is hidden: see `hiding_existence`"
            ),
            format!(
                "`delete_campaign` answered 405 to a powerless caller at `DELETE {called}`; the route is not mounted there, or existence is hidden: see `hiding_existence`"
            ),
        ]
    );
    let statuses: Vec<_> = found
        .iter()
        .map(|finding| (finding.call().caller(), finding.status()))
        .collect();
    assert_eq!(statuses.len(), 4);
    assert!(statuses.contains(&(SweepCaller::Anonymous, 200)));

    // Results with an allowed or unknown caller are not evidence about the guard.
    let router = mounted(&allow_all(&authorizer));
    let found = Sweep::new(&table())
        .run_on_axum(&router, as_powerless)
        .await
        .unwrap_err();
    assert!(found.iter().all(|finding| finding.status() == 200));
    assert_eq!(found.iter().count(), 2);
    let router = mounted(&authorizer);
    let found = Sweep::new(&table())
        .run_on_axum(&router, |_| ())
        .await
        .unwrap_err();
    assert!(found.to_string().contains("was not recognised"), "{found}");

    // Sample ids that the handler does not accept.
    let sweep = table();
    let sweep = Sweep::new(&sweep).sample("campaign_id", "a/*");
    let found = sweep.run_on_axum(&router, as_powerless).await.unwrap_err();
    let statuses: Vec<u16> = found.iter().map(|finding| finding.status()).collect();
    assert_eq!(statuses, [400, 400]);
    assert!(
        found
            .to_string()
            .contains("campaigns/a%2F%2A`; the sample ids"),
        "{found}"
    );

    // A check that cannot be performed is not a denial.
    let router = Router::new()
        .route(
            "/v1/apps/{a}/campaigns/{b}",
            delete(async || StatusCode::SERVICE_UNAVAILABLE),
        )
        .route(
            "/v1/apps/{a}/campaigns/{b}",
            get(async || StatusCode::UNAUTHORIZED),
        );
    let found = Sweep::new(&table())
        .run_on_axum(&router, as_powerless)
        .await
        .unwrap_err();
    let statuses: Vec<u16> = found.iter().map(|finding| finding.status()).collect();
    assert_eq!(statuses, [401, 503, 503]);
}

#[tokio::test]
async fn a_sweep_over_nothing_has_proved_nothing() {
    let public: pinpoint_iam::web::axum::Routes<AppState> = routes!["GET /healthz" => health];
    for table in [RouteTable::EMPTY, public.table().clone()] {
        let found = Sweep::new(&table).run(async |_| 403).await.unwrap_err();
        assert_eq!(
            found.to_string(),
            "no route in the table has to deny a caller"
        );
        assert_eq!(found.iter().count(), 0);
    }
}

#[tokio::test]
async fn hidden_existence_counts_as_a_denial_for_the_unprivileged_caller_only() {
    let hiding = ErrorResponses::aws().hiding_existence(|_| Some(Rejection::new(404)));
    let router = mounted(&builder().error_responses(hiding).build().unwrap());
    let table = table();
    let sweep = Sweep::new(&table);
    let found = sweep.run_on_axum(&router, as_powerless).await.unwrap_err();
    assert_eq!(found.iter().count(), 2);
    sweep
        .clone()
        .hiding_existence()
        .run_on_axum(&router, as_powerless)
        .await
        .unwrap();
    // A route that does not exist also responds 404 without a caller.
    let nothing = Router::new();
    let found = sweep
        .hiding_existence()
        .run_on_axum(&nothing, as_powerless)
        .await
        .unwrap_err();
    assert_eq!(found.iter().count(), 2);
    assert!(
        found
            .iter()
            .all(|finding| finding.call().caller() == SweepCaller::Anonymous)
    );
}

/// Every route of the catalogs, filled with ids that its action accepts.
#[test]
fn samples_are_ids_of_what_the_action_acts_on() {
    let services = [&mobiletargeting::SERVICE, &mobileanalytics::SERVICE];
    let mounted = services
        .iter()
        .flat_map(|service| service.actions)
        .filter_map(|action| {
            let route = action.route?;
            let declaration = Declaration {
                handler: action.name,
                module_path: "",
                file: "",
                line: 1,
                access: Access::Requires {
                    requirement: Requirement::Action(ActionRequirement {
                        action,
                        keys: &[],
                        dependents: &[],
                        resource: ResourceBinding::All,
                    }),
                    after_body: false,
                },
                path_parameters: &[],
            };
            Some(MountedRoute {
                method: route.method,
                path: route.path.into(),
                declaration: Box::leak(Box::new(declaration)),
            })
        });
    let table = RouteTable::new(mounted);
    let calls = Sweep::new(&table).calls();
    assert!(calls.len() > 200, "{}", calls.len());
    let path = |name: &str| {
        let mut calls = calls.iter();
        let call = calls.find(|call| call.route().declaration.handler == name);
        call.unwrap().path().to_owned()
    };
    for (action, expected) in [
        ("GetApp", "/v1/apps/sample"),
        ("GetCampaign", "/v1/apps/sample/campaigns/sample"),
        ("GetEmailTemplate", "/v1/templates/sample/email"),
        (
            "ListTagsForResource",
            "/v1/tags/arn%3Aaws%3Amobiletargeting%3Aus-east-1%3A123456789012%3Aapps%2Fsample",
        ),
    ] {
        assert_eq!(path(action), expected, "{action}");
    }
    for call in &calls {
        assert!(!call.path().contains(['{', '}', '*']), "{}", call.path());
    }
    let unlisted: Vec<&str> = calls
        .iter()
        .map(|call| call.path())
        .filter(|path| path.contains("templates/sample/sample"))
        .collect();
    assert!(
        unlisted.is_empty(),
        "`sample` is not a type of template: {unlisted:?}"
    );
    let china = Sweep::new(&table).in_scope(Scope::new("aws-cn", "cn-north-1", "999999999999"));
    let calls = china.calls();
    let mut arns = calls
        .iter()
        .filter(|call| call.path().contains("arn%3Aaws-cn%3A"));
    assert!(arns.next().is_some());
}

#[tokio::test]
async fn placeholders_are_filled_regardless_of_their_names() {
    let routes: pinpoint_iam::web::axum::Routes<AppState> = routes![
        "GET /{app}/x" => get_app,
        "GET /{{literal}}/{app}" => get_app,
        "GET /rest/{*app}" => get_app,
    ];
    let table = routes.table();
    let paths = |sweep: Sweep<'_>| -> Vec<String> {
        let nobody = sweep
            .calls()
            .into_iter()
            .filter(|call| call.caller() == SweepCaller::Anonymous);
        nobody.map(|call| call.path().to_owned()).collect()
    };
    assert_eq!(
        paths(Sweep::new(table)),
        ["/sample/x", "/{literal}/sample", "/rest/sample"]
    );
    let given = Sweep::new(table)
        .sample("app", "first")
        .sample("app", "ü 2");
    assert_eq!(
        paths(given),
        ["/%C3%BC%202/x", "/{literal}/%C3%BC%202", "/rest/%C3%BC%202"]
    );
    assert_eq!(get_app::declaration().handler, "get_app");
}

mod on_actix {
    use actix_web::test::{TestRequest, init_service};
    use actix_web::{App, HttpMessage as _, web};
    use pinpoint_iam::web::actix::{Path, guarded};

    use super::*;

    #[requires(GetCampaign)]
    async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
        format!("{application_id} {campaign_id}")
    }

    /// The same route, once with the guard and once without.
    #[actix_web::test]
    async fn an_application_on_actix_is_swept_alike() {
        let path = "/v1/apps/{application_id}/campaigns/{campaign_id}";
        let table = RouteTable::new([MountedRoute {
            method: "GET",
            path: path.into(),
            declaration: get_campaign::declaration(),
        }]);
        let send = |request: TestRequest, caller: SweepCaller| {
            let request = request.to_request();
            if caller == SweepCaller::Unprivileged {
                request.extensions_mut().insert(principal(POWERLESS));
            }
            request
        };
        let authorizer = builder().build().unwrap();
        let app = App::new()
            .app_data(authorizer)
            .route(path, web::get().to(guarded(get_campaign)));
        let app = init_service(app).await;
        let swept = Sweep::new(&table).run_on_actix(&app, send).await.unwrap();
        assert_eq!(swept.calls(), 2);

        let open = App::new().route(path, web::get().to(unguarded));
        let open = init_service(open).await;
        let found = Sweep::new(&table)
            .run_on_actix(&open, send)
            .await
            .unwrap_err();
        let statuses: Vec<u16> = found.iter().map(|finding| finding.status()).collect();
        assert_eq!(statuses, [200, 200]);
    }
}
