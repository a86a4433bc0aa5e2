//! Errors in account details, with their exact messages.

use std::fs;

use pinpoint_iam::source::{AccountDetails, PolicySource};

use super::refusal;
use super::temporary::TemporaryDirectory;

/// A small account. Every error below is caused by an edit of it.
const ACCOUNT: &str = r#"{
  "UserDetailList": [
    {
      "UserName": "ana",
      "UserId": "AIDAEXAMPLEANA",
      "Arn": "arn:aws:iam::111122223333:user/ana",
      "UserPolicyList": [
        {
          "PolicyName": "own",
          "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*" }
          }
        }
      ],
      "GroupList": ["analysts"],
      "PermissionsBoundary": {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limit"
      },
      "Tags": [{ "Key": "team", "Value": "growth" }]
    }
  ],
  "GroupDetailList": [
    {
      "GroupName": "analysts",
      "Arn": "arn:aws:iam::111122223333:group/analysts",
      "AttachedManagedPolicies": [{ "PolicyName": "read", "PolicyArn": "arn:aws:iam::aws:policy/read" }]
    }
  ],
  "RoleDetailList": [
    {
      "RoleName": "worker",
      "Arn": "arn:aws:iam::111122223333:role/worker",
      "AssumeRolePolicyDocument": {}
    }
  ],
  "Policies": [
    {
      "Arn": "arn:aws:iam::111122223333:policy/limit",
      "DefaultVersionId": "v1",
      "PolicyVersionList": [
        { "VersionId": "v1", "IsDefaultVersion": true, "Document": { "Statement": {
          "Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*" } } }
      ]
    },
    {
      "Arn": "arn:aws:iam::aws:policy/read",
      "DefaultVersionId": "v9",
      "PolicyVersionList": [
        { "VersionId": "v8", "IsDefaultVersion": false, "Document": "{ not even JSON" },
        { "VersionId": "v9", "IsDefaultVersion": true, "Document": "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22mobiletargeting%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D" }
      ]
    }
  ]
}
"#;

/// Returns the error after `from`, which occurs once in the account, was replaced by `to`.
fn refusal_of(from: &str, to: &str) -> String {
    assert_eq!(ACCOUNT.matches(from).count(), 1, "{from}");
    refusal(&AccountDetails::from_json(
        "account.json",
        ACCOUNT.replace(from, to),
    ))
}

fn check(cases: &[(&str, &str, &str)]) {
    for (from, to, expected) in cases {
        let expected = format!("account.json:{expected}");
        assert_eq!(
            refusal_of(from, to),
            expected,
            "`{from}` replaced by `{to}`"
        );
    }
}

#[test]
fn the_account_itself_is_fine() {
    let source = AccountDetails::from_json("account.json", ACCOUNT);
    assert_eq!(source.load().unwrap().len(), 2);
}

#[test]
fn nothing_is_dropped_in_silence() {
    check(&[
        (
            r#""PolicyArn": "arn:aws:iam::aws:policy/read""#,
            r#""PolicyArn": "arn:aws:iam::aws:policy/deny""#,
            "28:72: the group `analysts` has the managed policy `arn:aws:iam::aws:policy/deny`, which is not among `Policies`; print the details without `--filter`",
        ),
        (
            r#""PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limit""#,
            r#""PermissionsBoundaryArn": "arn:aws:iam::aws:policy/other""#,
            "19:35: the user `ana` has the permissions boundary `arn:aws:iam::aws:policy/other`, which is not among `Policies`; print the details without `--filter`",
        ),
        (
            r#""GroupList": ["analysts"]"#,
            r#""GroupList": ["analyst"]"#,
            "16:21: the user `ana` is in the group `analyst`, which is not among `GroupDetailList`; did you mean `analysts`?",
        ),
        (
            r#""GroupList": ["analysts"]"#,
            r#""GroupList": ["operators"]"#,
            "16:21: the user `ana` is in the group `operators`, which is not among `GroupDetailList`; print the details without `--filter`",
        ),
        (
            r#""UserDetailList": ["#,
            r#""IsTruncated": true, "UserDetailList": ["#,
            "2:18: `IsTruncated` is true, so policies are missing; print all of it in one run, without `--max-items`, `--starting-token` and `--no-paginate`",
        ),
        (
            r#""UserDetailList": ["#,
            r#""Marker": "AAA", "UserDetailList": ["#,
            "2:13: `Marker` means that there is another page; print all of it in one run, without `--max-items`, `--starting-token` and `--no-paginate`",
        ),
        (
            r#""UserDetailList": ["#,
            r#""NextToken": "AAA", "UserDetailList": ["#,
            "2:16: `NextToken` means that there is another page; print all of it in one run, without `--max-items`, `--starting-token` and `--no-paginate`",
        ),
        (
            r#""UserDetailList": ["#,
            r#""IsTruncated": "no", "UserDetailList": ["#,
            "2:18: expected `true` or `false`, found a string",
        ),
    ]);
}

#[test]
fn members_are_what_aws_documents() {
    check(&[
        (
            r#""UserDetailList""#,
            r#""userDetailList""#,
            "2:3: unknown member `userDetailList`; did you mean `UserDetailList`?",
        ),
        (
            r#""PermissionsBoundary": {"#,
            r#""permissions_boundary": {"#,
            "17:7: unknown member `permissions_boundary`; did you mean `PermissionsBoundary`?",
        ),
        (
            r#""UserPolicyList""#,
            r#""user_policy_list""#,
            "7:7: unknown member `user_policy_list`; did you mean `UserPolicyList`?",
        ),
        (
            r#""Tags""#,
            r#""tags""#,
            "21:7: unknown member `tags`; did you mean `Tags`?",
        ),
        (
            r#""UserId": "AIDAEXAMPLEANA""#,
            r#""UserName": "ben""#,
            "5:7: duplicate member `UserName`; remove one of the two",
        ),
        (r#""UserName": "ana","#, "", "3:5: `UserName` is missing"),
        (
            r#""UserName": "ana""#,
            r#""UserName": 7"#,
            "4:19: expected a string, found a number",
        ),
        (
            r#""UserName": "ana""#,
            r#""UserName": "ben""#,
            "6:14: the user `ben` has the ARN of the user `ana`",
        ),
        (
            r#""Arn": "arn:aws:iam::111122223333:user/ana""#,
            r#""Arn": "arn:aws:iam::111122223333:role/ana""#,
            "6:14: `arn:aws:iam::111122223333:role/ana` is not the ARN of a user: expected `arn:aws:iam::ACCOUNT:user/NAME`",
        ),
        (
            r#""Arn": "arn:aws:iam::111122223333:user/ana""#,
            r#""Arn": "arn:aws:iam:eu-west-1:111122223333:user/ana""#,
            "6:14: `arn:aws:iam:eu-west-1:111122223333:user/ana` is not the ARN of a user: expected `arn:aws:iam::ACCOUNT:user/NAME`",
        ),
        (
            r#""Arn": "arn:aws:iam::111122223333:group/analysts""#,
            r#""Arn": "arn:aws:sns::111122223333:group/analysts""#,
            "27:14: `arn:aws:sns::111122223333:group/analysts` is not the ARN of a group: expected `arn:aws:iam::ACCOUNT:group/NAME`",
        ),
        (
            r#""Arn": "arn:aws:iam::aws:policy/read","#,
            r#""Arn": "read","#,
            "48:14: `read` is not the ARN of a policy: expected `arn:aws:iam::ACCOUNT:policy/NAME`",
        ),
        (
            r#""GroupList": ["analysts"]"#,
            r#""GroupList": "analysts""#,
            "16:20: expected a list, found a string",
        ),
        (
            r#""GroupList": ["analysts"]"#,
            r#""GroupList": [null]"#,
            "16:21: expected a string, found `null`",
        ),
        (
            r#""PolicyName": "own""#,
            r#""PolicyName": "o/w`n""#,
            "9:25: `o/w`n` is not the name of a policy",
        ),
        (
            r#""PermissionsBoundary": {"#,
            r#""PermissionsBoundary": null, "x": {"#,
            "17:30: expected an object, found `null`",
        ),
        (
            r#""PermissionsBoundaryType": "Policy""#,
            r#""PermissionsBoundaryType": "Group""#,
            "18:36: unknown type of permissions boundary `Group`; expected `Policy`",
        ),
        (
            r#""PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/limit""#,
            r#""x": 1"#,
            "17:30: `PermissionsBoundaryArn` is missing",
        ),
        (
            r#"{ "Key": "team", "Value": "growth" }"#,
            r#"{ "Key": "team" }"#,
            "21:16: `Value` is missing",
        ),
        (
            r#""PolicyName": "read", "PolicyArn""#,
            r#""PolicyName": "read", "Policy""#,
            "28:35: `PolicyArn` is missing",
        ),
        (
            r#""PolicyDocument": {"#,
            r#""Document": {"#,
            "8:9: `PolicyDocument` is missing",
        ),
        (
            r#"{ "Key": "team", "Value": "growth" }"#,
            r#"{ "Key": "team", "Value": "a" }, { "Key": "Team", "Value": "b" }"#,
            "21:58: duplicate tag `Team`: tag keys are case-insensitive",
        ),
        (
            r#""AssumeRolePolicyDocument": {}"#,
            r#""AssumeRolePolicyDocument": []"#,
            "35:35: expected a policy document, as an object or as a URL-encoded string, found a list",
        ),
        (
            r#""RoleDetailList": ["#,
            r#""RoleDetailList": [ 1,"#,
            "31:23: expected an object, found a number",
        ),
    ]);
}

#[test]
fn rejects_duplicate_entries() {
    check(&[
        (
            r#""RoleDetailList": ["#,
            r#""RoleDetailList": [ { "RoleName": "worker", "Arn": "arn:aws:iam::111122223333:role/p/worker" },"#,
            "34:14: duplicate role `worker`: names are unique in an account regardless of the path",
        ),
        (
            r#""GroupDetailList": ["#,
            r#""GroupDetailList": [ { "GroupName": "analysts", "Arn": "arn:aws:iam::111122223333:group/analysts" },"#,
            "26:20: duplicate group `analysts`",
        ),
        (
            r#""Policies": ["#,
            r#""Policies": [ { "Arn": "arn:aws:iam::aws:policy/read", "PolicyVersionList": [ { "IsDefaultVersion": true, "Document": { "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } } } ] },"#,
            "48:14: duplicate policy `arn:aws:iam::aws:policy/read`",
        ),
        (
            r#""UserPolicyList": ["#,
            r#""UserPolicyList": [ { "PolicyName": "own", "PolicyDocument": { "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } } },"#,
            "9:25: the user `ana` has two inline policies `own`",
        ),
    ]);
}

#[test]
fn one_version_is_in_force() {
    check(&[
        (
            r#""DefaultVersionId": "v9""#,
            r#""DefaultVersionId": "v8""#,
            "51:9: `DefaultVersionId` and `IsDefaultVersion` of the policy `arn:aws:iam::aws:policy/read` do not agree about this version",
        ),
        (
            r#""VersionId": "v8", "IsDefaultVersion": false"#,
            r#""IsDefaultVersion": true"#,
            "52:9: the policy `arn:aws:iam::aws:policy/read` has a second default version",
        ),
        (
            r#""VersionId": "v8", "IsDefaultVersion": false"#,
            r#""X": 1"#,
            "51:9: it is unknown whether this version of the policy `arn:aws:iam::aws:policy/read` is the default version: `IsDefaultVersion` is missing",
        ),
        (
            r#""VersionId": "v9", "IsDefaultVersion": true"#,
            r#""VersionId": "v7", "IsDefaultVersion": false"#,
            "50:28: the policy `arn:aws:iam::aws:policy/read` has no default version",
        ),
        (
            r#""VersionId": "v9", "IsDefaultVersion": true"#,
            r#""VersionId": "v9", "IsDefaultVersion": "true""#,
            "52:50: expected `true` or `false`, found a string",
        ),
        (
            r#""PolicyVersionList": [
        { "VersionId": "v1""#,
            r#""Versions": [
        { "VersionId": "v1""#,
            "39:5: `PolicyVersionList` is missing",
        ),
        (
            r#""IsDefaultVersion": true, "Document": { "Statement""#,
            r#""IsDefaultVersion": true, "X": { "Statement""#,
            "43:9: `Document` is missing",
        ),
    ]);
}

#[test]
fn faults_in_documents_have_places_in_the_file() {
    check(&[
        (
            r#""Statement": { "Effect": "Allow", "Action": "mobiletargeting:GetApp""#,
            r#""Statement": { "Efect": "Allow", "Action": "mobiletargeting:GetApp""#,
            "12:28: unknown member `Efect`; did you mean `Effect`?",
        ),
        (
            r#""Document": { "Statement": {"#,
            r#""Document": { "Statment": {"#,
            "43:70: unknown member `Statment`; did you mean `Statement`?",
        ),
        (
            r#""Action": "mobiletargeting:GetApp", "Resource": "*""#,
            r#""Action": "mobiletargeting:GetApp""#,
            "12:26: the statement has no `Resource` or `NotResource`; the policy of a user, group or role has one of them",
        ),
        (
            r#""Action": "mobiletargeting:GetApp""#,
            r#""Principal": "*", "Action": "mobiletargeting:GetApp""#,
            "12:26: the statement has a `Principal` or `NotPrincipal`; the policy of a user, group or role has neither",
        ),
        (
            r#""Document": "%7B%22Statement%22"#,
            r#""Document": "%7B%0A%22Statment%22"#,
            "52:68: in the decoded document, line 2, column 1: unknown member `Statment`; did you mean `Statement`?",
        ),
        (
            r#""Document": "%7B%22Statement%22"#,
            r#""Document": "{%22Statement%22"#,
            "52:68: this string is not URL-encoded: it contains `{`; write the document as an object, or encode it completely",
        ),
        (
            r#""Document": "%7B%22Statement%22"#,
            r#""Document": "%7B%2"#,
            "52:68: this string is not URL-encoded UTF-8: not every `%` starts one of its bytes",
        ),
        (
            r#""PolicyDocument": {"#,
            r#""PolicyDocument": null, "x": {"#,
            "10:29: expected a policy document, as an object or as a URL-encoded string, found `null`",
        ),
    ]);
}

#[test]
fn rejects_other_files() {
    let cases = [
        ("", "1:1: the text is empty; write a JSON object"),
        (
            "{",
            "1:1: not valid JSON: EOF while parsing an object; close every string, list and object",
        ),
        ("[]", "1:1: expected an object, found a list"),
        (
            "{}",
            "1:1: this is not the output of `aws iam get-account-authorization-details`: it has neither `UserDetailList` nor `GroupDetailList`, `RoleDetailList` or `Policies`",
        ),
        (
            r#"{"Users": []}"#,
            "1:1: this is not the output of `aws iam get-account-authorization-details`: it has neither `UserDetailList` nor `GroupDetailList`, `RoleDetailList` or `Policies`",
        ),
        (
            r#"{"Policies": []} {"Policies": []}"#,
            "1:18: not valid JSON: trailing characters; remove the text after the document",
        ),
        (
            "UserDetailList:\n- Arn: x\n",
            "1:1: not valid JSON: expected value; write JSON as in RFC 8259: no comments, double quotes, escapes in strings",
        ),
        (
            "\u{feff}{}",
            "1:1: the text starts with a byte order mark; save it as UTF-8 without a byte order mark",
        ),
    ];
    for (text, expected) in cases {
        let refusal = refusal(&AccountDetails::from_json("account.json", text));
        assert_eq!(refusal, format!("account.json:{expected}"), "{text}");
    }
}

#[test]
fn files_are_checked_before_they_are_read() {
    let directory = TemporaryDirectory::new();
    let open = |name: &str| AccountDetails::open(directory.path().join(name));
    let refused = |source: &AccountDetails| directory.strip(&refusal(source));

    let missing = open("missing.json").unwrap_err();
    assert_eq!(
        directory.strip(&missing.to_string()),
        "missing.json: does not exist"
    );
    let itself = open("").unwrap_err();
    assert_eq!(
        directory.strip(&itself.to_string()),
        ": is a directory, not a file"
    );

    directory.write("latin-1.json", b"{\n \"\xfc\": 1}");
    assert_eq!(
        refused(&open("latin-1.json").unwrap()),
        "latin-1.json:2:3: invalid UTF-8; save the file as UTF-8"
    );
    directory.write("long.json", ACCOUNT);
    let long = open("long.json").unwrap();
    assert_eq!(
        refused(&long.clone().with_max_length(10)),
        "long.json: is longer than 10 bytes; `with_max_length` raises the limit"
    );
    fs::remove_file(directory.path().join("long.json")).unwrap();
    assert_eq!(refused(&long), "long.json: does not exist");
}

#[test]
fn rejects_realistic_files_with_errors() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/account-details/");
    let refused = |name: &str| {
        let source = AccountDetails::open(format!("{fixtures}{name}")).unwrap();
        refusal(&source).replace(fixtures, "")
    };
    assert_eq!(
        refused("truncated.json"),
        "truncated.json:16:20: `IsTruncated` is true, so policies are missing; print all of it in one run, \
         without `--max-items`, `--starting-token` and `--no-paginate`"
    );
    assert_eq!(
        refused("filtered.json"),
        "filtered.json:13:34: the user `ana` has the managed policy `arn:aws:iam::aws:policy/AdministratorAccess`, \
         which is not among `Policies`; print the details without `--filter`"
    );
    assert_eq!(
        refused("broken-document.json"),
        "broken-document.json:18:33: unknown member `Efect`; did you mean `Effect`?"
    );
    assert_eq!(
        refused("broken-encoded-document.json"),
        "broken-encoded-document.json:14:39: in the decoded document, line 5, column 7: unknown member `Efect`; \
         did you mean `Effect`?"
    );
}
