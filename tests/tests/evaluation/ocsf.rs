//! Records as events of OCSF: the attributes that its classes and objects require, with their types and values.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use pinpoint_iam::context::Context;
use pinpoint_iam::decision_log::{DecisionLog, JsonLines, Record};
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Principal, Scope};
use serde_json::{Value, json};

/// A record with the given members in place of the usual ones; `null` removes one.
fn event(changes: &Value) -> Value {
    let mut record = json!({
        "v": 1, "time": "2026-11-29T03:00:00.5Z",
        "principal": {"arn": "arn:aws:iam::123456789012:user/team/ana"},
        "action": "mobiletargeting:GetApp",
        "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
        "keys": {"aws:SourceIp": "203.0.113.5", "aws:Referer": null},
        "outcome": "allow", "reason": "statement", "policy_type": "identity-based policy",
        "statement": {"policy": "read", "number": 2, "sid": "Apps"},
        "revision": "7", "ns": 812
    });
    for (name, value) in changes.as_object().unwrap() {
        record.as_object_mut().unwrap().remove(name);
        if !value.is_null() {
            record[name] = value.clone();
        }
    }
    let line = record.to_string();
    serde_json::to_value(Record::parse(&line).unwrap().as_ocsf()).unwrap()
}

/// The records of all kinds.
fn records() -> [Value; 7] {
    [
        json!({}),
        json!({"outcome": "deny", "reason": "implicit_deny", "statement": null}),
        json!({"outcome": "undecided", "reason": "indeterminate", "needs": ["aws:ResourceTag/team"], "statement": null}),
        json!({"outcome": "list", "reason": null, "statement": null, "resource": null,
            "list": {"kind": "filter", "considered": 3, "selected": 1}}),
        json!({"principal": {"kind": "anonymous"}, "keys": null, "request": "r-1"}),
        json!({"principal": {"kind": "service", "name": "events.amazonaws.com"}}),
        json!({"principal": {"arn": "arn:aws:iam::123456789012:root"}, "reason": "root_user", "statement": null,
            "keys": {"aws:SourceIp": {"state": "masked"}}}),
    ]
}

/// Whether a value has a type.
type HasType = fn(&Value) -> bool;

/// The attributes that the schema requires of the class and of the objects in it, with the type of each.
const REQUIRED: [(&str, HasType); 13] = [
    ("/activity_id", Value::is_u64),
    ("/actor/user", Value::is_object),
    ("/api/operation", Value::is_string),
    ("/api/service/name", Value::is_string),
    ("/category_uid", Value::is_u64),
    ("/class_uid", Value::is_u64),
    ("/metadata/product/name", Value::is_string),
    ("/metadata/product/vendor_name", Value::is_string),
    ("/metadata/version", Value::is_string),
    ("/severity_id", Value::is_u64),
    ("/src_endpoint", Value::is_object),
    ("/time", Value::is_u64),
    ("/type_uid", Value::is_u64),
];

#[test]
fn every_event_has_the_required_attributes() {
    for record in records() {
        let event = event(&record);
        for (path, has_type) in REQUIRED {
            let value = event.pointer(path);
            assert!(value.is_some_and(has_type), "{path}: {event:#}");
        }
        let one_of = |object: &str, names: &[&str]| {
            let object = event.pointer(object).unwrap();
            assert!(
                names.iter().any(|name| object[*name].is_string()),
                "{event:#}"
            );
        };
        one_of("/actor/user", &["name", "uid"]);
        one_of("/src_endpoint", &["ip", "name"]);
        // The type consists of the class and the activity.
        let number = |path: &str| event.pointer(path).unwrap().as_u64().unwrap();
        assert_eq!(number("/class_uid"), 6003);
        assert_eq!(number("/class_uid") / 1000, number("/category_uid"));
        assert_eq!(number("/type_uid"), 600_300 + number("/activity_id"));
    }
}

/// Which attribute has which value, and why.
#[test]
fn values_are_those_of_the_record() {
    let [allowed, denied, undecided, list, anonymous, service, root] = records();
    for (record, path, value, why) in [
        (
            &allowed,
            "/time",
            json!(1_795_921_200_500_u64),
            "milliseconds",
        ),
        (
            &allowed,
            "/api/operation",
            json!("GetApp"),
            "without the service",
        ),
        (
            &allowed,
            "/api/service/name",
            json!("mobiletargeting"),
            "the prefix",
        ),
        (&allowed, "/activity_id", json!(2), "the action reads"),
        (&allowed, "/status_id", json!(1), "success"),
        (&allowed, "/status_code", json!("statement"), "the reason"),
        (
            &allowed,
            "/actor/authorizations/0/decision",
            json!("allow"),
            "decided",
        ),
        (
            &allowed,
            "/actor/authorizations/0/policy/name",
            json!("read"),
            "the policy",
        ),
        (
            &allowed,
            "/actor/authorizations/0/policy/desc",
            json!("Apps"),
            "the Sid",
        ),
        (
            &allowed,
            "/actor/user/name",
            json!("ana"),
            "without the path",
        ),
        (
            &allowed,
            "/actor/user/uid",
            json!("arn:aws:iam::123456789012:user/team/ana"),
            "the ARN",
        ),
        (
            &allowed,
            "/src_endpoint/ip",
            json!("203.0.113.5"),
            "a key that was read",
        ),
        (
            &allowed,
            "/resources/0/uid",
            json!("arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"),
            "the ARN",
        ),
        (
            &allowed,
            "/unmapped/keys/aws:Referer",
            Value::Null,
            "an absent key",
        ),
        (&allowed, "/unmapped/statement", json!(2), "its position"),
        (
            &allowed,
            "/unmapped/revision",
            json!("7"),
            "of the policies",
        ),
        (&denied, "/status_id", json!(2), "failure"),
        (
            &denied,
            "/actor/authorizations/0/decision",
            json!("deny"),
            "decided",
        ),
        (
            &undecided,
            "/status_id",
            json!(0),
            "a further record follows",
        ),
        (
            &undecided,
            "/unmapped/needs/0",
            json!("aws:ResourceTag/team"),
            "what was missing",
        ),
        (&list, "/unmapped/list/selected", json!(1), "the number"),
        (
            &anonymous,
            "/actor/user/name",
            json!("anonymous"),
            "the schema needs a name",
        ),
        (
            &anonymous,
            "/src_endpoint/name",
            json!("unknown"),
            "the address was not read",
        ),
        (
            &anonymous,
            "/api/request/uid",
            json!("r-1"),
            "the id of the request",
        ),
        (
            &anonymous,
            "/metadata/correlation_uid",
            json!("r-1"),
            "the id of the request",
        ),
        (&service, "/actor/user/type_id", json!(4), "a service"),
        (&root, "/actor/user/type_id", json!(2), "the root user"),
        (
            &root,
            "/src_endpoint/name",
            json!("unknown"),
            "a masked address is not shown",
        ),
    ] {
        let event = event(record);
        assert_eq!(event.pointer(path), Some(&value), "{path}: {why}");
    }
    for (record, path) in [
        (&undecided, "/actor/authorizations"),
        (&list, "/actor/authorizations"),
        (&list, "/resources"),
        (&anonymous, "/actor/user/uid"),
        (&root, "/src_endpoint/ip"),
    ] {
        assert_eq!(event(record).pointer(path), None, "{path}");
    }
}

#[test]
fn actions_are_activities_by_their_verb() {
    for (action, activity, name) in [
        ("s:CreateApp", 1, "Create"),
        ("s:GetApp", 2, "Read"),
        ("s:ListTagsForResource", 2, "Read"),
        ("s:UpdateCampaign", 3, "Update"),
        ("s:PutEvents", 3, "Update"),
        ("s:DeleteApp", 4, "Delete"),
        ("s:SendMessages", 99, "Other"),
        ("s:*", 99, "Other"),
    ] {
        let event = event(&json!({ "action": action }));
        assert_eq!(event["activity_id"], activity, "{action}");
        assert_eq!(event["activity_name"], name, "{action}");
    }
}

#[test]
fn a_file_contains_events() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ocsf.log");
    let _ = fs::remove_file(&path);
    let file = JsonLines::open(&path).unwrap().as_ocsf();
    let log = DecisionLog::builder().start(file).unwrap();
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(PolicyStore::new())
        .decision_log(log.clone())
        .build()
        .unwrap();
    let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    for id in ["a1", "a2"] {
        assert!(guard.check(GetApp, &App::new(id).unwrap()).is_err());
    }
    assert!(log.flush(Duration::from_secs(60)));
    let text = fs::read_to_string(&path).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let statuses: Vec<&Value> = events.iter().map(|event| &event["status"]).collect();
    assert_eq!(statuses, ["Failure", "Failure"]);
    fs::remove_file(path).unwrap();
}
