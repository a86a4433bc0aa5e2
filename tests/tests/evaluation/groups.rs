//! Groups that the application adds to a principal: the policies of all of them apply, next to its own.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::sync::Mutex;

use pinpoint_iam::context::Context;
use pinpoint_iam::list::{Constraint, KeyedColumns};
use pinpoint_iam::mobiletargeting::{App, DeleteApp, GetApp, columns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{Directory, PolicySource, PolicyStore, SourceError};
use pinpoint_iam::{Authorizer, BuildError, Policy, Principal, Scope};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

fn policy(name: &str, statements: &str) -> Policy {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::new(name, Document::parse(&document).unwrap())
}

fn allow(action: &str, app: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "mobiletargeting:{action}", "Resource": "arn:aws:mobiletargeting:*:*:apps/{app}"}}"#
    )
}

fn deny(action: &str, app: &str) -> String {
    allow(action, app).replace("Allow", "Deny")
}

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

fn build(store: impl PolicySource + 'static) -> Result<Authorizer, BuildError> {
    Authorizer::builder().scope(scope()).source(store).build()
}

/// Ana may read `own`, readers may read `a*`, editors may delete `a*`, and interns may not do anything with `a2`.
fn store() -> PolicyStore {
    let mut store = PolicyStore::new();
    let ana = store.identity(ANA).unwrap();
    ana.attach(policy("own", &allow("GetApp", "own")));
    store
        .group("reader")
        .attach(policy("reader", &allow("Get*", "a*")));
    store
        .group("editor")
        .attach(policy("editor", &allow("DeleteApp", "a*")));
    store
        .group("intern")
        .attach(policy("intern", &deny("*", "a2")));
    store
}

fn user(name: &str, groups: &[&str]) -> Principal {
    let user = Principal::user(&scope(), name).unwrap();
    user.with_groups(groups.iter().copied())
}

#[test]
fn the_policies_of_all_groups_apply() {
    let authorizer = build(store()).unwrap();
    let context = Context::new();
    // The user, the groups, the app, and whether it may be read and deleted.
    for (name, groups, app, reads, deletes) in [
        ("ana", &[][..], "own", true, false),
        ("ana", &[], "a1", false, false),
        ("ana", &["reader"], "a1", true, false),
        ("ana", &["reader"], "own", true, false),
        ("ana", &["editor"], "a1", false, true),
        ("ana", &["editor", "reader"], "a1", true, true),
        ("ana", &["reader", "reader"], "a1", true, false),
        ("ana", &["editor", "reader", "intern"], "a1", true, true),
        ("ana", &["editor", "reader", "intern"], "a2", false, false),
        ("ana", &["unknown"], "a1", false, false),
        ("ana", &["Reader"], "a1", false, false),
        // A user that the source does not have.
        ("eve", &["reader"], "a1", true, false),
        ("eve", &["reader"], "own", false, false),
        ("eve", &[], "a1", false, false),
    ] {
        let principal = user(name, groups);
        let guard = authorizer.guard(&principal, &context);
        let app = App::new(app).unwrap();
        let (get, delete) = (guard.check(GetApp, &app), guard.check(DeleteApp, &app));
        assert_eq!(get.is_ok(), reads, "{name} {groups:?} {app:?}");
        assert_eq!(delete.is_ok(), deletes, "{name} {groups:?} {app:?}");
        // The reference evaluator makes the explanation.
        let explanations = [guard.explain(GetApp, &app), guard.explain(DeleteApp, &app)];
        for (explanation, outcome) in explanations.iter().zip([get.err(), delete.err()]) {
            assert_eq!(explanation.allowed, outcome.is_none(), "{explanation}");
            let text = explanation.to_string();
            for group in groups
                .iter()
                .filter(|group| **group != "unknown" && **group != "Reader")
            {
                assert!(text.contains(&format!("\n  {group}\n")), "{group} {text}");
            }
        }
    }
}

#[test]
fn a_boundary_of_the_user_limits_the_permissions_of_its_groups() {
    let mut store = store();
    store
        .identity(ANA)
        .unwrap()
        .set_permissions_boundary(policy("boundary", &allow("Get*", "*")));
    let authorizer = build(store).unwrap();
    let (ana, context) = (user("ana", &["reader", "editor"]), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let app = App::new("a1").unwrap();
    assert!(guard.check(GetApp, &app).is_ok());
    assert!(guard.check(DeleteApp, &app).is_err());
    assert!(!guard.explain(DeleteApp, &app).allowed);
}

#[tokio::test]
async fn lists_contain_what_the_groups_allow() {
    let authorizer = build(store()).unwrap();
    let context = Context::new();
    let columns = columns::App {
        application_id: "id",
        tags: KeyedColumns::nowhere(),
    };
    for (groups, deletes) in [(&["reader"][..], false), (&["editor"], true)] {
        let ana = user("ana", groups);
        let guard = authorizer.guard(&ana, &context);
        let constraint = guard.constraint(DeleteApp, &columns).await.unwrap();
        assert_eq!(constraint != Constraint::Nothing, deletes, "{groups:?}");
        let kept = guard.filter(DeleteApp, [App::new("a1").unwrap()]).await;
        assert_eq!(kept.unwrap().len(), usize::from(deletes));
    }
}

/// A group's conditions and variables see the attributes of the user in the source.
#[test]
fn groups_see_the_attributes_of_the_user() {
    let mut store = store();
    let ana = store.identity(ANA).unwrap();
    ana.set_tag("app", "a7");
    ana.set_unique_id("AIDAANA");
    store.group("owner").attach(policy(
        "owner",
        r#"{"Effect": "Allow", "Action": "mobiletargeting:DeleteApp",
            "Resource": "arn:aws:mobiletargeting:*:*:apps/${aws:PrincipalTag/app}",
            "Condition": {"StringEquals": {"aws:userid": "AIDAANA"}}}"#,
    ));
    let authorizer = build(store).unwrap();
    let (ana, context) = (user("ana", &["owner"]), Context::new());
    let guard = authorizer.guard(&ana, &context);
    assert!(guard.check(DeleteApp, &App::new("a7").unwrap()).is_ok());
    assert!(guard.check(DeleteApp, &App::new("a8").unwrap()).is_err());
}

/// A mistake in the policy of a group is reported like one in the policy of a user.
#[test]
fn policies_of_groups_are_checked() {
    let mut store = store();
    store.group("intern").attach(policy(
        "secret",
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/class": "secret"}}}"#,
    ));
    let error = build(store).unwrap_err();
    assert!(matches!(error, BuildError::KeysWithoutSource(_)), "{error}");
    assert!(error.to_string().contains("`secret`"), "{error}");
}

#[test]
fn a_directory_attaches_documents_to_groups() {
    let directory =
        std::env::temp_dir().join(format!("pinpoint-iam-groups-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.join(name), text).unwrap();
    let document =
        |statement: &str| format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    write("reader.json", &document(&allow("Get*", "a*")));
    write("editor.json", &document(&allow("DeleteApp", "a*")));
    write(
        "attachments.json",
        &format!(
            r#"{{"users": {{"{ANA}": {{"groups": ["reader"]}}}},
                "groups": {{"reader": {{"policies": ["reader.json"]}}, "editor": {{"policies": ["editor.json"]}}}}}}"#
        ),
    );
    let authorizer = build(Directory::open(&directory).unwrap()).unwrap();
    let (ana, context) = (user("ana", &["editor"]), Context::new());
    let (app, eve) = (App::new("a1").unwrap(), user("eve", &["editor"]));
    let guard = |principal| authorizer.guard(principal, &context);
    assert!(guard(&ana).check(GetApp, &app).is_ok());
    assert!(guard(&ana).check(DeleteApp, &app).is_ok());
    assert!(guard(&eve).check(DeleteApp, &app).is_ok());
    assert!(guard(&eve).check(GetApp, &app).is_err());

    // The content of the group's document is unknown now, and it could be a `Deny`.
    write("editor.json", "{");
    authorizer.reload().unwrap_err();
    let plain = user("ana", &[]);
    assert!(guard(&plain).check(GetApp, &app).is_ok());
    for principal in [&ana, &eve] {
        let denied = guard(principal).check(DeleteApp, &app).unwrap_err();
        assert_eq!(denied.status(), 503);
        assert_eq!(
            guard(principal).check(GetApp, &app).unwrap_err().status(),
            503
        );
        assert!(!guard(principal).explain(DeleteApp, &app).allowed);
    }
    write("editor.json", &document(&deny("DeleteApp", "a*")));
    authorizer.reload().unwrap();
    assert_eq!(
        guard(&ana).check(DeleteApp, &app).unwrap_err().status(),
        403
    );
    assert!(guard(&ana).check(GetApp, &app).is_ok());
    std::fs::remove_dir_all(&directory).unwrap();
}

/// A source whose groups change with each load.
struct Changing(Mutex<Vec<PolicyStore>>);

impl PolicySource for Changing {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        Ok(self.0.lock().unwrap().pop().unwrap())
    }
}

#[test]
fn a_reload_changes_the_policies_of_groups() {
    let source = Changing(Mutex::new(vec![PolicyStore::new(), store()]));
    let authorizer = build(source).unwrap();
    let (ana, context) = (user("ana", &["reader"]), Context::new());
    let app = App::new("a1").unwrap();
    let guard = authorizer.guard(&ana, &context);
    assert!(guard.check(GetApp, &app).is_ok());
    authorizer.reload().unwrap();
    assert!(guard.check(GetApp, &app).is_ok());
    assert!(
        authorizer
            .guard(&ana, &context)
            .check(GetApp, &app)
            .is_err()
    );
}
