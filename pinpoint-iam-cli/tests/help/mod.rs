//! The examples in the help of every command run as they are written.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{directory, git, run, text};

const READER: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": ["mobiletargeting:GetApp", "mobiletargeting:CreateCampagin"], "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/*"},
    {"Sid": "NoDelete", "Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource": "*"}
]}"#;
const SUITE: &str = r#"
policies.identity = ["reader.json"]

[[test]]
name = "reads"
principal = "arn:aws:iam::123456789012:user/ana"
action = "mobiletargeting:GetApp"
resource = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"
expect = "allowed"

[[test]]
name = "keeps"
principal = "arn:aws:iam::123456789012:user/ana"
action = "mobiletargeting:DeleteApp"
resource = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"
expect = "explicitly-denied"
"#;
const BUCKET: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}}"#;
const RECORD: &str = r#"{"v": 1, "time": "2026-11-29T03:10:00Z", "principal": {"arn": "arn:aws:iam::123456789012:user/ana"}, "action": "mobiletargeting:GetApp", "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1", "keys": {}, "outcome": "allow", "revision": "7", "ns": 812}"#;
const EVENT: &str = r#"{"eventVersion": "1.11", "userIdentity": {"type": "IAMUser", "principalId": "AIDA1", "arn": "arn:aws:iam::123456789012:user/ana", "accountId": "123456789012", "accessKeyId": "AKIAEXAMPLE", "userName": "ana"}, "eventTime": "2026-11-29T03:10:05Z", "eventSource": "pinpoint.amazonaws.com", "eventName": "GetApp", "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.31.0", "requestParameters": {"application-id": "a1"}, "responseElements": null, "requestID": "r1", "eventID": "e1", "readOnly": true, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "123456789012", "eventCategory": "Management"}"#;
const ORDERS: &str = r#"
format = 1

[service]
prefix = "orders"
name = "Orders"

[placeholders.OrderId]
parameter = "order-id"
summary = "the number of the order"

[resources.order]
arn = "arn:${Partition}:orders:${Region}:${Account}:orders/${OrderId}"
summary = "An order."

[actions.GetOrder]
summary = "Reads an order."
resources = ["order"]
route = "GET /orders/{order-id}"
success-status = 200

[actions.ListOrders]
summary = "Lists the orders."
route = "GET /orders"
success-status = 200
"#;

/// A repository with the files that the examples name.
fn repository() -> PathBuf {
    let path = directory("help");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let fixture = |name: &str| fs::read_to_string(fixtures.join(name)).unwrap();
    let attachments =
        json!({"users": {"arn:aws:iam::123456789012:user/ana": {"policies": ["reader.json"]}}});
    let account = json!({
        "UserDetailList": [{
            "UserName": "ana",
            "UserId": "AIDA1",
            "Arn": "arn:aws:iam::123456789012:user/ana",
            "Path": "/",
            "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"},
            }}],
        }],
        "GroupDetailList": [],
        "RoleDetailList": [],
        "Policies": [],
    });
    for (name, content) in [
        ("policies/reader.json", READER.to_owned()),
        ("policies/reader.test.toml", SUITE.to_owned()),
        ("policies/attachments.json", attachments.to_string()),
        ("released/reader.json", READER.to_owned()),
        ("released/attachments.json", attachments.to_string()),
        ("old.json", READER.to_owned()),
        (
            "new.json",
            READER.replace("mobiletargeting:CreateCampagin", "mobiletargeting:GetApps"),
        ),
        ("logs/decisions.jsonl", RECORD.to_owned()),
        ("decisions.log", format!("{RECORD}\n{RECORD}\n{RECORD}\n")),
        ("bucket-policy.json", BUCKET.to_owned()),
        ("bucket-policies/reports.json", BUCKET.to_owned()),
        ("account.json", account.to_string()),
        ("catalog/orders.toml", ORDERS.to_owned()),
        ("catalog/widgets.toml", ORDERS.replace("orders", "widgets")),
        ("orders.toml", ORDERS.to_owned()),
        ("openapi.yaml", fixture("openapi/pets.yaml")),
        ("sqs.json", fixture("import/reference.json")),
        ("service-2.json", fixture("import/model.json")),
        ("docs/.gitkeep", String::new()),
    ] {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let events = path.join("AWSLogs/123456789012/CloudTrail/us-east-1");
    fs::create_dir_all(&events).unwrap();
    let file = fs::File::create(events.join("events.json.gz")).unwrap();
    let mut compressed = GzEncoder::new(file, Compression::fast());
    write!(compressed, r#"{{"Records": [{EVENT}]}}"#).unwrap();
    compressed.finish().unwrap();
    git(&path, &["init", "-q", "-b", "main"]);
    git(&path, &["add", "."]);
    git(&path, &["commit", "-q", "-m", "policies"]);
    path
}

/// The examples in the help of a command, each as one line.
fn examples(directory: &Path, command: &str) -> Vec<String> {
    let help = text(&run(directory, &[command, "--help"]).stdout);
    let start = help.find("\nExample").unwrap();
    let shown = help.split_at(start).1.replace("\\\n", " ");
    let lines = shown
        .lines()
        .map(|line| line.strip_prefix("Example:").unwrap_or(line).trim());
    lines
        .filter(|line| line.starts_with("pinpoint-iam "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The messages with which a client starts and ends a session with the language server.
fn session() -> String {
    let initialize = json!({"processId": null, "rootUri": null, "capabilities": {}});
    let messages = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize}),
        json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "shutdown", "params": null}),
        json!({"jsonrpc": "2.0", "method": "exit", "params": null}),
    ];
    let framed = messages.map(|message| {
        let body = message.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    });
    framed.concat()
}

/// Runs a line in a shell that finds the program.
fn shell(directory: &Path, line: &str, input: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    let mut path = OsString::from(program.parent().unwrap());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(directory)
        .env("PATH", path);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Most commands do not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn every_example_runs_as_it_is_written() {
    let path = repository();
    let help = text(&run(&path, &["--help"]).stdout);
    let commands = help.split("Commands:\n").nth(1).unwrap().lines();
    let commands = commands.take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let mut names: Vec<&str> = names.filter(|name| !["", "help"].contains(name)).collect();
    // The hidden command.
    names.push("generate");
    assert!(names.len() > 17, "{names:?}");
    // The files of `--check` are written first.
    let written = shell(
        &path,
        "pinpoint-iam tables catalog/*.toml --output docs",
        "",
    );
    assert!(written.status.success(), "{}", text(&written.stderr));
    let mut count = 0;
    for name in names {
        let examples = examples(&path, name);
        assert!(!examples.is_empty(), "{name}");
        for example in examples {
            let input = if name == "lsp" {
                session()
            } else {
                String::new()
            };
            let output = shell(&path, &example, &input);
            let errors = text(&output.stderr);
            let expected = match &*example {
                // Identity-based policies are not those of a resource.
                "pinpoint-iam lint --kind resource --format github policies/" => 14,
                "pinpoint-iam lint --fix=unsafe --diff policies/reader.json" => 14,
                // They have another layout.
                "pinpoint-iam fmt --check 'policies/**/*.json'" => 11,
                _ => 0,
            };
            assert_eq!(output.status.code(), Some(expected), "{example}: {errors}");
            let shows = !output.stdout.is_empty();
            let options = ["--output", "--partial", " > "];
            let writes = options.iter().any(|option| example.contains(option));
            assert!(shows || writes, "{example} prints nothing: {errors}");
            count += 1;
        }
    }
    assert!(count > 22, "{count}");
}
