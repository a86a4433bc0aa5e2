//! Attempts to gain access that the policies do not grant, each in a different way.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::fs;
use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use pinpoint_iam::context::Context;
use pinpoint_iam::mobileanalytics::PutEvents;
use pinpoint_iam::mobiletargeting::{Campaign, Endpoint, GetCampaign, GetEndpoint};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{Directory, PolicySource, PolicyStore};
use pinpoint_iam::{AllResources, Authorizer, Policy, Principal, Scope, requires};
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

fn document(statements: &str) -> Document {
    Document::parse(&format!(
        r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#
    ))
    .unwrap()
}

/// Creates an authorizer for the account 123456789012, in which the user or role `arn` has one policy.
fn authorizer(arn: &str, statements: &str) -> Authorizer {
    let mut store = PolicyStore::new();
    let policy = Policy::new("policy", document(statements));
    store.identity(arn).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

const EVERYTHING: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

/// Returns the statuses of the action on one resource and of the action without resources. 200 means allowed.
fn statuses(authorizer: &Authorizer, caller: &Principal, context: &Context) -> (u16, u16) {
    let guard = authorizer.guard(caller, context);
    let campaign = Campaign::new("a1", "c1").unwrap();
    (
        guard
            .check(GetCampaign, &campaign)
            .map_or_else(|denied| denied.status(), |()| 200),
        guard
            .check(PutEvents, &AllResources)
            .map_or_else(|denied| denied.status(), |()| 200),
    )
}

/// An action without a single resource belongs to the account of the deployment, not to that of the caller.
#[test]
fn callers_of_other_accounts_get_nothing_by_policies_of_their_own() {
    let eve = "arn:aws:iam::999999999999:user/eve";
    let authorizer = authorizer(eve, EVERYTHING);
    for (caller, expected) in [
        ("arn:aws:iam::123456789012:root", (200, 200)),
        ("arn:aws:iam::999999999999:root", (403, 403)),
        (eve, (403, 403)),
    ] {
        let principal = Principal::from_arn(caller).unwrap();
        let found = statuses(&authorizer, &principal, &Context::new());
        assert_eq!(found, expected, "{caller}");
    }
}

/// The same number can be an account in two partitions.
#[test]
fn the_root_user_of_another_partition_is_not_ours() {
    let authorizer = authorizer(ANA, EVERYTHING);
    let root = Principal::from_arn("arn:aws-cn:iam::123456789012:root").unwrap();
    assert_eq!(statuses(&authorizer, &root, &Context::new()), (403, 403));
}

#[test]
fn explanations_know_whose_the_resource_is() {
    let eve = "arn:aws:iam::999999999999:user/eve";
    let authorizer = authorizer(eve, EVERYTHING);
    let principal = Principal::from_arn(eve).unwrap();
    let context = Context::new();
    let denied = authorizer
        .guard(&principal, &context)
        .check(PutEvents, &AllResources)
        .unwrap_err();
    assert_eq!(
        denied.to_string(),
        "User: arn:aws:iam::999999999999:user/eve is not authorized to perform: mobileanalytics:PutEvents on resource: *"
    );
}

/// Keys are case-insensitive, so the context cannot contain them in another spelling.
#[test]
fn the_context_does_not_overwrite_who_asks() {
    let statement = |condition: &str| {
        format!(
            r#"{EVERYTHING}, {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"StringEquals": {condition}}}}}"#
        )
    };
    let ana = Principal::from_arn(ANA).unwrap().with_tag("Team", "red");
    for (condition, forged) in [
        (r#"{"aws:username": "ana"}"#, "AWS:UserName"),
        (
            r#"{"aws:PrincipalTag/team": "red"}"#,
            "aws:principaltag/TEAM",
        ),
        (
            r#"{"aws:PrincipalAccount": "123456789012"}"#,
            "aws:PrincipalACCOUNT",
        ),
        (r#"{"AWS:PRINCIPALTYPE": "User"}"#, "aws:PrincipalType"),
    ] {
        let authorizer = authorizer(ANA, &statement(condition));
        let mut context = Context::new();
        context.insert(forged, "forged");
        context.insert_unknown(forged);
        assert_eq!(
            statuses(&authorizer, &ana, &context),
            (403, 403),
            "{forged}"
        );
    }
}

/// Ids that could be confused with each other, with `*`, or with a longer path.
#[test]
fn no_id_matches_another() {
    let endpoint = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/endpoints/caf%C3%A9"}"#;
    let authorizer = authorizer(ANA, endpoint);
    let ana = Principal::from_arn(ANA).unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    let ask = |id: &str| match Endpoint::new("a1", id) {
        Ok(endpoint) => guard
            .check(GetEndpoint, &endpoint)
            .map_or_else(|denied| denied.status(), |()| 200),
        Err(_) => 400,
    };
    assert_eq!(ask("café"), 200);
    for (id, expected) in [
        // The same letter as two characters, in full width, in Greek, with a joiner, in capitals.
        ("cafe\u{301}", 403),
        ("\u{ff43}afé", 403),
        ("\u{3f2}afé", 403),
        ("caf\u{200d}é", 403),
        ("CAFÉ", 403),
        ("caf%C3%A9", 403),
        ("caf%c3%a9", 403),
        ("café/", 403),
        ("café ", 403),
        ("*", 403),
        ("caf%C3%A", 403),
        ("café\0", 400),
        ("café\u{7f}", 400),
        ("café\u{85}", 400),
        ("..", 400),
    ] {
        assert_eq!(ask(id), expected, "{id:?}");
    }
    assert_eq!(ask(&"é".repeat(128)), 403);
    assert_eq!(ask(&"é".repeat(129)), 400);
}

/// A directory of policies that is deleted after the test.
struct Policies(PathBuf);

impl Policies {
    fn new(name: &str, attachments: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pinpoint-iam-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("attachments.json"), attachments).unwrap();
        Self(path)
    }

    fn fault(&self) -> Option<String> {
        let error = Directory::open(&self.0).unwrap().load().err()?;
        Some(error.to_string())
    }
}

impl Drop for Policies {
    fn drop(&mut self) {
        // A directory that cannot be deleted remains among the temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A `Deny` that is not loaded is worse than a service that does not start.
#[test]
fn no_directory_loads_without_one_of_its_denials() {
    let attached =
        |policies: &str| format!(r#"{{"users": {{"{ANA}": {{"policies": {policies}}}}}}}"#);
    let deny = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
    let with = |name: &str, file: &str, text: &[u8]| {
        let policies = Policies::new(name, &attached(&format!(r#"["{file}"]"#)));
        fs::write(policies.0.join(file), text).unwrap();
        policies.fault()
    };
    assert_eq!(with("plain", "deny.json", deny.as_bytes()), None);
    let lines = deny.replace(' ', "\r\n");
    assert_eq!(with("crlf", "deny.json", lines.as_bytes()), None);
    for (name, text) in [
        ("bom", format!("\u{feff}{deny}")),
        (
            "escape",
            deny.replace(r#""Action""#, r#""\u0045ffect": "Allow", "Action""#),
        ),
        (
            "operator",
            deny.replace(
                r#""Action""#,
                r#""Condition": {"Null": {}, "Nul\u006c": {}}, "Action""#,
            ),
        ),
        (
            "key",
            deny.replace(
                r#""Action""#,
                r#""Condition": {"Null": {"a:b": true, "A:\u0042": true}}, "Action""#,
            ),
        ),
        (
            "surrogate",
            deny.replace(r#""Action""#, r#""Sid": "\ud83d", "Action""#),
        ),
        ("second", format!("{deny}{deny}")),
        ("nul", format!("{deny}\0")),
        (
            "deep",
            deny.replace(r#""*"}"#, &format!("{}{}}}", "[".repeat(9), "]".repeat(9))),
        ),
        (
            "number",
            deny.replace(
                r#""Action""#,
                r#""Condition": {"NumericEquals": {"a:b": 1e999}}, "Action""#,
            ),
        ),
    ] {
        assert!(with(name, "deny.json", text.as_bytes()).is_some(), "{text}");
    }
    assert!(with("latin-1", "deny.json", b"{\"Version\": \"\xe9\"}").is_some());
    // Extensions are case-sensitive, and a file name that is only an extension has none. So neither is a document.
    assert!(with("capitals", "deny.JSON", deny.as_bytes()).is_some());
    assert!(with("ending", ".json", deny.as_bytes()).is_some());
    for name in [
        "../deny.json",
        "./deny.json",
        "deny.json ",
        "DENY.json",
        "",
        "attachments.json",
    ] {
        let policies = Policies::new("names", &attached(&format!(r#"["{name}"]"#)));
        fs::write(policies.0.join("deny.json"), deny).unwrap();
        assert!(policies.fault().is_some(), "{name}");
    }
    let policies = Policies::new("directory", &attached("[]"));
    fs::create_dir(policies.0.join("deny.json")).unwrap();
    assert!(policies.fault().is_some());
}

/// A user who is listed twice in a group has its policies once. The names of groups are case-sensitive.
#[test]
fn groups_are_who_they_are() {
    for (groups, loads) in [
        (r#"["g", "g"]"#, true),
        (r#"["G"]"#, false),
        (r#"["g "]"#, false),
    ] {
        let attachments = format!(
            r#"{{"users": {{"{ANA}": {{"groups": {groups}}}}}, "groups": {{"g": {{"policies": []}}}}}}"#
        );
        let policies = Policies::new("groups", &attachments);
        assert_eq!(policies.fault().is_none(), loads, "{groups}");
    }
}

#[derive(Clone)]
struct AppState(Authorizer);

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.0.clone()
    }
}

struct Panicking;

impl AsRef<str> for Panicking {
    #[expect(clippy::panic, reason = "what this type is for")]
    fn as_ref(&self) -> &str {
        panic!("an id that is not to be had")
    }
}

impl<S: Sync> FromRequestParts<S> for Panicking {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Ok(Self)
    }
}

#[requires(GetApp)]
async fn panicking(application_id: Panicking) -> &'static str {
    let Panicking = application_id;
    "ran"
}

#[requires(DeleteCampaign, resource = { Campaign::new("a1", "")?; Campaign::new("a1", "c1")? })]
async fn refusing() -> &'static str {
    "ran"
}

/// Returning early from the closure does not skip the check: the returned resource is checked.
#[requires(GetCampaign, resource = { if id == "x" { return Ok(Campaign::new("a2", id)?); } Campaign::new("a1", id)? })]
async fn returning(Path(id): Path<String>) -> String {
    id
}

/// Macros with the names of those in the prelude. Expansions must not call them.
mod shadowed {
    #![allow(unused_macros, reason = "nothing should call them")]

    macro_rules! format_args {
        ($($any:tt)*) => {
            compile_error!("shadowed")
        };
    }
    macro_rules! module_path {
        () => {
            compile_error!("shadowed")
        };
    }
    macro_rules! line {
        () => {
            compile_error!("shadowed")
        };
    }

    /// A module with the name of the crate that the expansion uses.
    #[allow(dead_code, reason = "nothing should use them")]
    mod pinpoint_iam {}

    #[::pinpoint_iam::requires(GetApp)]
    pub(super) async fn handler(
        ::axum::extract::Path(application_id): ::axum::extract::Path<String>,
    ) -> String {
        application_id
    }
}

async fn send(request: Request<Body>) -> StatusCode {
    let only_a1 =
        r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1*"}"#;
    let router = Router::new()
        .route("/panicking", get(panicking))
        .route("/refusing", get(refusing))
        .route("/returning/{id}", get(returning))
        .route("/shadowed/{id}", post(shadowed::handler))
        .with_state(AppState(authorizer(ANA, only_a1)));
    router.oneshot(request).await.unwrap().status()
}

fn request(method: &str, path: &str) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = path.parse().unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana);
    request
}

#[tokio::test]
async fn no_expression_of_the_attribute_leads_past_the_check() {
    for (method, path, expected) in [
        ("GET", "/refusing", 400),
        ("GET", "/returning/c1", 200),
        ("GET", "/returning/x", 403),
        ("HEAD", "/returning/x", 403),
        ("POST", "/shadowed/a1", 200),
        ("POST", "/shadowed/a2", 403),
    ] {
        let status = send(request(method, path)).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}");
    }
    let outcome = tokio::spawn(send(request("GET", "/panicking"))).await;
    assert!(outcome.is_err_and(|error| error.is_panic()));
}

/// The last inserted principal counts, and nothing of the previous one.
#[tokio::test]
async fn two_principals_are_not_one_with_both_permissions() {
    let mut by_bob = request("GET", "/returning/c1");
    let bob = Principal::from_arn("arn:aws:iam::123456789012:user/bob").unwrap();
    by_bob.extensions_mut().insert(bob);
    assert_eq!(send(by_bob).await, StatusCode::FORBIDDEN);
}
