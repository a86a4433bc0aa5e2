//! `pinpoint-iam tables`, `matrix`, `least-privilege` and `openapi`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{code, directory, run, text};

const SCOPE: &str = "aws:us-east-1:123456789012";
const SHELF: &str = r#"
format = 1

[service]
prefix = "shelf"
name = "Shelf"

[placeholders.BookId]
parameter = "book-id"
summary = "the number of the book"

[resources.book]
arn = "arn:${Partition}:shelf:${Region}:${Account}:books/${BookId}"
summary = "One book."

[actions.GetBook]
summary = "Reads a book."
access-level = "Read"
resources = ["book"]
route = "GET /books/{book-id}"
success-status = 200

[actions.PutBook]
summary = "Writes a book."
access-level = "Write"
resources = ["book"]
route = "PUT /books/{book-id}"
success-status = 204
dependent-actions = [{ action = "mobiletargeting:GetApp", when = "when the book has a project", source = "wiki" }]

[actions.SearchBooks]
summary = "Finds books."
access-level = "List"
target = "Shelf.SearchBooks"

[sources.wiki]
title = "The wiki"
"#;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A directory that contains the catalog `shelf.toml`.
fn shelf(name: &str) -> PathBuf {
    let path = directory(name);
    fs::write(path.join("shelf.toml"), SHELF).unwrap();
    path
}

fn printed(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn json(directory: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(directory, arguments)).unwrap()
}

#[test]
fn tables_are_those_of_the_generated_module() {
    let path = directory("tables");
    let file = repository().join("catalog/data/mobiletargeting.toml");
    let reference = repository().join("docs/reference/mobiletargeting.json");
    let mut reference: Value =
        serde_json::from_str(&fs::read_to_string(reference).unwrap()).unwrap();
    // The committed page has a paragraph of its own.
    reference["introduction"]
        .as_array_mut()
        .unwrap()
        .truncate(1);
    for catalog in ["mobiletargeting", &file.display().to_string()] {
        let page = json(&path, &["tables", catalog, "--format", "json"]);
        assert!(page == reference, "the tables of {catalog} differ");
    }
}

#[test]
fn tables_of_several_catalogs_are_files_that_can_be_checked() {
    let path = shelf("tables-output");
    let write = ["tables", "shelf.toml", "sms-voice", "--output", "docs/api"];
    let check = [&write[..], &["--check"]].concat();
    let output = run(&path, &check);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stderr);
    for file in [
        "shelf.md",
        "shelf.html",
        "csv/shelf-actions.csv",
        "sms-voice.json",
    ] {
        let line = format!("error: `docs/api/{file}` does not exist\n");
        assert!(shown.contains(&line), "{shown}");
    }
    assert!(shown.ends_with("run the command without `--check` to write the files\n"));
    assert!(!path.join("docs").exists());
    printed(&path, &write);
    assert_eq!(printed(&path, &check), "");
    let page = path.join("docs/api/shelf.md");
    let right = fs::read_to_string(&page).unwrap();
    assert!(right.contains("| `shelf:GetBook` | Read | Reads a book. |"));
    assert!(right.contains("`X-Amz-Target: Shelf.SearchBooks`"));
    fs::write(&page, right.replace("Reads a book.", "Burns a book.")).unwrap();
    let shown = text(&run(&path, &check).stderr);
    assert!(
        shown.contains("error: `docs/api/shelf.md` is stale\n"),
        "{shown}"
    );
    assert!(shown.contains("-| `shelf:GetBook` | Read | Burns a book. |"));
    printed(&path, &[&write[..], &["--format", "markdown"]].concat());
    assert_eq!(fs::read_to_string(&page).unwrap(), right);
}

#[test]
fn wrong_arguments_are_reported_with_the_nearest_name() {
    let path = shelf("documents-usage");
    fs::write(path.join("faulty.toml"), SHELF.replace("arn = ", "arm = ")).unwrap();
    fs::create_dir(path.join("empty")).unwrap();
    fs::write(path.join("empty/attachments.json"), "{}").unwrap();
    let grant = |wanted: &'static str| {
        vec![
            "least-privilege",
            "--catalog",
            "shelf.toml",
            "--scope",
            SCOPE,
            wanted,
        ]
    };
    for (arguments, exit_code, message) in [
        (
            vec!["tables", "sms-vioce"],
            2,
            "error: `sms-vioce` is neither a file nor a built-in service; did you mean `sms-voice`?\n",
        ),
        (
            vec!["tables", "shelf"],
            2,
            "error: `shelf` is neither a file nor a built-in service; write the path of a catalog, or one of `mobiletargeting`, `mobileanalytics`, `sms-voice`\n",
        ),
        (
            vec!["tables", "gone.toml"],
            1,
            "error: cannot read `gone.toml`: ",
        ),
        (
            vec!["tables", "faulty.toml"],
            1,
            "error: the resource type `book` has no `arn`\n  --> faulty.toml:",
        ),
        (
            vec!["tables", "shelf.toml", "--format", "csv"],
            2,
            "error: each table is a CSV file of its own; add `--output DIRECTORY`\n",
        ),
        (
            vec!["tables", "shelf.toml", "sms-voice", "--format", "json"],
            2,
            "error: each service is a file of its own; ",
        ),
        (
            grant("GetBok"),
            2,
            "error: unknown action `GetBok`; did you mean `shelf:GetBook`?\n",
        ),
        (grant("getbook"), 0, ""),
        (
            grant("shelf:Read*"),
            2,
            "error: `shelf:Read*` matches no action of the catalogs\n",
        ),
        (
            grant("shop:GetBook"),
            2,
            "error: `shop` is not one of the catalogs; they describe `shelf`\n",
        ),
        (
            grant("GET /bocks/{id}"),
            2,
            "error: no action has the route `GET /bocks/{id}`; did you mean `GET /books/{book-id}`?\n",
        ),
        (
            vec![
                "least-privilege",
                "--catalog",
                "shelf.toml",
                "--scope",
                SCOPE,
                "GetBook",
                "--only",
                "bok_id=1",
            ],
            2,
            "error: no resource of these actions has an id `bok_id`; did you mean `book_id`?\n",
        ),
        (
            vec![
                "least-privilege",
                "--catalog",
                "shelf.toml",
                "--scope",
                SCOPE,
                "GetBook",
                "--only",
                "book_id=a/b",
            ],
            2,
            "error: ",
        ),
        (
            vec![
                "least-privilege",
                "--catalog",
                "shelf.toml",
                "--scope",
                SCOPE,
                "GetBook",
                "--kind",
                "scp",
            ],
            0,
            "",
        ),
        (
            vec![
                "least-privilege",
                "--catalog",
                "mobiletargeting",
                "--catalog",
                "sms-voice",
                "--scope",
                SCOPE,
                "TagResource",
            ],
            2,
            "error: `TagResource` is an action of several services; write `mobiletargeting:TagResource` or `sms-voice:TagResource`\n",
        ),
        (
            vec![
                "least-privilege",
                "--catalog",
                "shelf.toml",
                "--scope",
                "aws:x",
                "GetBook",
            ],
            2,
            "error: invalid value 'aws:x' for '--scope",
        ),
        (
            vec![
                "matrix",
                "--catalog",
                "shelf.toml",
                "--scope",
                "aws:*:1",
                "--policies",
                ".",
            ],
            2,
            "error: invalid value 'aws:*:1'",
        ),
        (
            vec![
                "matrix",
                "--catalog",
                "shelf.toml",
                "--scope",
                SCOPE,
                "--policies",
                "gone",
            ],
            1,
            "error: ",
        ),
        (
            vec![
                "matrix",
                "--catalog",
                "shelf.toml",
                "--scope",
                SCOPE,
                "--policies",
                "empty",
            ],
            3,
            "error: `empty` attaches policies to no user or role; add `--principal ARN`\n",
        ),
        (
            vec![
                "matrix",
                "--catalog",
                "shelf.toml",
                "--scope",
                SCOPE,
                "--policies",
                "empty",
                "--principal",
                "ana",
            ],
            2,
            "error: ",
        ),
        (
            vec!["openapi", "--catalog", "shelf.toml", "--check"],
            2,
            "error: the following required arguments were not provided:\n  --output <FILE>\n",
        ),
    ] {
        let output = run(&path, &arguments);
        let shown = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(exit_code),
            "{arguments:?}: {shown}"
        );
        assert!(shown.starts_with(message), "{arguments:?}: {shown}");
    }
    let shown = text(&run(&path, &["tables", "faulty.toml"]).stderr);
    assert_eq!(shown.matches("unknown key").count(), 1, "{shown}");
}

const POLICIES: [(&str, &str); 3] = [
    (
        "reader.json",
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["shelf:Get*", "shelf:Search*"], "Resource": "*"}}"#,
    ),
    (
        "one.json",
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "shelf:*", "Resource": "arn:aws:shelf:us-east-1:123456789012:books/b1"},
            {"Effect": "Deny", "Action": "shelf:PutBook", "Resource": "*"}]}"#,
    ),
    (
        "attachments.json",
        r#"{"users": {"arn:aws:iam::123456789012:user/ana": {"policies": ["reader.json"]}},
            "roles": {"arn:aws:iam::123456789012:role/worker": {"policies": ["one.json"]}}}"#,
    ),
];

fn policies(path: &Path) {
    fs::create_dir(path.join("policies")).unwrap();
    for (name, text) in POLICIES {
        fs::write(path.join("policies").join(name), text).unwrap();
    }
}

/// The rows of a table in Markdown, without its head.
fn rows(page: &str) -> Vec<&str> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    rows.skip(2).collect()
}

#[test]
fn a_matrix_has_a_row_for_each_action_and_a_column_for_each_principal() {
    let path = shelf("matrix");
    policies(&path);
    let ask = [
        "matrix",
        "--catalog",
        "shelf.toml",
        "--scope",
        SCOPE,
        "--policies",
    ];
    let page = printed(&path, &[&ask[..], &["policies"]].concat());
    assert!(
        page.contains(
            "| Route | Requires | arn:aws:iam::123456789012:user/ana | arn:aws:iam::123456789012:role/worker |\n"
        ),
        "{page}"
    );
    let one =
        "depends on:<br>the resource: `Allow` on `arn:aws:shelf:us-east-1:123456789012:books/b1`";
    let expected = [
        format!("| `GET /books/{{book-id}}` | `shelf:GetBook` | allowed | {one} |"),
        "| `PUT /books/{book-id}` | `shelf:PutBook` | implicit deny | explicit deny |".to_owned(),
        "| `X-Amz-Target: Shelf.SearchBooks` | `shelf:SearchBooks` | allowed | implicit deny |"
            .to_owned(),
    ];
    assert_eq!(rows(&page), expected);
    let named = "worker=arn:aws:iam::123456789012:role/worker";
    let more = ["policies", "--principal", named, "--format", "csv"];
    let table = printed(&path, &[&ask[..], &more].concat());
    assert!(table.starts_with("Route,Requires,worker\r\n"), "{table}");
    let more = ["policies", "--output", "docs/access.md"];
    printed(&path, &[&ask[..], &more].concat());
    assert_eq!(
        fs::read_to_string(path.join("docs/access.md")).unwrap(),
        page
    );
    let check = [&ask[..], &more, &["--check"]].concat();
    assert_eq!(code(&path, &check), 0);
    // A policy that changes makes the document stale.
    fs::write(path.join("policies/reader.json"), POLICIES[1].1).unwrap();
    assert_eq!(code(&path, &check), 1);
}

#[test]
fn a_matrix_of_account_details_has_the_principals_of_the_account() {
    let path = shelf("matrix-account");
    let account = r#"{"UserDetailList": [{
        "Path": "/", "UserName": "ana", "UserId": "AIDAANA", "Arn": "arn:aws:iam::123456789012:user/ana",
        "CreateDate": "2026-01-01T00:00:00+00:00", "GroupList": [], "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "read", "PolicyDocument":
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "shelf:GetBook", "Resource": "*"}}}]}],
        "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
    fs::write(path.join("account.json"), account).unwrap();
    let arguments = [
        "matrix",
        "--catalog",
        "shelf.toml",
        "--scope",
        SCOPE,
        "--policies",
        "account.json",
    ];
    let page = printed(&path, &arguments);
    assert_eq!(
        rows(&page),
        [
            "| `GET /books/{book-id}` | `shelf:GetBook` | allowed |",
            "| `PUT /books/{book-id}` | `shelf:PutBook` | implicit deny |",
            "| `X-Amz-Target: Shelf.SearchBooks` | `shelf:SearchBooks` | implicit deny |",
        ]
    );
}

#[test]
fn a_least_privilege_policy_grants_what_was_asked_and_nothing_else() {
    let path = shelf("least-privilege");
    let ask = [
        "least-privilege",
        "--catalog",
        "shelf.toml",
        "--scope",
        SCOPE,
    ];
    // A route may name its placeholders in another way.
    let wanted = [
        "PUT /books/{id}",
        "--only",
        "book_id=b1",
        "--output",
        "policy.json",
    ];
    let arguments = [&ask[..], &wanted].concat();
    printed(&path, &arguments);
    for (action, resource, expected) in [
        (
            "shelf:PutBook",
            "arn:aws:shelf:us-east-1:123456789012:books/b1",
            "allowed",
        ),
        (
            "shelf:PutBook",
            "arn:aws:shelf:us-east-1:123456789012:books/b2",
            "denied",
        ),
        (
            "shelf:GetBook",
            "arn:aws:shelf:us-east-1:123456789012:books/b1",
            "denied",
        ),
        // What it depends on, of a service that only the built-in catalogs describe.
        (
            "mobiletargeting:GetApp",
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
            "allowed",
        ),
        (
            "mobiletargeting:GetApps",
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/*",
            "denied",
        ),
    ] {
        let explain = [
            "explain",
            "--principal",
            "arn:aws:iam::123456789012:user/ana",
            "--action",
            action,
            "--resource",
            resource,
            "--expect",
            expected,
            "policy.json",
        ];
        assert_eq!(code(&path, &explain), 0, "{action} {resource}");
    }
    assert_eq!(code(&path, &[&arguments[..], &["--check"]].concat()), 0);
    let other = [&ask[..], &["GetBook", "--output", "policy.json", "--check"]].concat();
    assert_eq!(code(&path, &other), 1);
    // A wildcard is as exact as the names, so it must know every action of the service.
    let wildcards = ["GetBook", "SearchBooks", "--wildcards", "--format", "json"];
    let policies = json(&path, &[&ask[..], &wildcards].concat());
    assert_eq!(
        policies["documents"][0]["Statement"][0]["Action"],
        "shelf:SearchBooks"
    );
    let all = json(
        &path,
        &[&ask[..], &["*Book", "--wildcards", "--format", "json"]].concat(),
    );
    let written = all["documents"][0].to_string();
    assert!(written.contains("\"shelf:*Book\""), "{written}");
    assert!(
        all["remarks"][0]
            .as_str()
            .is_none_or(|remark| remark.contains("mobiletargeting:GetApp"))
    );
}

#[test]
fn an_openapi_document_contains_every_route_with_what_it_requires() {
    let path = shelf("openapi");
    let output = run(&path, &["openapi", "--catalog", "shelf.toml"]);
    assert_eq!(
        text(&output.stderr),
        "note: these actions have no route and are not in the document: SearchBooks\n"
    );
    let document: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Shelf");
    let put = &document["paths"]["/books/{book-id}"]["put"];
    assert_eq!(put["operationId"], "PutBook");
    assert_eq!(put["parameters"][0]["name"], "book-id");
    assert_eq!(
        put["parameters"][0]["schema"]["pattern"],
        "^[A-Za-z0-9._-]{1,128}$"
    );
    assert!(put["responses"]["204"].is_object());
    assert_eq!(put["x-required-permissions"][0], "shelf:PutBook");
    assert_eq!(put["x-iam"]["checked"], "before-body");
    assert_eq!(
        put["x-iam"]["requires"]["resources"][0],
        "arn:${Partition}:shelf:${Region}:${Account}:books/${BookId}"
    );
    let document = json(&path, &["openapi", "--catalog", "mobiletargeting"]);
    let operations = document["paths"].as_object().unwrap().values();
    let count: usize = operations.map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(count, 122);
    let create = &document["paths"]["/v1/apps"]["post"];
    assert_eq!(create["x-iam"]["checked"], "after-body");
    let path = directory("openapi-none");
    let none = SHELF.split("[actions.GetBook]").next().unwrap().to_owned()
        + "[actions.SearchBooks]\nsummary = \"Finds books.\"\ntarget = \"Shelf.SearchBooks\"\n";
    fs::write(path.join("none.toml"), none).unwrap();
    let output = run(&path, &["openapi", "--catalog", "none.toml"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        text(&output.stderr),
        "error: no action of `shelf` has a route\n"
    );
}

#[test]
fn the_commands_of_the_guide_work() {
    let path = directory("documents-guide");
    fs::create_dir(path.join("policies")).unwrap();
    for entry in fs::read_dir(repository().join("examples/campaigns/policies")).unwrap() {
        let file = entry.unwrap();
        fs::copy(file.path(), path.join("policies").join(file.file_name())).unwrap();
    }
    let chapter = fs::read_to_string(repository().join("docs/guide/src/documents.md")).unwrap();
    let blocks = chapter.split("```sh\n").skip(1);
    let commands: String = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    let commands = commands.replace("\\\n", "");
    let mut count = 0;
    for command in commands.lines() {
        let arguments: Vec<&str> = command
            .split_whitespace()
            .map(|word| word.trim_matches('\''))
            .collect();
        assert_eq!(arguments.first(), Some(&"pinpoint-iam"), "{command}");
        printed(&path, &arguments[1..]);
        count += 1;
    }
    assert_eq!(count, 4);
    for file in [
        "docs/mobiletargeting.md",
        "docs/access.md",
        "docs/openapi.json",
    ] {
        assert!(path.join(file).exists(), "{file}");
    }
}

/// A reader such as `head` stops before the end.
#[test]
fn a_reader_that_stops_is_no_error() {
    let path = shelf("documents-pipe");
    policies(&path);
    for arguments in [
        &["rule"][..],
        &["schema"],
        &["generate", "completions", "bash"],
        &["tables", "mobiletargeting", "--format", "json"],
        &["openapi", "--catalog", "mobiletargeting"],
        &["check", "shelf.toml"],
        &["diff", "policies/reader.json", "policies/reader.json"],
        &["import", "--openapi", "openapi.json"],
    ] {
        fs::write(
            path.join("openapi.json"),
            r#"{"openapi": "3.0.0", "paths": {"/a": {"get": {}}}}"#,
        )
        .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
        command.current_dir(&path).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let errors = text(&output.stderr);
        assert!(
            errors.is_empty() || errors.starts_with("note: "),
            "{arguments:?}: {errors}"
        );
    }
}
