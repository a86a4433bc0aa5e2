//! One document on each line of standard input, and one line with its findings on standard output.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use pinpoint_iam_lint::{Finding, Linter, parse_kind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;

/// One line. Other members, such as the findings that a suite expects, are not read.
#[derive(Deserialize)]
struct Line {
    name: Value,
    kind: String,
    /// The text of the document.
    document: String,
}

/// Writes a line for every line. An error in a line does not end the run.
pub(super) fn run(linter: Linter<'_>) -> Result<ExitCode, Failure> {
    let failed = |error: io::Error| Failure::new(format!("error: {error}"));
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut is_broken = false;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let result = check(linter, &line);
        is_broken |= result.error.is_some();
        writeln!(output, "{}", result.to_json()).map_err(failed)?;
    }
    output.flush().map_err(failed)?;
    Ok(if is_broken {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The findings in one document, or the reason why there are none.
struct Checked {
    name: Value,
    findings: Vec<Finding>,
    error: Option<String>,
}

impl Checked {
    fn to_json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(describe).collect();
        json!({"name": self.name, "findings": findings, "error": self.error})
    }
}

fn check(linter: Linter<'_>, line: &str) -> Checked {
    let failed = |name, error: String| Checked {
        name,
        findings: Vec::new(),
        error: Some(error),
    };
    let line: Line = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => {
            // The name is reported if it can be read.
            let value: Value = serde_json::from_str(line).unwrap_or_default();
            let name = value.get("name").cloned().unwrap_or_default();
            return failed(name, error.to_string());
        }
    };
    match parse_kind(&line.kind) {
        Ok(kind) => Checked {
            name: line.name,
            findings: linter.lint(&line.document, kind).findings,
            error: None,
        },
        Err(error) => failed(line.name, error.to_string()),
    }
}

fn describe(finding: &Finding) -> Value {
    json!({
        "code": finding.code,
        "aws_code": finding.aws_code,
        "class": finding.class.name(),
        "line": finding.line,
        "column": finding.column,
        "message": finding.explanation(),
    })
}
