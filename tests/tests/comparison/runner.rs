//! The program `compare`, and `decide` with the requests that `compare` prints.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

fn run(program: &str, input: &str) -> Vec<Value> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn compare(pairs: &[Value]) -> Vec<Value> {
    let lines: Vec<String> = pairs.iter().map(Value::to_string).collect();
    run(env!("CARGO_BIN_EXE_compare"), &lines.join("\n"))
}

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Returns the decision of `decide` for a printed request and one document.
fn decision(request: &Value, member: &str, document: &Value) -> String {
    let mut case = request.clone();
    case["name"] = json!("case");
    case[member] = match member {
        "identity_policies" => json!([document]),
        _ => document.clone(),
    };
    let answers = run(env!("CARGO_BIN_EXE_decide"), &case.to_string());
    answers[0]["decision"]
        .as_str()
        .unwrap_or_else(|| panic!("{case} {answers:?}"))
        .to_owned()
}

#[test]
fn requests_are_printed_as_decide_reads_them() {
    let readers =
        document(json!([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}]));
    let more = document(json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    ]));
    let public = document(
        json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]),
    );
    let service = document(
        json!([{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]),
    );
    let pairs = [
        json!({"name": "identity", "first": readers, "second": more}),
        json!({"name": "resource", "first": public, "second": service}),
        json!({"name": "service", "first": document(json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}])), "second": service}),
    ];
    let answers = compare(&pairs);
    for (pair, answer) in pairs.iter().zip(&answers) {
        assert_eq!(answer["name"], pair["name"]);
        let member = if pair["name"] == "identity" {
            "identity_policies"
        } else {
            "resource_policy"
        };
        let mut seen = 0;
        for (direction, allowing, other) in [
            ("newly_allowed", "second", "first"),
            ("no_longer_allowed", "first", "second"),
        ] {
            let request = &answer[direction];
            if request.is_null() {
                continue;
            }
            seen += 1;
            let members: Vec<&str> = request
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            assert_eq!(
                members,
                [
                    "action",
                    "context",
                    "principal",
                    "resource",
                    "resource_account"
                ]
            );
            assert_eq!(
                decision(request, member, &pair[allowing]),
                "Allowed",
                "{answer}"
            );
            assert_ne!(
                decision(request, member, &pair[other]),
                "Allowed",
                "{answer}"
            );
        }
        assert!(seen > 0, "{answer}");
        assert!(answer["micros"].is_u64());
        assert!(answer["reason"].is_null(), "{answer}");
    }
    let verdicts: Vec<&str> = answers
        .iter()
        .map(|answer| answer["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["incomparable", "narrower", "wider"]);
    // If a user of the account can show a difference, the witness is such a user.
    assert_eq!(
        answers[1]["no_longer_allowed"]["principal"],
        "arn:aws:iam::123456789012:user/ana"
    );
}

#[test]
fn kinds_principals_and_catalogs_are_read() {
    let nothing = document(json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]));
    let anas = document(
        json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"}]),
    );
    let bobs =
        document(json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::ana/*"}]));
    let unknown = document(
        json!([{"Effect": "Allow", "Action": "mobiletargeting:NoSuchAction", "Resource": "*"}]),
    );
    let answers = compare(&[
        json!({"name": "a", "first": anas, "second": bobs, "principal": "arn:aws:iam::111122223333:user/ana"}),
        json!({"name": "b", "first": anas, "second": bobs, "principal": "arn:aws:iam::111122223333:user/bob"}),
        json!({"name": "c", "first": nothing, "second": unknown, "catalogs": ["mobiletargeting"]}),
        json!({"name": "d", "first": nothing, "second": unknown}),
        json!({"name": "e", "first": nothing, "second": anas, "kind": "boundary"}),
        json!({"name": "f", "first": nothing, "second": anas, "kind": "no-such-kind"}),
        json!({"name": "g", "first": {}, "second": anas}),
        json!({"name": "h"}),
    ]);
    let verdicts: Vec<Option<&str>> = answers
        .iter()
        .map(|answer| answer["verdict"].as_str())
        .collect();
    assert_eq!(
        verdicts,
        [
            Some("equal"),
            Some("incomparable"),
            Some("equal"),
            Some("wider"),
            Some("wider"),
            None,
            None,
            None
        ]
    );
    for answer in answers.iter().skip(5) {
        assert!(answer["error"].is_string(), "{answer}");
    }
}

#[test]
fn differences_report_that_a_role_needs_delegation() {
    let nothing = document(json!([{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]));
    let assume = document(
        json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/admin"}]),
    );
    let answers = compare(&[json!({"name": "role", "first": nothing, "second": assume})]);
    assert_eq!(answers[0]["verdict"], "wider", "{}", answers[0]);
    assert_eq!(
        answers[0]["reason"],
        "the resource's own policy must let its account decide"
    );
}
