//! The functions of the playground, as the page calls them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use pinpoint_iam_playground::{LONGEST_INPUT, Session};
use serde_json::{Value, json};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const BEN: &str = "arn:aws:iam::123456789012:user/ben";
const APP: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1";

fn call(function: &str, input: &Value) -> Result<Value, String> {
    result(&Session::new().call(function, &input.to_string()))
}

fn result(output: &str) -> Result<Value, String> {
    let mut output: Value = serde_json::from_str(output).expect("the output is JSON");
    match output["error"].take() {
        Value::Null => Ok(output["ok"].take()),
        error => Err(error.as_str().expect("a message").to_owned()),
    }
}

fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn allow(action: &str) -> String {
    document(&[statement("Allow", action, "*")])
}

fn policy(name: &str, policy_type: &str, text: &str) -> Value {
    json!({"name": name, "type": policy_type, "text": text})
}

fn attached(name: &str, policy_type: &str, text: &str, principals: &[&str]) -> Value {
    json!({"name": name, "type": policy_type, "text": text, "principals": principals})
}

/// The details of an account with two policies.
fn account_details() -> String {
    let policy: Value = serde_json::from_str(&allow("*")).expect("a document");
    let list = json!([{"PolicyDocument": policy}, {"PolicyDocument": policy}]);
    json!({"UserDetailList": [{"UserPolicyList": list}]}).to_string()
}

fn get_app() -> Value {
    json!({"principal": ANA, "action": "mobiletargeting:GetApp", "resource": APP})
}

fn decide(policies: &[Value], request: &Value) -> Result<Value, String> {
    call(
        "decide",
        &json!({"policies": policies, "request": {"written": request}}),
    )
}

#[test]
fn decisions_are_those_of_the_policies_that_apply() {
    let get = &*allow("mobiletargeting:Get*");
    let other = &*allow("s3:*");
    let deny = &*document(&[statement("Deny", "*", "*")]);
    let of_resource = &*json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": ANA}, "Action": "mobiletargeting:GetApp", "Resource": "*",
    }})
    .to_string();
    let identity = policy("reader", "identity", get);
    for (policies, expected, reason) in [
        (vec![], "implicitly-denied", "nothing allows it"),
        (vec![identity.clone()], "allowed", "a policy of all callers"),
        (
            vec![attached("reader", "identity", get, &[BEN, ANA])],
            "allowed",
            "attached to the caller",
        ),
        (
            vec![attached("reader", "identity", get, &[BEN])],
            "implicitly-denied",
            "attached to another user",
        ),
        (
            vec![identity.clone(), policy("deny", "identity", deny)],
            "explicitly-denied",
            "a `Deny` wins",
        ),
        (
            vec![identity.clone(), attached("deny", "identity", deny, &[BEN])],
            "allowed",
            "the `Deny` is attached to another user",
        ),
        (
            vec![identity.clone(), policy("limit", "boundary", other)],
            "implicitly-denied",
            "the boundary allows something else",
        ),
        (
            vec![
                identity.clone(),
                attached("limit", "boundary", other, &[BEN]),
            ],
            "allowed",
            "the boundary of another user",
        ),
        (
            vec![identity.clone(), policy("session", "session", other)],
            "implicitly-denied",
            "the session policy allows something else",
        ),
        (
            vec![policy("resource", "resource", of_resource)],
            "allowed",
            "the policy of the resource names the caller",
        ),
        (
            vec![
                identity.clone(),
                json!({"name": "root", "type": "scp", "level": 0, "text": get}),
                json!({"name": "unit", "type": "scp", "level": 1, "text": other}),
            ],
            "implicitly-denied",
            "each level must allow it",
        ),
        (
            vec![
                identity,
                json!({"name": "root", "type": "scp", "level": 1, "text": get}),
                json!({"name": "unit", "type": "scp", "level": 1, "text": other}),
            ],
            "allowed",
            "one policy of the level allows it",
        ),
    ] {
        let output = decide(&policies, &get_app()).expect(reason);
        assert_eq!(output["result"], expected, "{reason}");
        assert_eq!(output["allowed"], expected == "allowed", "{reason}");
    }
}

#[test]
fn policies_that_cannot_be_used_are_errors_and_not_left_out() {
    let get = &*allow("mobiletargeting:Get*");
    let reader = || policy("reader", "identity", get);
    for (added, expected) in [
        (policy("deny", "identity", "{"), "deny:1:1: not valid JSON"),
        (
            policy("deny", "identity", ""),
            "deny:1:1: the document is empty",
        ),
        (
            policy("deny", "identity", &get.replace("Allow", "deny")),
            "unknown effect `deny`",
        ),
        (
            policy("reader", "identity", get),
            "two policies called `reader`",
        ),
        (policy("other", "group", get), "unknown variant `group`"),
        (
            attached("resource", "resource", get, &[BEN]),
            "`resource` cannot be attached to principals",
        ),
        (
            attached("scp", "scp", get, &[BEN]),
            "`scp` cannot be attached to principals",
        ),
        (
            json!({"name": "limit", "type": "boundary", "level": 1, "text": get}),
            "`limit` has a level",
        ),
        (
            attached("other", "identity", get, &["ana"]),
            "`ana` is not the ARN of a user or role",
        ),
        (
            json!({"name": "other", "type": "identity", "text": get, "attached": []}),
            "unknown field `attached`",
        ),
        (
            policy("other", "identity", &account_details()),
            "the details of an account",
        ),
    ] {
        let error = decide(&[reader(), added], &get_app()).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
    for (policy_type, expected) in [
        ("boundary", "at most one permissions boundary"),
        ("resource", "at most one policy"),
    ] {
        let policies = ["one", "two"].map(|name| policy(name, policy_type, get));
        let error = decide(&policies, &get_app()).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn invalid_requests_are_errors() {
    let with = |member: &str, value: Value| {
        let mut request = get_app();
        request[member] = value;
        request
    };
    for (request, expected) in [
        (with("principal", json!("ana")), "`ana`"),
        (with("action", json!("GetApp")), "`GetApp`"),
        (
            with("resource", json!("apps/a1")),
            "is not the ARN of a resource",
        ),
        (
            with("context", json!({"aws:SourceIp": {}})),
            "invalid input",
        ),
        (with("unknown-keys", json!("aws:SourceIp")), "invalid input"),
        (with("keys", json!({})), "unknown field `keys`"),
    ] {
        let error = decide(&[policy("all", "identity", &allow("*"))], &request);
        let error = error.expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn condition_keys_are_present_absent_or_unknown() {
    let text = json!({"Version": "2012-10-17", "Statement": [
        statement("Allow", "*", "*"),
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
            "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
    ]});
    for (context, unknown, expected) in [
        (json!({"aws:SourceIp": "203.0.113.7"}), json!([]), "allowed"),
        (
            json!({"aws:SourceIp": "198.51.100.1"}),
            json!([]),
            "explicitly-denied",
        ),
        (json!({}), json!([]), "explicitly-denied"),
        (json!({}), json!(["aws:SourceIp"]), "undecided"),
    ] {
        let mut request = get_app();
        request["context"] = context;
        request["unknown-keys"] = unknown;
        let output = decide(&[policy("all", "identity", &text.to_string())], &request).unwrap();
        assert_eq!(output["result"], expected, "{request}");
        assert_eq!(output["allowed"], expected == "allowed");
    }
}

/// The text in a range, whose positions count UTF-16 code units.
fn in_range<'t>(text: &'t str, range: &Value) -> &'t str {
    let offset = |position: &Value| {
        let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut units = position["character"].as_u64().unwrap();
        let rest = text[before..].char_indices();
        let mut rest = rest.skip_while(|(_, character)| {
            let is_before = units > 0;
            units = units.saturating_sub(character.len_utf16() as u64);
            is_before
        });
        rest.next().map_or(text.len(), |(at, _)| before + at)
    };
    &text[offset(&range["start"])..offset(&range["end"])]
}

#[test]
fn the_deciding_statement_has_its_place_in_the_text() {
    let deny = r#"{"Sid": "😀", "Effect": "Deny", "Action": "*", "Resource": "*"}"#;
    let allow = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    for (text, number, expected) in [
        (
            format!("{{\"Statement\": [\n  {allow}, {deny}\n]}}"),
            2,
            deny,
        ),
        (
            format!("{{\"Id\": \"😀\", \"Statement\": {deny}}}"),
            1,
            deny,
        ),
        (format!("{{\"Statement\": [{allow}]}}"), 1, allow),
        // The output of `aws iam get-policy-version`.
        (
            format!("{{\"PolicyVersion\": {{\"Document\": {{\"Statement\": {allow}}}}}}}"),
            1,
            allow,
        ),
    ] {
        let policies = [
            policy(
                "other",
                "identity",
                &format!("{{\"Statement\": {allow}}}").replace("Action\": \"*", "Action\": \"s3:*"),
            ),
            policy("decides", "identity", &text),
        ];
        let output = decide(&policies, &get_app()).unwrap();
        let statement = &output["statement"];
        assert_eq!(statement["policy"], 1, "{text}");
        assert_eq!(statement["number"], number, "{text}");
        assert_eq!(in_range(&text, &statement["range"]), expected);
    }
    // Nothing decides.
    let output = decide(&[], &get_app()).unwrap();
    assert_eq!(output["statement"], Value::Null);
}

#[test]
fn a_record_is_decided_with_its_keys() {
    let text = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}});
    let policies = [policy("all", "identity", &text.to_string())];
    let record = |keys: Value| {
        json!({"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": ANA},
            "action": "mobiletargeting:GetApp", "resource": APP, "outcome": "deny", "revision": "7", "ns": 812,
            "keys": keys})
        .to_string()
    };
    for (keys, expected) in [
        (json!({"aws:SourceIp": "203.0.113.7"}), "allowed"),
        (json!({"aws:SourceIp": "198.51.100.1"}), "implicitly-denied"),
        // A key that is not in the record is unknown.
        (json!({}), "undecided"),
    ] {
        let line = record(keys);
        let read = call("request", &json!({"text": format!("  {line}\n")})).unwrap();
        assert_eq!(read, json!({"record": line}));
        let output = call("decide", &json!({"policies": policies, "request": read})).unwrap();
        assert_eq!(output["result"], expected, "{line}");
    }
    for line in ["", "{}", "{\"v\": 2}", "null"] {
        let input = json!({"policies": policies, "request": {"record": line}});
        assert!(call("decide", &input).is_err(), "{line}");
        assert!(call("request", &json!({"text": line})).is_err(), "{line}");
    }
}

#[test]
fn an_access_denied_message_fills_the_request() {
    let text = format!(
        "An error occurred (AccessDeniedException) when calling the GetApp operation: User: {ANA} is not authorized to \
         perform: mobiletargeting:GetApp on resource: {APP} because no identity-based policy allows the \
         mobiletargeting:GetApp action"
    );
    let read = call("request", &json!({"text": text})).unwrap();
    let mut expected = get_app();
    expected["context"] = json!({});
    expected["unknown-keys"] = json!([]);
    assert_eq!(read, json!({"written": expected}));
    let output = call("decide", &json!({"policies": [], "request": read})).unwrap();
    assert_eq!(output["result"], "implicitly-denied");
}

#[test]
fn findings_and_fixes_are_those_of_the_linter() {
    let text = allow("mobiletargeting:GetApp").replace("Allow", "allow");
    let document = json!({"type": "identity", "text": text});
    let findings = call("check", &document).unwrap();
    let finding = &findings[0];
    assert_eq!(finding["code"], "invalid-effect");
    assert_eq!(in_range(&text, &finding["range"]), "\"allow\"");
    let mut at = document.clone();
    at["range"] = finding["range"].clone();
    let fixes = call("fixes", &at).unwrap();
    let edit = &fixes[0]["edit"]["changes"]["document"][0];
    assert_eq!(edit["newText"], "\"Allow\"", "{fixes}");
    // The type of the policy matters.
    let codes = |policy_type: &str| {
        let input = json!({"type": policy_type, "text": allow("mobiletargeting:GetApp")});
        let found = call("check", &input).unwrap();
        let found = found.as_array().unwrap().iter();
        found
            .map(|finding| finding["code"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes("identity"), Vec::<Value>::new());
    assert!(
        codes("resource").contains(&json!("missing-principal")),
        "{:?}",
        codes("resource")
    );
}

const ORDERS: &str = r#"
format = 1

[service]
prefix = "orders"
name = "Orders"
partitions = ["aws"]

[placeholders.OrderId]
parameter = "order-id"
summary = "the id of the order"

[resources.order]
arn = "arn:${Partition}:orders:${Region}:${Account}:order/${OrderId}"
summary = "One order."

[actions.GetOrder]
summary = "Reads one order."
access-level = "Read"
resources = ["order"]
route = "GET /orders/{order-id}"
success-status = 200
"#;

#[test]
fn completion_knows_the_own_catalog() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "orders:", "Resource": "*"}}"#;
    let character = text.find("orders:").unwrap() + "orders:".len();
    let input = |catalog: &str| {
        json!({"type": "identity", "text": text, "catalog": catalog,
            "position": {"line": 0, "character": character}})
    };
    let labels = |catalog: &str| {
        let items = call("complete", &input(catalog)).unwrap();
        let items = items.as_array().unwrap().iter();
        items
            .map(|item| item["label"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(ORDERS), ["orders:*", "orders:GetOrder"]);
    assert_eq!(labels("format = "), Vec::<String>::new());
}

#[test]
fn a_broken_catalog_has_findings_and_is_left_out() {
    let read = call("catalog", &json!({"catalog": ORDERS})).unwrap();
    assert_eq!(read["findings"], json!([]));
    assert_eq!(read["services"][0]["prefix"], "orders");
    let action = &read["services"][0]["actions"][0];
    assert_eq!(action["name"], "GetOrder");
    let builtin = call("catalog", &json!({})).unwrap();
    assert_eq!(builtin["services"][0]["prefix"], "mobiletargeting");
    for broken in [
        "",
        "format = ",
        "format = 2",
        &ORDERS.replace("order/${", "order/${Un"),
    ] {
        let read = call("catalog", &json!({"catalog": broken})).unwrap();
        assert_ne!(read["findings"], json!([]), "{broken}");
        assert_eq!(read["services"], builtin["services"], "{broken}");
    }
    // A session does not mix up catalogs.
    let mut session = Session::new();
    for catalog in [ORDERS, "format = ", ORDERS] {
        let input = json!({"catalog": catalog}).to_string();
        let alone = Session::new().call("catalog", &input);
        assert_eq!(session.call("catalog", &input), alone, "{catalog}");
    }
}

#[test]
fn the_request_of_a_difference_is_decided_differently_on_both_sides() {
    let narrow = allow("mobiletargeting:GetApp");
    let wide = allow("mobiletargeting:Get*");
    let on_key = |value: &str| {
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": value},
                "ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}}})
        .to_string()
    };
    for (before, after, verdict) in [
        (narrow.clone(), narrow.clone(), "equal"),
        (narrow.clone(), wide.clone(), "wider"),
        (wide, narrow.clone(), "narrower"),
        (narrow, allow("s3:*"), "incomparable"),
        (on_key("eu-west-1"), on_key("us-east-1"), "incomparable"),
    ] {
        let sides = [&before, &after].map(|text| json!([policy("p", "identity", text)]));
        let input = json!({"before": sides[0], "after": sides[1], "principal": ANA});
        let output = call("compare", &input).unwrap();
        assert_eq!(output["comparison"]["verdict"], verdict, "{before} {after}");
        for (member, allowed) in [
            ("newly-allowed", [false, true]),
            ("no-longer-allowed", [true, false]),
        ] {
            let request = &output[member];
            if request.is_null() {
                continue;
            }
            let decided = [0, 1].map(|side: usize| {
                let output = decide(sides[side].as_array().unwrap(), request).unwrap();
                output["allowed"].as_bool().unwrap()
            });
            assert_eq!(decided, allowed, "{request}");
        }
    }
    // A side that cannot be read is an error, and not an empty one.
    let good = json!([policy("p", "identity", &allow("*"))]);
    let bad = json!([policy("p", "identity", "{")]);
    for (before, after, expected) in [
        (&good, &bad, "after: p:1:1"),
        (&bad, &good, "before: p:1:1"),
    ] {
        let input = json!({"before": before, "after": after, "principal": ANA});
        let error = call("compare", &input).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_access_matrix_has_a_column_for_each_principal() {
    let input = |policies: Vec<Value>| {
        json!({"policies": policies, "principals": [ANA, BEN], "service": "orders", "catalog": ORDERS,
            "scope": {"partition": "aws", "region": "us-east-1", "account": "123456789012"}})
    };
    let reader = attached("reader", "identity", &allow("orders:*"), &[ANA]);
    let output = call("access", &input(vec![reader.clone()])).unwrap();
    let table = &output["page"]["tables"][0];
    let columns = table["columns"].as_array().unwrap();
    let name = |title: &str| {
        let column = columns
            .iter()
            .find(|column| column["title"] == title)
            .unwrap();
        column["name"].as_str().unwrap()
    };
    let cells = &table["rows"][0]["cells"];
    assert_eq!(cells[name(ANA)], json!(["allowed"]), "{cells}");
    assert_eq!(cells[name(BEN)], json!(["implicit deny"]), "{cells}");
    // Policies that the matrix does not know would make it wrong.
    for policy_type in ["session", "resource", "scp", "rcp"] {
        let other = policy("other", policy_type, &allow("orders:*"));
        let error = call("access", &input(vec![reader.clone(), other])).unwrap_err();
        assert!(
            error.contains("the access matrix cannot contain"),
            "{error}"
        );
    }
}

#[test]
fn the_request_of_a_cell_agrees_with_its_verdict() {
    let on = |effect: &str, key: &str, value: &str| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": {"StringEquals": {key: value}}});
    let all = || statement("Allow", "*", "*");
    let deny = || statement("Deny", "*", "*");
    for (statements, expected) in [
        (vec![all()], vec!["allowed: allowed"]),
        (
            vec![statement("Allow", "s3:*", "*")],
            vec!["implicit deny: implicitly-denied"],
        ),
        (
            vec![all(), deny()],
            vec!["explicit deny: explicitly-denied"],
        ),
        (
            vec![on("Allow", "aws:SourceVpc", "vpc-1")],
            vec!["depends on:: undecided"],
        ),
        (
            vec![all(), on("Deny", "aws:RequestTag/team", "red")],
            vec!["depends on:: undecided"],
        ),
        (
            vec![on("Allow", "aws:PrincipalTag/team", "red")],
            vec!["depends on:: undecided"],
        ),
        // Of another account.
        (
            vec![statement(
                "Allow",
                "*",
                "arn:aws:mobiletargeting:*:999999999999:*",
            )],
            vec!["implicit deny: implicitly-denied"],
        ),
    ] {
        let policies = [attached("p", "identity", &document(&statements), &[ANA])];
        let input = json!({"policies": policies, "principals": [ANA], "service": "mobiletargeting",
            "scope": {"partition": "aws", "region": "us-east-1", "account": "123456789012"}});
        let output = call("access", &input).unwrap();
        let table = &output["page"]["tables"][0];
        let column = table["columns"].as_array().unwrap().last().unwrap();
        let name = column["name"].as_str().unwrap();
        let rows = table["rows"].as_array().unwrap();
        let requests = output["requests"].as_array().unwrap();
        assert_eq!(rows.len(), requests.len());
        let found: BTreeSet<String> = rows
            .iter()
            .zip(requests)
            .map(|(row, requests)| {
                let decided = decide(&policies, &requests[0]).expect("a decision");
                let verdict = row["cells"][name][0].as_str().unwrap();
                format!("{verdict}: {}", decided["result"].as_str().unwrap())
            })
            .collect();
        assert!(found.iter().eq(&expected), "{found:?} {expected:?}");
    }
}

#[test]
fn a_test_case_has_the_policies_of_its_caller() {
    let read =
        &*document(&[json!({"Sid": "Read", "Effect": "Allow", "Action": "*", "Resource": "*"})]);
    let deny = &*document(&[statement("Allow", "s3:*", "*"), statement("Deny", "*", "*")]);
    let wrapped =
        json!({"UserDetailList": [{"UserPolicyList": [{"PolicyDocument": {"Statement": []}}]}]});
    let wrapped = wrapped.to_string().replace("{\"Statement\":[]}", read);
    let level = |name: &str, policy_type: &str, level: u16| json!({"name": name, "type": policy_type, "level": level, "text": read});
    for (policies, expected_policies, expect, statement, reason) in [
        (
            vec![policy("reader", "identity", read)],
            json!({"identity": ["reader.json"]}),
            "allowed",
            json!("Read"),
            "a name that is a file name",
        ),
        (
            vec![
                attached("other", "identity", deny, &[BEN]),
                attached("mine", "identity", &wrapped, &[ANA]),
            ],
            json!({"identity": ["mine.json"]}),
            "allowed",
            json!("Read"),
            "the policy of another user is left out, and the document is unwrapped",
        ),
        (
            vec![policy("a", "identity", read), policy("A", "identity", deny)],
            json!({"identity": ["a.json", "policy-2.json"]}),
            "explicitly-denied",
            json!(2),
            "names that differ by letter case only",
        ),
        (
            vec![
                policy("../é", "identity", read),
                policy("x.test", "boundary", read),
                policy("policy.json", "session", read),
            ],
            json!({"identity": ["policy.json"], "boundary": ["policy-2.json"], "session": ["policy-3.json"]}),
            "allowed",
            json!("Read"),
            "names that are not file names, or that of a test",
        ),
        (
            vec![
                level("unit", "scp", 1),
                level("root", "scp", 0),
                level("limit", "rcp", 0),
            ],
            json!({"scp": ["root.json", "unit.json"], "rcp": ["limit.json"]}),
            "implicitly-denied",
            Value::Null,
            "the levels are in order",
        ),
    ] {
        let input = json!({"policies": policies, "request": {"written": get_app()}});
        let output = call("test", &input).expect(reason);
        let files = output["files"].as_array().unwrap();
        assert_eq!(files[0]["name"], "playground.test.json");
        let suite: Value = serde_json::from_str(files[0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(suite["policies"], expected_policies, "{reason}");
        let test = &suite["test"][0];
        assert_eq!(test["expect"], expect, "{reason}");
        assert_eq!(test["statement"], statement, "{reason}");
        assert_eq!(test["principal"], ANA);
        for file in &files[1..] {
            let text = file["text"].as_str().unwrap();
            assert!(text == read || text == deny, "{reason}: {text}");
        }
    }
    let record = json!({"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": ANA},
        "action": "mobiletargeting:GetApp", "resource": APP, "outcome": "deny", "revision": "7", "ns": 812});
    for (policies, request, expected) in [
        (
            vec![],
            json!({"record": record.to_string()}),
            "cannot be a test case",
        ),
        (
            vec![level("a", "scp", 0), level("b", "scp", 0)],
            json!({"written": get_app()}),
            "combine their statements",
        ),
        (
            vec![policy("p", "identity", "{")],
            json!({"written": get_app()}),
            "p:1:1: not valid JSON",
        ),
    ] {
        let error = call("test", &json!({"policies": policies, "request": request})).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

/// No input causes a panic, and none that is broken is allowed.
#[test]
fn hostile_input_has_an_error_or_a_result() {
    let deep = "[".repeat(10_000);
    let deep_object = r#"{"a":"#.repeat(10_000);
    let many: Vec<Value> = (0..40).map(|_| statement("Allow", "s3:*", "*")).collect();
    let many = document(&many);
    let long = allow(&"*?".repeat(2_000));
    let texts = [
        "",
        "null",
        "[]",
        "{",
        "\u{0}",
        "\u{feff}{}",
        "{\"Statement\": \"\u{202e}<script>alert(1)</script>\"}",
        "\r\n\r😀\u{2028}",
        &deep,
        &deep_object,
        &many,
        &long,
    ];
    let positions = [
        json!({"line": 0, "character": 0}),
        json!({"line": 2, "character": 1}),
        json!({"line": u64::MAX, "character": u64::MAX}),
        json!({"line": -1, "character": 0.5}),
        json!(null),
    ];
    let functions = [
        "catalog", "check", "complete", "hover", "fixes", "format", "decide", "test", "compare",
        "access", "request", "", "call",
    ];
    let mut session = Session::new();
    for text in texts {
        let mut inputs = vec![
            text.to_owned(),
            json!(text).to_string(),
            json!({"text": text}).to_string(),
        ];
        for position in &positions {
            for policy_type in [json!("identity"), json!("scp"), Value::Null] {
                let range = json!({"start": position, "end": {"line": 0, "character": 0}});
                for range in [Value::Null, range] {
                    inputs.push(
                        json!({"type": policy_type, "text": text, "position": position, "range": range, "catalog": text})
                            .to_string(),
                    );
                }
            }
        }
        let policies = json!([policy(text, "identity", text)]);
        for request in [
            get_app(),
            json!({"principal": text, "action": text, "resource": text}),
        ] {
            inputs.push(json!({"policies": policies, "request": {"written": request}}).to_string());
        }
        inputs.push(json!({"policies": policies, "request": {"record": text}}).to_string());
        inputs.push(json!({"before": policies, "after": policies, "principal": ANA}).to_string());
        inputs.push(json!({"before": policies, "after": [], "principal": text}).to_string());
        for function in functions {
            for input in &inputs {
                let output = result(&session.call(function, input));
                let is_allowed = output.is_ok_and(|output| output["allowed"] == true);
                assert!(!is_allowed, "{function} {}", &input[..input.len().min(200)]);
            }
        }
    }
    let long = json!({"text": "x".repeat(LONGEST_INPUT)});
    let error = call("check", &long).unwrap_err();
    assert!(error.contains("at most 4194304 are accepted"), "{error}");
}
