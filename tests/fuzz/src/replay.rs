//! Every line of a log has exactly one result, whatever it contains, and the reverse change has the reverse results. A record
//! is the one that `serde_json` reads.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use pinpoint_iam::decision_log::Record;
use pinpoint_iam::policy::Document;
use pinpoint_iam::{Policy, mobiletargeting};
use pinpoint_iam_replay::{Counts, LogFile, Policies, Progress, Replay, Report};

const OLD: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"},
    {"Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource": "*"}]}"#;
const NEW: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/${aws:username}*"},
    {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]}"#;

/// A temporary file, one per process. It is not deleted at the end.
static LOG: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = format!("pinpoint-iam-fuzz-replay-{}", std::process::id());
    std::env::temp_dir().join(name)
});

static REPLAYS: LazyLock<[Replay; 2]> = LazyLock::new(|| {
    let policies = |text: &str| {
        let document = Document::parse(text).expect("a policy");
        Policies::for_everyone([Policy::new("policy", document)]).expect("small policies")
    };
    [
        Replay::new(policies(OLD), policies(NEW)),
        Replay::new(policies(NEW), policies(OLD)),
    ]
    .map(|replay| replay.with_services([&mobiletargeting::SERVICE]))
});

fn run(replay: &Replay, log: &[u8]) -> Report {
    fs::write(&*LOG, log).expect("a temporary file");
    let file = LogFile::at(&*LOG).expect("a temporary file");
    replay.run(&[file], 1, &Progress::default())
}

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(log: &[u8]) {
    let [replay, reverse] = &*REPLAYS;
    let report = run(replay, log);
    let Counts {
        records,
        newly_allowed,
        newly_denied,
        unchanged,
        depends,
        not_replayable,
    } = report.counts;
    assert_eq!(
        records,
        newly_allowed + newly_denied + unchanged + depends + not_replayable
    );
    assert_eq!(report.reasons.values().sum::<u64>(), not_replayable);
    for tally in [&report.principals, &report.actions, &report.hours] {
        let listed: u64 = tally.by_name.values().map(|counts| counts.records).sum();
        assert_eq!(listed + tally.others.records, records - not_replayable);
    }
    for line in log.split(|byte| *byte == b'\n') {
        if let Ok(line) = std::str::from_utf8(line) {
            let expected = serde_json::from_str::<Record<'_>>(line).ok();
            assert_eq!(Record::parse(line).ok(), expected);
        }
    }
    let is_compressed = log.starts_with(&[0x1f, 0x8b]);
    let has_records = log.windows(9).any(|part| part == b"\"Records\"");
    if !is_compressed && !has_records {
        let lines = log.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(records, lines.count() as u64);
    }
    let back = run(reverse, log).counts;
    assert_eq!(
        (back.records, back.newly_allowed, back.newly_denied),
        (records, newly_denied, newly_allowed)
    );
    assert_eq!((back.unchanged, back.depends), (unchanged, depends));
    if !is_compressed {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(log).expect("memory");
        let packed = packed.finish().expect("memory");
        assert_eq!(run(replay, &packed).counts, report.counts);
    }
}
