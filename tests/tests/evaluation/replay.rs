//! Replays of generated logs.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use pinpoint_iam::decision_log::{Outcome, Record, RecordedRequest, RecordedRequests};
use pinpoint_iam::eval::compiled::CompiledStore;
use pinpoint_iam::eval::reference;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Evaluation, PolicyStack, Scope};
use pinpoint_iam_replay::generate::{Generator, policies};
use pinpoint_iam_replay::{Change, Counts, LogFile, Partial, Policies, Progress, Replay, Shard};

const LINES: u64 = 600;
const FILES: u64 = 4;

fn lines(seed: u64, lines: u64) -> Vec<u8> {
    let store = Policies::of_store(policies(true).unwrap()).unwrap();
    let mut log = Vec::new();
    Generator::new(seed, store).write(lines, &mut log).unwrap();
    log
}

fn log_files(name: &str) -> Vec<LogFile> {
    let directory: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let files = (0..FILES).map(|number| {
        let path = directory.join(number.to_string());
        fs::write(&path, lines(number, LINES)).unwrap();
        LogFile::at(path).unwrap()
    });
    files.collect()
}

fn replay(old: &PolicyStore, new: &PolicyStore) -> Replay {
    let policies = |store: &PolicyStore| Policies::of_store(store.clone()).unwrap();
    Replay::new(policies(old), policies(new))
}

/// The decision of the reference evaluator; `None` if it depends on unknown keys.
fn is_allowed(store: &PolicyStore, recorded: &RecordedRequest<'_>) -> Option<bool> {
    let principal = recorded.principal();
    let own = store.policies(principal);
    let stack = PolicyStack {
        identity: own.identity(),
        permissions_boundary: own.permissions_boundary().map(std::slice::from_ref),
        session: principal.session_policies(),
        ..PolicyStack::default()
    };
    match reference::decide(&stack, &recorded.as_request()) {
        Evaluation::Decided(decision) => Some(decision.is_allowed()),
        Evaluation::Indeterminate(_) => None,
    }
}

#[test]
fn a_generated_log_depends_on_the_seed_only() {
    assert_eq!(lines(1, 50), lines(1, 50));
    assert_ne!(lines(1, 50), lines(2, 50));
    let length = lines(1, 1_000).len() / 1_000;
    assert!((350..450).contains(&length), "{length}");
}

/// The counts are those of the reference evaluator, with any number of threads and shards.
#[test]
fn a_replay_counts_what_the_reference_evaluator_decides() {
    let files = log_files("replay-reference");
    let (old, new) = (policies(true).unwrap(), policies(false).unwrap());
    let mut expected = Counts::default();
    for file in &files {
        for line in fs::read_to_string(file.name()).unwrap().lines() {
            let record = Record::parse(line).unwrap();
            let recorded = RecordedRequest::of(&record).unwrap();
            let before = is_allowed(&old, &recorded);
            // A request that was not decided is logged as denied.
            assert_eq!(before == Some(true), record.outcome == Outcome::Allow);
            expected.records += 1;
            *match (before, is_allowed(&new, &recorded)) {
                (Some(before), Some(after)) if before == after => &mut expected.unchanged,
                (Some(false), Some(_)) => &mut expected.newly_allowed,
                (Some(true), Some(_)) => &mut expected.newly_denied,
                _ => &mut expected.depends,
            } += 1;
        }
    }
    assert_eq!(expected.records, LINES * FILES);
    for count in [expected.newly_allowed, expected.unchanged, expected.depends] {
        assert!(count > 10, "{expected:?}");
    }
    let replay = replay(&old, &new);
    let reports = [1, 2, 3].map(|threads| replay.run(&files, threads, &Progress::default()));
    let [report, others @ ..] = &reports;
    assert_eq!(report.counts, expected);
    assert!(others.iter().all(|other| other == report));
    let parts = (1..=3).map(|number| {
        let shard = Shard::new(number, 3).unwrap();
        let mut part = Partial::new(&replay, &files, shard);
        for file in part.remaining(&files) {
            part.add(replay.run(&[file], 1, &Progress::default()));
        }
        part
    });
    assert_eq!(Partial::merge(parts).unwrap().report(), report);
}

/// Several threads read a long file in parts. The result is that of its lines, and records have their numbers in the file.
#[test]
fn a_long_file_has_the_results_of_its_lines() {
    const BLOCKS: u64 = 12;
    // Lines without a record make the file long.
    const BLANKS: usize = 3 * 1024 * 1024;
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay-long");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let log = |name: &str, content: &[u8]| {
        let path = directory.join(name);
        fs::write(&path, content).unwrap();
        let bytes = content.len() as u64;
        LogFile::new("log", bytes, path)
    };
    let replay = replay(&policies(true).unwrap(), &policies(false).unwrap());
    let block = lines(5, LINES);
    let padded = [block.as_slice(), &vec![b' '; BLANKS], b"\n"].concat();
    let mut long = padded.repeat(usize::try_from(BLOCKS).unwrap());
    assert!(long.len() > 2 * 16 * 1024 * 1024);
    long.extend(b"foreign");
    let long = log("long", &long);
    let mut expected = replay.empty_report();
    let of_block = replay.run(&[log("block", &block)], 1, &Progress::default());
    for _ in 0..BLOCKS {
        expected.merge(of_block.clone(), replay.examples());
    }
    expected.merge(
        replay.run(&[log("last", b"foreign")], 1, &Progress::default()),
        replay.examples(),
    );
    let last = expected.examples.get_mut(&Change::NotReplayable).unwrap();
    let mut example = last.pop_first().unwrap();
    example.record = BLOCKS * LINES + 1;
    last.insert(example);
    let file = expected.files.get_mut("log").unwrap();
    (file.records, file.bytes) = (BLOCKS * LINES + 1, long.bytes());
    for threads in [1, 3] {
        let progress = Progress::default();
        let report = replay.run(std::slice::from_ref(&long), threads, &progress);
        assert_eq!(report, expected, "{threads}");
        assert_eq!(progress.bytes.into_inner(), long.bytes());
    }
}

/// Single records have the results that they have in a log, also those that are damaged, foreign or too long.
#[test]
fn single_records_have_the_results_of_their_log() {
    const MAX_RECORD: usize = 4 * 1024 * 1024;
    let record = lines(9, 1);
    let record = record.trim_ascii();
    let padded = |length: usize| [record, &vec![b' '; length - record.len()]].concat();
    let mut log = lines(8, LINES);
    for line in [
        b"foreign".as_slice(),
        b"{}",
        b"\xff",
        br#"{"eventVersion": "1.11", "userIdentity": {}}"#,
        record.strip_suffix(b"}").unwrap(),
        // Blanks of ASCII that are not blanks of JSON.
        &[b"\x0c", record, b"\x0c\r"].concat(),
        b" \x0c\r",
        &padded(MAX_RECORD),
        &padded(MAX_RECORD + 1),
        &vec![b'x'; 2 * MAX_RECORD],
        &vec![b'x'; 2 * MAX_RECORD],
        record,
    ] {
        log.extend(line);
        log.push(b'\n');
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay-records");
    fs::write(&path, &log).unwrap();
    let file = LogFile::at(path).unwrap();
    let replay = Arc::new(replay(&policies(true).unwrap(), &policies(false).unwrap()));
    let whole = replay.run(std::slice::from_ref(&file), 1, &Progress::default());
    // Lines, the two valid ones and the others; the line with blanks only is not a record.
    assert_eq!(whole.counts.records, LINES + 11);
    assert_eq!(whole.counts.not_replayable, 8);
    assert!(whole.counts.newly_allowed > 0 && whole.counts.depends > 0);

    let parts = file.parts();
    assert!(parts.len() > 1);
    let (mut from_parts, mut from_lines) = (Counts::default(), Counts::default());
    let mut records = replay.records();
    for part in parts {
        file.read(part, |record| match record {
            Some(record) => from_parts.add(records.decide(record).change, 1),
            None => from_parts.add(Change::NotReplayable, 1),
        });
    }
    assert_eq!(from_parts, whole.counts);

    let mut records = replay.records();
    let all = log.split(|byte| *byte == b'\n');
    for line in all.filter(|line| !line.trim_ascii().is_empty()) {
        let decided = records.decide(line);
        from_lines.add(decided.change, 1);
        let is_possible = match decided.change {
            Change::NewlyAllowed => (decided.old, decided.new) == (Some(false), Some(true)),
            Change::NewlyDenied => (decided.old, decided.new) == (Some(true), Some(false)),
            Change::Unchanged => decided.old == decided.new,
            Change::Depends => decided.old.is_none() || decided.new.is_none(),
            Change::NotReplayable => decided.old.or(decided.new).is_none(),
        };
        assert!(is_possible, "{decided:?}");
    }
    assert_eq!(from_lines, whole.counts);
    assert_eq!(records.decide(b"").change, Change::NotReplayable);
}

/// A record has the result that it would have in a log of its own, also if an earlier one is similar.
#[test]
fn repeated_requests_have_their_own_results() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay-repeated");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let write = |name: &str, lines: &[String]| {
        let path = directory.join(name);
        fs::write(&path, lines.join("\n")).unwrap();
        LogFile::at(path).unwrap()
    };
    let parts = [
        vec!["user/user-0001", "user/user-0002", "user/other"],
        vec!["GetApp", "UpdateEndpoint", "SendMessages", "DeleteCampaign"],
        vec!["app-0001", "app-0002"],
        vec![
            r#""203.0.113.5""#,
            r#""192.0.2.1""#,
            "null",
            r#"{"state":"masked"}"#,
        ],
        vec![r#""team-01""#, r#""team-02""#, "null"],
        vec!["allow", "deny"],
    ];
    let mut lines = vec![Vec::new()];
    for values in &parts {
        let longer = lines.iter().flat_map(|line: &Vec<&str>| {
            let values = values.iter();
            values.map(|value| line.iter().copied().chain([*value]).collect())
        });
        lines = longer.collect();
    }
    let lines = lines.iter().map(|values| {
        let [user, action, app, address, team, outcome] = values[..] else {
            panic!("{values:?}")
        };
        format!(
            r#"{{"v":1,"time":"2026-11-29T03:00:00Z","principal":{{"arn":"arn:aws:iam::123456789012:{user}"}},"action":"mobiletargeting:{action}","resource":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/{app}","keys":{{"aws:SourceIp":{address},"aws:PrincipalTag/team":{team}}},"outcome":"{outcome}","revision":"7","ns":1}}"#
        )
    });
    let lines: Vec<String> = lines.collect();
    let replay = replay(&policies(true).unwrap(), &policies(false).unwrap()).with_examples(0);
    let mut expected = replay.empty_report();
    for (number, line) in lines.iter().enumerate() {
        let file = write(&number.to_string(), std::slice::from_ref(line));
        let report = replay.run(&[file], 1, &Progress::default());
        // Each record occurs three times.
        for _ in 0..3 {
            expected.merge(report.clone(), 0);
        }
    }
    let backwards = lines.iter().rev().cloned();
    let all: Vec<String> = lines
        .iter()
        .cloned()
        .chain(backwards)
        .chain(lines.clone())
        .collect();
    let mut report = replay.run(&[write("all", &all)], 1, &Progress::default());
    report.files.clone_from(&expected.files);
    assert_eq!(report, expected);
    assert!(report.counts.newly_allowed > 0 && report.counts.depends > 0);
    assert!(report.decided_differently > 0);
}

/// A replay with the same policies changes nothing, also where decisions depend on masked keys.
#[test]
fn the_same_policies_change_nothing() {
    let files = log_files("replay-same");
    let store = policies(true).unwrap();
    let report = replay(&store, &store).run(&files, 2, &Progress::default());
    assert_eq!(report.counts.unchanged, LINES * FILES);
    assert_eq!(report.counts.records, LINES * FILES);
}

/// A record with this caller.
fn line(principal: &str, resource: &str) -> String {
    format!(
        r#"{{"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {principal}, "action": "mobiletargeting:GetApp",
        "resource": "{resource}", "outcome": "deny", "revision": "7", "ns": 812}}"#
    )
}

const APP: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1";

/// Callers that are kept are those of the record, also if two differ in one member only.
#[test]
fn callers_that_are_kept_are_not_confused() {
    const ANA: &str = r#""arn": "arn:aws:iam::123456789012:user/ana""#;
    const SESSION: &str = r#""arn": "arn:aws:sts::123456789012:assumed-role/worker/s""#;
    const DOCUMENT: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
    let callers = [
        format!("{{{ANA}}}"),
        format!(r#"{{{ANA}, "unique_id": "AIDA1"}}"#),
        format!(r#"{{{ANA}, "unique_id": "AIDA2"}}"#),
        format!(r#"{{{ANA}, "path_is_unknown": true}}"#),
        format!(r#"{{{ANA}, "groups": ["a"]}}"#),
        format!(r#"{{{ANA}, "groups": ["a", "b"]}}"#),
        format!(r#"{{{ANA}, "roles": ["a"]}}"#),
        format!(r#"{{{ANA}, "session_policies": [{{"name": "s", "document": {DOCUMENT}}}]}}"#),
        format!("{{{SESSION}}}"),
        format!(r#"{{{SESSION}, "role": "arn:aws:iam::123456789012:role/team/worker"}}"#),
        r#"{"kind": "service", "name": "sns.amazonaws.com"}"#.to_owned(),
        r#"{"kind": "saml", "name": "sns.amazonaws.com"}"#.to_owned(),
        r#"{"kind": "anonymous"}"#.to_owned(),
    ];
    let mut requests = RecordedRequests::new(|caller| caller);
    for _ in 0..3 {
        for caller in &callers {
            let line = line(caller, APP);
            let record = Record::parse(&line).unwrap();
            match (requests.request(&record), RecordedRequest::of(&record)) {
                (Ok(kept), Ok(expected)) => assert_eq!(kept.principal(), expected.principal()),
                (kept, expected) => assert_eq!(kept.err(), expected.err()),
            }
        }
    }
}

/// A root user is allowed everything in its account. An account of another partition is another account, also if the
/// record has no scope because the ARN of the resource contains it.
#[test]
fn a_record_without_a_scope_is_in_that_of_its_resource() {
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let policies = CompiledStore::of(PolicyStore::new(), scope).unwrap();
    let root = r#"{"arn": "arn:aws:iam::123456789012:root"}"#;
    for (resource, is_allowed) in [
        (APP.to_owned(), true),
        (APP.replace("123456789012", "111122223333"), false),
        (APP.replace("arn:aws:", "arn:aws-cn:"), false),
    ] {
        let line = line(root, &resource);
        let record = Record::parse(&line).unwrap();
        let recorded = RecordedRequest::of(&record).unwrap();
        let evaluation = policies.decide(&recorded.as_request()).unwrap();
        assert_eq!(
            evaluation.into_decision().is_allowed(),
            is_allowed,
            "{resource}"
        );
    }
}

/// No decision reads so many keys, and comparing all of them would take long.
#[test]
fn a_record_has_a_limited_number_of_keys() {
    let with_keys = |number: usize| {
        let keys: Vec<String> = (0..number)
            .map(|key| format!(r#""a:k{key}": null"#))
            .collect();
        let keys = format!(r#""keys": {{{}}}, "outcome""#, keys.join(", "));
        line(r#"{"kind": "anonymous"}"#, APP).replace(r#""outcome""#, &keys)
    };
    assert!(Record::parse(&with_keys(1_000)).is_ok());
    assert!(Record::parse(&with_keys(1_001)).is_err());
}
