//! The decision log: what it records, and what happens if its sink blocks or fails.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pinpoint_iam::context::{Context, Value};
use pinpoint_iam::decision_log::{
    DecisionLog, DecisionLogBuilder, DecisionSink as _, JsonLines, Record, RecordedRequest,
    WhenFull,
};
use pinpoint_iam::list::{Constraint, KeyedColumns};
use pinpoint_iam::mobiletargeting::{App, Apps, CreateApp, DeleteApp, GetApp, columns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Arn, Authorizer, Evaluation, Policy, Principal, Request, Scope, TypedAction};
use serde_json::{Value as Json, json};

use crate::decision_records::conforms_to_schema;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const MINUTE: Duration = Duration::from_secs(60);

/// Ana may read applications and not delete any.
const READER: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"},
    {"Sid": "Keep", "Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource": "*"}"#;

fn authorizer(statements: &str, log: Option<DecisionLog>) -> Authorizer {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    let policy = Policy::new("reader", Document::parse(&document).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    let builder = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .absent(["aws:Referer"])
        .warn_about_keys_without_source();
    match log {
        None => builder.build().unwrap(),
        Some(log) => builder.decision_log(log).build().unwrap(),
    }
}

fn ana() -> Principal {
    Principal::from_arn(ANA).unwrap()
}

fn app() -> App {
    App::new("a1").unwrap()
}

fn may_get(authorizer: &Authorizer) -> bool {
    let (ana, context) = (ana(), Context::new());
    authorizer
        .guard(&ana, &context)
        .check(GetApp, &app())
        .is_ok()
}

fn may_delete(authorizer: &Authorizer) -> bool {
    let (ana, context) = (ana(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    guard.check(DeleteApp, &app()).is_ok()
}

/// A log that keeps its records as JSON.
fn collecting(builder: DecisionLogBuilder) -> (DecisionLog, Arc<Mutex<Vec<Json>>>) {
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let log = builder.start(move |record: &Record<'_>| {
        kept.lock()
            .unwrap()
            .push(serde_json::to_value(record).unwrap());
    });
    (log.unwrap(), records)
}

/// A log whose sink needs a message for each record, until the sender is dropped.
fn blocked(builder: DecisionLogBuilder) -> (DecisionLog, Sender<()>) {
    let (sender, receiver): (Sender<()>, Receiver<()>) = channel();
    let log = builder.start(move |_: &Record<'_>| {
        let _ = receiver.recv();
    });
    (log.unwrap(), sender)
}

fn written(log: &DecisionLog) -> u64 {
    assert!(log.flush(MINUTE));
    log.counts().written
}

/// The log keeps only a part of an ARN whose other components are those of the scope and of the action.
#[test]
fn a_record_contains_the_whole_arn_and_the_scope_that_it_does_not_contain() {
    const SCOPE: &str = "aws:us-east-1:123456789012";
    let cases = [
        ("aws:mobiletargeting:us-east-1:123456789012:apps/a1", None),
        ("aws:mobiletargeting:us-east-1:123456789012:", None),
        ("aws:mobiletargeting:us-east-1:123456789012:a:b", None),
        ("aws:sms-voice:us-east-1:123456789012:apps/a1", None),
        ("aws:mobiletargeting:eu-west-1:123456789012:apps/a1", None),
        ("aws:mobiletargeting::123456789012:apps/a1", None),
        (
            "aws:mobiletargeting:us-east-1:210987654321:apps/a1",
            Some(SCOPE),
        ),
        ("aws:mobiletargeting:us-east-1::apps/a1", Some(SCOPE)),
        (
            "aws-cn:mobiletargeting:us-east-1:123456789012:apps/a1",
            Some(SCOPE),
        ),
    ];
    let (log, records) = collecting(DecisionLog::builder());
    let authorizer = authorizer(READER, Some(log.clone()));
    let (ana, context) = (ana(), Context::new());
    let actions = [
        RequestedAction::from(GetApp::METADATA),
        RequestedAction::parse("mobiletargeting:GetApp").unwrap(),
        RequestedAction::parse("other:GetThing").unwrap(),
    ];
    let texts = cases.map(|(components, _)| format!("arn:{components}"));
    for action in actions {
        for text in &texts {
            let resource = RequestedResource::Arn(Arn::parse(text).unwrap());
            let _ = authorizer.decide(&Request::new(&ana, action, resource, &context));
        }
        assert!(log.flush(MINUTE));
        let records = std::mem::take(&mut *records.lock().unwrap());
        assert_eq!(records.len(), texts.len());
        for ((record, text), (_, scope)) in records.iter().zip(&texts).zip(cases) {
            assert_eq!(record.get("resource"), Some(&json!(text)), "{action}");
            let recorded = record.get("scope").cloned().unwrap_or_default();
            assert_eq!(recorded, json!(scope), "{text}");
            assert_eq!(record.get("action"), Some(&json!(action.to_string())));
        }
    }
}

#[test]
fn a_blocked_sink_loses_exactly_what_does_not_fit() {
    let (log, sender) = blocked(DecisionLog::builder().capacity(8));
    let authorizer = authorizer(READER, Some(log.clone()));
    for number in 1..=20_u64 {
        assert!(may_get(&authorizer));
        assert!(!may_delete(&authorizer));
        assert_eq!(log.counts().lost, (2 * number).saturating_sub(8));
    }
    assert_eq!(log.counts().written, 0);
    assert!(!log.flush(Duration::ZERO));
    drop(sender);
    assert_eq!(written(&log), 8);
    // The queue has room again.
    assert!(may_get(&authorizer));
    assert_eq!(written(&log), 9);
    assert_eq!(log.counts().lost, 32);
}

#[test]
fn lost_is_exact_with_several_threads() {
    let (log, sender) = blocked(DecisionLog::builder().capacity(100));
    let authorizer = authorizer(READER, Some(log.clone()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    assert!(may_get(&authorizer));
                }
            });
        }
    });
    let lost = log.counts().lost;
    drop(sender);
    assert_eq!(written(&log) + lost, 2_000);
    assert_eq!(lost, 1_900);
}

#[test]
fn a_request_waits_for_a_full_queue_if_it_should() {
    let hour = Duration::from_secs(3_600);
    let settings = DecisionLog::builder().capacity(1);
    let (log, sender) = blocked(settings.when_full(WhenFull::Wait(hour)));
    let authorizer = authorizer(READER, Some(log.clone()));
    thread::scope(|scope| {
        scope.spawn(|| (0..50).for_each(|_| assert!(may_get(&authorizer))));
        for _ in 0..50 {
            sender.send(()).unwrap();
        }
    });
    assert_eq!(written(&log), 50);
    assert_eq!(log.counts().lost, 0);
}

#[test]
fn a_request_waits_for_a_limited_time() {
    let settings = DecisionLog::builder().capacity(1);
    let wait = WhenFull::Wait(Duration::from_millis(1));
    let (log, sender) = blocked(settings.when_full(wait));
    let authorizer = authorizer(READER, Some(log.clone()));
    assert!(may_get(&authorizer));
    assert!(may_get(&authorizer));
    assert!(!may_delete(&authorizer));
    assert_eq!(log.counts().lost, 2);
    drop(sender);
    assert_eq!(written(&log), 1);
}

#[test]
fn denials_are_not_sampled() {
    let (log, records) = collecting(DecisionLog::builder().sample_allows(10));
    let authorizer = authorizer(READER, Some(log.clone()));
    for _ in 0..100 {
        assert!(may_get(&authorizer));
        assert!(!may_delete(&authorizer));
    }
    assert_eq!(written(&log), 110);
    assert_eq!(log.counts().sampled_out, 90);
    let records = records.lock().unwrap();
    let with = |outcome: &str, sampled: &Json| {
        let is_one = |record: &&Json| {
            record["outcome"] == outcome && record.get("sampled").unwrap_or(&Json::Null) == sampled
        };
        records.iter().filter(is_one).count()
    };
    assert_eq!(with("deny", &Json::Null), 100);
    assert_eq!(with("allow", &json!(10)), 10);
}

/// A sink that panics does not end the log.
#[test]
fn a_panic_of_the_sink_is_a_failure() {
    let mut calls = 0;
    let log = DecisionLog::builder().start(move |_: &Record<'_>| {
        calls += 1;
        assert!(calls > 1, "the first record");
    });
    let log = log.unwrap();
    let authorizer = authorizer(READER, Some(log.clone()));
    assert!(may_get(&authorizer));
    assert_eq!(written(&log), 0);
    assert_eq!(log.counts().failed, 1);
    assert!(may_get(&authorizer));
    assert_eq!(written(&log), 1);
}

/// An empty folder of one test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_counted_and_does_not_change_decisions() {
    let log = DecisionLog::builder().start(JsonLines::open("/dev/full").unwrap());
    let log = log.unwrap();
    let authorizer = authorizer(READER, Some(log.clone()));
    for _ in 0..3 {
        assert!(may_get(&authorizer));
        assert!(!may_delete(&authorizer));
        assert_eq!(written(&log), 0);
    }
    assert_eq!(log.counts().failed, 6);
    assert_eq!(log.counts().lost, 0);
}

#[test]
fn the_end_of_a_log_writes_the_rest() {
    let path = folder("decision_log_end").join("decisions.log");
    let log = DecisionLog::builder().start(JsonLines::open(&path).unwrap());
    let authorizer = authorizer(READER, Some(log.unwrap()));
    for _ in 0..1_000 {
        assert!(may_get(&authorizer));
    }
    drop(authorizer);
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 1_000);
    assert!(text.lines().all(|line| Record::parse(line).is_ok()));
}

#[test]
fn files_are_rotated_by_size() {
    let folder = folder("decision_log_rotation");
    let path = folder.join("decisions.log");
    let sink = JsonLines::open(&path).unwrap().rotation(1_000, 2);
    let log = DecisionLog::builder().start(sink).unwrap();
    let authorizer = authorizer(READER, Some(log.clone()));
    for number in 1..=30 {
        assert!(may_get(&authorizer));
        assert_eq!(written(&log), number);
    }
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["decisions.log", "decisions.log.1", "decisions.log.2"]
    );
    let mut times = Vec::new();
    for name in names.iter().rev() {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        assert!(!text.is_empty() && text.len() <= 1_000, "{name}");
        times.extend(text.lines().map(|line| Record::parse(line).unwrap().time));
    }
    assert!(times.len() >= 3 && times.is_sorted());
}

/// A wall clock can be set to any time while a log is written.
#[test]
fn records_are_written_whatever_the_wall_clock_shows() {
    let path = folder("decision_log_clock").join("decisions.log");
    let line = r#"{"v": 1, "time": "2026-11-29T03:12:15.123456Z", "principal": {"kind": "anonymous"},
        "action": "mobiletargeting:GetApp", "outcome": "deny", "revision": "7", "ns": 5}"#;
    let year = 365 * 24 * 60 * MINUTE;
    let forward = UNIX_EPOCH + 500 * year;
    let no_date = UNIX_EPOCH + 9_000 * year;
    let backward = UNIX_EPOCH - 100 * year;
    let mut sink = JsonLines::open(&path).unwrap();
    for (time, is_written) in [
        (forward, true),
        // Years have four digits in a record, so this one fails, and is counted as such.
        (no_date, false),
        (backward, true),
    ] {
        let mut record = Record::parse(line).unwrap();
        record.time = time;
        let written = sink.write(&record);
        assert_eq!(written.is_ok(), is_written, "{time:?}: {written:?}");
    }
    sink.flush().unwrap();
    let text = fs::read_to_string(path).unwrap();
    let times: Vec<_> = text
        .lines()
        .map(|line| Record::parse(line).unwrap().time)
        .collect();
    assert_eq!(times, [forward, backward]);
}

/// A program that was killed may have written a part of a line.
#[test]
fn a_record_does_not_continue_a_torn_line() {
    let path = folder("decision_log_torn").join("decisions.log");
    fs::write(&path, r#"{"v": 1, "time"#).unwrap();
    let log = DecisionLog::builder().start(JsonLines::open(&path).unwrap());
    let log = log.unwrap();
    assert!(may_get(&authorizer(READER, Some(log.clone()))));
    assert_eq!(written(&log), 1);
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<bool> = text
        .lines()
        .map(|line| Record::parse(line).is_ok())
        .collect();
    assert_eq!(lines, [false, true]);
}

/// A log contains who has done what.
#[cfg(unix)]
#[test]
fn other_users_cannot_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let path = folder("decision_log_mode").join("decisions.log");
    JsonLines::open(&path).unwrap();
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn a_record_contains_the_keys_that_were_read() {
    let statements = r#"{"Sid": "Read", "Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*", "Condition": {
        "StringEquals": {"aws:PrincipalTag/team": "red"},
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
        "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]},
        "StringEqualsIfExists": {"aws:Referer": "x"}}},
        {"Effect": "Deny", "Action": "mobiletargeting:GetApp", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/secret": "yes"}}}"#;
    let settings = DecisionLog::builder()
        .mask([
            "AWS:sourceip",
            "aws:PrincipalTag/sec",
            "aws:MultiFactorAuthAg/",
        ])
        .request_id_key("app:RequestId");
    let (log, records) = collecting(settings);
    let authorizer = authorizer(statements, Some(log.clone()));
    let ana = ana()
        .with_tag("team", "red")
        .with_tag("secret", "no")
        .with_tag("unread", "x");
    let mut context = Context::new();
    context.insert("aws:SourceIp", std::net::Ipv4Addr::new(203, 0, 113, 9));
    context.insert("aws:MultiFactorAuthPresent", true);
    context.insert("aws:MultiFactorAuthAge", 60);
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    context.insert("aws:CurrentTime", time);
    context.insert_all("aws:TagKeys", ["stage"]);
    context.insert("app:RequestId", "r1");
    context.insert("aws:UserAgent", "unread");
    let guard = authorizer.guard(&ana, &context);
    guard.check(GetApp, &app()).unwrap();
    assert_eq!(written(&log), 1);
    let record = records.lock().unwrap().remove(0);
    conforms_to_schema(&record).unwrap();
    assert_eq!(record["request"], "r1");
    let keys = record["keys"].as_object().unwrap();
    assert_eq!(keys["aws:PrincipalTag/team"], "red");
    assert_eq!(keys["aws:SourceIp"], json!({"state": "masked"}));
    assert_eq!(keys["aws:MultiFactorAuthPresent"], true);
    assert_eq!(keys["aws:MultiFactorAuthAge"], 60);
    assert_eq!(keys["aws:CurrentTime"], "2027-01-15T08:00:00Z");
    assert_eq!(keys["aws:TagKeys"], json!(["stage"]));
    assert_eq!(keys["aws:Referer"], Json::Null);
    assert_eq!(keys["aws:PrincipalTag/secret"], "no");
    assert!(!keys.contains_key("aws:UserAgent"), "{record}");
    assert!(!keys.contains_key("aws:PrincipalTag/unread"), "{record}");
    assert!(!keys.contains_key("app:RequestId"), "{record}");
}

/// The tags of a principal are often personal data, and their names are not known in advance.
#[test]
fn a_name_that_ends_in_a_slash_masks_all_keys_with_this_prefix() {
    let statements = r#"{"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red", "aws:PrincipalTag/Office": "Berlin",
                                        "aws:PrincipalAccount": "123456789012"}}}"#;
    let settings = DecisionLog::builder().mask(["AWS:principaltag/"]);
    let (log, records) = collecting(settings);
    let authorizer = authorizer(statements, Some(log.clone()));
    let ana = ana().with_tag("team", "red").with_tag("Office", "Berlin");
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    guard.check(GetApp, &app()).unwrap();
    assert_eq!(written(&log), 1);
    let record = records.lock().unwrap().remove(0);
    let keys = &record["keys"];
    for masked in ["aws:PrincipalTag/team", "aws:PrincipalTag/Office"] {
        assert_eq!(keys[masked], json!({"state": "masked"}), "{record}");
    }
    assert_eq!(keys["aws:PrincipalAccount"], "123456789012", "{record}");
}

/// The id often comes from a header, so a caller may choose it.
#[test]
fn the_id_of_a_request_is_cut_after_128_characters() {
    let settings = DecisionLog::builder().request_id_key("app:RequestId");
    let (log, records) = collecting(settings);
    let statements = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let authorizer = authorizer(statements, Some(log.clone()));
    let ana = ana();
    for (length, expected) in [(127, 127), (128, 128), (129, 128), (10_000, 128)] {
        let mut context = Context::new();
        context.insert("app:RequestId", "\u{e9}".repeat(length).as_str());
        let guard = authorizer.guard(&ana, &context);
        guard.check(GetApp, &app()).unwrap();
        assert!(log.flush(MINUTE));
        let record = records.lock().unwrap().remove(0);
        assert_eq!(record["request"], "\u{e9}".repeat(expected), "{length}");
    }
}

/// Every record of a decision can be decided again, with the same result.
#[test]
fn a_recorded_request_is_decided_as_before() {
    let on = |effect: &str, conditions: &str| {
        format!(
            r#"{{"Effect": "{effect}", "Action": "mobiletargeting:GetApp", "Resource": "*", "Condition": {conditions}}}"#
        )
    };
    let allow = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#.to_owned();
    let red = r#"{"StringEquals": {"aws:PrincipalTag/team": "red"}}"#;
    let office = r#"{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#;
    let tag = r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}"#;
    let me = r#"{"StringLike": {"aws:PrincipalArn": "*:user/ana", "aws:username": "ana"}}"#;
    let mut results = Vec::new();
    for statements in [
        on("Allow", red),
        on("Allow", tag),
        on("Allow", me),
        format!("{allow}, {}", on("Deny", office)),
        format!("{allow}, {}", on("Deny", red)),
        allow,
    ] {
        let (log, records) = collecting(DecisionLog::builder());
        let logged = authorizer(&statements, Some(log.clone()));
        let again = authorizer(&statements, None);
        let mut before = Vec::new();
        for team in ["red", "blue"] {
            let ana = ana().with_tag("team", team).with_groups(["readers"]);
            for context in [
                &[][..],
                &[
                    ("aws:SourceIp", "203.0.113.9"),
                    ("aws:ResourceTag/team", "red"),
                ],
            ] {
                let mut made = Context::new();
                for (key, value) in context {
                    made.insert(key, Value::from(*value));
                }
                for text in ["mobiletargeting:GetApp", "mobiletargeting:CreateApp"] {
                    let action = RequestedAction::parse(text).unwrap();
                    let arn = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1";
                    let resource = RequestedResource::Arn(Arn::parse(arn).unwrap());
                    let request = Request::new(&ana, action, resource, &made);
                    before.push(logged.evaluate(&request));
                }
            }
        }
        assert_eq!(written(&log), 8);
        for (record, before) in records.lock().unwrap().iter().zip(before) {
            conforms_to_schema(record).unwrap();
            let line = record.to_string();
            let parsed = Record::parse(&line).unwrap();
            let request = RecordedRequest::of(&parsed).unwrap();
            assert_eq!(again.evaluate(&request.as_request()), before, "{line}");
            results.push(record["outcome"].as_str().unwrap().to_owned());
        }
    }
    for outcome in ["allow", "deny", "undecided"] {
        assert!(results.iter().any(|other| other == outcome), "{outcome}");
    }
}

#[test]
fn undecided_checks_are_not_allowed_ones() {
    let tagged = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestTag/team": "red"}}}"#;
    let (log, records) = collecting(DecisionLog::builder().sample_allows(1_000));
    let authorizer = authorizer(tagged, Some(log.clone()));
    let ana = ana();
    let mut context = Context::new();
    context.insert_unknown("aws:RequestTag/team");
    let action = RequestedAction::parse("mobiletargeting:CreateApp").unwrap();
    let request = Request::new(&ana, action, RequestedResource::All, &context);
    assert!(matches!(
        authorizer.evaluate(&request),
        Evaluation::Indeterminate(_)
    ));
    assert!(!authorizer.decide(&request).is_allowed());
    let guard = authorizer.guard(&ana, &context);
    guard.check(CreateApp, &Apps::new().unwrap()).unwrap_err();
    assert_eq!(written(&log), 3);
    let records = records.lock().unwrap();
    let mut outcomes = Vec::new();
    for record in records.iter() {
        conforms_to_schema(record).unwrap();
        assert_eq!(record["needs"], json!(["aws:RequestTag/team"]));
        outcomes.push(record["outcome"].as_str().unwrap());
    }
    // `decide` denies; the other two return what they need.
    assert_eq!(outcomes, ["undecided", "deny", "undecided"]);
}

/// The statement of a record is the one that a denial names.
#[test]
fn a_record_names_the_statement() {
    let (log, records) = collecting(DecisionLog::builder());
    let authorizer = authorizer(READER, Some(log.clone()));
    assert!(may_get(&authorizer));
    assert!(!may_delete(&authorizer));
    assert_eq!(written(&log), 2);
    let records = records.lock().unwrap();
    let (allowed, denied) = (&records[0], &records[1]);
    assert_eq!(
        allowed["statement"],
        json!({"policy": "reader", "number": 1})
    );
    assert_eq!(allowed["reason"], "statement");
    assert_eq!(
        denied["statement"],
        json!({"policy": "reader", "number": 2, "sid": "Keep"})
    );
    assert_eq!(denied["reason"], "explicit_deny");
    assert_eq!(denied["policy_type"], "identity-based policy");
    assert_eq!(denied["revision"], "1");
    assert_eq!(denied["principal"], json!({"arn": ANA}));
    assert_eq!(
        denied["resource"],
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1"
    );
    assert_eq!(denied.get("scope"), None);
}

/// A constraint of an earlier request is used again, but its record has the keys of its own request.
#[tokio::test]
async fn a_constraint_that_is_used_again_has_the_keys_of_its_request() {
    let (log, records) = collecting(DecisionLog::builder());
    let statements = r#"{"Effect": "Allow", "Action": "*",
        "Resource": "arn:aws:mobiletargeting:*:*:apps/${aws:PrincipalTag/team}*",
        "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "100"}}}"#;
    let authorizer = authorizer(statements, Some(log.clone()));
    let ana = ana().with_tag("team", "red");
    let columns = columns::App {
        application_id: "id",
        tags: KeyedColumns::nowhere(),
    };
    let ages = [7, 7, 8, 200];
    for age in ages {
        let mut context = Context::new();
        context.insert("aws:MultiFactorAuthAge", age);
        let guard = authorizer.guard(&ana, &context);
        let constraint = guard.constraint(GetApp, &columns).await.unwrap();
        assert_eq!(matches!(constraint, Constraint::Where(_)), age < 100);
    }
    assert_eq!(written(&log), 4);
    let records = records.lock().unwrap();
    for (record, age) in records.iter().zip(ages) {
        let keys = &record["keys"];
        assert_eq!(keys["aws:MultiFactorAuthAge"], json!(age), "{record}");
        if age < 100 {
            assert_eq!(keys["aws:PrincipalTag/team"], json!("red"), "{record}");
        }
    }
}
