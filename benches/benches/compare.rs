//! What comparing policies costs: `cargo bench --bench compare`, or `-- FILE` for further policies.
//!
//! The pairs are those of `tests/comparison/pairs.jsonl`, as often as they were published. `FILE` has JSON lines with the
//! members `name` and `document`: each document is compared with itself, with the one before it, and with edits of itself.

use std::hint::black_box;
use std::time::Duration;

use pinpoint_iam::Policy;
use pinpoint_iam::policy::Document;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch};
use pinpoint_iam_benches::random::Random;
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_compare::{Comparer, PolicySet, Verdict};
use serde_json::{Value, json};

const PAIRS: &str = include_str!("../../tests/comparison/pairs.jsonl");

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let mut table = Table::new([
        "Pairs",
        "all, s",
        "median, ms",
        "99 %, ms",
        "most, ms",
        "decided",
    ]);
    let mut figures = serde_json::Map::new();
    let mut published = Vec::new();
    for line in PAIRS.lines() {
        let pair: Value = serde_json::from_str(line)?;
        let times = pair["times"].as_u64().unwrap_or(1);
        for _ in 0..times {
            published.push((pair["first"].clone(), pair["second"].clone()));
        }
    }
    note("278 published", &published, &mut table, &mut figures)?;
    if let Some(file) = arguments.next() {
        let text = std::fs::read_to_string(file)?;
        note(
            "policies and edits",
            &edits(&text)?,
            &mut table,
            &mut figures,
        )?;
    }
    table.print();
    publish(watch, "compare", &Value::Object(figures))
}

/// Compares all pairs, each once: a reviewer compares a pair once, too.
fn note(
    name: &str,
    pairs: &[(Value, Value)],
    table: &mut Table,
    figures: &mut serde_json::Map<String, Value>,
) -> Result<(), Failure> {
    let mut times: Vec<Duration> = Vec::new();
    let mut decided = 0;
    for (first, second) in pairs {
        let [first, second] = [first.to_string(), second.to_string()];
        let clock = Clock::start();
        let set = |text: &str| -> Result<(PolicySet, bool), Failure> {
            let document = Document::parse(text)?;
            let kind = PolicySet::kind_of(&document);
            let is_resource = kind == pinpoint_iam::policy::PolicyKind::Resource;
            Ok((
                PolicySet::of_policy(kind, Policy::new("policy", document)),
                is_resource,
            ))
        };
        let ((first, _), (second, _)) = (set(&first)?, set(&second)?);
        let verdict = black_box(Comparer::new().compare(&first, &second)).verdict();
        times.push(clock.elapsed());
        decided += usize::from(verdict != Verdict::Undecided);
    }
    times.sort_unstable();
    let milliseconds = |share: usize| {
        let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times
            .get(index)
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let all: Duration = times.iter().sum();
    let most = milliseconds(100);
    let share = decided as f64 / pairs.len() as f64;
    table.row([
        format!("{name}: {}", pairs.len()),
        figure(all.as_secs_f64()),
        figure(milliseconds(50)),
        figure(milliseconds(99)),
        figure(most),
        format!("{:.1} %", share * 100.0),
    ]);
    figures.insert(
        name.to_owned(),
        json!({
            "pairs": pairs.len(),
            "seconds": all.as_secs_f64(),
            "median_ms": milliseconds(50),
            "p99_ms": milliseconds(99),
            "most_ms": most,
            "decided": share,
        }),
    );
    Ok(())
}

/// Each document with itself, with the one before it, and with edits of a statement.
fn edits(text: &str) -> Result<Vec<(Value, Value)>, Failure> {
    let mut random = Random::new(1);
    let mut pairs = Vec::new();
    let mut last: Option<Value> = None;
    for line in text.lines() {
        let named: Value = serde_json::from_str(line)?;
        let document = named["document"].clone();
        pairs.push((document.clone(), document.clone()));
        if let Some(last) = last.replace(document.clone()) {
            pairs.push((last, document.clone()));
        }
        let Some(statements) = document["Statement"].as_array() else {
            continue;
        };
        let index = random.below(statements.len());
        let edited = |statements: Vec<Value>| {
            let mut edited = document.clone();
            edited["Statement"] = Value::Array(statements);
            edited
        };
        if statements.len() > 1 {
            let mut fewer = statements.clone();
            fewer.remove(index);
            pairs.push((document.clone(), edited(fewer)));
        }
        for (member, value) in [
            ("Action", Some(json!("*"))),
            ("Resource", Some(json!("*"))),
            ("Condition", None),
        ] {
            let mut changed = statements.clone();
            let Some(members) = changed.get_mut(index).and_then(Value::as_object_mut) else {
                continue;
            };
            let Some(old) = members.get(member) else {
                continue;
            };
            match (value, old.as_array()) {
                // One pattern of a list becomes wider.
                (Some(wide), Some(list)) => {
                    let mut list = list.clone();
                    let place = random.below(list.len());
                    if let Some(pattern) = list.get_mut(place) {
                        let text = pattern.as_str().unwrap_or_default();
                        let start = text.split_once(':').map_or("", |(start, _)| start);
                        *pattern = if member == "Action" {
                            json!(format!("{start}:*"))
                        } else {
                            wide
                        };
                    }
                    members.insert(member.to_owned(), Value::Array(list));
                }
                (Some(wide), None) => {
                    members.insert(member.to_owned(), wide);
                }
                (None, _) => {
                    members.remove(member);
                }
            }
            pairs.push((document.clone(), edited(changed)));
        }
    }
    Ok(pairs)
}
