//! Loads, compares, lints or replays policies, or verifies signatures, so that the instructions can be counted; for the
//! target `instructions`.

use std::hint::black_box;
use std::io::{self, Cursor, Read};
use std::time::{Duration, SystemTime};

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::{Policy, Principal, mobiletargeting};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::workload::Workload;
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_compare::{Comparer, PolicySet, Verdict};
use pinpoint_iam_lint::Linter;
use pinpoint_iam_replay::generate::{Generator, policies};
use pinpoint_iam_replay::{LogContent, LogFile, Policies, Progress, Replay};
use pinpoint_iam_sigv4::{Credentials, PayloadHash, RequestHead, SecretKey, Verifier};
use serde_json::Value;

const PAIRS: &str = include_str!("../../../tests/comparison/pairs.jsonl");

/// A published pair: two statements with a list of actions and a condition, and an edit of them.
const PAIR: &str = "ec2-66";

const SIGNED: &str = include_str!("../../../pinpoint-iam-sigv4/tests/vectors/boto3.jsonl");

/// A request of boto3 with a body.
const SIGNED_REQUEST: &str = "pinpoint-body";

/// The key that has signed the request.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// When the request was signed, 2026-11-28T16:21:10Z, in seconds since 1970.
const SIGNED_AT: u64 = 1_795_882_870;

/// What is counted. It is called once before, because some of it is created on first use.
type Work<'a> = Box<dyn FnMut() -> Result<(), Failure> + 'a>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut work = match arguments.as_slice() {
        ["load", part @ ("documents" | "authorizer"), workload] => load(part, workload)?,
        ["compare"] => compare()?,
        ["lint", workload] => lint(workload)?,
        ["replay", form @ ("records" | "events"), count] => replay(form, count.parse()?)?,
        ["verify"] => verify()?,
        _ => {
            return Err(
                "expected `load documents|authorizer WORKLOAD`, `compare`, `lint WORKLOAD`, \
                 `replay records|events COUNT`, or `verify`"
                    .into(),
            );
        }
    };
    work()?;
    counted(&mut *work)
}

/// The function whose instructions are counted, by its name.
#[inline(never)]
fn counted(work: &mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
    black_box(black_box(work)())
}

/// Returns the line of this name.
fn named(lines: &str, name: &str) -> Result<Value, Failure> {
    for line in lines.lines() {
        let value: Value = serde_json::from_str(line)?;
        if value.get("name").and_then(Value::as_str) == Some(name) {
            return Ok(value);
        }
    }
    Err(format!("no line has the name `{name}`").into())
}

/// Parses the documents of a workload, or also builds an authorizer with them.
fn load<'a>(part: &str, workload: &str) -> Result<Work<'a>, Failure> {
    let workload = Workload::named(workload)?;
    // What was loaded stays in use, so freeing it is not counted.
    Ok(match part {
        "documents" => Box::new(move || {
            std::mem::forget(workload.policies()?);
            Ok(())
        }),
        _ => Box::new(move || {
            std::mem::forget(workload.authorizer()?);
            Ok(())
        }),
    })
}

/// Compares a pair of documents, which are parsed before.
fn compare<'a>() -> Result<Work<'a>, Failure> {
    let pair = named(PAIRS, PAIR)?;
    let set = |member: &str| -> Result<PolicySet, Failure> {
        let document = pair.get(member).ok_or("the pair is incomplete")?;
        let document = Document::parse(&document.to_string())?;
        Ok(PolicySet::of_identity([Policy::new(member, document)]))
    };
    let (first, second) = (set("first")?, set("second")?);
    Ok(Box::new(move || {
        match Comparer::new().compare(&first, &second).verdict() {
            Verdict::Wider => Ok(()),
            other => Err(format!("the verdict is {other:?}").into()),
        }
    }))
}

/// Checks the texts of a workload's policies.
fn lint<'a>(workload: &str) -> Result<Work<'a>, Failure> {
    let linter = Linter::new(Catalog::builtin()?);
    let texts = Workload::named(workload)?.documents;
    Ok(Box::new(move || {
        for text in &texts {
            let report = linter.lint(text, PolicyKind::IdentityManaged);
            if !report.unknown_services.is_empty() {
                return Err("the catalog is missing".into());
            }
        }
        Ok(())
    }))
}

/// A log in memory.
#[derive(Debug)]
struct Log(Vec<u8>);

impl LogContent for Log {
    fn open(&self, position: u64) -> io::Result<Box<dyn Read + '_>> {
        let mut content = Cursor::new(self.0.as_slice());
        content.set_position(position);
        Ok(Box::new(content))
    }
}

/// Decides the requests of a decision log, or of events of CloudTrail, by the policies before and after a change.
fn replay<'a>(form: &str, count: u64) -> Result<Work<'a>, Failure> {
    let mut generator = Generator::new(1, Policies::of_store(policies(true)?)?);
    let mut content = Vec::new();
    match form {
        "records" => generator.write(count, &mut content)?,
        _ => generator.write_events(count, &mut content)?,
    }
    let bytes = u64::try_from(content.len())?;
    let files = [LogFile::new("log", bytes, Log(content))];
    let replay = Replay::new(
        Policies::of_store(policies(true)?)?,
        Policies::of_store(policies(false)?)?,
    )
    .with_services([&mobiletargeting::SERVICE]);
    Ok(Box::new(move || {
        let counts = replay.run(&files, 1, &Progress::default()).counts;
        if counts.records != count || counts.not_replayable > 0 || counts.newly_allowed == 0 {
            return Err(format!("the replay is wrong: {counts:?}").into());
        }
        Ok(())
    }))
}

/// Verifies the signature of a request: everything that a middleware does, except for finding the key.
fn verify<'a>() -> Result<Work<'a>, Failure> {
    let request = named(SIGNED, SIGNED_REQUEST)?;
    let text = |member: &str| {
        let text = request.get(member).and_then(Value::as_str);
        text.map(str::to_owned).ok_or("the request is incomplete")
    };
    let (method, target, body) = (text("method")?, text("target")?, text("body")?);
    let headers: Vec<(String, String)> =
        serde_json::from_value(request.get("headers").cloned().unwrap_or_default())?;
    let verifier = Verifier::new("eu-west-1", "mobiletargeting")
        .with_clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(SIGNED_AT));
    let caller = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
    let credentials = Credentials::new(SecretKey::new(SECRET), caller);
    Ok(Box::new(move || {
        let head = RequestHead::new(&method, &target, None);
        let head = headers.iter().fold(head, |head, (name, value)| {
            head.with_header(name, value.as_bytes())
        });
        let signed = verifier.read(&head)?.ok_or("the request is not signed")?;
        signed.verify(&credentials, Some(&PayloadHash::of(&body)))?;
        Ok(())
    }))
}
