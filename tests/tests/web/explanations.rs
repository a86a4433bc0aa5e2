//! Explanations of denials: in the log at the level `debug` and on demand, and nowhere else.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::sync::Mutex;

use actix_web::HttpMessage;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::Request;
use axum::routing::get;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{App, Campaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
use pinpoint_iam::{Authorizer, Denied, Guard, Permit, Policy, Principal, Scope, requires};
use tower::ServiceExt;
use tracing::Level;

use crate::log::Log;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Several patterns, none of which covers the campaign `c1` of the application `a1`.
const OTHERS: &str = r#"{"Effect": "Allow", "Action": ["mobiletargeting:Get*", "s3:*"], "Resource": [
    "arn:aws:mobiletargeting:us-east-1:999999999999:apps/*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/${aws:PrincipalTag/app}/*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:/apps/a1/*",
    "arn:aws:mobiletargeting:*:*:apps/a2/*"]}"#;

fn authorizer(name: &str, statements: &str) -> Authorizer {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new(name, Document::parse(&document).unwrap()));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

fn ana() -> Principal {
    Principal::from_arn(ANA).unwrap()
}

fn campaign() -> Campaign {
    Campaign::new("a1", "c1").unwrap()
}

mod on_axum {
    use super::*;

    #[requires(GetCampaign)]
    pub(super) async fn get_campaign(
        Path((application_id, campaign_id)): Path<(String, String)>,
    ) -> String {
        format!("{application_id} {campaign_id}")
    }

    pub(super) async fn with_permit(permit: Permit<GetCampaign>) -> String {
        permit.arn().to_owned()
    }
}

mod on_actix {
    use pinpoint_iam::web::actix::Path;

    use super::*;

    #[requires(GetCampaign)]
    pub(super) async fn get_campaign(
        Path((application_id, campaign_id)): Path<(String, String)>,
    ) -> String {
        format!("{application_id} {campaign_id}")
    }

    pub(super) async fn with_permit(permit: Permit<GetCampaign>) -> String {
        permit.arn().to_owned()
    }
}

/// The status, the body, and the log of a request to both frameworks.
async fn called(authorizer: &Authorizer, path: &str, level: Level) -> [(u16, String, String); 2] {
    let router = Router::new()
        .route(
            "/check/{application_id}/{campaign_id}",
            get(on_axum::get_campaign),
        )
        .route(
            "/permit/{application_id}/{campaign_id}",
            get(on_axum::with_permit),
        )
        .with_state(authorizer.clone());
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ana());
    let log = Log::up_to(level);
    let logged = tracing::subscriber::set_default(log.clone());
    let response = router.oneshot(request).await.unwrap();
    drop(logged);
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let on_axum = (
        status,
        String::from_utf8(body.to_vec()).unwrap(),
        log.lines(),
    );

    let app = actix_web::App::new()
        .app_data(authorizer.clone())
        .route(
            "/check/{application_id}/{campaign_id}",
            actix_web::web::get().to(on_actix::get_campaign),
        )
        .route(
            "/permit/{application_id}/{campaign_id}",
            actix_web::web::get().to(on_actix::with_permit),
        );
    let app = actix_web::test::init_service(app).await;
    let request = actix_web::test::TestRequest::get().uri(path).to_request();
    request.extensions_mut().insert(ana());
    let log = Log::up_to(level);
    let logged = tracing::subscriber::set_default(log.clone());
    let response = actix_web::test::call_service(&app, request).await;
    drop(logged);
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    let on_actix = (
        status,
        String::from_utf8(body.to_vec()).unwrap(),
        log.lines(),
    );
    [on_axum, on_actix]
}

#[tokio::test]
async fn a_denial_is_logged_and_only_the_level_debug_explains_it() {
    let authorizer = authorizer("reader.json", OTHERS);
    for path in ["/check/a1/c1", "/permit/a1/c1"] {
        let brief = called(&authorizer, path, Level::INFO).await;
        let long = called(&authorizer, path, Level::DEBUG).await;
        for ((status, body, log), (_, long_body, long_log)) in brief.into_iter().zip(long) {
            assert_eq!(status, 403, "{path}: {body}");
            assert_eq!(log.lines().count(), 1, "{path}: {log}");
            for expected in [
                "INFO",
                "action=mobiletargeting:GetCampaign",
                "resource=arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1",
                ANA,
            ] {
                assert!(log.contains(expected), "{path}: {log}");
            }
            assert!(!log.contains("reader.json"), "{path}: {log}");
            // The response does not depend on the level, and does not explain anything.
            assert_eq!(body, long_body);
            assert!(
                !body.contains("reader.json") && !body.contains("999999999999"),
                "{body}"
            );
            let lines: Vec<&str> = long_log.lines().collect();
            assert_eq!(lines.len(), 2, "{path}: {long_log}");
            assert_eq!(lines[0], log.trim_end());
            for expected in [
                "DEBUG",
                "reader.json",
                "has another account: `999999999999`, not `123456789012`",
                "contains a variable without a value: `aws:PrincipalTag/app`",
                "has another resource: `apps/a2/*`, not `apps/a1/campaigns/c1`",
                "leading-slash: ",
            ] {
                assert!(lines[1].contains(expected), "{expected} {path}: {long_log}");
            }
        }
    }
    let allowed = called(&authorizer, "/check/a1/c%2f1", Level::DEBUG).await;
    for (status, _, log) in allowed {
        assert_eq!(status, 400);
        assert_eq!(log.lines().count(), 1, "{log}");
    }
}

#[requires(DeleteCampaign, guard = guard)]
fn delete(guard: &Guard<'_>, application_id: &str, campaign_id: &str) -> Result<(), Denied> {
    Ok(())
}

#[test]
fn a_denial_by_a_function_is_logged() {
    let authorizer = authorizer("reader.json", OTHERS);
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let log = Log::up_to(Level::DEBUG);
    let denied =
        tracing::subscriber::with_default(log.clone(), || delete(&guard, "a1", "c1").unwrap_err());
    let lines = log.lines();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(lines.contains("handler=\"delete\""), "{lines}");
    assert!(lines.contains("has another action name"), "{lines}");
    assert!(
        lines.contains("is for the service `s3`, not `mobiletargeting`"),
        "{lines}"
    );
    assert!(!denied.to_string().contains("reader.json"));
    assert!(!format!("{denied:?}").contains("999999999999"));
}

#[test]
fn a_denial_explains_itself_as_the_guard_does() {
    let authorizer = authorizer("reader.json", OTHERS);
    let ana = ana().with_tag("app", "a2");
    let mut context = Context::new();
    context.insert("aws:SourceIp", "203.0.113.9");
    let guard = authorizer.guard(&ana, &context);
    let denied = guard.check(GetCampaign, &campaign()).unwrap_err();
    let explanation = denied.explanation().unwrap();
    assert_eq!(
        explanation.to_string(),
        guard.explain(GetCampaign, &campaign()).to_string()
    );
    assert!(!explanation.allowed);
    let resource = &explanation.layers[1].policies[0].statements[0].parts[1];
    assert_eq!(resource.tried.len(), 4);
    // The tag of the principal is the denied request's.
    assert_eq!(
        resource.tried[1].why,
        "has another resource: `apps/${aws:PrincipalTag/app}/*`, not `apps/a1/campaigns/c1`"
    );
    assert!(resource.tried[2].lint.is_some());
    assert!(
        guard
            .explain(GetCampaign, &Campaign::new("a2", "c1").unwrap())
            .allowed
    );
    // No policy is evaluated for an invalid id.
    let invalid = Denied::from(App::new("a/1").unwrap_err());
    assert!(invalid.explanation().is_none());
    assert!(Denied::unauthenticated().explanation().is_none());
}

/// A source whose policy changes with each load.
struct Changing(Mutex<Vec<&'static str>>);

impl PolicySource for Changing {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        let statement = self.0.lock().unwrap().pop().unwrap();
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        let mut store = PolicyStore::new();
        let policy = Policy::new("changing", Document::parse(&document).unwrap());
        store.identity(ANA).unwrap().attach(policy);
        Ok(store)
    }
}

/// An explanation is about the policies that denied, also after a reload.
#[test]
fn an_explanation_does_not_change_after_a_reload() {
    let source = Changing(Mutex::new(vec![
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#,
    ]));
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(source)
        .build()
        .unwrap();
    let (ana, context) = (ana(), Context::new());
    let denied = authorizer
        .guard(&ana, &context)
        .check(GetCampaign, &campaign())
        .unwrap_err();
    let before = denied.explanation().unwrap().to_string();
    authorizer.reload().unwrap();
    assert!(
        authorizer
            .guard(&ana, &context)
            .check(GetCampaign, &campaign())
            .is_ok()
    );
    assert_eq!(denied.explanation().unwrap().to_string(), before);
    assert!(before.contains("Deny matches"), "{before}");
}

#[test]
fn an_explanation_has_a_limited_size() {
    let mut statements = vec![
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}"#.to_owned();
        6_000
    ];
    let allow = |number: usize| {
        format!(
            r#"{{"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "arn:aws:mobiletargeting:*:*:apps/x{number}/*"}}"#
        )
    };
    statements.extend((0..3_000).map(allow));
    statements
        .push(r#"{"Sid": "Last", "Effect": "Deny", "Action": "*", "Resource": "*"}"#.to_owned());
    let mut store = PolicyStore::new();
    let mut attach = |statements: &[String]| {
        let document = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
            statements.join(",")
        );
        let policy = Policy::new("part", Document::parse(&document).unwrap());
        store.identity(ANA).unwrap().attach(policy);
    };
    statements.chunks(500).for_each(&mut attach);
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap();
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let denied = guard.check(GetCampaign, &campaign()).unwrap_err();
    let explanation = denied.explanation().unwrap();
    let shown: Vec<_> = explanation
        .layers
        .iter()
        .flat_map(|layer| &layer.policies)
        .flat_map(|policy| &policy.statements)
        .collect();
    assert_eq!(shown.len(), 101);
    assert_eq!(explanation.omitted, 9_001 - 101);
    // The statement that denied is part of it, and statements about other actions are not.
    assert_eq!(shown[100].sid.as_deref(), Some("Last"));
    assert!(
        shown
            .iter()
            .all(|statement| statement.parts[0].why.contains("covers"))
    );
    let text = explanation.to_string();
    assert!(
        text.ends_with("8900 further statements are omitted\n"),
        "{text}"
    );

    let log = Log::up_to(Level::DEBUG);
    tracing::subscriber::with_default(log.clone(), || {
        let _ = delete(&guard, "a1", "c1");
    });
    let lines = log.lines();
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.len() < 20_000, "{}", lines.len());
    assert!(lines.contains('…'));
}

/// Texts of policies and callers cannot break the line.
#[test]
fn an_explanation_stays_on_one_line_of_the_log() {
    let authorizer = authorizer(
        "forged\nINFO a",
        r#"{"Sid": "a\nINFO b", "Effect": "Allow", "Action": "*",
            "Resource": ["arn:aws:mobiletargeting:*:*:a\nINFO c", "arn:aws:mobiletargeting:*:*:\u2028\u001b[2J"]},
           {"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "d\nINFO d"}}}"#,
    );
    let ana = ana().with_tag("team", "e\r\nINFO e");
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    let log = Log::up_to(Level::DEBUG);
    tracing::subscriber::with_default(log.clone(), || {
        let _ = delete(&guard, "a1", "c1");
    });
    let lines = log.lines();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    let is_harmful =
        |character: char| character != '\n' && (character.is_control() || character == '\u{2028}');
    assert!(!lines.contains(is_harmful), "{lines}");
    for escaped in ["forged", "INFO b", "INFO c", "INFO d", "INFO e"] {
        assert!(lines.contains(escaped), "{escaped} {lines}");
    }
}
