//! Tags of resources: fetched once and only if a decision depends on them, and never assumed.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};

use axum::body::Body;
use axum::extract::{FromRef, Path};
use axum::http::Request;
use axum::routing::{get, post};
use axum::{Json, Router};
use pinpoint_iam::__private::{Generated, GuardedAccess, before_body};
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::{Checks, Tags, TagsUnavailable};
use pinpoint_iam::mobiletargeting::{
    App, Campaign, CreateCampaign, DeleteCampaign, GetApp, GetCampaign,
};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::{
    Access, ActionRequirement, AfterBody, Annotated, Authorized, Declaration, Prechecked,
    Prechecks, Requirement, Requires, RequiresAfterBody, ResourceBinding,
};
use pinpoint_iam::{
    Authorizer, Denied, Guard, Permit, Policy, Principal, Scope, TypedAction, requires,
};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

const ALLOW: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
const ALLOW_RED: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
    "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;
const DENY_RED: &str = r#"{"Effect": "Deny", "Action": "*", "Resource": "*",
    "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;

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

/// A check, and a permit next to it.
#[requires(GetCampaign)]
async fn with_proof(
    Path((application_id, campaign_id)): Path<(String, String)>,
    proof: Permit<GetCampaign>,
) -> String {
    format!("{application_id} {campaign_id} {}", proof.arn())
}

/// A handler that calls the check manually.
macro_rules! by_hand {
    ($name:ident, $after_body:literal) => {
        struct $name {}

        impl Annotated for $name {
            type Access = GuardedAccess;

            fn declaration() -> &'static Declaration {
                static DECLARATION: Declaration = Declaration {
                    handler: stringify!($name),
                    module_path: module_path!(),
                    file: file!(),
                    line: line!(),
                    access: Access::Requires {
                        requirement: Requirement::Action(ActionRequirement {
                            action: GetCampaign::METADATA,
                            keys: &[],
                            dependents: &[],
                            resource: ResourceBinding::All,
                        }),
                        after_body: $after_body,
                    },
                    path_parameters: &[],
                };
                &DECLARATION
            }
        }
    };
}

type Ids = (Path<(String, String)>,);

by_hand!(Both, false);

/// Two actions on one resource.
impl Requires<Ids> for Both {
    type Sealed = Generated;

    fn check(
        guard: &Guard<'_>,
        (Path((application_id, campaign_id)),): &Ids,
    ) -> Result<(), Denied> {
        let campaign = Campaign::new(application_id, campaign_id)?;
        (
            || guard.check(GetCampaign, &campaign),
            || guard.check(DeleteCampaign, &campaign),
        )
            .all()
            .map(drop)
    }
}

async fn both(_: Authorized<Both, Ids>) -> &'static str {
    "both"
}

by_hand!(Two, false);

/// Two resources, both of which must be allowed.
impl Requires<Ids> for Two {
    type Sealed = Generated;

    fn check(
        guard: &Guard<'_>,
        (Path((application_id, campaign_id)),): &Ids,
    ) -> Result<(), Denied> {
        let campaign = Campaign::new(application_id, campaign_id)?;
        let app = App::new(application_id)?;
        (
            || guard.check(GetCampaign, &campaign),
            || guard.check(GetApp, &app),
        )
            .all()
            .map(drop)
    }
}

async fn two(_: Authorized<Two, Ids>) -> &'static str {
    "two"
}

by_hand!(OneOfTwo, false);

/// Two resources, one of which must be allowed.
impl Requires<Ids> for OneOfTwo {
    type Sealed = Generated;

    fn check(
        guard: &Guard<'_>,
        (Path((application_id, campaign_id)),): &Ids,
    ) -> Result<(), Denied> {
        let campaign = Campaign::new(application_id, campaign_id)?;
        let app = App::new(application_id)?;
        (
            || guard.check(GetCampaign, &campaign),
            || guard.check(GetApp, &app),
        )
            .any()
    }
}

async fn one_of_two(_: Authorized<OneOfTwo, Ids>) -> &'static str {
    "one of two"
}

by_hand!(Restless, false);

static RESTLESS: AtomicUsize = AtomicUsize::new(0);

/// A different resource each time.
impl Requires<Ids> for Restless {
    type Sealed = Generated;

    fn check(guard: &Guard<'_>, _: &Ids) -> Result<(), Denied> {
        let id = RESTLESS.fetch_add(1, Ordering::SeqCst).to_string();
        guard.check(GetCampaign, &Campaign::new("a1", &id)?)
    }
}

async fn restless(_: Authorized<Restless, Ids>) -> &'static str {
    "restless"
}

by_hand!(Create, true);

type Parent = (Path<String>,);
type TagsInBody = Json<HashMap<String, String>>;

/// Tags of the application, and tags of the request, which are only in the body.
impl Prechecks<Parent> for Create {
    type Sealed = Generated;

    fn precheck(guard: &Guard<'_>, (Path(application_id),): &Parent) -> Result<(), Denied> {
        before_body(guard.check(CreateCampaign, &App::new(application_id)?))
    }
}

impl RequiresAfterBody<Parent, TagsInBody> for Create {
    type Sealed = Generated;

    fn check_after_body(
        guard: &Guard<'_>,
        (Path(application_id),): &Parent,
        Json(body): &TagsInBody,
    ) -> Result<(), Denied> {
        let tags = body
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let tags = tags.collect::<Tags>().for_request();
        guard
            .clone()
            .with_request_tags(&tags)
            .check(CreateCampaign, &App::new(application_id)?)
    }
}

async fn create(
    _: Prechecked<Create, Parent>,
    body: AfterBody<Create, Parent, TagsInBody>,
) -> String {
    format!("{} tags", body.value.len())
}

fn authorizer(statements: &str) -> pinpoint_iam::AuthorizerBuilder {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let policy = Policy::new("policy", Document::parse(&document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
}

/// The resources whose tags were requested, by the last part of the ARN.
type Asked = Arc<Mutex<Vec<String>>>;

/// A service whose source contains these tags, by the last part of the ARN.
struct Service {
    authorizer: Authorizer,
    asked: Asked,
}

impl Service {
    fn new(statements: &str, tags: &[(&str, &[(&str, &str)])]) -> Self {
        let tags: HashMap<String, Tags> = tags
            .iter()
            .map(|(id, tags)| ((*id).to_owned(), tags.iter().copied().collect()))
            .collect();
        let asked = Asked::default();
        let log = Arc::clone(&asked);
        let source = move |arn: String| {
            let id = arn.rsplit('/').next().unwrap_or_default().to_owned();
            let found = tags.get(&id).cloned().unwrap_or_default();
            log.lock().unwrap().push(id);
            async move { Ok(found) }
        };
        let authorizer = authorizer(statements)
            .resource_tags(source)
            .build()
            .unwrap();
        Self { authorizer, asked }
    }

    async fn send(&self, request: Request<Body>) -> u16 {
        let response = router(&self.authorizer).oneshot(request).await.unwrap();
        response.status().as_u16()
    }

    async fn get(&self, path: &str) -> u16 {
        self.send(by_ana(Request::get(path).body(Body::empty()).unwrap()))
            .await
    }

    async fn create(&self, tags: &str) -> u16 {
        let request = Request::post("/create/a1")
            .header("content-type", "application/json")
            .body(Body::from(tags.to_owned()))
            .unwrap();
        self.send(by_ana(request)).await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn router(authorizer: &Authorizer) -> Router {
    let campaign = "{application-id}/{campaign-id}";
    Router::new()
        .route(&format!("/campaign/{campaign}"), get(get_campaign))
        .route(&format!("/proof/{campaign}"), get(with_proof))
        .route(&format!("/both/{campaign}"), get(both))
        .route(&format!("/two/{campaign}"), get(two))
        .route(&format!("/one-of-two/{campaign}"), get(one_of_two))
        .route(&format!("/restless/{campaign}"), get(restless))
        .route("/create/{application-id}", post(create))
        .with_state(AppState(authorizer.clone()))
}

fn by_ana(mut request: Request<Body>) -> Request<Body> {
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana);
    request
}

const RED_C1: &[(&str, &[(&str, &str)])] = &[("c1", &[("team", "red")])];

#[tokio::test]
async fn tags_are_asked_for_where_they_decide() {
    for (statements, path, expected, asked) in [
        (ALLOW_RED.to_owned(), "/campaign/a1/c1", 200, &["c1"][..]),
        (ALLOW_RED.to_owned(), "/campaign/a1/c2", 403, &["c2"]),
        (
            format!("{ALLOW}, {DENY_RED}"),
            "/campaign/a1/c1",
            403,
            &["c1"],
        ),
        (
            format!("{ALLOW}, {DENY_RED}"),
            "/campaign/a1/c2",
            200,
            &["c2"],
        ),
        // The decision is the same for all tags.
        (ALLOW.to_owned(), "/campaign/a1/c1", 200, &[]),
        (format!("{ALLOW}, {ALLOW_RED}"), "/campaign/a1/c1", 200, &[]),
        (DENY_RED.to_owned(), "/campaign/a1/c1", 403, &[]),
        (
            format!("{ALLOW_RED}, {}", ALLOW.replace("Allow", "Deny")),
            "/campaign/a1/c1",
            403,
            &[],
        ),
        (
            ALLOW_RED.replace(
                r#""Action": "*""#,
                r#""Action": "mobiletargeting:DeleteCampaign""#,
            ),
            "/campaign/a1/c1",
            403,
            &[],
        ),
        (
            ALLOW_RED.replace("ResourceTag", "PrincipalTag"),
            "/campaign/a1/c1",
            403,
            &[],
        ),
        // The request is rejected before policies are evaluated.
        (ALLOW_RED.to_owned(), "/campaign/a1/*", 400, &[]),
    ] {
        let service = Service::new(&statements, RED_C1);
        assert_eq!(service.get(path).await, expected, "{path}: {statements}");
        assert_eq!(service.asked(), asked, "{path}: {statements}");
        let fetches = service.authorizer.tag_fetches();
        assert_eq!(fetches, u64::try_from(asked.len()).unwrap());
        assert_eq!(service.authorizer.tag_failures(), 0);
    }
    let service = Service::new(ALLOW_RED, RED_C1);
    let nobody = Request::get("/campaign/a1/c1").body(Body::empty()).unwrap();
    assert_eq!(service.send(nobody).await, 401);
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn every_resource_is_asked_about_once_in_a_request() {
    let tags: &[(&str, &[(&str, &str)])] =
        &[("c1", &[("team", "red")]), ("a1", &[("team", "red")])];
    for (path, expected, asked) in [
        ("/both/a1/c1", 200, &["c1"][..]),
        ("/both/a1/c2", 403, &["c2"]),
        ("/proof/a1/c1", 200, &["c1"]),
        ("/two/a1/c1", 200, &["c1", "a1"]),
        // The denial is certain, regardless of the tags of the other resource.
        ("/two/a1/c2", 403, &["c2"]),
        // The permission is also certain.
        ("/one-of-two/a1/c1", 200, &["c1"]),
        ("/one-of-two/a1/c2", 200, &["c2", "a1"]),
        ("/one-of-two/a2/c2", 403, &["c2", "a2"]),
    ] {
        let service = Service::new(ALLOW_RED, tags);
        assert_eq!(service.get(path).await, expected, "{path}");
        assert_eq!(service.asked(), asked, "{path}");
    }
    // Another request fetches the tags again, because they may have changed.
    let service = Service::new(ALLOW_RED, tags);
    assert_eq!(service.get("/campaign/a1/c1").await, 200);
    assert_eq!(service.get("/campaign/a1/c1").await, 200);
    assert_eq!(service.asked(), ["c1", "c1"]);
}

#[tokio::test]
async fn tags_fetched_before_the_body_are_reused_after_it() {
    let both = r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {
        "aws:ResourceTag/team": "red", "aws:RequestTag/team": "${aws:ResourceTag/team}"}}}"#;
    let red: &[(&str, &[(&str, &str)])] = &[("a1", &[("team", "red")])];
    let service = Service::new(both, red);
    assert_eq!(service.create(r#"{"team": "red"}"#).await, 200);
    assert_eq!(service.create(r#"{"team": "blue"}"#).await, 403);
    assert_eq!(service.create(r#"{}"#).await, 403);
    assert_eq!(service.asked(), ["a1", "a1", "a1"]);

    // If the tags of the resource deny the request, the body is not read.
    let service = Service::new(both, &[]);
    assert_eq!(service.create("no JSON").await, 403);
    assert_eq!(service.asked(), ["a1"]);

    // Only the body determines that the tags of the resource matter.
    let only_red = format!(
        r#"{}, {}"#,
        ALLOW,
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:RequestTag/team": "red"}, "StringNotEquals": {"aws:ResourceTag/team": "red"}}}"#
    );
    let service = Service::new(&only_red, &[]);
    assert_eq!(service.create(r#"{"team": "red"}"#).await, 403);
    assert_eq!(service.create(r#"{"team": "blue"}"#).await, 200);
}

#[tokio::test]
async fn a_source_that_fails_is_503_and_counted_and_asked_again_next_time() {
    let fails = Arc::new(AtomicUsize::new(2));
    let left = Arc::clone(&fails);
    let source = move |_: String| {
        let left = Arc::clone(&left);
        async move {
            match left.load(Ordering::SeqCst) {
                0 => Ok([("team", "red")].into_iter().collect()),
                more => {
                    left.store(more - 1, Ordering::SeqCst);
                    Err(TagsUnavailable::new("the database is away"))
                }
            }
        }
    };
    let authorizer = authorizer(ALLOW_RED).resource_tags(source).build().unwrap();
    for expected in [503, 503, 200] {
        let request = Request::get("/both/a1/c1").body(Body::empty()).unwrap();
        let response = router(&authorizer).oneshot(by_ana(request)).await.unwrap();
        assert_eq!(response.status().as_u16(), expected);
    }
    assert_eq!(authorizer.tag_fetches(), 3);
    assert_eq!(authorizer.tag_failures(), 2);
}

#[tokio::test]
async fn without_a_source_what_depends_on_tags_is_403() {
    let authorizer = authorizer(ALLOW_RED).build().unwrap();
    let request = Request::get("/campaign/a1/c1").body(Body::empty()).unwrap();
    let response = router(&authorizer).oneshot(by_ana(request)).await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
    assert_eq!(authorizer.tag_failures(), 0);
}

/// A source has its own timeouts. Without a result the request is never allowed, and it can be dropped at any time.
#[test]
fn a_source_that_never_responds_allows_nothing() {
    let source = |_: String| pending::<Result<Tags, TagsUnavailable>>();
    let authorizer = authorizer(ALLOW_RED).resource_tags(source).build().unwrap();
    let request = Request::get("/campaign/a1/c1").body(Body::empty()).unwrap();
    let mut context = TaskContext::from_waker(Waker::noop());
    let mut answer = pin!(router(&authorizer).oneshot(by_ana(request)));
    for _ in 0..3 {
        assert!(matches!(answer.as_mut().poll(&mut context), Poll::Pending));
    }
    assert_eq!(authorizer.tag_fetches(), 1);
}

#[tokio::test]
async fn a_check_that_never_names_the_same_resource_comes_to_an_end() {
    let service = Service::new(ALLOW_RED, &[]);
    assert_eq!(service.get("/restless/a1/c1").await, 500);
    assert_eq!(service.asked().len(), 100);
}

/// IAM treats keys that differ only in case as one key. With two values, neither is certain.
#[tokio::test]
async fn tags_that_differ_in_case_only_are_in_doubt() {
    for tags in [
        &[("Team", "red"), ("team", "blue")][..],
        &[("team", "blue"), ("TEAM", "red")],
        &[("team", "red"), ("Team", "red")],
    ] {
        let tags: &[(&str, &[(&str, &str)])] = &[("c1", tags)];
        let allowed = Service::new(ALLOW_RED, tags);
        assert_eq!(allowed.get("/campaign/a1/c1").await, 403, "{tags:?}");
        let denied = Service::new(&format!("{ALLOW}, {DENY_RED}"), tags);
        assert_eq!(denied.get("/campaign/a1/c1").await, 403, "{tags:?}");
    }
    let spelled: &[(&str, &[(&str, &str)])] = &[("c1", &[("TEAM", "red")])];
    let service = Service::new(ALLOW_RED, spelled);
    assert_eq!(service.get("/campaign/a1/c1").await, 200);
    // Values are case-sensitive.
    let spelled: &[(&str, &[(&str, &str)])] = &[("c1", &[("team", "Red")])];
    let service = Service::new(ALLOW_RED, spelled);
    assert_eq!(service.get("/campaign/a1/c1").await, 403);
}

#[tokio::test]
async fn a_tag_without_a_value_is_null_and_one_that_is_not_there_is_absent() {
    let is_null = |null: bool| {
        format!(
            r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{"Null": {{"aws:ResourceTag/team": "{null}"}}}}}}"#
        )
    };
    let empty: &[(&str, &[(&str, &str)])] = &[("c1", &[("team", "")])];
    let other: &[(&str, &[(&str, &str)])] = &[("c1", &[("stage", "live")])];
    for (tags, null, expected) in [
        (RED_C1, false, 200),
        (RED_C1, true, 403),
        (empty, true, 200),
        (other, true, 200),
        (other, false, 403),
        (&[], true, 200),
    ] {
        let service = Service::new(&is_null(null), tags);
        assert_eq!(
            service.get("/campaign/a1/c1").await,
            expected,
            "{tags:?} {null}"
        );
    }
}

#[tokio::test]
async fn many_tags_are_as_good_as_few() {
    let keys: Vec<String> = (0..20_000).map(|number| format!("tag-{number}")).collect();
    let mut tags: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "x")).collect();
    for last in ["red", "blue"] {
        tags.push(("team", last));
        let service = Service::new(ALLOW_RED, &[("c1", &tags)]);
        let expected = if last == "red" { 200 } else { 403 };
        assert_eq!(service.get("/campaign/a1/c1").await, expected);
        tags.pop();
    }
}

/// Matching a long text could be slow, and a truncated value or the remaining tags alone could be misleading.
#[tokio::test]
async fn a_tag_that_is_too_long_is_unknown() {
    let (long, longest) = ("r".repeat(2049), "r".repeat(2048));
    let like = ALLOW_RED
        .replace("StringEquals", "StringLike")
        .replace("red", "r*");
    for (tags, expected) in [
        (&[("team", longest.as_str())][..], 200),
        (&[("team", long.as_str())], 503),
        (&[("team", "red"), ("Team", long.as_str())], 503),
        (&[("Team", long.as_str()), ("team", "red")], 503),
        (&[("team", "red"), ("stage", long.as_str())], 200),
    ] {
        let service = Service::new(&like, &[("c1", tags)]);
        assert_eq!(service.get("/campaign/a1/c1").await, expected);
        assert_eq!(service.asked(), ["c1"]);
    }
    let body = |value: &str| format!(r#"{{"team": "{value}"}}"#);
    let request = like.replace("ResourceTag", "RequestTag");
    let keys = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"ForAllValues:StringLike": {"aws:TagKeys": ["team", "r*"]}}}"#;
    for (statements, body, expected) in [
        (request.as_str(), body(&longest), 200),
        (&request, body(&long), 503),
        (keys, format!(r#"{{"{longest}": "x"}}"#), 200),
        (keys, format!(r#"{{"{long}": "x"}}"#), 503),
        (keys, format!(r#"{{"{long}": "x", "team": "red"}}"#), 503),
    ] {
        let service = Service::new(statements, &[]);
        assert_eq!(service.create(&body).await, expected, "{statements}");
    }
}

/// Every tag is compared with every pattern. If a request has more tags than AWS permits, none of them is known, not
/// even the first ones. So other tags cannot displace one that a `Deny` depends on.
#[tokio::test]
async fn more_tags_of_a_request_than_aws_has_are_unknown() {
    let body = |count: usize, last: &str| {
        let tags = (1..count).map(|number| format!(r#""t{number}": "x", "#));
        format!(r#"{{{}"team": "{last}"}}"#, tags.collect::<String>())
    };
    let allow = ALLOW_RED.replace("ResourceTag", "RequestTag");
    let deny = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "secret"}}}"#;
    let absent = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"Null": {"aws:RequestTag/other": "true"}}}"#;
    for (statements, count, expected) in [
        (allow.as_str(), 50, 200),
        (&allow, 51, 503),
        (&allow, 5_000, 503),
        (deny, 50, 200),
        (deny, 51, 503),
        (absent, 50, 200),
        (absent, 51, 503),
    ] {
        let service = Service::new(statements, &[]);
        let found = service.create(&body(count, "red")).await;
        assert_eq!(found, expected, "{statements} {count}");
    }
}

/// Keys that differ only in case are one key with several values.
#[tokio::test]
async fn a_tag_with_more_values_than_aws_has_tags_is_unknown() {
    let spellings: Vec<String> = (0..64_u32)
        .map(|bits| {
            let spell = |(place, letter): (usize, char)| match bits >> place & 1 {
                1 => letter.to_ascii_uppercase(),
                _ => letter,
            };
            "abcdef".chars().enumerate().map(spell).collect()
        })
        .collect();
    let all_red = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"ForAllValues:StringEquals": {"aws:ResourceTag/abcdef": "red"}}}"#;
    for (count, expected) in [(50, 200), (51, 503), (64, 503)] {
        let tags: Vec<(&str, &str)> = spellings
            .iter()
            .take(count)
            .map(|key| (key.as_str(), "red"))
            .collect();
        let service = Service::new(all_red, &[("c1", &tags)]);
        assert_eq!(service.get("/campaign/a1/c1").await, expected, "{count}");
    }
}

/// If the code cannot wait for tags, the request is denied, and the unknown tags are not treated as absent.
#[test]
fn a_guard_that_cannot_wait_does_without_the_source() {
    let source = |_: String| async { Ok(Tags::new()) };
    let authorizer = authorizer(ALLOW_RED).resource_tags(source).build().unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    let campaign = Campaign::new("a1", "c1").unwrap();
    let mut context = Context::new();
    let status = |context: &Context| {
        let checked = authorizer
            .guard(&ana, context)
            .check(GetCampaign, &campaign);
        checked.map_or_else(|denied| denied.status(), |()| 200)
    };
    assert_eq!(status(&context), 503);
    context.insert("aws:ResourceTag/team", "red");
    assert_eq!(status(&context), 200);
    assert_eq!(authorizer.tag_fetches(), 0);
}
