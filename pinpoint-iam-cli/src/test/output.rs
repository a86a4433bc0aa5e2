//! Renders the results of tests.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Coverage, Outcome};

pub(super) fn human(outcomes: &[Outcome], coverage: &Coverage) -> String {
    let mut output = String::new();
    for outcome in outcomes {
        let word = match outcome.failures.as_slice() {
            [] => "ok    ",
            _ => "FAILED",
        };
        let _ = writeln!(output, "{word} {}: {}", outcome.file, outcome.name);
        for failure in &outcome.failures {
            let _ = writeln!(output, "         {failure}");
        }
        if let Some(explanation) = &outcome.explanation {
            for line in explanation.to_string().lines() {
                let _ = writeln!(output, "         | {line}");
            }
        }
    }
    let uncovered: Vec<_> = coverage
        .iter()
        .filter(|(_, statement)| !statement.is_matched)
        .collect();
    if !uncovered.is_empty() {
        output.push_str("\nstatements that no test matches:\n");
    }
    for ((policy, number), statement) in &uncovered {
        let sid = statement
            .sid
            .as_ref()
            .map_or_else(String::new, |sid| format!(" (`{}`)", sid.escape_debug()));
        let line = statement.line;
        let _ = writeln!(output, "  {policy}:{line}: statement {number}{sid}");
    }
    if outcomes.is_empty() {
        return output;
    }
    let failed = failed(outcomes);
    let _ = writeln!(
        output,
        "\n{} passed, {failed} failed; {} of {} statements matched",
        outcomes.len() - failed,
        coverage.len() - uncovered.len(),
        coverage.len()
    );
    output
}

fn failed(outcomes: &[Outcome]) -> usize {
    let has_failed = |outcome: &&Outcome| !outcome.failures.is_empty();
    outcomes.iter().filter(has_failed).count()
}

pub(super) fn json(outcomes: &[Outcome], coverage: &Coverage) -> String {
    let tests: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "file": outcome.file,
                "name": outcome.name,
                "passed": outcome.failures.is_empty(),
                "failures": outcome.failures,
                "explanation": outcome.explanation,
            })
        })
        .collect();
    let statements: Vec<Value> = coverage
        .iter()
        .map(|((policy, number), statement)| {
            json!({
                "policy": policy,
                "number": number,
                "line": statement.line,
                "sid": statement.sid,
                "matched": statement.is_matched,
            })
        })
        .collect();
    format!("{:#}\n", json!({"tests": tests, "statements": statements}))
}

pub(super) fn junit(outcomes: &[Outcome]) -> String {
    let mut output = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"pinpoint-iam\" tests=\"{}\" failures=\"{}\">\n",
        outcomes.len(),
        failed(outcomes)
    );
    for outcome in outcomes {
        let (file, name) = (xml(&outcome.file), xml(&outcome.name));
        let _ = write!(output, "  <testcase classname=\"{file}\" name=\"{name}\"");
        if outcome.failures.is_empty() {
            output.push_str("/>\n");
            continue;
        }
        let message = xml(&outcome.failures.join("; "));
        let explanation = outcome
            .explanation
            .as_ref()
            .map_or_else(String::new, |explanation| xml(&explanation.to_string()));
        let _ = writeln!(
            output,
            ">\n    <failure message=\"{message}\">{explanation}</failure>\n  </testcase>"
        );
    }
    output.push_str("</testsuite>\n");
    output
}

/// Escapes a text for XML. Control characters, which XML cannot contain, become spaces.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}
