//! A call of the playground has exactly one result, whatever its input is, and never depends on the calls before.

use std::cell::RefCell;

use pinpoint_iam_playground::Session;
use serde_json::{Value, json};

/// The functions that take the policies and the request of a decision.
const DECIDING: [&str; 2] = ["decide", "test"];

thread_local! {
    /// A session that has answered all calls before.
    static SESSION: RefCell<Session> = RefCell::new(Session::new());
}

fn call(session: &mut Session, function: &str, input: &str) -> Result<Value, String> {
    let output = session.call(function, input);
    let mut output: Value = serde_json::from_str(&output).expect("the output is JSON");
    let members = output.as_object().expect("the output is an object");
    assert_eq!(members.len(), 1, "{output}");
    match output["error"].take() {
        Value::Null => Ok(output["ok"].take()),
        error => {
            let message = error.as_str().expect("a message").to_owned();
            assert!(!message.is_empty());
            Err(message)
        }
    }
}

/// Checks one input: the name of a function in the first line, and its input in the others.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    let (function, input) = text.split_once('\n').unwrap_or((text, ""));
    let result = SESSION.with_borrow_mut(|session| call(session, function, input));
    assert_eq!(result, call(&mut Session::new(), function, input));
    let Ok(result) = result else { return };
    let input: Value = serde_json::from_str(input).expect("an input with a result is JSON");
    if DECIDING.contains(&function) {
        decided(&input);
    }
    if function == "compare" {
        compared(&input, &result);
    }
}

fn decide(policies: &Value, request: &Value) -> Result<Value, String> {
    let input = json!({"policies": policies, "request": request});
    call(&mut Session::new(), "decide", &input.to_string())
}

/// A request is allowed if and only if its result says so. A policy that denies everything denies it, and one that cannot
/// be read leads to no decision.
fn decided(input: &Value) {
    let (policies, request) = (&input["policies"], &input["request"]);
    let result = decide(policies, request).expect("a decision");
    assert_eq!(result["allowed"] == true, result["result"] == "allowed");
    for (text, expected) in [
        (
            r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#,
            Some("explicitly-denied"),
        ),
        ("{", None),
    ] {
        let mut policies = policies.clone();
        let all = policies.as_array_mut().expect("a list of policies");
        let name = format!("added to {}", all.len());
        all.push(json!({"name": name, "type": "identity", "text": text}));
        match (decide(&policies, request), expected) {
            (Ok(result), Some(expected)) => assert_eq!(result["result"], expected),
            (Ok(result), None) => panic!("{result}"),
            // The name is in use.
            (Err(message), _) => assert!(message.contains(&name), "{message}"),
        }
    }
}

/// The request of a difference is decided differently on both versions.
fn compared(input: &Value, result: &Value) {
    for (member, allowed) in [
        ("newly-allowed", [false, true]),
        ("no-longer-allowed", [true, false]),
    ] {
        if result[member].is_null() {
            continue;
        }
        let request = json!({"written": result[member]});
        for (version, is_allowed) in ["before", "after"].into_iter().zip(allowed) {
            let decided = decide(&input[version], &request).expect("a decision");
            assert_eq!(decided["allowed"], is_allowed, "{version} {request}");
        }
    }
}

/// Calls of every function, as seeds.
pub(crate) fn calls() -> Vec<(&'static str, Value)> {
    let ana = "arn:aws:iam::123456789012:user/ana";
    let policy = |policy_type: &str, text: &str| json!({"name": policy_type, "type": policy_type, "text": text});
    let narrow = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:*:*:apps/${aws:username}*"}]}"#;
    let wide = r#"{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "NotAction": "mobiletargeting:Get*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]}"#;
    let broken =
        r#"{"Statement": {"Effect": "allow", "Action": "mobiletargeting:GetAp", "Resource": "*"}}"#;
    let catalog = "format = 1\n\n[service]\nprefix = \"orders\"\nname = \"Orders\"\n\n[actions.ListOrders]\nsummary = \"Lists orders.\"\nresources = []\nroute = \"GET /orders\"\nsuccess-status = 200\n";
    let written = json!({"written": {"principal": ana, "action": "mobiletargeting:GetApp",
        "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/ana1",
        "context": {"aws:SourceIp": "203.0.113.7", "aws:TagKeys": ["a"]}, "unknown-keys": ["aws:SourceVpc"]}});
    let record = json!({"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": ana}, "action": "mobiletargeting:GetApp",
        "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1", "outcome": "deny", "revision": "7", "ns": 812});
    let record = json!({"record": record.to_string()});
    let message = format!(
        "User: {ana} is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::reports/a.csv"
    );
    let position = json!({"line": 0, "character": 90});
    let mut calls = vec![
        ("catalog", json!({"catalog": catalog})),
        ("catalog", json!({"catalog": "format = "})),
        (
            "hover",
            json!({"catalog": catalog, "text": catalog, "position": position}),
        ),
        ("request", json!({"text": message})),
        ("request", json!({"text": record["record"]})),
    ];
    for text in [narrow, wide, broken] {
        for function in ["check", "complete", "hover", "fixes", "format"] {
            calls.push((
                function,
                json!({"type": "identity", "text": text, "position": position}),
            ));
        }
        for request in [&written, &record] {
            let policies = json!([policy("identity", text), policy("boundary", wide)]);
            for function in DECIDING {
                calls.push((function, json!({"policies": policies, "request": request})));
            }
        }
        for other in [narrow, wide] {
            let (before, after) = ([policy("identity", text)], [policy("identity", other)]);
            calls.push((
                "compare",
                json!({"before": before, "after": after, "principal": ana}),
            ));
        }
        let scope = json!({"partition": "aws", "region": "us-east-1", "account": "123456789012"});
        calls.push((
            "access",
            json!({"policies": [policy("identity", text)], "principals": [ana], "service": "orders", "scope": scope,
                "catalog": catalog}),
        ));
    }
    calls
}
