//! Parsing of a directory, decisions that are based on it, and errors with their exact messages.

use std::fs;

use pinpoint_iam::policy::Limits;
use pinpoint_iam::source::{Directory, PolicySource};

use super::temporary::TemporaryDirectory;
use super::{authorizer, decide, refusal, session, user};

const ATTACHMENTS: &str = r#"{
  "users": {
    "arn:aws:iam::111122223333:user/ana": {
      "policies": ["reader.json"],
      "groups": ["analysts"],
      "boundary": "boundary.json",
      "tags": { "project": "a1" }
    }
  },
  "roles": {
    "arn:aws:iam::111122223333:role/worker": { "policies": ["sender.json"] }
  },
  "groups": {
    "analysts": { "policies": ["no-exports.json", "reader.json"] }
  }
}
"#;

const READER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Sid": "OwnProject",
    "Effect": "Allow",
    "Action": ["mobiletargeting:Get*", "mobiletargeting:Delete*"],
    "Resource": "arn:aws:mobiletargeting:*:111122223333:apps/${aws:PrincipalTag/project}*"
  }
}
"#;

const BOUNDARY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*" }
}
"#;

const NO_EXPORTS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Deny", "Action": "mobiletargeting:GetExport*", "Resource": "*" }
}
"#;

const SENDER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "mobiletargeting:SendMessages", "Resource": "*" }
}
"#;

/// Creates a directory with all files, in which `name` has other contents.
fn directory_with(name: &str, content: &str) -> TemporaryDirectory {
    let directory = TemporaryDirectory::with(&[
        ("attachments.json", ATTACHMENTS),
        ("boundary.json", BOUNDARY),
        ("no-exports.json", NO_EXPORTS),
        ("reader.json", READER),
        ("sender.json", SENDER),
    ]);
    directory.write(name, content);
    directory
}

fn directory() -> TemporaryDirectory {
    directory_with("attachments.json", ATTACHMENTS)
}

fn open(directory: &TemporaryDirectory) -> Directory {
    Directory::open(directory.path()).unwrap()
}

/// Returns the error of the directory without its path.
fn refused(directory: &TemporaryDirectory) -> String {
    directory.strip(&refusal(&open(directory)))
}

/// Returns the error after `from`, which occurs once in the attachments, was replaced by `to`.
fn refusal_of(from: &str, to: &str) -> String {
    assert_eq!(ATTACHMENTS.matches(from).count(), 1, "{from}");
    refused(&directory_with(
        "attachments.json",
        &ATTACHMENTS.replace(from, to),
    ))
}

fn check(cases: &[(&str, &str, &str)]) {
    for (from, to, expected) in cases {
        let expected = format!("attachments.json:{expected}");
        assert_eq!(
            refusal_of(from, to),
            expected,
            "`{from}` replaced by `{to}`"
        );
    }
}

#[test]
fn decisions_cite_the_files() {
    let authorizer = authorizer(open(&directory()));
    let ana = user("ana");
    let cases = [
        (
            &ana,
            "GetSegment",
            "apps/a1/segments/s1",
            "allowed by statement 1 of the identity-based policy `reader.json` (`OwnProject`)",
        ),
        (
            &ana,
            "GetSegment",
            "apps/b2/segments/s1",
            "denied: no identity-based policy allows it",
        ),
        (
            &ana,
            "DeleteSegment",
            "apps/a1/segments/s1",
            "denied: no permissions boundary allows it",
        ),
        (
            &ana,
            "GetExportJob",
            "apps/a1/jobs/export/j1",
            "denied: explicit deny by statement 1 of the identity-based policy `no-exports.json`",
        ),
        (
            &session("worker", "s"),
            "SendMessages",
            "apps/a1/messages",
            "allowed by statement 1 of the identity-based policy `sender.json`",
        ),
        (
            &user("ben"),
            "GetApp",
            "apps/a1",
            "denied: no identity-based policy allows it",
        ),
    ];
    for (principal, action, resource, expected) in cases {
        let decision = decide(&authorizer, principal, action, resource);
        assert_eq!(
            decision.to_string(),
            expected,
            "{principal} {action} {resource}"
        );
    }
}

#[test]
fn a_policy_that_comes_twice_counts_once() {
    let store = open(&directory()).load().unwrap();
    let names: Vec<&str> = store
        .policies(&user("ana"))
        .identity()
        .iter()
        .map(|policy| policy.name())
        .collect();
    assert_eq!(names, ["reader.json", "no-exports.json"]);
    let boundary = store.policies(&user("ana")).permissions_boundary();
    assert_eq!(boundary.map(|policy| policy.name()), Some("boundary.json"));
}

#[test]
fn every_member_of_the_attachments_is_optional() {
    let files = directory_with("attachments.json", "{}");
    assert!(open(&files).load().unwrap().is_empty());
    let attachments = r#"{
        "users": { "arn:aws:iam::111122223333:user/ana": {} },
        "groups": { "nobody": {} }
    }"#;
    let files = directory_with("attachments.json", attachments);
    assert_eq!(open(&files).load().unwrap().len(), 1);
}

#[test]
fn other_files_are_not_looked_at() {
    let files = directory_with("notes.txt", "\u{0}");
    fs::create_dir(files.path().join("drafts")).unwrap();
    files.write("drafts/broken.json", "{");
    assert!(open(&files).load().is_ok());
}

#[test]
fn attachments_are_what_is_documented() {
    check(&[
        (
            r#""boundary""#,
            r#""boundry""#,
            "6:7: unknown member `boundry`; did you mean `boundary`?",
        ),
        (
            r#""roles""#,
            r#""accounts""#,
            "10:3: unknown member `accounts`; an attachments file has `users`, `roles`, `groups`",
        ),
        (
            r#"{ "policies": ["sender.json"] }"#,
            r#"{ "policies": ["sender.json"], "groups": ["analysts"] }"#,
            "11:77: unknown member `groups`; a role has `policies`, `boundary`, `tags`",
        ),
        (
            r#"{ "policies": ["no-exports.json", "reader.json"] }"#,
            r#"["no-exports.json"]"#,
            "14:17: expected an object, found a list",
        ),
        (
            r#"{ "policies": ["no-exports.json", "reader.json"] }"#,
            r#"{ "boundary": "boundary.json" }"#,
            "14:19: unknown member `boundary`; a group has `policies`",
        ),
        (
            r#""policies": ["reader.json"]"#,
            r#""policies": "reader.json""#,
            "4:19: expected a list, found a string",
        ),
        (
            r#""boundary": "boundary.json""#,
            r#""boundary": null"#,
            "6:19: expected a string, found `null`",
        ),
        (
            r#""boundary": "boundary.json""#,
            r#""boundary": "boundary.json", "boundary": "sender.json""#,
            "6:36: duplicate member `boundary`; remove one of the two",
        ),
        (
            r#""roles": {"#,
            r#""users": {"#,
            "10:3: duplicate member `users`; remove one of the two",
        ),
        (
            r#""project": "a1""#,
            r#""project": "a1", "Project": "b2""#,
            "7:34: duplicate tag `Project`: tag keys are case-insensitive",
        ),
        (
            r#""project": "a1""#,
            r#""project": 1"#,
            "7:28: expected a string, found a number",
        ),
        (
            "}\n}\n",
            "}\n",
            "16:1: not valid JSON: EOF while parsing an object; close every string, list and object",
        ),
        (
            "}\n}\n",
            "}\n}\n}",
            "17:1: not valid JSON: trailing characters; remove the text after the document",
        ),
    ]);
}

#[test]
fn attachments_name_what_is_there() {
    check(&[
        (
            r#""policies": ["reader.json"]"#,
            r#""policies": ["reader"]"#,
            "4:20: unknown document `reader`; did you mean `reader.json`?",
        ),
        (
            r#""policies": ["reader.json"]"#,
            r#""policies": ["administrator.json"]"#,
            "4:20: unknown document `administrator.json`; documents are the other `.json` files here",
        ),
        (
            r#""policies": ["reader.json"]"#,
            r#""policies": ["../reader.json"]"#,
            "4:20: unknown document `../reader.json`; did you mean `reader.json`?",
        ),
        (
            r#""policies": ["reader.json"]"#,
            r#""policies": ["attachments.json"]"#,
            "4:20: unknown document `attachments.json`; documents are the other `.json` files here",
        ),
        (
            r#""boundary": "boundary.json""#,
            r#""boundary": "limit.json""#,
            "6:19: unknown document `limit.json`; documents are the other `.json` files here",
        ),
        (
            r#"["no-exports.json", "reader.json"]"#,
            r#"["no-exports.json", "deny.json"]"#,
            "14:51: unknown document `deny.json`; documents are the other `.json` files here",
        ),
        (
            r#""groups": ["analysts"]"#,
            r#""groups": ["analyst"]"#,
            "5:18: unknown group `analyst`; did you mean `analysts`?",
        ),
        (
            r#""groups": ["analysts"]"#,
            r#""groups": ["operators"]"#,
            "5:18: unknown group `operators`; define it under `groups`",
        ),
    ]);
}

#[test]
fn users_and_roles_are_listed_once_by_their_arns() {
    check(&[
        (
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:iam::111122223333:role/ana",
            "3:5: `arn:aws:iam::111122223333:role/ana` is not the ARN of a user: expected `arn:aws:iam::ACCOUNT:user/NAME`",
        ),
        (
            "arn:aws:iam::111122223333:user/ana",
            "ana",
            "3:5: `ana` is not the ARN of a user: expected `arn:aws:iam::ACCOUNT:user/NAME`",
        ),
        (
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:iam::111122223333:user/",
            "3:5: `arn:aws:iam::111122223333:user/` is not the ARN of a user: expected `arn:aws:iam::ACCOUNT:user/NAME`",
        ),
        (
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:iam::111122223333:user/no path/ana",
            "3:5: `arn:aws:iam::111122223333:user/no path/ana` is not the ARN of a user: expected `arn:aws:iam::ACCOUNT:user/NAME`",
        ),
        (
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:iam::111122223333:user/a\\nb",
            r#"3:5: `arn:aws:iam::111122223333:user/a\u{a}b` is not the ARN of a user: expected `arn:aws:iam::ACCOUNT:user/NAME`"#,
        ),
        (
            "arn:aws:iam::111122223333:role/worker",
            "arn:aws:sts::111122223333:assumed-role/worker/s",
            "11:5: `arn:aws:sts::111122223333:assumed-role/worker/s` is not the ARN of a role: expected `arn:aws:iam::ACCOUNT:role/NAME`",
        ),
        (
            "arn:aws:iam::111122223333:role/worker",
            "arn:aws:iam:us-east-1:111122223333:role/worker",
            "11:5: `arn:aws:iam:us-east-1:111122223333:role/worker` is not the ARN of a role: expected `arn:aws:iam::ACCOUNT:role/NAME`",
        ),
        (
            r#""arn:aws:iam::111122223333:role/worker": {"#,
            r#""arn:aws:iam::111122223333:role/worker": {}, "arn:aws:iam::111122223333:role/path/worker": {"#,
            "11:50: duplicate role `worker`: names are unique in an account regardless of the path",
        ),
    ]);
}

#[test]
fn the_attachments_must_be_there() {
    let files = directory();
    fs::remove_file(files.path().join("attachments.json")).unwrap();
    assert_eq!(
        refused(&files),
        "attachments.json: does not exist; it attaches the documents of the directory to principals"
    );
}

#[test]
fn rejects_a_directory_with_an_invalid_document() {
    let cases = [
        (
            "reader.json",
            READER.replace("Effect", "Efect"),
            "reader.json:5:5: unknown member `Efect`; did you mean `Effect`?",
        ),
        // The document is not attached, but it was presumably written for a reason.
        (
            "unattached.json",
            READER.replace(r#""Sid": "OwnProject""#, r#""Principal": "*""#),
            "unattached.json:3:16: the statement has a `Principal` or `NotPrincipal`; \
             the policy of a user, group or role has neither",
        ),
        (
            "unattached.json",
            READER.replace("\"mobiletargeting:Delete*\"],", "\"*\"]}}").replace(
                r#"    "Resource": "arn:aws:mobiletargeting:*:111122223333:apps/${aws:PrincipalTag/project}*"
  }
}"#,
                "",
            ),
            "unattached.json:3:16: the statement has no `Resource` or `NotResource`; \
             the policy of a user, group or role has one of them",
        ),
        (
            "unattached.json",
            String::new(),
            "unattached.json:1:1: the document is empty; write a policy document, an object with a `Statement`",
        ),
        (
            "unattached.json",
            "\u{feff}{}".to_owned(),
            "unattached.json:1:1: the text starts with a byte order mark; save it as UTF-8 without a byte order mark",
        ),
    ];
    for (name, content, expected) in cases {
        assert_eq!(
            refused(&directory_with(name, &content)),
            expected,
            "{name}: {content}"
        );
    }
}

/// A file may be an inline policy, which has fewer rules than a managed one.
#[test]
fn what_aws_asks_only_of_new_managed_policies_is_not_asked() {
    for document in [
        include_str!("../../../fixtures/policies/as-aws-writes.json").to_owned(),
        READER.replace(r#""Version": "2012-10-17","#, ""),
        READER.replace("2012-10-17", "2008-10-17"),
        READER.replace("OwnProject", "Own Project"),
        READER.replace("OwnProject", "項目"),
        READER.replace(
            "mobiletargeting:*:",
            "mobiletargeting:${aws:RequestedRegion}:",
        ),
    ] {
        assert_ne!(document, READER);
        let files = directory_with("reader.json", &document);
        let loaded = open(&files).load();
        assert!(loaded.is_ok(), "{document}: {loaded:?}");
    }
}

#[test]
fn files_are_utf_8() {
    let files = directory();
    files.write("reader.json", b"{\n  \"Id\": \"\xfc\"\n}");
    assert_eq!(
        refused(&files),
        "reader.json:2:10: invalid UTF-8; save the file as UTF-8"
    );
    files.write("reader.json", READER);
    files.write("attachments.json", b"\xff\xfe{\0}\0");
    assert_eq!(
        refused(&files),
        "attachments.json:1:1: invalid UTF-8; save the file as UTF-8"
    );
    files.write("attachments.json", "\u{feff}{}");
    assert_eq!(
        refused(&files),
        "attachments.json:1:1: the text starts with a byte order mark; save it as UTF-8 without a byte order mark"
    );
}

#[test]
fn rejects_a_directory_in_place_of_a_document() {
    let files = directory();
    fs::create_dir(files.path().join("drafts.json")).unwrap();
    assert_eq!(refused(&files), "drafts.json: is a directory, not a file");
    let files = directory();
    fs::remove_file(files.path().join("attachments.json")).unwrap();
    fs::create_dir(files.path().join("attachments.json")).unwrap();
    assert_eq!(
        refused(&files),
        "attachments.json: is a directory, not a file"
    );
}

/// Reading one of these would never end, or would wait for a writer that does not exist.
#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::process::Command;

    use pinpoint_iam::source::AccountDetails;

    type Kind<'a> = (&'a str, &'a dyn Fn(&Path));

    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let kinds: [Kind<'_>; 4] = [
        ("pipe", &pipe),
        ("link to a pipe", &|path| {
            let real = path.with_extension("pipe");
            pipe(&real);
            symlink(real, path).unwrap();
        }),
        ("endless device", &|path| {
            symlink("/dev/zero", path).unwrap()
        }),
        ("socket", &|path| drop(UnixListener::bind(path).unwrap())),
    ];
    for (kind, make) in kinds {
        for name in ["x.json", "reader.json", "attachments.json"] {
            let files = directory();
            let path = files.path().join(name);
            let _ = fs::remove_file(&path);
            make(&path);
            let expected = format!("{name}: is a pipe, socket or device, not a file");
            assert_eq!(refused(&files), expected, "{kind}");
            let details = AccountDetails::open(&path).unwrap_err();
            assert_eq!(files.strip(&details.to_string()), expected, "{kind}");
        }
        // It may replace a file that has already been opened.
        let files = directory();
        let path = files.path().join("account.json");
        fs::write(&path, r#"{"Policies": []}"#).unwrap();
        let details = AccountDetails::open(&path).unwrap();
        assert!(details.load().unwrap().is_empty());
        fs::remove_file(&path).unwrap();
        make(&path);
        assert_eq!(
            files.strip(&refusal(&details)),
            "account.json: is a pipe, socket or device, not a file",
            "{kind}"
        );
    }
    // A link to a file is a file. A link without a target is not.
    let files = directory();
    symlink("reader.json", files.path().join("linked.json")).unwrap();
    assert!(open(&files).load().is_ok());
    symlink("nowhere.json", files.path().join("broken.json")).unwrap();
    assert_eq!(refused(&files), "broken.json: does not exist");
}

#[cfg(unix)]
#[test]
fn names_of_files_are_utf_8() {
    use std::os::unix::ffi::OsStrExt;

    let files = directory();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.json");
    fs::write(files.path().join(name), BOUNDARY).unwrap();
    assert!(refused(&files).ends_with(".json: the name of the file is not UTF-8"));
}

/// If every name is wrong, all of them are reported, and only the first ones are compared with those that exist.
#[test]
fn the_number_of_compared_names_is_limited() {
    let groups: Vec<String> = (0..1_000)
        .map(|number| format!(r#""group{number}": {{ "policies": [] }}"#))
        .collect();
    let wrong: Vec<String> = (0..200)
        .map(|number| format!(r#""grup{number}""#))
        .collect();
    let files = directory();
    let attachments = format!(
        r#"{{ "groups": {{ {} }}, "users": {{ "arn:aws:iam::111122223333:user/ana": {{ "groups": [{}] }} }} }}"#,
        groups.join(", "),
        wrong.join(", ")
    );
    fs::write(files.path().join("attachments.json"), attachments).unwrap();
    let error = open(&files).load().unwrap_err();
    let errors = error.others().iter().chain([&error]);
    let hints = errors.filter(|error| error.message().contains("did you mean"));
    assert_eq!(error.others().len(), 199, "{error}");
    assert_eq!(hints.count(), 50, "{error}");
}

#[test]
fn limits_can_be_raised() {
    let files = directory();
    let refused = |directory: Directory| files.strip(&refusal(&directory));
    let length = READER.len();

    let limits = Limits::default().with_max_length(length - 1);
    assert_eq!(
        refused(open(&files).with_limits(limits)),
        "reader.json: is longer than 257 bytes; `with_limits` raises the limit"
    );
    let limits = Limits::default().with_max_length(length);
    assert!(open(&files).with_limits(limits).load().is_ok());

    assert_eq!(
        refused(open(&files).with_max_documents(3)),
        "DIRECTORY: contains more than 3 documents; raise the limit with `with_max_documents`"
    );
    assert!(open(&files).with_max_documents(4).load().is_ok());

    assert_eq!(
        refused(open(&files).with_max_attachments_length(20)),
        "attachments.json: is longer than 20 bytes; `with_max_attachments_length` raises the limit"
    );
    assert!(
        open(&files)
            .with_max_attachments_length(ATTACHMENTS.len())
            .load()
            .is_ok()
    );
}

#[test]
fn only_directories_are_opened() {
    let files = directory();
    let open = |name: &str| {
        let error = Directory::open(files.path().join(name)).unwrap_err();
        files.strip(&error.to_string())
    };
    assert_eq!(open("missing"), "missing: does not exist");
    assert_eq!(open("reader.json"), "reader.json: is not a directory");
}
