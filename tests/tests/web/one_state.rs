//! A request is decided by one state of the policies, even if they are reloaded between its checks.
//!
//! This does not depend on timing: the code that runs between two checks reloads the policies itself.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::test::TestRequest;
use actix_web::web::ServiceConfig;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, State};
use axum::http::Request;
use axum::http::request::Parts;
use axum::routing::post;
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::{DeniedReason, Tags, TagsUnavailable};
use pinpoint_iam::mobiletargeting::{App, Campaign, CreateCampaign, DeleteCampaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::{Authorizer, Denied, Guard, Permit, Policy, Principal, Scope, requires};
use tower::ServiceExt as _;

/// Policies of Ana that change with every load. The last ones remain.
struct Loads {
    statements: Vec<&'static str>,
    next: AtomicUsize,
}

impl PolicySource for Loads {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        let next = self.next.fetch_add(1, Ordering::SeqCst);
        let statement = self.statements[next.min(self.statements.len() - 1)];
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        let mut store = PolicyStore::new();
        store
            .identity("arn:aws:iam::111122223333:user/ana")
            .unwrap()
            .attach(Policy::new("own", Document::parse(&document).unwrap()));
        Ok(store)
    }
}

const GET: &str =
    r#"{"Effect": "Allow", "Action": "mobiletargeting:GetCampaign", "Resource": "*"}"#;
const DELETE: &str =
    r#"{"Effect": "Allow", "Action": "mobiletargeting:DeleteCampaign", "Resource": "*"}"#;
const BOTH: &str = r#"{"Effect": "Allow", "Resource": "*",
    "Action": ["mobiletargeting:GetCampaign", "mobiletargeting:DeleteCampaign"]}"#;
const NOTHING: &str = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;
const RED: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*",
    "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;
const RED_ONLY: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:CreateCampaign", "Resource": "*",
    "Condition": {"StringEquals": {"aws:RequestTag/team": "red"}}}"#;
const EVERYTHING: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

fn loads(statements: &[&'static str]) -> Loads {
    Loads {
        statements: statements.to_vec(),
        next: AtomicUsize::new(0),
    }
}

fn user(name: &str) -> Principal {
    Principal::from_arn(&format!("arn:aws:iam::111122223333:user/{name}")).unwrap()
}

fn authorizer(statements: &[&'static str]) -> Authorizer {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(loads(statements))
        .build()
        .unwrap()
}

/// Creates an authorizer whose tag source reloads the policies before it returns tags.
fn reloading_with_tags(statements: &[&'static str]) -> Authorizer {
    let place = Arc::new(OnceLock::<Authorizer>::new());
    let found = Arc::clone(&place);
    let tags = move |_| {
        let authorizer = found.get().cloned();
        async move {
            let authorizer = authorizer.ok_or_else(|| TagsUnavailable::new("too early"))?;
            authorizer.reload().map_err(TagsUnavailable::new)?;
            Ok([("team", "red")].into_iter().collect::<Tags>())
        }
    };
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .source(loads(statements))
        .resource_tags(tags)
        .build()
        .unwrap();
    place.set(authorizer.clone()).unwrap();
    authorizer
}

/// Reloads the policies, and returns the id `c1`.
fn after_reload(authorizer: &Authorizer) -> &'static str {
    authorizer.reload().unwrap();
    "c1"
}

#[requires(
    all(GetCampaign(campaign_id = "c1"), DeleteCampaign(campaign_id = after_reload(authorizer))),
    guard = guard
)]
fn both(guard: &Guard<'_>, authorizer: &Authorizer, application_id: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(
    any(GetCampaign(campaign_id = "c1"), DeleteCampaign(campaign_id = after_reload(authorizer))),
    guard = guard
)]
fn either(guard: &Guard<'_>, authorizer: &Authorizer, application_id: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(GetCampaign(campaign_id = "c1"), guard = guard)]
#[requires(DeleteCampaign(campaign_id = after_reload(authorizer)))]
fn several(guard: &Guard<'_>, authorizer: &Authorizer, application_id: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(GetCampaign, guard = guard)]
fn get(guard: &Guard<'_>, application_id: &str, campaign_id: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(DeleteCampaign, guard = guard)]
fn delete(guard: &RequestGuard, application_id: &str, campaign_id: &str) -> Result<(), Denied> {
    Ok(())
}

type Check = fn(&Guard<'_>, &Authorizer, &str) -> Result<(), Denied>;

#[test]
fn all_parts_of_a_check_are_decided_by_one_state() {
    let cases: [(&str, Check, [&str; 2], bool); 8] = [
        ("all", both, [GET, DELETE], false),
        ("all", both, [BOTH, NOTHING], true),
        ("all", both, [NOTHING, BOTH], false),
        ("any", either, [DELETE, GET], true),
        ("any", either, [NOTHING, DELETE], false),
        ("several attributes", several, [GET, DELETE], false),
        ("several attributes", several, [BOTH, NOTHING], true),
        ("several attributes", several, [NOTHING, BOTH], false),
    ];
    for (name, check, states, expected) in cases {
        let authorizer = authorizer(&states);
        let (ana, context) = (user("ana"), Context::new());
        let guard = authorizer.guard(&ana, &context);
        let passed = check(&guard, &authorizer, "a1").is_ok();
        assert_eq!(passed, expected, "{name} of {states:?}");
        // The next request is decided by the current state.
        let now = authorizer.guard(&ana, &context);
        let expected = states[1] == DELETE || states[1] == BOTH;
        let campaign = Campaign::new("a1", "c1").unwrap();
        assert_eq!(now.check(DeleteCampaign, &campaign).is_ok(), expected);
    }
}

#[test]
fn guards_that_are_made_from_one_are_decided_by_its_state() {
    let authorizer = authorizer(&[GET, NOTHING]);
    let (ana, context) = (user("ana"), Context::new());
    let guard = authorizer.guard(&ana, &context);
    authorizer.reload().unwrap();
    let campaign = Campaign::new("a1", "c1").unwrap();
    let scope = authorizer.scope().clone();
    let others = [
        guard.clone(),
        guard.clone().in_scope(&scope),
        guard.clone().with_request_tags(&context),
    ];
    for other in &others {
        assert!(other.check(GetCampaign, &campaign).is_ok());
        assert!(other.authorize(GetCampaign, &campaign).is_ok());
        let arn = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1/campaigns/c1";
        assert!(other.check_arn(GetCampaign, arn).is_ok());
        assert!(get(other, "a1", "c1").is_ok());
    }
    let now = authorizer.guard(&ana, &context);
    assert!(now.check(GetCampaign, &campaign).is_err());
}

#[tokio::test]
async fn a_check_that_waited_for_tags_is_decided_by_its_first_state() {
    #[requires(GetCampaign, guard = guard)]
    async fn get(guard: &Guard<'_>, application_id: &str, campaign_id: &str) -> Result<(), Denied> {
        Ok(())
    }

    for (states, expected) in [([RED, NOTHING], true), ([RED, EVERYTHING], true)] {
        let authorizer = reloading_with_tags(&states);
        let (ana, context) = (user("ana"), Context::new());
        let guard = authorizer.guard(&ana, &context);
        assert_eq!(get(&guard, "a1", "c1").await.is_ok(), expected);
        assert_eq!(authorizer.tag_fetches(), 1);
    }
}

/// A guard that is kept does not keep old policies in memory without limit.
#[test]
fn a_guard_older_than_many_reloads_denies() {
    let authorizer = authorizer(&[EVERYTHING]);
    let (ana, context) = (user("ana"), Context::new());
    let app = App::new("a1").unwrap();
    let mut kept = Vec::new();
    let reload = |times: usize, kept: &mut Vec<_>| {
        for _ in 0..times {
            kept.push(authorizer.guard(&ana, &context));
            authorizer.reload().unwrap();
        }
    };
    let passes = |guard: &Guard<'_>| guard.check(CreateCampaign, &app).is_ok();
    reload(8, &mut kept);
    assert!(kept.iter().all(passes));
    reload(2, &mut kept);
    for guard in &kept[..2] {
        let denied = guard.check(CreateCampaign, &app).unwrap_err();
        assert!(matches!(denied.reason(), DeniedReason::PoliciesUnavailable));
        assert_eq!(denied.status(), 503);
    }
    assert!(kept[2..].iter().all(passes));
    // If no guard is kept, old policies are freed.
    let guard = authorizer.guard(&ana, &context);
    kept.clear();
    for _ in 0..20 {
        authorizer.reload().unwrap();
    }
    assert!(passes(&guard));
}

/// Reloads the policies when it is extracted from a request.
struct Reloading;

impl FromRequestParts<Authorizer> for Reloading {
    type Rejection = String;

    async fn from_request_parts(_: &mut Parts, authorizer: &Authorizer) -> Result<Self, String> {
        authorizer.reload().map_err(|error| error.to_string())?;
        Ok(Self)
    }
}

impl actix_web::FromRequest for Reloading {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, actix_web::Error>>;

    fn from_request(
        request: &actix_web::HttpRequest,
        _: &mut actix_web::dev::Payload,
    ) -> Self::Future {
        request.app_data::<Authorizer>().unwrap().reload().unwrap();
        std::future::ready(Ok(Self))
    }
}

/// The tags in a body. The policies are reloaded when it is read.
struct ReloadingBody(Vec<(String, String)>);

fn tags(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

impl FromRequest<Authorizer> for ReloadingBody {
    type Rejection = String;

    async fn from_request(request: Request<Body>, authorizer: &Authorizer) -> Result<Self, String> {
        let text = <String as FromRequest<Authorizer>>::from_request(request, authorizer).await;
        authorizer.reload().map_err(|error| error.to_string())?;
        Ok(Self(tags(&text.map_err(|error| error.to_string())?)))
    }
}

impl actix_web::FromRequest for ReloadingBody {
    type Error = actix_web::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(
        request: &actix_web::HttpRequest,
        payload: &mut actix_web::dev::Payload,
    ) -> Self::Future {
        let text = <String as actix_web::FromRequest>::from_request(request, payload);
        let authorizer = request.app_data::<Authorizer>().unwrap().clone();
        Box::pin(async move {
            authorizer.reload().unwrap();
            Ok(Self(tags(&text.await?)))
        })
    }
}

mod on_axum {
    use super::*;

    #[requires(CreateCampaign, request_tags = body.iter().cloned().collect::<Tags>(), dependents = none)]
    pub(super) async fn create(
        Path(application_id): Path<String>,
        ReloadingBody(body): ReloadingBody,
    ) -> String {
        format!("{application_id} {}", body.len())
    }

    #[requires(GetCampaign)]
    pub(super) async fn get_and_delete(
        Path((application_id, campaign_id)): Path<(String, String)>,
        _: Reloading,
        permit: Permit<DeleteCampaign>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", permit.arn())
    }

    #[requires(GetCampaign)]
    pub(super) async fn get_then_delete(
        Path((application_id, campaign_id)): Path<(String, String)>,
        State(authorizer): State<Authorizer>,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        authorizer.reload().unwrap();
        delete(&guard, &application_id, &campaign_id)?;
        Ok(campaign_id)
    }

    /// Returns the status for Ana.
    pub(super) async fn send(authorizer: &Authorizer, path: &str, body: &str) -> u16 {
        let router = Router::new()
            .route("/apps/{application_id}", post(create))
            .route(
                "/permit/{application_id}/{campaign_id}",
                post(get_and_delete),
            )
            .route(
                "/guard/{application_id}/{campaign_id}",
                post(get_then_delete),
            )
            .with_state(authorizer.clone());
        let mut request = Request::post(path)
            .body(Body::from(body.to_owned()))
            .unwrap();
        request.extensions_mut().insert(user("ana"));
        router.oneshot(request).await.unwrap().status().as_u16()
    }
}

mod on_actix {
    use actix_web::{App as Application, HttpMessage, HttpRequest, test, web};
    use pinpoint_iam::web::actix::Path;

    use super::*;

    #[requires(CreateCampaign, request_tags = body.iter().cloned().collect::<Tags>(), dependents = none)]
    pub(super) async fn create(
        Path(application_id): Path<String>,
        ReloadingBody(body): ReloadingBody,
    ) -> String {
        format!("{application_id} {}", body.len())
    }

    #[requires(GetCampaign)]
    pub(super) async fn get_and_delete(
        Path((application_id, campaign_id)): Path<(String, String)>,
        _: Reloading,
        permit: Permit<DeleteCampaign>,
    ) -> String {
        format!("{application_id} {campaign_id} {}", permit.arn())
    }

    #[requires(GetCampaign)]
    pub(super) async fn get_then_delete(
        Path((application_id, campaign_id)): Path<(String, String)>,
        request: HttpRequest,
        guard: RequestGuard,
    ) -> Result<String, Denied> {
        request.app_data::<Authorizer>().unwrap().reload().unwrap();
        delete(&guard, &application_id, &campaign_id)?;
        Ok(campaign_id)
    }

    fn routes(config: &mut ServiceConfig) {
        config
            .route("/apps/{application_id}", web::post().to(create))
            .route(
                "/permit/{application_id}/{campaign_id}",
                web::post().to(get_and_delete),
            )
            .route(
                "/guard/{application_id}/{campaign_id}",
                web::post().to(get_then_delete),
            );
    }

    /// Returns the status for Ana.
    pub(super) async fn send(authorizer: &Authorizer, path: &str, body: &str) -> u16 {
        let app = Application::new()
            .app_data(authorizer.clone())
            .configure(routes);
        let app = test::init_service(app).await;
        let request = TestRequest::post().uri(path).set_payload(body.to_owned());
        let request = request.to_request();
        request.extensions_mut().insert(user("ana"));
        test::call_service(&app, request).await.status().as_u16()
    }
}

#[tokio::test]
async fn all_checks_of_a_web_request_are_decided_by_one_state() {
    for (path, body, states, expected) in [
        // A check after the body was read.
        ("/apps/a1", "team=blue", [RED_ONLY, EVERYTHING], 403),
        ("/apps/a1", "team=red", [RED_ONLY, NOTHING], 200),
        ("/apps/a1", "team=red", [RED_ONLY, RED_ONLY], 200),
        // The permit of another check.
        ("/permit/a1/c1", "", [GET, DELETE], 403),
        ("/permit/a1/c1", "", [BOTH, NOTHING], 200),
        // A function that the handler calls.
        ("/guard/a1/c1", "", [GET, DELETE], 403),
        ("/guard/a1/c1", "", [BOTH, NOTHING], 200),
    ] {
        let found = on_axum::send(&authorizer(&states), path, body).await;
        assert_eq!(found, expected, "axum: {path} {body} {states:?}");
        let found = on_actix::send(&authorizer(&states), path, body).await;
        assert_eq!(found, expected, "actix: {path} {body} {states:?}");
    }
}

/// Tags that must be waited for, and another check of the same request after them.
#[tokio::test]
async fn a_web_request_that_waited_for_tags_is_decided_by_its_first_state() {
    for (states, expected) in [([RED, NOTHING], 200), ([GET, RED], 403)] {
        for path in ["/permit/a1/c1", "/guard/a1/c1"] {
            let found = on_axum::send(&reloading_with_tags(&states), path, "").await;
            assert_eq!(found, expected, "axum: {path} {states:?}");
            let found = on_actix::send(&reloading_with_tags(&states), path, "").await;
            assert_eq!(found, expected, "actix: {path} {states:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_lasts_can_follow_the_policies() {
    async fn renewed(State(authorizer): State<Authorizer>, mut guard: RequestGuard) -> String {
        authorizer.reload().unwrap();
        let kept = delete(&guard, "a1", "c1").is_ok();
        guard.renew();
        let renewed = delete(&guard, "a1", "c1").is_ok();
        format!("{kept} {renewed}")
    }

    let router = Router::new()
        .route("/", post(renewed))
        .with_state(authorizer(&[DELETE, GET]));
    let send = |caller| {
        let mut request = Request::post("/").body(Body::empty()).unwrap();
        if let Some(caller) = caller {
            request.extensions_mut().insert::<Principal>(caller);
        }
        router.clone().oneshot(request)
    };
    let response = send(Some(user("ana"))).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .unwrap();
    assert_eq!(body, "true false");
    assert_eq!(send(None).await.unwrap().status().as_u16(), 401);
}

/// A request that uses two authorizers has a state for each of them.
#[tokio::test]
async fn every_authorizer_has_its_own_state() {
    let (first, second) = (authorizer(&[GET, NOTHING]), authorizer(&[DELETE, NOTHING]));
    let mut request = Request::post("/").body(Body::empty()).unwrap();
    request.extensions_mut().insert(user("ana"));
    let (mut parts, _) = request.into_parts();
    for _ in 0..3 {
        for (authorizer, gets, deletes) in [(&first, true, false), (&second, false, true)] {
            let guard = RequestGuard::from_request_parts(&mut parts, authorizer).await;
            let guard = guard.unwrap();
            assert_eq!(get(&guard.guard(), "a1", "c1").is_ok(), gets);
            assert_eq!(delete(&guard, "a1", "c1").is_ok(), deletes);
            authorizer.reload().unwrap();
        }
    }
}
