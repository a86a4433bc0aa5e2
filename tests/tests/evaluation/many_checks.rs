//! A filter and the allowed actions decide as single checks do.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use pinpoint_iam::action::ActsOn;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{App, CreateCampaign, DeleteApp, GetApp};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::testing::{allow_all, deny_all};
use pinpoint_iam::{Authorizer, Denied, Guard, Policy, Principal, Scope};

const WORKER: &str = "arn:aws:iam::123456789012:role/worker";

const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

const READ: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}"#;

const NO_DELETION: &str =
    r#"{"Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "*"}"#;

const MISSPELLED: &str =
    r#"{"Effect": "Deny", "Action": "mobiletargeting:DeleteAp", "Resource": "*"}"#;

const NOTHING_SECRET: &str = r#"{"Effect": "Deny", "Action": "mobiletargeting:*", "Resource": "*",
    "Condition": {"StringEquals": {"aws:RequestTag/kind": "secret"}}}"#;

const OF_TEAM: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*",
    "Condition": {"StringEquals": {"aws:ResourceTag/team": "x"}}}"#;

/// Every app but `a1`.
const OTHERS: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:*",
    "NotResource": "arn:aws:mobiletargeting:*:*:apps/a1"}"#;

fn policy(statements: &[&str]) -> Policy {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
        statements.join(", ")
    );
    Policy::new("worker", Document::parse(&text).unwrap())
}

fn authorizer(statements: &[&str]) -> Authorizer {
    let mut store = PolicyStore::new();
    let worker = store.identity(WORKER).unwrap();
    worker.attach(policy(statements));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

fn worker() -> Principal {
    Principal::role_session(WORKER, "s").unwrap()
}

fn limited_by(statement: &str) -> Principal {
    let document = policy(&[ALL, statement]).document().clone();
    worker().with_session_policy("session", document)
}

/// Allowed, denied, or the status of the error.
fn answer(outcome: Result<bool, Denied>) -> String {
    match outcome {
        Ok(true) => "allowed".to_owned(),
        Ok(false) => "denied".to_owned(),
        Err(denied) => denied.status().to_string(),
    }
}

/// Returns the result for an action by a check of its own, by a filter, and by the allowed actions.
async fn answers<A: ActsOn<App>>(guard: &Guard<'_>, action: A) -> [String; 3] {
    let app = App::new("a1").unwrap();
    let alone = guard.is_allowed(action, &app).await;
    let kept = guard.filter(action, [app.clone()]).await;
    let actions = guard.allowed_actions(&app).await;
    [
        answer(alone),
        answer(kept.map(|kept| !kept.is_empty())),
        answer(actions.map(|actions| actions.contains(action))),
    ]
}

#[tokio::test]
async fn a_list_decides_as_single_checks_do() {
    const ALLOWED: [&str; 3] = ["allowed"; 3];
    const DENIED: [&str; 3] = ["denied"; 3];
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let open = Scope::of_tenants("aws", "us-east-1");
    let all = authorizer(&[ALL]);
    let (context, tagged) = (Context::new(), Context::new());
    for (reason, authorizer, principal, scope, get, delete, create) in [
        (
            "a policy allows some actions",
            authorizer(&[READ]),
            worker(),
            &scope,
            ALLOWED,
            DENIED,
            DENIED,
        ),
        (
            "a policy excludes the resource",
            authorizer(&[OTHERS]),
            worker(),
            &scope,
            DENIED,
            DENIED,
            DENIED,
        ),
        (
            "a session policy limits the caller",
            all.clone(),
            limited_by(NO_DELETION),
            &scope,
            ALLOWED,
            DENIED,
            ALLOWED,
        ),
        (
            "a session policy with an unknown action may not limit the caller",
            all.clone(),
            limited_by(MISSPELLED),
            &scope,
            DENIED,
            DENIED,
            DENIED,
        ),
        (
            "the account of the request is not known",
            all.clone(),
            worker(),
            &open,
            ["500"; 3],
            ["500"; 3],
            ["500"; 3],
        ),
        (
            "the tags of the request are not known yet, and only one action takes some",
            authorizer(&[ALL, NOTHING_SECRET]),
            worker(),
            &scope,
            ALLOWED,
            ALLOWED,
            ["503", "503", "denied"],
        ),
        (
            "no source supplies the tags of the resource",
            authorizer(&[OF_TEAM]),
            worker(),
            &scope,
            DENIED,
            DENIED,
            DENIED,
        ),
        (
            "a test allows everything",
            allow_all(&authorizer(&[READ])),
            worker(),
            &scope,
            ALLOWED,
            ALLOWED,
            ALLOWED,
        ),
        (
            "a test denies everything",
            deny_all(&all),
            worker(),
            &scope,
            DENIED,
            DENIED,
            DENIED,
        ),
    ] {
        let guard = authorizer.guard(&principal, &context).in_scope(scope);
        assert_eq!(answers(&guard, GetApp).await, get, "{reason}: get");
        assert_eq!(answers(&guard, DeleteApp).await, delete, "{reason}: delete");
        assert_eq!(
            answers(&guard, CreateCampaign).await,
            create,
            "{reason}: create"
        );
        // A request without tags.
        if reason.starts_with("the tags of the request") {
            let guard = guard.with_request_tags(&tagged);
            assert_eq!(answers(&guard, CreateCampaign).await, ALLOWED, "{reason}");
        }
    }
}
