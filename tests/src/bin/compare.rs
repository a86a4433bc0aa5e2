//! Compares the pairs of policies of a suite. Reads and writes JSON lines.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufWriter, Write};
use std::process::ExitCode;
use std::time::Instant;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::principal::PrincipalKind;
use pinpoint_iam::{Policy, mobileanalytics, mobiletargeting, sms_voice};
use pinpoint_iam_compare::{Comparer, Comparison, Difference, KeyValue, PolicySet};
use pinpoint_iam_test_policies::case::PrincipalText;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const USAGE: &str = "\
usage: compare

Reads one JSON object a line on standard input, a pair of policies, and prints one a line on standard output.
tests/conformance/FORMAT.md describes both.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => {}
        Some("--help" | "-h") => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some(other) => {
            eprintln!("compare: unknown argument `{other}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    }
    match run(io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output has ended, so the rest is not needed.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut output = BufWriter::new(output);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            answer(&line, &mut output)?;
            output.write_all(b"\n")?;
        }
        line.clear();
    }
    output.flush()
}

fn answer(line: &[u8], output: &mut impl Write) -> io::Result<()> {
    let fault = |name: Option<String>, error: String| InputError { name, error };
    let Ok(text) = std::str::from_utf8(line.trim_ascii_end()) else {
        return write(output, &fault(None, "the line is not UTF-8".to_owned()));
    };
    match serde_json::from_str::<Pair<'_>>(text) {
        Ok(pair) => match pair.compare() {
            Ok(answer) => write(output, &answer),
            Err(error) => write(output, &fault(Some(pair.name), error)),
        },
        Err(error) => write(output, &fault(None, error.to_string())),
    }
}

fn write(output: &mut impl Write, answer: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(output, answer).map_err(io::Error::from)
}

/// A pair of policies.
#[derive(Deserialize)]
#[serde(expecting = "an object with the members of a pair")]
struct Pair<'a> {
    name: String,
    #[serde(borrow)]
    first: &'a RawValue,
    #[serde(borrow)]
    second: &'a RawValue,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    principal: Option<PrincipalText>,
    #[serde(default)]
    catalogs: Vec<String>,
}

/// The error for a pair that could not be compared.
#[derive(Serialize)]
struct InputError {
    name: Option<String>,
    error: String,
}

#[derive(Serialize)]
struct Answer {
    name: String,
    verdict: &'static str,
    newly_allowed: Option<AskedRequest>,
    no_longer_allowed: Option<AskedRequest>,
    reason: Option<String>,
    micros: u128,
}

/// A request, in the input format of `decide`.
#[derive(Serialize)]
struct AskedRequest {
    principal: PrincipalJson,
    action: String,
    resource: String,
    resource_account: String,
    context: BTreeMap<String, OneOrMany>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PrincipalJson {
    Text(String),
    Named {
        #[serde(rename = "type")]
        kind: &'static str,
        name: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Pair<'_> {
    fn compare(&self) -> Result<Answer, String> {
        let document = |member: &str, text: &RawValue| {
            Document::parse(text.get()).map_err(|error| format!("{member}: {error}"))
        };
        let start = Instant::now();
        let first = document("first", self.first)?;
        let second = document("second", self.second)?;
        let kind = match &self.kind {
            Some(kind) => kind_named(kind)?,
            None => match PolicySet::kind_of(&first) {
                PolicyKind::Resource => PolicyKind::Resource,
                _ => PolicySet::kind_of(&second),
            },
        };
        let mut comparer = Comparer::new();
        if let Some(principal) = &self.principal {
            comparer = comparer.caller(principal.read(None).map_err(|error| error.to_string())?);
        }
        for catalog in &self.catalogs {
            comparer = comparer.service(service_named(catalog)?);
        }
        let set = |name: &str, document| PolicySet::of_policy(kind, Policy::new(name, document));
        let comparison = comparer.compare(&set("first", first), &set("second", second));
        let micros = start.elapsed().as_micros();
        Ok(Answer {
            name: self.name.clone(),
            verdict: comparison.verdict().name(),
            newly_allowed: comparison.newly_allowed.as_ref().map(asked),
            no_longer_allowed: comparison.no_longer_allowed.as_ref().map(asked),
            reason: reason(&comparison),
            micros,
        })
    }
}

fn kind_named(name: &str) -> Result<PolicyKind, String> {
    match name {
        "identity" => Ok(PolicyKind::IdentityManaged),
        "permissions-boundary" => Ok(PolicyKind::Boundary),
        name => name
            .parse::<PolicyKind>()
            .map_err(|error| error.to_string()),
    }
}

fn service_named(prefix: &str) -> Result<&'static ServiceMetadata, String> {
    let known = [
        &mobiletargeting::SERVICE,
        &mobileanalytics::SERVICE,
        &sms_voice::SERVICE,
    ];
    known
        .into_iter()
        .find(|service| service.prefix == prefix)
        .ok_or_else(|| format!("there is no catalog of `{prefix}`"))
}

fn asked(difference: &Difference) -> AskedRequest {
    let witness = &difference.witness;
    let principal = match witness.principal.arn() {
        None if witness.principal_text != "*" => PrincipalJson::Named {
            kind: match witness.principal.kind() {
                PrincipalKind::Service => "Service",
                _ => "Federated",
            },
            name: witness.principal_text.clone(),
        },
        _ => PrincipalJson::Text(witness.principal_text.clone()),
    };
    let value = |value: &KeyValue| match value {
        KeyValue::One(one) => OneOrMany::One(one.clone()),
        KeyValue::List(many) => OneOrMany::Many(many.clone()),
    };
    AskedRequest {
        principal,
        action: witness.action.clone(),
        resource: witness.resource.clone(),
        resource_account: witness.resource_account.clone(),
        context: witness
            .context
            .iter()
            .map(|(key, values)| (key.clone(), value(values)))
            .collect(),
    }
}

fn reason(comparison: &Comparison) -> Option<String> {
    let delegated = [&comparison.newly_allowed, &comparison.no_longer_allowed]
        .into_iter()
        .flatten()
        .any(|difference| difference.needs_delegation);
    let undecided = comparison.undecided.iter().map(ToString::to_string);
    let delegation =
        delegated.then(|| "the resource's own policy must let its account decide".to_owned());
    let reasons: Vec<String> = undecided.chain(delegation).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
