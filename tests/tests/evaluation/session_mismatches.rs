//! Session policies are compared with the registered catalogs, as the policies of the source are.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::DenyReason;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::list::{Constraint, KeyedColumns};
use pinpoint_iam::mobiletargeting::{App, DeleteApp, GetApp, columns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, BuildError, MismatchLevel, Policy, Principal, Scope,
    SessionWarnings,
};

const WORKER: &str = "arn:aws:iam::123456789012:role/worker";
const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

fn document(statements: &[&str]) -> Document {
    let text = format!(
        "{{\"Version\": \"2012-10-17\", \"Statement\": [\n{}]}}",
        statements.join(",\n")
    );
    Document::parse(&text).unwrap()
}

/// Returns a session whose policy allows everything, except what the statement `limit` changes.
fn session(limit: &str) -> Principal {
    Principal::role_session(WORKER, "s")
        .unwrap()
        .with_session_policy("session", document(&[ALL, limit]))
}

/// Returns an authorizer that allows the role everything.
fn builder() -> AuthorizerBuilder {
    let mut store = PolicyStore::new();
    let worker = store.identity(WORKER).unwrap();
    worker.attach(Policy::new("all", document(&[ALL])));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
}

fn authorizer() -> Authorizer {
    builder().build().unwrap()
}

fn at_level(level: MismatchLevel) -> Authorizer {
    builder().catalog_mismatches(level).build().unwrap()
}

/// Returns whether the session may get and delete an app. The explanation must agree with the check.
fn may(authorizer: &Authorizer, session: &Principal) -> [bool; 2] {
    let context = Context::new();
    let guard = authorizer.guard(session, &context);
    let app = App::new("a1").unwrap();
    let decisions = [
        guard.check(GetApp, &app).is_ok(),
        guard.check(DeleteApp, &app).is_ok(),
    ];
    let explained = [
        guard.explain(GetApp, &app).allowed,
        guard.explain(DeleteApp, &app).allowed,
    ];
    assert_eq!(decisions, explained);
    decisions
}

const MISSPELLED: &str =
    r#"{"Effect": "Deny", "Action": "mobiletargeting:DeleteAp", "Resource": "*"}"#;
const MESSAGE: &str = "policy `session`, line 3, column 30: unknown action `mobiletargeting:DeleteAp`; did you mean \
                       `mobiletargeting:DeleteApp`?";

/// The trap: without the comparison, the session could delete what its policy is written to deny.
#[test]
fn a_session_policy_that_may_not_limit_denies_all_requests() {
    let authorizer = authorizer();
    let correct =
        session(r#"{"Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "*"}"#);
    assert_eq!(may(&authorizer, &correct), [true, false]);
    assert_eq!(
        authorizer.check_session(&correct).unwrap(),
        SessionWarnings::default()
    );

    for limit in [
        MISSPELLED,
        // An exemption that exempts nothing.
        r#"{"Effect": "Deny", "NotAction": "mobiletargeting:GetAp", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "arn:aws:mobiletargeting:*:*:app/a1"}"#,
        r#"{"Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestTag/team": "x"}}}"#,
        // A session policy only limits access, so that each of its elements is a limit.
        r#"{"Effect": "Allow", "Action": "mobiletargeting:DeleteAp", "Resource": "*"}"#,
    ] {
        let session = session(limit);
        assert_eq!(may(&authorizer, &session), [false, false], "{limit}");
        let error = authorizer.check_session(&session).unwrap_err();
        assert!(
            matches!(error, BuildError::CatalogMismatches(_)),
            "{limit}: {error}"
        );
    }
    let error = authorizer.check_session(&session(MISSPELLED)).unwrap_err();
    assert_eq!(error.to_string(), MESSAGE);
}

#[test]
fn the_denial_names_the_session_policies() {
    let (authorizer, context) = (authorizer(), Context::new());
    let session = session(MISSPELLED);
    let guard = authorizer.guard(&session, &context);
    let denied = guard.check(GetApp, &App::new("a1").unwrap()).unwrap_err();
    assert_eq!(denied.status(), 403);
    assert!(matches!(
        denied.reason(),
        DeniedReason::Refused(by) if *by.reason() == DenyReason::SessionPoliciesRejected
    ));
}

#[tokio::test]
async fn a_list_is_denied_as_well() {
    let context = Context::new();
    let columns = columns::App {
        application_id: "id",
        tags: KeyedColumns::nowhere(),
    };
    let session = session(MISSPELLED);
    let strict = authorizer();
    let guard = strict.guard(&session, &context);
    let denied = guard.constraint(GetApp, &columns).await.unwrap_err();
    assert_eq!(denied.status(), 403);
    let warns = at_level(MismatchLevel::Warn);
    let guard = warns.guard(&session, &context);
    let constraint = guard.constraint(GetApp, &columns).await.unwrap();
    assert_ne!(constraint, Constraint::Nothing);
}

/// A principal may be used with several authorizers, in any order.
#[test]
fn the_level_is_that_of_the_authorizer() {
    let strict = authorizer();
    let warns = at_level(MismatchLevel::Warn);
    for first_is_strict in [true, false] {
        let session = session(MISSPELLED);
        for _ in 0..2 {
            if first_is_strict {
                assert_eq!(may(&strict, &session), [false, false]);
            }
            assert_eq!(may(&warns, &session), [true, true]);
            assert_eq!(may(&strict, &session), [false, false]);
        }
        let warnings = warns.check_session(&session).unwrap();
        let [mismatch] = warnings.catalog_mismatches() else {
            panic!("{warnings:?}")
        };
        assert_eq!(mismatch.to_string(), MESSAGE);
    }
}

/// A further session policy is compared, even if the principal was used before.
#[test]
fn a_changed_principal_is_compared_again() {
    let authorizer = authorizer();
    let correct = session(ALL);
    assert_eq!(may(&authorizer, &correct), [true, true]);
    let changed = correct.with_session_policy("session", document(&[ALL, MISSPELLED]));
    assert_eq!(may(&authorizer, &changed), [false, false]);
}

/// A key without a source is reported, and requests that depend on it are denied because it is unknown.
#[test]
fn a_key_without_a_source_is_reported() {
    let (authorizer, context) = (authorizer(), Context::new());
    let session = session(
        r#"{"Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "x"}}}"#,
    );
    let error = authorizer.check_session(&session).unwrap_err();
    let BuildError::KeysWithoutSource(keys) = &error else {
        panic!("{error}")
    };
    assert_eq!(keys.keys()[0].key(), "aws:ResourceTag/team");
    let guard = authorizer.guard(&session, &context);
    let app = App::new("a1").unwrap();
    assert!(guard.check(GetApp, &app).is_ok());
    assert!(guard.check(DeleteApp, &app).is_err());
}
