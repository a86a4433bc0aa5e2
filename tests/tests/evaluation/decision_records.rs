//! Records of decisions: their format, and the requests that are made of them again.

#![expect(clippy::expect_used, reason = "a test whose set-up fails has failed")]

use std::borrow::Cow;
use std::fs;
use std::sync::LazyLock;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use pinpoint_iam::Principal;
use pinpoint_iam::context::{ConditionKey, ContextLookup, Lookup, Value};
use pinpoint_iam::decision_log::{
    InvalidRecord, Outcome, OutcomeReason, Record, RecordedKey, RecordedRequest, RecordedValue,
};
use serde_json::json;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Records with every member and every kind of value.
fn examples() -> Vec<serde_json::Value> {
    let arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1";
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    vec![
        json!({
            "v": 1, "time": "2026-11-29T03:12:15.123456Z", "request": "b2f1",
            "principal": {"arn": "arn:aws:iam::123456789012:user/ana", "path_is_unknown": true, "unique_id": "AIDAEXAMPLE",
                "groups": ["readers"], "roles": ["night", "arn:aws:iam::123456789012:role/team/day"],
                "session_policies": [{"name": "narrow", "document": document}]},
            "action": "mobiletargeting:GetApp", "resource": arn,
            "keys": {"aws:PrincipalTag/team": "red \"1\"", "aws:MultiFactorAuthPresent": true, "aws:EpochTime": -7,
                "aws:TagKeys": ["a", 5, false], "aws:CalledVia": [], "aws:Referer": null,
                "aws:ResourceTag/x": {"state": "unknown"}, "aws:SourceIp": {"state": "masked"}, "aws:UserAgent": {"state": "omitted"}},
            "outcome": "allow", "reason": "statement", "policy_type": "identity-based policy",
            "statement": {"policy": "reader", "number": 2, "sid": "Read"},
            "revision": "7", "sampled": 10, "ns": 812,
        }),
        json!({
            "v": 1, "time": "2026-11-29T03:12:15.000000Z",
            "principal": {"arn": "arn:aws:sts::123456789012:assumed-role/night/monday", "role": "arn:aws:iam::123456789012:role/team/night"},
            "action": "mobiletargeting:CreateApp", "resource": "*", "scope": "aws:us-east-1:123456789012", "resource_account": "210987654321",
            "outcome": "deny", "reason": "indeterminate", "needs": ["aws:RequestTag/team"], "revision": "W/\"e\"", "ns": 0,
        }),
        json!({
            "v": 1, "time": "2026-11-29T03:12:15.000001Z", "principal": {"kind": "service", "name": "sns.amazonaws.com"},
            "action": "mobiletargeting:GetApps", "outcome": "list", "list": {"kind": "filter", "considered": 12, "selected": 3},
            "revision": "7", "ns": 99,
        }),
        json!({
            "v": 1, "time": "2026-11-29T03:12:15.000001Z", "principal": {"kind": "anonymous"},
            "action": "mobiletargeting:GetApps", "outcome": "list", "list": {"kind": "constraint", "rows": "where"},
            "revision": "7", "ns": 99,
        }),
        json!({
            "v": 1, "time": "2026-11-29T03:12:15.000001Z", "principal": {"arn": "arn:aws:iam::123456789012:root"},
            "action": "mobiletargeting:*", "resource": arn, "outcome": "list", "list": {"kind": "actions", "considered": 8, "selected": 8},
            "revision": "7", "ns": 99,
        }),
    ]
}

#[test]
fn a_record_is_written_as_it_was_read() -> TestResult {
    for example in examples() {
        let line = example.to_string();
        let record = Record::parse(&line)?;
        assert_eq!(serde_json::to_value(&record)?, example);
        // Also without the member order of the example.
        let again = serde_json::to_string(&record)?;
        assert_eq!(Record::parse(&again)?, record);
        assert!(!again.contains('\n'), "{again}");
    }
    Ok(())
}

/// Compares a record with the published schema.
pub(super) fn conforms_to_schema(record: &serde_json::Value) -> Result<(), String> {
    static SCHEMA: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/reference/decision-record.schema.json"
        );
        let text = fs::read_to_string(path).expect("the schema");
        let schema = serde_json::from_str(&text).expect("JSON");
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler
            .add_resource("schema.json", schema)
            .expect("a schema");
        let mut schemas = Schemas::new();
        let index = compiler.compile("schema.json", &mut schemas);
        let index = index.expect("a valid schema");
        (schemas, index)
    });
    let (schemas, index) = &*SCHEMA;
    schemas
        .validate(record, *index)
        .map_err(|error| format!("{record}: {error}"))
}

#[test]
fn records_conform_to_the_published_schema() -> TestResult {
    for example in examples() {
        conforms_to_schema(&example)?;
    }
    // A schema that accepts everything would pass the test above.
    let usual = examples().swap_remove(0);
    for (pointer, value) in [
        ("/v", json!(2)),
        ("/time", json!("2026-11-29T03:12:15+01:00")),
        ("/principal", json!({})),
        ("/outcome", json!("list")),
        ("/reason", json!("because")),
        ("/statement", json!({"policy": "reader", "number": 0})),
        ("/keys/aws:Referer", json!({"state": "secret"})),
        ("/keys/aws:TagKeys", json!([["a"]])),
        ("/ns", json!(-1)),
    ] {
        let mut other = usual.clone();
        *other.pointer_mut(pointer).ok_or(pointer)? = value;
        assert!(conforms_to_schema(&other).is_err(), "{pointer}");
    }
    Ok(())
}

#[test]
fn texts_without_escapes_are_borrowed() -> TestResult {
    let line = examples().first().expect("an example").to_string();
    let record = Record::parse(&line)?;
    let is_borrowed = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(_));
    assert!(is_borrowed(&record.action));
    assert!(record.resource.as_ref().is_some_and(is_borrowed));
    assert!(record.request_id.as_ref().is_some_and(is_borrowed));
    assert!(record.principal.arn.as_ref().is_some_and(is_borrowed));
    assert!(record.principal.groups.iter().all(is_borrowed));
    assert!(
        record
            .statement
            .is_some_and(|statement| is_borrowed(&statement.policy))
    );
    assert_eq!(
        record.keys.get("AWS:principaltag/TEAM"),
        Some(&RecordedKey::One(RecordedValue::Text("red \"1\"".into())))
    );
    Ok(())
}

#[test]
fn lines_that_are_not_records_are_rejected() {
    let usual = examples().first().expect("an example").clone();
    for (member, value, expected) in [
        ("v", json!(2), "version 2 of the format"),
        ("time", json!("yesterday"), "`time` is `yesterday`"),
        ("outcome", json!("maybe"), "unknown variant `maybe`"),
        (
            "keys",
            json!({"aws:SourceIp": "1", "AWS:sourceip": "2"}),
            "occurs twice",
        ),
        ("keys", json!({"aws:SourceIp": {}}), "missing field `state`"),
        (
            "keys",
            json!({"aws:SourceIp": {"state": "hidden"}}),
            "unknown variant `hidden`",
        ),
        ("keys", json!({"aws:EpochTime": u64::MAX}), "is too large"),
        ("keys", json!({"aws:EpochTime": 1.5}), "invalid type"),
        (
            "keys",
            json!({"aws:TagKeys": [null]}),
            "a value in an array",
        ),
        ("ns", json!("fast"), "invalid type"),
    ] {
        let mut other = usual.clone();
        other
            .as_object_mut()
            .expect("an object")
            .insert(member.to_owned(), value);
        let line = other.to_string();
        let error = Record::parse(&line).expect_err(&line).to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
    for (object, member) in [
        ("", "v"),
        ("", "time"),
        ("", "principal"),
        ("", "action"),
        ("", "outcome"),
        ("", "revision"),
        ("", "ns"),
        ("/statement", "policy"),
        ("/statement", "number"),
    ] {
        let mut other = usual.clone();
        let object = other.pointer_mut(object).expect("an object");
        object.as_object_mut().expect("an object").remove(member);
        let line = other.to_string();
        let error = Record::parse(&line).expect_err(&line).to_string();
        assert!(
            error.contains(&format!("missing field `{member}`")),
            "{error}"
        );
    }
    // Objects have no other form.
    let statement = usual.pointer("/statement").expect("a statement");
    let array = r#"["reader", 2, "Read"]"#;
    for line in [
        array.to_owned(),
        usual.to_string().replace(&statement.to_string(), array),
    ] {
        let error = Record::parse(&line).expect_err(&line).to_string();
        assert!(error.contains("invalid type: sequence"), "{error}");
    }
    let line = format!("{usual} {usual}");
    let error = Record::parse(&line).expect_err(&line).to_string();
    assert!(error.contains("trailing characters"), "{error}");
}

/// With two values for one member, the result would depend on which one is used.
#[test]
fn members_that_occur_twice_are_rejected() {
    let mut members = 0;
    for example in examples() {
        let line = example.to_string();
        for pointer in ["", "/principal", "/statement"] {
            let object = example.pointer(pointer);
            let Some(object) = object.and_then(serde_json::Value::as_object) else {
                continue;
            };
            let once = json!(object).to_string();
            for (member, value) in object {
                let twice = once.replacen('{', &format!("{{\"{member}\":{value},"), 1);
                let line = line.replace(&once, &twice);
                let error = Record::parse(&line).expect_err(&line).to_string();
                assert!(
                    error.contains(&format!("duplicate field `{member}`")),
                    "{line}: {error}"
                );
                members += 1;
            }
        }
    }
    assert!(members > 40, "{members}");
}

/// A later version may add members.
#[test]
fn unknown_members_are_ignored() -> TestResult {
    let mut example = examples().first().expect("an example").clone();
    let record = example.to_string();
    example
        .as_object_mut()
        .expect("an object")
        .insert("color".to_owned(), json!({"a": [1]}));
    let line = example.to_string();
    assert_eq!(Record::parse(&line)?, Record::parse(&record)?);
    Ok(())
}

fn recorded(
    change: impl FnOnce(&mut serde_json::Value),
) -> Result<RecordedRequest<'static>, InvalidRecord> {
    let mut example = examples().first().expect("an example").clone();
    change(&mut example);
    let line = example.to_string();
    let record = Record::parse(&line).expect("a record");
    RecordedRequest::of(&record).map(RecordedRequest::into_owned)
}

#[test]
fn keys_have_the_recorded_values_and_all_others_are_unknown() {
    let recorded = recorded(|_| {}).expect("a request");
    let request = recorded.as_request();
    let found = |name: &str| format!("{:?}", request.lookup(&ConditionKey::new(name)));
    let text = |text: &str| format!("{:?}", Lookup::Present(&Value::from(text)));
    assert_eq!(found("aws:principaltag/team"), text("red \"1\""));
    assert_eq!(
        found("aws:EpochTime"),
        format!("{:?}", Lookup::Present(&Value::from(-7)))
    );
    assert_eq!(
        found("aws:CalledVia"),
        format!("{:?}", Lookup::Multivalued(&[]))
    );
    assert_eq!(found("aws:Referer"), "Absent");
    // Masked, too long, unknown to the decision, and not read at all.
    for name in [
        "aws:SourceIp",
        "aws:UserAgent",
        "aws:ResourceTag/x",
        "aws:SourceVpc",
        "aws:PrincipalTag/other",
    ] {
        assert_eq!(found(name), "Unknown", "{name}");
    }
    let masked: Vec<&str> = recorded.masked_keys().collect();
    assert_eq!(masked, ["aws:SourceIp", "aws:UserAgent"]);
    // These follow from the ARN.
    assert_eq!(found("aws:username"), text("ana"));
    assert_eq!(found("aws:PrincipalAccount"), text("123456789012"));
}

#[test]
fn a_caller_is_as_it_was() -> TestResult {
    let recorded = recorded(|_| {})?;
    let ana = recorded.principal();
    assert_eq!(ana.arn(), Some("arn:aws:iam::123456789012:user/ana"));
    assert_eq!(ana.unique_id(), Some("AIDAEXAMPLE"));
    assert_eq!(Vec::from_iter(ana.groups()), ["readers"]);
    assert_eq!(Vec::from_iter(ana.roles()), ["day", "night"]);
    assert_eq!(ana.session_policies().map(<[_]>::len), Some(1));

    let lines: Vec<String> = examples().iter().map(ToString::to_string).collect();
    let session = Record::parse(&lines[1])?;
    assert_eq!(session.outcome, Outcome::Deny);
    assert_eq!(session.reason, Some(OutcomeReason::Indeterminate));
    let session = RecordedRequest::of(&session)?;
    let expected = Principal::role_session("arn:aws:iam::123456789012:role/team/night", "monday")?;
    assert_eq!(*session.principal(), expected);
    let request = session.as_request();
    assert_eq!(request.resource_account(), Some("210987654321"));
    assert_eq!(request.resource().to_string(), "*");
    Ok(())
}

#[test]
fn records_that_are_not_requests_are_rejected() {
    type Change = fn(&mut serde_json::Value);
    let cases: &[(Change, &str)] = &[
        (|record| record["outcome"] = json!("list"), "about a list"),
        (
            |record| record["principal"] = json!({}),
            "needs either `arn`, or `kind`",
        ),
        (
            |record| record["principal"]["kind"] = json!("anonymous"),
            "needs either `arn`, or `kind`",
        ),
        (
            |record| record["principal"]["arn"] = json!("ana"),
            "is not the ARN of a caller",
        ),
        (
            |record| record["principal"]["role"] = json!("arn:aws:iam::123456789012:role/ana"),
            "`role` is not the role of the session",
        ),
        (
            |record| {
                record["principal"] =
                    json!({"kind": "anonymous", "role": "arn:aws:iam::123456789012:role/night"});
            },
            "`role` is not the role of the session",
        ),
        (
            |record| record["principal"]["roles"] = json!(["a/b"]),
            "a role in `roles` is not valid",
        ),
        (
            |record| record["principal"]["roles"] = json!(["arn:aws:iam::210987654321:role/x"]),
            "a role in `roles` is not valid",
        ),
        (
            |record| {
                record["principal"]["session_policies"][0]["document"] = json!({"Statement": 1})
            },
            "a session policy",
        ),
        (|record| record["action"] = json!("*"), "is not an action"),
        (|record| record["resource"] = json!("apps/a1"), "`resource`"),
        (
            |record| record["scope"] = json!("aws:us-east-1"),
            "expected `partition:region:account`",
        ),
        (
            |record| record["scope"] = json!("aws:us-east-1:*"),
            "expected `partition:region:account`",
        ),
    ];
    for (change, expected) in cases {
        let error = recorded(change).expect_err(expected).to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}
