//! Account details, the output of `aws iam get-account-authorization-details`, and directories with attachments in
//! `explain`, `simulate`, `test` and `who-can`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{code, directory, run, text};

const GET: &str = "mobiletargeting:GetApp";
const DELETE: &str = "mobiletargeting:DeleteApp";

fn allow(action: &str, more: Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    if let (Some(statement), Value::Object(more)) = (statement.as_object_mut(), more) {
        statement.extend(more);
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn identity(kind: &str, path: &str, name: &str, more: Value) -> Value {
    let mut entry = json!({
        "Path": path,
        format!("{kind}Name"): name,
        format!("{kind}Id"): format!("AIDA{name}"),
        "Arn": format!("arn:aws:iam::123456789012:{}{path}{name}", kind.to_lowercase()),
        "CreateDate": "2026-01-01T00:00:00+00:00",
        "AttachedManagedPolicies": [],
    });
    if let (Some(entry), Value::Object(more)) = (entry.as_object_mut(), more) {
        entry.extend(more);
    }
    entry
}

fn managed(name: &str, document: &Value) -> Value {
    let version = json!({"VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2026-01-01T00:00:00+00:00", "Document": document});
    json!({
        "PolicyName": name,
        "PolicyId": format!("ANPA{name}"),
        "Arn": format!("arn:aws:iam::123456789012:policy/{name}"),
        "Path": "/",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [version],
    })
}

fn attached(name: &str) -> Value {
    json!({"PolicyName": name, "PolicyArn": format!("arn:aws:iam::123456789012:policy/{name}")})
}

/// A directory with the details of an account.
fn account(name: &str) -> PathBuf {
    let path = directory(name);
    let of_team = json!({"Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}});
    let boundary = json!({
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/limit",
    });
    let details = json!({
        "UserDetailList": [
            identity("User", "/team/", "ana", json!({
                "GroupList": ["readers"],
                "PermissionsBoundary": boundary,
                "AttachedManagedPolicies": [attached("writer")],
                "Tags": [{"Key": "team", "Value": "red"}],
                "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": allow("mobiletargeting:GetApps", of_team)}],
            })),
            identity("User", "/", "ben.lopez", json!({"GroupList": []})),
            identity("User", "/", "app", json!({"GroupList": []})),
        ],
        "GroupDetailList": [identity("Group", "/", "readers", json!({
            "GroupPolicyList": [{"PolicyName": "read", "PolicyDocument": allow(GET, json!({"Sid": "Read"}))}],
        }))],
        "RoleDetailList": [identity("Role", "/service/", "app", json!({
            "AssumeRolePolicyDocument": {},
            "InstanceProfileList": [],
            "RolePolicyList": [],
            "AttachedManagedPolicies": [attached("writer")],
        }))],
        "Policies": [
            managed("writer", &allow("mobiletargeting:*App", json!({}))),
            managed("limit", &allow("mobiletargeting:Get*", json!({}))),
        ],
    });
    fs::write(path.join("account.json"), details.to_string()).unwrap();
    path
}

/// The result of `simulate` for a principal and an action, or the error.
fn decide(path: &Path, principal: &str, action: &str, more: &[&str]) -> Result<String, String> {
    let arguments = ["simulate", "--principal", principal, "--action", action];
    let more = match more {
        [] => &["account.json"],
        more => more,
    };
    let output = run(path, &[&arguments[..], more].concat());
    let error = text(&output.stderr);
    if output.status.code() == Some(2) {
        return Err(error.trim().to_owned());
    }
    assert_eq!(output.status.code(), Some(0), "{error}");
    let shown = text(&output.stdout);
    Ok(shown.split_whitespace().next().unwrap().to_owned())
}

#[test]
fn a_principal_has_the_policies_of_its_account() {
    let path = account("account");
    let output = run(
        &path,
        &[
            "explain",
            "--principal",
            "ana",
            "--action",
            GET,
            "account.json",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for expected in [
        "policy/writer",
        "group/readers/read",
        "permissions boundary",
        "policy/limit",
        "user/ana/own",
        "`Read`",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let session = "arn:aws:sts::123456789012:assumed-role/app/monday";
    for (principal, action, expected) in [
        ("ana", GET, "allowed"),
        ("user/ana", GET, "allowed"),
        ("user/team/ana", GET, "allowed"),
        ("arn:aws:iam::123456789012:user/team/ana", GET, "allowed"),
        ("arn:aws:iam::123456789012:user/ana", GET, "allowed"),
        // The boundary of the account, and the tag of the user.
        ("ana", DELETE, "implicitly-denied"),
        ("ana", "mobiletargeting:GetApps", "allowed"),
        ("ben.lopez", GET, "implicitly-denied"),
        ("role/app", DELETE, "allowed"),
        ("role/service/app", DELETE, "allowed"),
        (
            "arn:aws:iam::123456789012:role/service/app",
            DELETE,
            "allowed",
        ),
        (session, DELETE, "allowed"),
        ("user/app", DELETE, "implicitly-denied"),
        // These have no policies of their own.
        ("*", GET, "implicitly-denied"),
        ("sns.amazonaws.com", GET, "implicitly-denied"),
        // The root user has all permissions.
        ("arn:aws:iam::123456789012:root", GET, "allowed"),
    ] {
        let found = decide(&path, principal, action, &[]);
        assert_eq!(found.as_deref(), Ok(expected), "{principal} {action}");
    }
}

#[test]
fn other_policies_are_added_to_those_of_the_account() {
    let path = account("account-more");
    let write = |name: &str, document: &Value| {
        fs::write(path.join(name), document.to_string()).unwrap();
    };
    write("all.json", &allow("*", json!({})));
    write(
        "deny.json",
        &json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": GET, "Resource": "*"}}),
    );
    for (principal, action, more, expected) in [
        // A given boundary replaces that of the account, as in the policy simulator of IAM.
        (
            "ana",
            DELETE,
            &["account.json", "--boundary", "all.json"][..],
            "allowed",
        ),
        (
            "ana",
            "s3:GetObject",
            &["account.json", "all.json"],
            "implicitly-denied",
        ),
        ("ben.lopez", GET, &["account.json", "all.json"], "allowed"),
        (
            "ana",
            GET,
            &["account.json", "deny.json"],
            "explicitly-denied",
        ),
        (
            "ana",
            GET,
            &["account.json", "--scp", "deny.json"],
            "explicitly-denied",
        ),
    ] {
        let found = decide(&path, principal, action, more);
        assert_eq!(
            found.as_deref(),
            Ok(expected),
            "{principal} {action} {more:?}"
        );
    }
}

/// Without its policies, the decision about a user or role would be wrong.
#[test]
fn a_principal_that_the_account_does_not_contain_is_an_error() {
    let path = account("account-unknown");
    let unknown = |text: &str, hint: &str| {
        format!(
            "error: the account details or attachments contain no user or role `{text}`; {hint}"
        )
    };
    for (principal, expected) in [
        ("anna", unknown("anna", "did you mean `ana`?")),
        ("readers", unknown("readers", "write its name or its ARN")),
        (
            "user/readers",
            unknown("user/readers", "write its name or its ARN"),
        ),
        // Not a service.
        (
            "ben.lopes",
            unknown("ben.lopes", "did you mean `ben.lopez`?"),
        ),
        (
            "arn:aws:iam::123456789012:user/other/ana",
            unknown(
                "arn:aws:iam::123456789012:user/other/ana",
                "did you mean `arn:aws:iam::123456789012:user/team/ana`?",
            ),
        ),
        (
            "arn:aws:iam::999988887777:user/x",
            unknown(
                "arn:aws:iam::999988887777:user/x",
                "write its name or its ARN",
            ),
        ),
        (
            "app",
            "error: `app` is the name of `arn:aws:iam::123456789012:user/app` and \
             `arn:aws:iam::123456789012:role/service/app`; write the ARN"
                .to_owned(),
        ),
    ] {
        assert_eq!(decide(&path, principal, GET, &[]), Err(expected));
    }
    // Only account details have names.
    fs::write(path.join("p.json"), allow("*", json!({})).to_string()).unwrap();
    let error = decide(&path, "ana", GET, &["p.json"]).unwrap_err();
    assert!(
        error.starts_with("error: `ana` is not the ARN of a caller"),
        "{error}"
    );
    fs::write(path.join("broken.json"), r#"{"UserDetailList": 5}"#).unwrap();
    let arguments = [
        "explain",
        "--principal",
        "ana",
        "--action",
        GET,
        "broken.json",
    ];
    assert_eq!(code(&path, &arguments), 1);
}

#[test]
fn policies_of_an_account_have_unit_tests() {
    let path = account("account-tests");
    let suite = |principal: &str| {
        let suite = format!(
            "[policies]\nidentity = [\"account.json\"]\n\n[[test]]\nname = \"reads\"\nprincipal = \"{principal}\"\n\
             action = \"{GET}\"\nexpect = \"allowed\"\n"
        );
        fs::write(path.join("suite.toml"), suite).unwrap();
        run(&path, &["test", "suite.toml"])
    };
    let output = suite("role/app");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    // The policies of other users and roles are not part of the coverage.
    assert!(
        text(&output.stdout).ends_with("1 passed, 0 failed; 1 of 1 statements matched\n"),
        "{}",
        text(&output.stdout)
    );
    let output = suite("ana");
    assert!(
        text(&output.stdout).ends_with("1 passed, 0 failed; 3 of 4 statements matched\n"),
        "{}",
        text(&output.stdout)
    );
    let output = suite("anna");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did you mean `ana`?"));
}

#[test]
fn the_users_and_roles_that_may_do_something_are_listed() {
    let path = account("account-who-can");
    let who = |arguments: &[&str]| {
        let output = run(&path, &[&["who-can"], arguments].concat());
        (
            output.status.code().unwrap(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (status, shown, _) = who(&[DELETE, "*", "account.json"]);
    assert_eq!(
        (status, shown.as_str()),
        (
            0,
            "arn:aws:iam::123456789012:role/service/app may call mobiletargeting:DeleteApp on *\n"
        )
    );
    let (_, shown, _) = who(&["mobiletargeting:GetApps", "*", "account.json"]);
    assert!(
        shown.starts_with("arn:aws:iam::123456789012:user/team/ana may call"),
        "{shown}"
    );
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert_eq!(who(&["s3:GetObject", "*", "account.json"]).1, "no caller\n");

    let bucket = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/ben.lopez"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
    }});
    fs::write(path.join("bucket.json"), bucket.to_string()).unwrap();
    let of_bucket = [
        "s3:GetObject",
        "arn:aws:s3:::b/x",
        "account.json",
        "bucket.json",
    ];
    let (status, shown, _) = who(&[&of_bucket[..], &["--kind", "resource"]].concat());
    assert_eq!(status, 0);
    assert!(
        shown.starts_with("arn:aws:iam::123456789012:user/ben.lopez may call"),
        "{shown}"
    );
    assert!(!shown.contains("user/team/ana"), "{shown}");
    let (status, _, error) = who(&of_bucket);
    assert_eq!(status, 2);
    assert!(error.contains("name no others"), "{error}");
    let (_, shown, _) = who(&[DELETE, "*", "account.json", "--format", "json"]);
    let listed: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        listed["requests"][0]["principal"],
        "arn:aws:iam::123456789012:role/service/app"
    );
}

/// A directory `policies` as a service reads it, in which ana may read, the administrator may do everything, and ben's
/// boundary allows less than his policy.
fn attachments(name: &str) -> PathBuf {
    let path = directory(name);
    fs::create_dir_all(path.join("policies")).unwrap();
    let user = |name: &str| format!("arn:aws:iam::123456789012:user/{name}");
    for (name, content) in [
        ("read.json", allow(GET, json!({}))),
        ("all.json", allow("mobiletargeting:*", json!({}))),
        (
            "attachments.json",
            json!({"users": {
                user("ana"): {"policies": ["read.json"]},
                user("admin"): {"policies": ["all.json"]},
                user("ben"): {"policies": ["all.json"], "boundary": "read.json"},
            }}),
        ),
    ] {
        fs::write(path.join("policies").join(name), content.to_string()).unwrap();
    }
    path
}

/// Its documents are not those of every caller.
#[test]
fn a_directory_with_attachments_is_an_account() {
    let path = attachments("attached");
    let ana = "arn:aws:iam::123456789012:user/ana";
    for (principal, action, expected) in [
        (ana, GET, "allowed"),
        (ana, DELETE, "implicitly-denied"),
        ("ben", GET, "allowed"),
        ("ben", DELETE, "implicitly-denied"),
        ("admin", DELETE, "allowed"),
    ] {
        let found = decide(&path, principal, action, &["policies"]);
        assert_eq!(found.as_deref(), Ok(expected), "{principal} {action}");
    }
    let error = decide(&path, "anna", GET, &["policies"]).unwrap_err();
    assert!(error.contains("did you mean `ana`?"), "{error}");
    let output = run(&path, &["who-can", DELETE, "*", "policies"]);
    assert_eq!(
        text(&output.stdout),
        "arn:aws:iam::123456789012:user/admin may call mobiletargeting:DeleteApp on *\n"
    );
    let suite = format!(
        "[policies]\nidentity = [\"policies\"]\n\n[[test]]\nname = \"keeps\"\nprincipal = \"ana\"\n\
         action = \"{DELETE}\"\nexpect = \"denied\"\n"
    );
    fs::write(path.join("suite.toml"), suite).unwrap();
    assert_eq!(code(&path, &["test", "suite.toml"]), 0);
    // The decision of a service with this directory.
    let record = json!({"v": 1, "time": "2026-11-29T03:12:15.123456Z", "principal": {"arn": ana}, "action": DELETE,
        "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1", "outcome": "deny",
        "reason": "implicit_deny", "policy_type": "identity-based policy", "revision": "7", "ns": 5});
    fs::write(path.join("decisions.log"), record.to_string()).unwrap();
    let output = run(&path, &["explain", "--record", "decisions.log", "policies"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(
        shown.ends_with("decide the same, for the same reason\n"),
        "{shown}"
    );
    assert!(!shown.contains("all.json"), "{shown}");
}

/// Otherwise the documents next to them would be those of every caller.
#[test]
fn attachments_are_never_left_out() {
    let path = attachments("attached-elsewhere");
    for elsewhere in ["policies/*.json", ".", "policies/attachments.json"] {
        let error = decide(&path, "ana", GET, &[elsewhere]).unwrap_err();
        assert!(
            error.contains("attachments.json` attaches policies to"),
            "{error}"
        );
    }
    let found = decide(
        &path,
        "arn:aws:iam::123456789012:user/ana",
        DELETE,
        &["policies/all.json"],
    );
    assert_eq!(found.as_deref(), Ok("allowed"));
    fs::write(path.join("policies/attachments.json"), "{").unwrap();
    let arguments = ["explain", "--principal", "ana", "--action", GET, "policies"];
    assert_eq!(code(&path, &arguments), 1);
}
