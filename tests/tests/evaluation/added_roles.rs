//! Roles that the application adds to a principal: the policies of all of them apply, next to its own.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::DenyReason;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::list::{Constraint, KeyedColumns};
use pinpoint_iam::mobiletargeting::{App, DeleteApp, GetApp, columns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{AccountDetails, Directory, PolicySource, PolicyStore};
use pinpoint_iam::{Authorizer, Guard, Policy, Principal, Scope};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

fn document(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

fn policy(name: &str, statements: &str) -> Policy {
    Policy::new(name, Document::parse(&document(statements)).unwrap())
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

fn build(source: impl PolicySource + 'static) -> Authorizer {
    Authorizer::builder()
        .scope(scope())
        .source(source)
        .build()
        .unwrap()
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// The roles, with the path of one of them: readers may read `a*`, editors may delete `a*`, and interns may not do anything
/// with `a2`.
fn roles() -> [(String, String); 4] {
    [
        (role("reader"), allow("Get*", "a*")),
        (role("team/editor"), allow("DeleteApp", "a*")),
        (role("intern"), deny("*", "a2")),
        (
            "arn:aws:iam::999999999999:role/other".to_owned(),
            allow("*", "*"),
        ),
    ]
}

fn store() -> PolicyStore {
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(policy("own", &allow("GetApp", "own")));
    for (arn, statements) in roles() {
        store
            .identity(&arn)
            .unwrap()
            .attach(policy(&arn, &statements));
    }
    store
}

fn user(name: &str, roles: &[&str]) -> Principal {
    Principal::user(&scope(), name).unwrap().with_roles(roles)
}

/// Checks the decisions that all sources have in common.
fn assert_decisions(authorizer: &Authorizer) {
    let context = Context::new();
    let (reader, editor) = (role("reader"), role("team/editor"));
    // The user, the roles, the app, and whether it may be read and deleted.
    for (name, roles, app, reads, deletes) in [
        ("ana", &[][..], "a1", false, false),
        ("ana", &["reader"], "a1", true, false),
        ("ana", &["reader"], "own", true, false),
        ("ana", &["editor"], "a1", false, true),
        ("ana", &["editor", "reader", "reader"], "a1", true, true),
        ("ana", &["editor", "reader", "intern"], "a1", true, true),
        ("ana", &["editor", "reader", "intern"], "a2", false, false),
        // Roles that the source does not have, also by an invalid name.
        ("ana", &["unknown"], "a1", false, false),
        ("ana", &["Reader"], "a1", false, false),
        (
            "ana",
            &["*", "", "team/editor", "arn:aws:iam::123456789012:role/"],
            "a1",
            false,
            false,
        ),
        // By ARN, whose path has to be that of the source.
        ("ana", &[reader.as_str(), editor.as_str()], "a1", true, true),
        (
            "ana",
            &["arn:aws:iam::123456789012:role/editor"],
            "a1",
            false,
            true,
        ),
        (
            "ana",
            &["arn:aws:iam::123456789012:role/other/editor"],
            "a1",
            false,
            false,
        ),
        // A user is not a role, and a role of another account is not one of this account.
        ("eve", &[ANA], "own", false, false),
        (
            "ana",
            &["arn:aws:iam::999999999999:role/other"],
            "a1",
            false,
            false,
        ),
        ("ana", &["other"], "a1", false, false),
        // A user that the source does not have.
        ("eve", &["reader"], "a1", true, false),
        ("eve", &["reader"], "own", false, false),
    ] {
        let principal = user(name, roles);
        let guard = authorizer.guard(&principal, &context);
        let app = App::new(app).unwrap();
        let (get, delete) = (guard.check(GetApp, &app), guard.check(DeleteApp, &app));
        assert_eq!(get.is_ok(), reads, "{name} {roles:?} {app:?}");
        assert_eq!(delete.is_ok(), deletes, "{name} {roles:?} {app:?}");
        // The reference evaluator makes the explanation.
        assert_eq!(guard.explain(GetApp, &app).allowed, reads, "{roles:?}");
        assert_eq!(guard.explain(DeleteApp, &app).allowed, deletes, "{roles:?}");
    }
}

#[test]
fn the_policies_of_all_roles_apply() {
    assert_decisions(&build(store()));
}

#[test]
fn a_directory_attaches_documents_to_roles() {
    let directory = std::env::temp_dir().join(format!("pinpoint-iam-roles-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.join(name), text).unwrap();
    write("own.json", &document(&allow("GetApp", "own")));
    let entries = roles()
        .into_iter()
        .enumerate()
        .map(|(index, (arn, statements))| {
            let name = format!("{index}.json");
            write(&name, &document(&statements));
            format!(r#""{arn}": {{"policies": ["{name}"]}}"#)
        });
    let entries: Vec<String> = entries.collect();
    write(
        "attachments.json",
        &format!(
            r#"{{"users": {{"{ANA}": {{"policies": ["own.json"]}}}}, "roles": {{{}}}}}"#,
            entries.join(", ")
        ),
    );
    let authorizer = build(Directory::open(&directory).unwrap());
    assert_decisions(&authorizer);

    // The content of the role's document is unknown now, and it could be a `Deny`.
    write("0.json", "{");
    authorizer.reload().unwrap_err();
    let (plain, reader) = (user("ana", &["editor"]), user("ana", &["editor", "reader"]));
    let context = Context::new();
    let app = App::new("a1").unwrap();
    let status = |principal| {
        let denied = authorizer.guard(principal, &context).check(DeleteApp, &app);
        denied.map_or_else(|denied| denied.status(), |()| 200)
    };
    assert_eq!(status(&plain), 200);
    assert_eq!(status(&reader), 503);
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn account_details_contain_roles() {
    let details = |arn: &str, id: usize, statements: &str| {
        let (start, name) = arn.rsplit_once('/').unwrap();
        let path = start.split_once(":role").map_or("", |(_, path)| path);
        format!(
            r#"{{"Arn": "{arn}", "RoleName": "{name}", "RoleId": "AROA{id}", "Path": "{path}/",
                "RolePolicyList": [{{"PolicyName": "inline", "PolicyDocument": {}}}]}}"#,
            document(statements)
        )
    };
    let roles: Vec<String> = roles()
        .iter()
        .take(3)
        .enumerate()
        .map(|(id, (arn, statements))| details(arn, id, statements))
        .collect();
    let text = format!(
        r#"{{"UserDetailList": [{{"Arn": "{ANA}", "UserName": "ana", "UserId": "AIDAANA", "Path": "/",
            "UserPolicyList": [{{"PolicyName": "own", "PolicyDocument": {}}}]}}],
            "GroupDetailList": [], "RoleDetailList": [{}], "Policies": []}}"#,
        document(&allow("GetApp", "own")),
        roles.join(", ")
    );
    assert_decisions(&build(AccountDetails::from_json("account.json", text)));
}

#[tokio::test]
async fn lists_contain_what_the_roles_allow() {
    let authorizer = build(store());
    let context = Context::new();
    let columns = columns::App {
        application_id: "id",
        tags: KeyedColumns::nowhere(),
    };
    for (roles, deletes) in [(&["reader"][..], false), (&["editor"], true)] {
        let ana = user("ana", roles);
        let guard = authorizer.guard(&ana, &context);
        let constraint = guard.constraint(DeleteApp, &columns).await.unwrap();
        assert_eq!(constraint != Constraint::Nothing, deletes, "{roles:?}");
    }
}

/// Conditions and variables see the attributes of the user, not those of the role.
#[test]
fn roles_see_the_attributes_of_the_user() {
    let mut store = store();
    store.identity(ANA).unwrap().set_tag("app", "a7");
    let owner = store.identity(&role("owner")).unwrap();
    owner.set_tag("app", "a8");
    owner.attach(policy(
        "owner",
        r#"{"Effect": "Allow", "Action": "mobiletargeting:DeleteApp",
            "Resource": "arn:aws:mobiletargeting:*:*:apps/${aws:PrincipalTag/app}",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/ana"}}}"#,
    ));
    let authorizer = build(store);
    let (ana, context) = (user("ana", &["owner"]), Context::new());
    let guard = authorizer.guard(&ana, &context);
    assert!(guard.check(DeleteApp, &App::new("a7").unwrap()).is_ok());
    assert!(guard.check(DeleteApp, &App::new("a8").unwrap()).is_err());
}

/// A boundary of a role limits everything, and different ones deny everything.
#[test]
fn a_boundary_of_a_role_limits_the_principal() {
    let mut store = store();
    let only_get = policy("only-get", &allow("Get*", "*"));
    store
        .identity(&role("reader"))
        .unwrap()
        .set_permissions_boundary(only_get.clone());
    store
        .identity(&role("intern"))
        .unwrap()
        .set_permissions_boundary(only_get.clone());
    store
        .identity(&role("team/editor"))
        .unwrap()
        .set_permissions_boundary(policy("only-delete", &allow("DeleteApp", "*")));
    let mut bounded = store.clone();
    bounded
        .identity(ANA)
        .unwrap()
        .set_permissions_boundary(only_get);
    let (store, bounded) = (build(store), build(bounded));
    let context = Context::new();
    let app = App::new("a1").unwrap();
    let own = App::new("own").unwrap();
    let decisions = |guard: &Guard<'_>| {
        assert_eq!(
            guard.check(GetApp, &app).is_ok(),
            guard.explain(GetApp, &app).allowed
        );
        [
            guard.check(GetApp, &own).is_ok(),
            guard.check(GetApp, &app).is_ok(),
            guard.check(DeleteApp, &app).is_ok(),
        ]
    };
    // The roles, and whether Ana may read her own app, read `a1` and delete `a1`: without and with a boundary of her own.
    for (roles, without, with) in [
        (&[][..], [true, false, false], [true, false, false]),
        (&["reader"], [true, true, false], [true, true, false]),
        (
            &["reader", "intern"],
            [true, true, false],
            [true, true, false],
        ),
        (&["editor"], [false, false, true], [false, false, false]),
        (
            &["editor", "reader"],
            [false, false, false],
            [false, false, false],
        ),
    ] {
        let ana = user("ana", roles);
        assert_eq!(
            decisions(&store.guard(&ana, &context)),
            without,
            "{roles:?}"
        );
        assert_eq!(decisions(&bounded.guard(&ana, &context)), with, "{roles:?}");
    }
    let ana = user("ana", &["editor", "reader"]);
    let denied = store
        .guard(&ana, &context)
        .check(DeleteApp, &app)
        .unwrap_err();
    assert_eq!(denied.status(), 403);
    assert!(matches!(
        denied.reason(),
        DeniedReason::Refused(by) if *by.reason() == DenyReason::SeveralBoundaries
    ));
}
