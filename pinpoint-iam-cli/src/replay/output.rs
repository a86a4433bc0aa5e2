//! Renders the result of a replay.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam_replay::{Change, Counts, Example, Partial, Report, StatementName, Tally};
use serde_json::{Map, Value, json};

use super::text::{MOST_ROWS, shown};
use super::used;

/// The result as text.
pub(super) fn human(partial: &Partial, services: &[&'static ServiceMetadata]) -> String {
    let report = partial.report();
    let mut output = String::new();
    if partial.is_equal() {
        output.push_str("equal: both policies decide every request in the same way");
        if report.used.is_none() {
            output.push_str("; no log was read\n");
            return output;
        }
        output.push_str("\n\n");
    }
    let counts = &report.counts;
    let _ = writeln!(output, "records         {:>12}", counts.records);
    for change in Change::ALL {
        let _ = writeln!(output, "{:<15} {:>12}", change.name(), counts.of(change));
    }
    for change in Change::ALL {
        examples(&mut output, report, change);
    }
    if !report.missing_keys.is_empty() {
        output.push_str("\nmissing keys:\n");
        for (key, missing) in &report.missing_keys {
            let _ = write!(output, "{:>12}  {}", missing.requests, shown(key));
            let _ = match missing.masked {
                0 => writeln!(output),
                masked => writeln!(output, " ({masked} masked)"),
            };
        }
    }
    if !report.reasons.is_empty() {
        output.push_str("\nnot replayable:\n");
        for (reason, records) in &report.reasons {
            let _ = writeln!(output, "{records:>12}  {reason}");
        }
    }
    changed(&mut output, "principals", &report.principals);
    changed(&mut output, "actions", &report.actions);
    statements(&mut output, "old", &report.old_statements);
    statements(&mut output, "new", &report.new_statements);
    for (side, all) in [
        ("old", &report.old_statements),
        ("new", &report.new_statements),
    ] {
        // Without a change, both sides have the same statements.
        if side == "new" || !partial.is_equal() {
            unused(&mut output, report, side, all);
        }
    }
    if let Some(permissions) = &report.used {
        used::human(&mut output, permissions, services);
    }
    let notes = notes(report);
    if !notes.is_empty() {
        output.push('\n');
    }
    for note in notes {
        let _ = writeln!(output, "note: {}", shown(&note));
    }
    output
}

fn examples(output: &mut String, report: &Report, change: Change) {
    let Some(examples) = report.examples.get(&change).filter(|kept| !kept.is_empty()) else {
        return;
    };
    let _ = writeln!(output, "\n{}, for example:", change.name());
    for example in examples {
        let place = format!("{}, record {}", shown(&example.file), example.record);
        match &example.reason {
            Some(reason) => {
                let _ = writeln!(output, "  {place}: {}", shown(reason));
            }
            None => {
                let _ = writeln!(
                    output,
                    "  {} on {} by {}\n    {}, {place}\n    old: {}\n    new: {}",
                    shown(&example.action),
                    match example.resource.as_str() {
                        "" => "an unknown resource".to_owned(),
                        resource => shown(resource),
                    },
                    shown(&example.principal),
                    example.time.as_deref().unwrap_or_default(),
                    shown(&example.old),
                    shown(&example.new),
                );
            }
        }
    }
}

/// Lists the names with most changes.
fn changed(output: &mut String, title: &str, tally: &Tally<Counts>) {
    let affected = |counts: &Counts| counts.records - counts.unchanged;
    let names = tally.by_name.iter();
    let mut names: Vec<_> = names.filter(|(_, counts)| affected(counts) > 0).collect();
    if names.is_empty() {
        return;
    }
    names.sort_by_key(|(_, counts)| Reverse(affected(counts)));
    let _ = writeln!(
        output,
        "\n{title}:\n{:>12} {:>12} {:>12} {:>12}",
        "allowed", "denied", "depends", "of"
    );
    for (name, counts) in names.iter().take(MOST_ROWS) {
        let _ = writeln!(
            output,
            "{:>12} {:>12} {:>12} {:>12}  {}",
            counts.newly_allowed,
            counts.newly_denied,
            counts.depends,
            counts.records,
            shown(name)
        );
    }
    let more = names.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        let _ = writeln!(output, "  and {more} more");
    }
}

/// Lists the statements that decide requests whose decision changes.
fn statements(output: &mut String, side: &str, all: &BTreeMap<StatementName, Counts>) {
    let changes = |counts: &Counts| counts.newly_allowed + counts.newly_denied;
    let mut changing: Vec<_> = all
        .iter()
        .filter(|(_, counts)| changes(counts) > 0)
        .collect();
    if changing.is_empty() {
        return;
    }
    changing.sort_by_key(|(_, counts)| Reverse(changes(counts)));
    let _ = writeln!(
        output,
        "\nstatements of the {side} policies:\n{:>12} {:>12} {:>12}",
        "allowed", "denied", "of"
    );
    for (statement, counts) in changing.iter().take(MOST_ROWS) {
        let _ = writeln!(
            output,
            "{:>12} {:>12} {:>12}  {}",
            counts.newly_allowed,
            counts.newly_denied,
            counts.records,
            name(statement)
        );
    }
    let more = changing.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        let _ = writeln!(output, "  and {more} more");
    }
}

/// Lists the statements that decide none of the requests.
fn unused(output: &mut String, report: &Report, side: &str, all: &BTreeMap<StatementName, Counts>) {
    let statements = all.iter();
    let unused: Vec<_> = statements
        .filter(|(_, counts)| counts.records == 0)
        .collect();
    if unused.is_empty() || report.counts.records == report.counts.not_replayable {
        return;
    }
    let _ = writeln!(output, "\n{side} statements that decide no request:");
    for (statement, _) in unused.iter().take(MOST_ROWS) {
        let _ = writeln!(output, "  {}", name(statement));
    }
    let more = unused.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        let _ = writeln!(output, "  and {more} more");
    }
}

/// What a reader should know about the log.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if report.decided_differently > 0 {
        notes.push(format!(
            "requests that the service decided differently from the old policies: {}",
            report.decided_differently
        ));
    }
    if report.sampled > 0 {
        notes.push(format!(
            "{} records represent several allowed requests each, because the log is a sample",
            report.sampled
        ));
    }
    for (name, file) in &report.files {
        if let Some(problem) = &file.problem {
            notes.push(format!("{name} was not read to its end: {problem}"));
        }
    }
    notes
}

fn name(statement: &StatementName) -> String {
    let sid = statement.sid.as_deref();
    let sid = sid
        .map(|sid| format!(" ({})", shown(sid)))
        .unwrap_or_default();
    format!(
        "statement {} of the {} {}{sid}",
        statement.number,
        statement.policy_type,
        shown(&statement.policy)
    )
}

/// The result as JSON.
pub(super) fn json(partial: &Partial, services: &[&'static ServiceMetadata]) -> Value {
    let report = partial.report();
    let counts = &report.counts;
    let examples: Map<String, Value> = report
        .examples
        .iter()
        .map(|(change, examples)| {
            let examples: Vec<Value> = examples.iter().map(example).collect();
            (key(*change).to_owned(), json!(examples))
        })
        .collect();
    let incomplete = report.files.iter();
    let incomplete: Map<String, Value> = incomplete
        .filter_map(|(name, file)| Some((name.clone(), json!(file.problem.as_ref()?))))
        .collect();
    json!({
        "equal": partial.is_equal(),
        "records": counts.records,
        "newly_allowed": counts.newly_allowed,
        "newly_denied": counts.newly_denied,
        "unchanged": counts.unchanged,
        "depends": counts.depends,
        "not_replayable": counts.not_replayable,
        "decided_differently": report.decided_differently,
        "sampled": report.sampled,
        "missing_keys": report.missing_keys,
        "reasons": report.reasons,
        "examples": examples,
        "principals": report.principals.by_name,
        "other_principals": report.principals.others,
        "actions": report.actions.by_name,
        "other_actions": report.actions.others,
        "old_statements": statements_json(&report.old_statements),
        "new_statements": statements_json(&report.new_statements),
        "used": report.used.as_ref().map(|permissions| used::json(permissions, services)),
        "hours": report.hours.by_name,
        "files": report.files.len(),
        "incomplete_files": incomplete,
    })
}

const fn key(change: Change) -> &'static str {
    match change {
        Change::NewlyAllowed => "newly_allowed",
        Change::NewlyDenied => "newly_denied",
        Change::Unchanged => "unchanged",
        Change::Depends => "depends",
        Change::NotReplayable => "not_replayable",
    }
}

fn example(example: &Example) -> Value {
    json!(example)
}

fn statements_json(statements: &BTreeMap<StatementName, Counts>) -> Vec<Value> {
    let statements = statements.iter();
    statements
        .map(|(statement, counts)| json!({ "statement": statement, "counts": counts }))
        .collect()
}
