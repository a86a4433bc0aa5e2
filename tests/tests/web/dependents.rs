//! `dependents(..)`: the dependent actions of an action are checked together with it.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::HttpMessage;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::post;
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::mobiletargeting::{App, CreateExportJob};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
use pinpoint_iam::testing::{Recorder, allow_all, deny_all};
use pinpoint_iam::web::{Annotated, Requirement, ResourceBinding};
use pinpoint_iam::{Authorizer, Denied, Guard, Permit, Policy, Principal, Scope, requires};
use serde::Deserialize;
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const ROLE: &str = "arn:aws:iam::123456789012:role/export";

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Sent {
    tags: Option<HashMap<String, String>>,
    role_arn: String,
    first: Option<String>,
    second: Option<String>,
    resource_arn: Option<String>,
}

macro_rules! handlers {
    () => {
        use super::*;

        /// The new campaign has no id yet.
        #[requires(CreateCampaign, request_tags = body.tags, dependents(TagResource))]
        pub(super) async fn campaign(Path(application_id): Path<String>, body: Json<Sent>) -> String {
            let _ = body;
            application_id
        }

        /// The resource of the action is the new one.
        #[requires(CreateEmailTemplate, request_tags = body.tags, dependents(TagResource))]
        pub(super) async fn template(Path(template_name): Path<String>, body: Json<Sent>) -> String {
            let _ = body;
            template_name
        }

        /// The resource is in the request.
        #[requires(
            CreateApp,
            request_tags = body.tags,
            dependents(TagResource(resource_arn = body.resource_arn.as_deref().ok_or_else(Denied::unreadable)?))
        )]
        pub(super) async fn app(Path(_id): Path<String>, body: Json<Sent>) -> String {
            let _ = body;
            String::new()
        }

        #[requires(CreateExportJob, dependents(iam::PassRole(role_arn = body.role_arn)))]
        pub(super) async fn export(Path(application_id): Path<String>, body: Json<Sent>) -> String {
            let _ = body;
            application_id
        }

        /// The request may name two roles.
        #[requires(
            UpdateEmailChannel,
            dependents(iam::PassRole(role_arn = body.first), iam::PassRole(role_arn = body.second))
        )]
        pub(super) async fn email(Path(application_id): Path<String>, body: Json<Sent>) -> String {
            let _ = body;
            application_id
        }

        #[requires(any(
            CreateExportJob(dependents(iam::PassRole(role_arn = body.role_arn))),
            GetApp
        ))]
        pub(super) async fn either(Path(application_id): Path<String>, body: Json<Sent>) -> String {
            let _ = body;
            application_id
        }

        #[requires(
            all(CreateExportJob, CreateImportJob, GetApp),
            dependents(iam::PassRole(role_arn = body.role_arn)),
            permit = (export, _, _)
        )]
        pub(super) async fn several(Path(application_id): Path<String>, body: Json<Sent>) -> String {
            let _ = (application_id, body);
            let export: Permit<CreateExportJob> = export;
            export.arn().to_owned()
        }

        /// The role is known before the body is read.
        #[requires(CreateExportJob, dependents(iam::PassRole(role_arn = format!("arn:aws:iam::123456789012:role/{application_id}"))))]
        pub(super) async fn early(Path(application_id): Path<String>) -> String {
            application_id
        }

        #[requires(CreateExportJob, dependents = none)]
        pub(super) async fn without(Path(application_id): Path<String>) -> String {
            application_id
        }
    };
}

mod on_axum {
    use axum::Json;
    use axum::extract::Path;

    handlers!();
}

mod on_actix {
    use actix_web::web::Json;
    use pinpoint_iam::web::actix::Path;

    handlers!();
}

fn store(statements: &str) -> PolicyStore {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new("test", Document::parse(&document).unwrap()));
    store
}

fn authorizer(source: impl PolicySource + 'static) -> Authorizer {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(source)
        .warn_about_keys_without_source()
        .build()
        .unwrap()
}

macro_rules! mounted {
    ($router:expr, $method:expr, $module:ident) => {
        $router
            .route("/campaign/{application_id}", $method($module::campaign))
            .route("/template/{template_name}", $method($module::template))
            .route("/app/{id}", $method($module::app))
            .route("/export/{application_id}", $method($module::export))
            .route("/email/{application_id}", $method($module::email))
            .route("/either/{application_id}", $method($module::either))
            .route("/several/{application_id}", $method($module::several))
            .route("/early/{application_id}", $method($module::early))
            .route("/without/{application_id}", $method($module::without))
    };
}

/// The status and the body of the responses of both frameworks.
async fn called(authorizer: &Authorizer, path: &str, json: &str) -> [(u16, String); 2] {
    let caller = Principal::from_arn(ANA).unwrap();
    let router = mounted!(Router::new(), post, on_axum).with_state(authorizer.clone());
    let mut request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(json.to_owned()))
        .unwrap();
    request.extensions_mut().insert(caller.clone());
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let on_axum = (status, String::from_utf8(body.to_vec()).unwrap());

    let app = actix_web::App::new().app_data(authorizer.clone());
    let app = mounted!(app, |handler| actix_web::web::post().to(handler), on_actix);
    let app = actix_web::test::init_service(app).await;
    let request = actix_web::test::TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"))
        .set_payload(json.to_owned())
        .to_request();
    request.extensions_mut().insert(caller);
    let response = actix_web::test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    [on_axum, (status, String::from_utf8(body.to_vec()).unwrap())]
}

fn allow(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#)
}

fn deny(action: &str, resource: &str) -> String {
    format!(r#"{{"Effect": "Deny", "Action": "{action}", "Resource": "{resource}"}}"#)
}

/// The ARN of a resource of the service.
fn arn(resource: &str) -> String {
    format!("arn:aws:mobiletargeting:us-east-1:123456789012:{resource}")
}

const TAGGED: &str = r#"{"tags": {"team": "red"}}"#;

#[tokio::test]
async fn dependent_actions_are_checked_together_with_the_action() {
    let campaigns = allow("mobiletargeting:CreateCampaign", "*");
    let templates = allow("mobiletargeting:CreateEmailTemplate", "*");
    let apps = allow("mobiletargeting:CreateApp", "*");
    let exports = allow("mobiletargeting:CreateExportJob", "*");
    let all = allow("mobiletargeting:*", "*");
    let role = |arn: &str| format!(r#"{{"role_arn": "{arn}"}}"#);
    let resource = |arn: &str| format!(r#"{{"tags": {{"a": "b"}}, "resource_arn": "{arn}"}}"#);
    let tag = |pattern: &str| allow("mobiletargeting:TagResource", &arn(pattern));
    let pass = |pattern: &str| allow("iam:PassRole", pattern);
    let with = |first: &str, second: String| format!("{first}, {second}");
    // The path, the body, the statements, the status, and a part of the body.
    for (path, body, statements, status, expected) in [
        // Tags need `TagResource`, on the campaign that does not exist yet.
        (
            "/campaign/a1",
            "{}".to_owned(),
            campaigns.clone(),
            200,
            "a1",
        ),
        (
            "/campaign/a1",
            r#"{"tags": {}}"#.to_owned(),
            campaigns.clone(),
            200,
            "a1",
        ),
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            campaigns.clone(),
            403,
            "mobiletargeting:TagResource",
        ),
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            with(&campaigns, tag("apps/a1/campaigns/*")),
            200,
            "a1",
        ),
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            with(&campaigns, tag("*")),
            200,
            "a1",
        ),
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            with(&campaigns, tag("apps/a2/campaigns/*")),
            403,
            "apps/a1/campaigns/*",
        ),
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            with(&campaigns, tag("apps/a1")),
            403,
            "TagResource",
        ),
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            with(&campaigns, tag("apps/a1/campaigns/c1")),
            403,
            "TagResource",
        ),
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            with(&all, deny("mobiletargeting:TagResource", "*")),
            403,
            "TagResource",
        ),
        (
            "/campaign/a1",
            "{}".to_owned(),
            with(&all, deny("mobiletargeting:TagResource", "*")),
            200,
            "a1",
        ),
        // The action itself is still needed.
        (
            "/campaign/a1",
            TAGGED.to_owned(),
            tag("*"),
            403,
            "CreateCampaign",
        ),
        // The same template.
        (
            "/template/t1",
            TAGGED.to_owned(),
            templates.clone(),
            403,
            "TagResource",
        ),
        (
            "/template/t1",
            TAGGED.to_owned(),
            with(&templates, tag("templates/t1/EMAIL")),
            200,
            "t1",
        ),
        (
            "/template/t1",
            TAGGED.to_owned(),
            with(&templates, tag("templates/t2/EMAIL")),
            403,
            "templates/t1/EMAIL",
        ),
        (
            "/template/t1",
            TAGGED.to_owned(),
            with(&templates, tag("templates/t1/SMS")),
            403,
            "TagResource",
        ),
        // A resource that the request names.
        (
            "/app/x",
            resource(&arn("apps/a7")),
            with(&apps, tag("apps/a7")),
            200,
            "",
        ),
        (
            "/app/x",
            resource(&arn("apps/a8")),
            with(&apps, tag("apps/a7")),
            403,
            "apps/a8",
        ),
        ("/app/x", resource("a7"), with(&apps, tag("*")), 400, ""),
        ("/app/x", TAGGED.to_owned(), with(&apps, tag("*")), 400, ""),
        ("/app/x", "{}".to_owned(), apps.clone(), 200, ""),
        // A service without a catalog.
        (
            "/export/a1",
            role(ROLE),
            exports.clone(),
            403,
            "iam:PassRole on resource: arn:aws:iam::123456789012:role/export",
        ),
        (
            "/export/a1",
            role(ROLE),
            with(&exports, pass(ROLE)),
            200,
            "a1",
        ),
        (
            "/export/a1",
            role(ROLE),
            with(&exports, pass("*")),
            200,
            "a1",
        ),
        (
            "/export/a1",
            role(ROLE),
            with(&exports, allow("iam:Pass*", "arn:aws:iam::*:role/*")),
            200,
            "a1",
        ),
        (
            "/export/a1",
            role(ROLE),
            with(&exports, allow("iam:GetRole", "*")),
            403,
            "PassRole",
        ),
        (
            "/export/a1",
            role(ROLE),
            with(&exports, pass("arn:aws:iam::123456789012:role/import")),
            403,
            "PassRole",
        ),
        (
            "/export/a1",
            role(ROLE),
            format!("{exports}, {}, {}", pass("*"), deny("iam:*", ROLE)),
            403,
            "PassRole",
        ),
        ("/export/a1", role(ROLE), pass("*"), 403, "CreateExportJob"),
        // A role of another account belongs to that account.
        (
            "/export/a1",
            role("arn:aws:iam::999999999999:role/export"),
            with(&exports, pass("*")),
            403,
            "",
        ),
        (
            "/export/a1",
            role("arn:aws-cn:iam::123456789012:role/export"),
            with(&exports, pass("*")),
            403,
            "",
        ),
        // Not an ARN, for callers with and without the permission.
        (
            "/export/a1",
            role("export"),
            with(&exports, pass("*")),
            400,
            "",
        ),
        ("/export/a1", role(""), with(&exports, pass("*")), 400, ""),
        (
            "/export/a1",
            role("arn:aws:iam::123456789012"),
            with(&exports, pass("*")),
            400,
            "",
        ),
        (
            "/export/a1",
            role("arn:aws:iam::123456789012:"),
            with(&exports, pass("*")),
            400,
            "",
        ),
        (
            "/export/a1",
            role("arn:aws:::123456789012:role/export"),
            with(&exports, pass("*")),
            400,
            "",
        ),
        ("/export/a1", role("export"), exports.clone(), 400, ""),
        (
            "/export/a1",
            role("export"),
            pass("*"),
            403,
            "CreateExportJob",
        ),
        // Roles that the request does not name are not passed.
        ("/email/a1", "{}".to_owned(), all.clone(), 200, "a1"),
        (
            "/email/a1",
            format!(r#"{{"first": "{ROLE}"}}"#),
            all.clone(),
            403,
            "PassRole",
        ),
        (
            "/email/a1",
            format!(r#"{{"second": "{ROLE}"}}"#),
            all.clone(),
            403,
            "PassRole",
        ),
        (
            "/email/a1",
            format!(r#"{{"first": "{ROLE}", "second": "{ROLE}2"}}"#),
            with(&all, pass(ROLE)),
            403,
            "role/export2",
        ),
        (
            "/email/a1",
            format!(r#"{{"first": "{ROLE}", "second": "{ROLE}2"}}"#),
            with(&all, pass("*")),
            200,
            "a1",
        ),
        (
            "/email/a1",
            r#"{"second": "role"}"#.to_owned(),
            with(&all, pass("*")),
            400,
            "",
        ),
        // In `any`, an action counts only with its dependent actions.
        ("/either/a1", role(ROLE), exports.clone(), 403, "PassRole"),
        (
            "/either/a1",
            role(ROLE),
            with(&exports, pass(ROLE)),
            200,
            "a1",
        ),
        (
            "/either/a1",
            role(ROLE),
            with(&exports, allow("mobiletargeting:GetApp", "*")),
            200,
            "a1",
        ),
        ("/either/a1", role("export"), all.clone(), 400, ""),
        ("/several/a1", role(ROLE), all.clone(), 403, "PassRole"),
        (
            "/several/a1",
            role(ROLE),
            with(&all, pass("*")),
            200,
            "apps/a1",
        ),
        ("/early/a1", String::new(), exports.clone(), 403, "role/a1"),
        (
            "/early/a1",
            String::new(),
            with(&exports, pass("*")),
            200,
            "a1",
        ),
        ("/without/a1", String::new(), exports.clone(), 200, "a1"),
    ] {
        let authorizer = authorizer(store(&statements));
        for (found, text) in called(&authorizer, path, &body).await {
            assert_eq!(found, status, "{path} {body} {statements}: {text}");
            assert!(text.contains(expected), "{path} {body}: {text}");
        }
    }
}

/// The tags of the request are those of the dependent action, too.
#[tokio::test]
async fn dependent_actions_have_the_tags_of_the_request() {
    let red = r#"{"Effect": "Allow", "Action": "mobiletargeting:CreateCampaign", "Resource": "*"},
        {"Effect": "Allow", "Action": "mobiletargeting:TagResource", "Resource": "*",
         "Condition": {"StringEquals": {"aws:RequestTag/team": "red"}}}"#;
    // A resource that does not exist yet has no tags.
    let untagged = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "mobiletargeting:TagResource", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}}"#;
    for (statements, team, status) in [
        (red, "red", 200),
        (red, "blue", 403),
        (untagged, "red", 200),
    ] {
        let authorizer = authorizer(store(statements));
        let body = format!(r#"{{"tags": {{"team": "{team}"}}}}"#);
        for (found, text) in called(&authorizer, "/campaign/a1", &body).await {
            assert_eq!(found, status, "{team}: {text}");
        }
    }
}

/// Before the body is read, callers who may not perform the action are denied; the role is not known yet.
#[tokio::test]
async fn dependent_actions_of_the_body_wait_for_it() {
    let exports = allow("mobiletargeting:CreateExportJob", "*");
    for (path, statements, status) in [
        ("/export/a1", exports.as_str(), 400),
        (
            "/campaign/a1",
            r#"{"Effect": "Allow", "Action": "mobiletargeting:CreateCampaign", "Resource": "*"}"#,
            400,
        ),
        (
            "/export/a1",
            r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}"#,
            403,
        ),
    ] {
        let authorizer = authorizer(store(statements));
        for (found, text) in called(&authorizer, path, "no json").await {
            assert_eq!(found, status, "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn test_doubles_and_recorders_see_dependent_actions() {
    let body = format!(r#"{{"role_arn": "{ROLE}"}}"#);
    let authorizer = authorizer(store(&deny("*", "*")));
    let recorder = Recorder::new();
    let watched = recorder.watch(&allow_all(&authorizer));
    for (found, text) in called(&watched, "/export/a1", &body).await {
        assert_eq!(found, 200, "{text}");
    }
    let seen: Vec<String> = recorder.take().iter().map(ToString::to_string).collect();
    let passes = format!("{ANA} iam:PassRole {ROLE}: allowed");
    assert_eq!(
        seen.iter().filter(|seen| **seen == passes).count(),
        2,
        "{seen:#?}"
    );
    for (found, text) in called(&deny_all(&authorizer), "/export/a1", &body).await {
        assert_eq!(found, 403, "{text}");
    }
}

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = role)), guard = guard)]
fn export(guard: &Guard<'_>, application_id: &str, role: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(CreateCampaign, resource = app, request_tags = ["team"].as_slice(), dependents(TagResource), guard = guard)]
async fn create(guard: &Guard<'_>, app: &App) -> Result<(), Denied> {
    Ok(())
}

#[tokio::test]
async fn functions_check_dependent_actions_and_denials_explain_them() {
    let statements = format!(
        "{}, {}",
        allow("mobiletargeting:Create*", "*"),
        deny("iam:PassRole", "arn:aws:iam::123456789012:role/admin")
    );
    let authorizer = authorizer(store(&statements));
    let ana = Principal::from_arn(ANA).unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    let denied = export(&guard, "a1", "arn:aws:iam::123456789012:role/admin").unwrap_err();
    assert!(matches!(denied.reason(), DeniedReason::Refused(_)));
    assert_eq!(denied.action().unwrap().to_string(), "iam:PassRole");
    assert_eq!(
        denied.resource(),
        Some("arn:aws:iam::123456789012:role/admin")
    );
    let explanation = denied.explanation().unwrap().to_string();
    assert!(explanation.contains("iam:PassRole"), "{explanation}");
    let denied = export(&guard, "a1", "admin").unwrap_err();
    assert_eq!(denied.status(), 400);
    assert_eq!(denied.action().unwrap().to_string(), "iam:PassRole");

    let denied = create(&guard, &App::new("a1").unwrap()).await.unwrap_err();
    assert_eq!(
        denied.action().unwrap().to_string(),
        "mobiletargeting:TagResource"
    );
    assert_eq!(denied.resource(), Some(arn("apps/a1/campaigns/*").as_str()));
    assert!(denied.explanation().is_some());
}

/// Keys of a service without a catalog are absent, and the application can supply them.
#[test]
fn keys_of_a_service_without_a_catalog_come_from_the_context() {
    let passed = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*",
         "Condition": {"StringNotEquals": {"iam:PassedToService": "pinpoint.amazonaws.com"}}}"#;
    let authorizer = authorizer(store(passed));
    let ana = Principal::from_arn(ANA).unwrap();
    let status = |context: &Context| {
        let guard = authorizer.guard(&ana, context);
        export(&guard, "a1", ROLE).map_or_else(|denied| denied.status(), |()| 200)
    };
    let mut context = Context::new();
    assert_eq!(status(&context), 403);
    context.insert("iam:PassedToService", "pinpoint.amazonaws.com");
    assert_eq!(status(&context), 200);
}

/// Policies that change with every load: first the action is allowed, then its dependent action.
struct Changing(AtomicUsize);

impl PolicySource for Changing {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        Ok(store(&match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => allow("mobiletargeting:CreateExportJob", "*"),
            _ => allow("iam:PassRole", "*"),
        }))
    }
}

fn after_reload(authorizer: &Authorizer) -> &'static str {
    authorizer.reload().unwrap();
    ROLE
}

#[requires(
    CreateExportJob,
    application_id = "a1",
    dependents(iam::PassRole(role_arn = after_reload(authorizer))),
    guard = guard
)]
fn reloading(guard: &Guard<'_>, authorizer: &Authorizer) -> Result<(), Denied> {
    Ok(())
}

/// No version of the policies allows both.
#[test]
fn an_action_and_its_dependent_actions_are_decided_by_one_state() {
    let authorizer = authorizer(Changing(AtomicUsize::new(0)));
    let ana = Principal::from_arn(ANA).unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    let denied = reloading(&guard, &authorizer).unwrap_err();
    assert_eq!(denied.action().unwrap().to_string(), "iam:PassRole");
}

#[test]
fn declarations_contain_dependent_actions() {
    let dependents = |requirement: Option<&'static Requirement>| {
        let actions = requirement.unwrap().actions();
        let dependents = actions.into_iter().flat_map(|action| action.dependents);
        dependents
            .map(|dependent| {
                let resource = match dependent.resource {
                    ResourceBinding::Created(created) => format!("new {}", created.name),
                    ResourceBinding::WholeArn(expression) => expression.to_owned(),
                    _ => "other".to_owned(),
                };
                (
                    dependent.action.to_string(),
                    dependent.only_with_tags,
                    resource,
                )
            })
            .collect::<Vec<_>>()
    };
    let tag = "mobiletargeting:TagResource".to_owned();
    let pass = "iam:PassRole".to_owned();
    assert_eq!(
        dependents(on_axum::campaign::declaration().requirement()),
        [(tag, true, "new campaign".to_owned())]
    );
    assert_eq!(
        dependents(on_actix::email::declaration().requirement()),
        [
            (pass.clone(), false, "body.first".to_owned()),
            (pass, false, "body.second".to_owned())
        ]
    );
    assert_eq!(
        dependents(on_axum::without::declaration().requirement()),
        []
    );
    assert!(!on_axum::early::declaration().finishes_after_body());
    assert!(on_axum::export::declaration().finishes_after_body());
}
