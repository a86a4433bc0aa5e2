//! `pinpoint-iam diff` of account details, and with catalogs.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{code, directory, run, text};

/// The details of an account with a user who may do this, a role without policies, and a group.
fn account(path: &Path, name: &str, actions: &Value) {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" },
    });
    let details = json!({
        "UserDetailList": [{
            "Path": "/", "UserName": "ana", "UserId": "AIDAANA", "Arn": "arn:aws:iam::123456789012:user/ana",
            "CreateDate": "2026-01-01T00:00:00+00:00", "GroupList": ["readers"], "AttachedManagedPolicies": [],
        }, {
            "Path": "/", "UserName": "ben", "UserId": "AIDABEN", "Arn": "arn:aws:iam::123456789012:user/ben",
            "CreateDate": "2026-01-01T00:00:00+00:00", "GroupList": [], "AttachedManagedPolicies": [],
        }],
        "GroupDetailList": [{
            "Path": "/", "GroupName": "readers", "GroupId": "AGPAREADERS", "Arn": "arn:aws:iam::123456789012:group/readers",
            "CreateDate": "2026-01-01T00:00:00+00:00", "AttachedManagedPolicies": [],
            "GroupPolicyList": [{ "PolicyName": "read", "PolicyDocument": document }],
        }],
        "RoleDetailList": [],
        "Policies": [],
    });
    fs::write(path.join(name), details.to_string()).unwrap();
}

#[test]
fn the_users_and_roles_of_accounts_are_compared() {
    let path = directory("diff-accounts");
    account(&path, "old.json", &json!("mobiletargeting:GetApp"));
    account(
        &path,
        "new.json",
        &json!(["mobiletargeting:GetApp", "mobiletargeting:GetApps"]),
    );
    let output = run(&path, &["diff", "old.json", "new.json"]);
    let shown = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(15),
        "{shown}{}",
        text(&output.stderr)
    );
    assert!(
        shown.starts_with("arn:aws:iam::123456789012:user/ana: wider\n"),
        "{shown}"
    );
    assert!(shown.contains("mobiletargeting:GetApps"), "{shown}");
    assert!(!shown.contains("user/ben"), "{shown}");
    let output = run(&path, &["diff", "new.json", "old.json", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let results: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!(results[0]["name"], "arn:aws:iam::123456789012:user/ana");
    assert_eq!(results[0]["verdict"], "narrower");
    let output = run(&path, &["diff", "old.json", "old.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "all users and roles: equal\n");
    fs::write(
        path.join("policy.json"),
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    )
    .unwrap();
    let output = run(&path, &["diff", "old.json", "policy.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: users and roles can only be compared with users and roles, and documents with documents\n"
    );
    fs::write(path.join("broken.json"), r#"{"UserDetailList": 5}"#).unwrap();
    assert_eq!(code(&path, &["diff", "old.json", "broken.json"]), 1);
}

#[test]
fn a_catalog_closes_the_actions_of_its_service() {
    let path = directory("diff-catalog");
    let catalog = "format = 1\n\n[service]\nprefix = \"shelf\"\nname = \"Shelf\"\n\n\
        [actions.GetBook]\nsummary = \"Reads a book.\"\n\n[actions.GetBooks]\nsummary = \"Lists books.\"\n";
    fs::write(path.join("shelf.toml"), catalog).unwrap();
    for (name, actions) in [
        ("names.json", json!(["shelf:GetBook", "shelf:GetBooks"])),
        ("pattern.json", json!("shelf:Get*")),
        ("all.json", json!("shelf:*")),
        ("one.json", json!("shelf:GetBook")),
        ("other.json", json!(["shelf:Get*", "shop:Get*"])),
    ] {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" },
        });
        fs::write(path.join(name), document.to_string()).unwrap();
    }
    for (old, new, open, closed) in [
        ("names.json", "pattern.json", 15, 0),
        ("names.json", "all.json", 15, 0),
        ("one.json", "pattern.json", 15, 15),
        // The catalog is about its own service only.
        ("names.json", "other.json", 15, 15),
    ] {
        assert_eq!(code(&path, &["diff", old, new]), open, "{old} {new}");
        let with_catalog = ["diff", "--catalog", "shelf.toml", old, new];
        assert_eq!(code(&path, &with_catalog), closed, "{old} {new}");
    }
    assert_eq!(
        code(
            &path,
            &["diff", "--catalog", "gone.toml", "one.json", "all.json"]
        ),
        1
    );
    assert_eq!(
        code(
            &path,
            &["diff", "--catalog", "shelf", "one.json", "all.json"]
        ),
        2
    );
}
