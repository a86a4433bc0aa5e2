//! Replays of events of AWS CloudTrail.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use pinpoint_iam::policy::Document;
use pinpoint_iam::{Policy, mobiletargeting, sms_voice};
use pinpoint_iam_replay::generate::{Generator, policies as policies_of};
use pinpoint_iam_replay::{Change, LogFile, Policies, Progress, Replay, Report};
use serde::Deserialize;
use serde_json::{Value, json};

const TABLE: &str = include_str!("../../conformance/cloudtrail.toml");

#[derive(Deserialize)]
struct Table {
    event: String,
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    why: String,
    event: String,
    statement: String,
    expected: String,
}

/// The event that the cases change.
fn event() -> Value {
    let table: Table = toml::from_str(TABLE).unwrap();
    serde_json::from_str(&table.event).unwrap()
}

/// Merges `change` into `value`; null removes a member.
fn merge(value: &mut Value, change: &Value) {
    let (Value::Object(members), Value::Object(changes)) = (&mut *value, change) else {
        *value = change.clone();
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

fn changed(change: &str) -> Value {
    let mut event = event();
    merge(&mut event, &serde_json::from_str(change).unwrap());
    event
}

fn policies(statements: &Value) -> Policies {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let document = Document::parse(&document.to_string()).unwrap();
    Policies::for_everyone([Policy::new("policy.json", document)]).unwrap()
}

/// A replay of a change from this statement to a `Deny` of everything.
fn removal_of(statement: &str) -> Replay {
    let mut allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    merge(&mut allow, &serde_json::from_str(statement).unwrap());
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    Replay::new(policies(&allow), policies(&deny))
        .with_services([&mobiletargeting::SERVICE, &sms_voice::SERVICE])
}

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn run(replay: &Replay, path: &Path, log: &str) -> Report {
    fs::write(path, log).unwrap();
    replay.run(&[LogFile::at(path).unwrap()], 1, &Progress::default())
}

/// What the policy before the change decides.
fn result(report: &Report, event: &Value) -> String {
    assert_eq!(report.counts.records, 1, "{event}");
    let found = Change::ALL.into_iter();
    let mut found = found.filter(|change| report.counts.of(*change) == 1);
    match found.next().unwrap() {
        // A root user may do everything, also after the change.
        Change::Unchanged if event.pointer("/userIdentity/type") == Some(&json!("Root")) => {
            "allowed".to_owned()
        }
        Change::Unchanged => "denied".to_owned(),
        Change::NewlyDenied => "allowed".to_owned(),
        Change::Depends => {
            let keys: Vec<&str> = report.missing_keys.keys().map(String::as_str).collect();
            format!("depends: {}", keys.join(", "))
        }
        Change::NotReplayable => {
            let examples = report.examples.get(&Change::NotReplayable).unwrap();
            let reason = examples.first().unwrap().reason.clone().unwrap();
            // The position in the text.
            let reason = reason.split(" at line ").next().unwrap();
            format!("not replayable: {reason}")
        }
        Change::NewlyAllowed => "newly allowed".to_owned(),
    }
}

#[test]
fn events_mean_what_the_table_says() {
    let path = directory("cloudtrail-table").join("log");
    let table: Table = toml::from_str(TABLE).unwrap();
    let mut wrong = String::new();
    for case in table.case {
        let replay = removal_of(&case.statement);
        let event = changed(&case.event);
        let found = result(&run(&replay, &path, &event.to_string()), &event);
        if found != case.expected {
            let _ = writeln!(wrong, "{}: {found}, expected {}", case.why, case.expected);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The result does not depend on the form of the file, and every record is counted.
#[test]
fn events_are_lines_or_members_of_an_array() {
    let path = directory("cloudtrail-files").join("log");
    let replay = removal_of("{}");
    let allowed = event().to_string();
    let foreign = changed(r#"{"eventSource": "s3.amazonaws.com"}"#).to_string();
    let decision = r#"{"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": "arn:aws:iam::123456789012:user/ana"},
        "action": "mobiletargeting:GetApp", "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
        "outcome": "allow", "revision": "7", "ns": 812, "own": {"eventSource": "x"}}"#;
    let decision = decision.replace('\n', "");
    let array = |records: &[&str]| format!("{{\"Records\":[{}]}}", records.join(","));
    let (cut, _) = allowed.split_at(allowed.len() - 9);
    for (why, log, [records, newly_denied, not_replayable]) in [
        ("lines", format!("{allowed}\n{foreign}\n{allowed}\n"), [3, 2, 1]),
        ("an array", array(&[&allowed, &foreign, &allowed]), [3, 2, 1]),
        (
            "several arrays with other members",
            format!("{}\n{}", array(&[&allowed]), array(&[&foreign]).replace("]}", "], \"x\": 1}")),
            [2, 1, 1],
        ),
        (
            "both kinds of logs, also a record that has a member of its own",
            format!("{allowed}\n{decision}\n{foreign}"),
            [3, 2, 1],
        ),
        ("both kinds in an array", array(&[&decision, &allowed]), [2, 2, 0]),
        ("a line is cut off", format!("{allowed}\n{cut}"), [2, 1, 1]),
        (
            "the array is cut off within an event",
            array(&[&allowed, &allowed]).split_at(allowed.len() + 100).0.to_owned(),
            [2, 1, 1],
        ),
        (
            "the array is cut off between events",
            format!("{{\"Records\":[{allowed},{allowed}"),
            [3, 2, 1],
        ),
        ("something else in the array", array(&[&allowed, "5", &allowed]), [2, 1, 1]),
        ("an event that is not JSON", array(&[&allowed, "{x}", &allowed]), [3, 2, 1]),
        ("an event without members", array(&["{}", &allowed]), [2, 1, 1]),
        (
            "a digest file of CloudTrail",
            r#"{"awsAccountId": "123456789012", "digestStartTime": "2026-11-29T03:00:00Z", "logFiles": [{"s3Object": "a.json.gz"}]}"#.to_owned(),
            [1, 0, 1],
        ),
        ("no events", array(&[]), [0, 0, 0]),
    ] {
        let counts = run(&replay, &path, &log).counts;
        let found = [counts.records, counts.newly_denied, counts.not_replayable];
        assert_eq!(found, [records, newly_denied, not_replayable], "{why}");
        assert_eq!(counts.unchanged + counts.depends + counts.newly_allowed, 0, "{why}");
    }
}

/// What the service decided is known, unless a request has failed for another reason.
#[test]
fn other_decisions_of_the_service_are_counted() {
    let path = directory("cloudtrail-decided").join("log");
    for (why, change, statement, expected) in [
        ("both allow", "{}", "{}", 0),
        (
            "only the service allows",
            "{}",
            r#"{"Action": "mobiletargeting:GetApp"}"#,
            1,
        ),
        (
            "only the service denies",
            r#"{"errorCode": "AccessDenied"}"#,
            "{}",
            1,
        ),
        (
            "an older name of the error",
            r#"{"errorCode": "AccessDeniedException"}"#,
            "{}",
            1,
        ),
        (
            "both deny",
            r#"{"errorCode": "AccessDenied"}"#,
            r#"{"Action": "mobiletargeting:GetApp"}"#,
            0,
        ),
        (
            "the request was not valid",
            r#"{"errorCode": "BadRequestException"}"#,
            "{}",
            0,
        ),
        (
            "the request was not valid, and would be denied",
            r#"{"errorCode": "NotFoundException"}"#,
            r#"{"Action": "mobiletargeting:GetApp"}"#,
            0,
        ),
    ] {
        let report = run(&removal_of(statement), &path, &changed(change).to_string());
        assert_eq!(report.decided_differently, expected, "{why}");
    }
}

/// Generated events are those of the generated decision log: the service has decided them in the same way, and what changes
/// for them changes for the records, too.
#[test]
fn generated_events_are_those_of_the_generated_log() {
    const REQUESTS: u64 = 1_500;
    let directory = directory("cloudtrail-generated");
    let store = |with_denies| Policies::of_store(policies_of(with_denies).unwrap()).unwrap();
    let replay = Replay::new(store(true), store(false)).with_services([&mobiletargeting::SERVICE]);
    let mut reports = Vec::new();
    for is_event in [false, true] {
        let mut generator = Generator::new(7, store(true));
        let mut log = Vec::new();
        match is_event {
            false => generator.write(REQUESTS, &mut log).unwrap(),
            true => generator.write_events(REQUESTS, &mut log).unwrap(),
        }
        let log = String::from_utf8(log).unwrap();
        reports.push(run(&replay, &directory.join(is_event.to_string()), &log));
    }
    let [records, events]: [Report; 2] = reports.try_into().unwrap();
    assert_eq!(events.counts.records, REQUESTS);
    for report in [&records, &events] {
        assert_eq!(report.counts.not_replayable, 0);
        assert_eq!(report.decided_differently, 0);
    }
    assert!(events.counts.newly_allowed > 10, "{:?}", events.counts);
    assert_eq!(events.counts.newly_allowed, records.counts.newly_allowed);
    // The tags of the callers are not in the events, and neither is whether a campaign has tags.
    assert!(events.counts.depends > records.counts.depends);
    let by_name = |report: &Report| -> Vec<(String, u64)> {
        let actions = report.actions.by_name.iter();
        actions
            .map(|(name, counts)| (name.clone(), counts.records))
            .collect()
    };
    assert_eq!(by_name(&events), by_name(&records));
}

/// Without a catalog of its service, no event is replayed.
#[test]
fn a_replay_without_services_replays_no_event() {
    let path = directory("cloudtrail-services").join("log");
    let allow = policies(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let deny = policies(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    let report = run(&Replay::new(allow, deny), &path, &event().to_string());
    assert_eq!(report.counts.not_replayable, 1);
}

/// The example names the dependent action that decides, and the statements of all checks are counted.
#[test]
fn an_example_names_the_dependent_action_that_decides() {
    let path = directory("cloudtrail-dependent").join("log");
    let export = r#"{"eventName": "CreateExportJob", "requestParameters":
        {"exportJobRequest": {"roleArn": "arn:aws:iam::123456789012:role/export"}}}"#;
    let (job, pass) = (
        json!({"Sid": "Job", "Effect": "Allow", "Action": "mobiletargeting:CreateExportJob", "Resource": "*"}),
        json!({"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}),
    );
    let replay = Replay::new(policies(&json!([job, pass])), policies(&json!([job])))
        .with_services([&mobiletargeting::SERVICE]);
    let report = run(&replay, &path, &changed(export).to_string());
    assert_eq!(report.counts.newly_denied, 1);
    let example = report.examples[&Change::NewlyDenied].first().unwrap();
    assert_eq!(example.action, "mobiletargeting:CreateExportJob");
    assert_eq!(
        example.new,
        "iam:PassRole on arn:aws:iam::123456789012:role/export: denied: no identity-based policy allows it"
    );
    for (statement, counts) in &report.old_statements {
        assert_eq!(counts.newly_denied, 1, "{statement:?}");
    }
    assert_eq!(report.old_statements.len(), 2);
}
