//! Renders findings.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use clap::ValueEnum;
use pinpoint_iam_lint::{CONFIG_RULES, Class, Finding, rule};
use serde_json::{Value, json};

use crate::files::Input;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Excerpts for terminals.
    Human,
    /// JSON with offsets and fixes.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// A document and its findings.
pub(super) struct Checked<'a> {
    pub(super) input: &'a Input,
    /// The text of the file.
    pub(super) text: &'a str,
    /// The document in the file.
    pub(super) document: &'a str,
    /// Where the document starts in the file.
    pub(super) start: usize,
    pub(super) findings: Vec<Finding>,
}

impl Checked<'_> {
    /// The line and column in the file.
    fn place(&self, finding: &Finding) -> (usize, usize) {
        let before = self
            .text
            .get(..self.start + finding.span.start)
            .unwrap_or_default();
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

pub(super) fn write(format: Format, documents: usize, results: &[Checked<'_>]) -> String {
    match format {
        Format::Human => human(documents, results),
        Format::Json => format!("{:#}\n", findings_json(documents, results)),
        Format::Sarif => format!("{:#}\n", sarif(results)),
        Format::Github => github(results),
    }
}

fn all<'a>(results: &'a [Checked<'_>]) -> impl Iterator<Item = (&'a Checked<'a>, &'a Finding)> {
    results.iter().flat_map(|checked| {
        checked
            .findings
            .iter()
            .map(move |finding| (checked, finding))
    })
}

/// The escape sequence of a class, if colours are wanted.
fn colour(class: Class) -> &'static str {
    match class {
        Class::Error => "\x1b[1;31m",
        Class::SecurityWarning => "\x1b[1;35m",
        Class::Warning => "\x1b[1;33m",
        Class::Suggestion => "\x1b[1;36m",
    }
}

fn human(documents: usize, results: &[Checked<'_>]) -> String {
    let is_coloured = io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut output = String::new();
    for (checked, finding) in all(results) {
        let (line, column) = checked.place(finding);
        let (start, end) = if is_coloured {
            (colour(finding.class), "\x1b[0m")
        } else {
            ("", "")
        };
        let aws_code = finding
            .aws_code
            .map_or_else(String::new, |code| format!(" ({code})"));
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let shown = checked.text.lines().nth(line - 1).unwrap_or_default();
        let (shown, offset) = excerpt(shown, column);
        let length = checked
            .document
            .get(finding.span.clone())
            .map_or(1, |text| text.chars().count().max(1));
        let marks = "^".repeat(length.min(shown.chars().count().saturating_sub(offset).max(1)));
        let padding = " ".repeat(offset);
        let _ = write!(
            output,
            "{start}{}[{}]{end}: {}{aws_code}\n{margin}--> {}:{line}:{column}\n{margin} |\n{number} | {shown}\n{margin} | {padding}{start}{marks}{end}\n{margin} = help: {}\n\n",
            finding.class, finding.code, finding.message, checked.input.name, finding.help
        );
    }
    let count = |class: Class| {
        all(results)
            .filter(|(_, finding)| finding.class == class)
            .count()
    };
    let numbers: Vec<String> = Class::ALL
        .iter()
        .rev()
        .filter(|class| count(**class) > 0)
        .map(|class| {
            let number = count(*class);
            let name = class.name().replace('-', " ");
            format!("{number} {name}{}", if number == 1 { "" } else { "s" })
        })
        .collect();
    let what = if numbers.is_empty() {
        "no findings".to_owned()
    } else {
        numbers.join(", ")
    };
    let _ = writeln!(
        output,
        "{documents} document{}: {what}",
        if documents == 1 { "" } else { "s" }
    );
    output
}

/// The part of a line around a column, with control characters replaced, and the number of characters before the column.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    const BEFORE: usize = 60;
    const WIDTH: usize = 160;
    let skipped = column.saturating_sub(1).saturating_sub(BEFORE);
    let shown = line.chars().skip(skipped).take(WIDTH);
    let shown = shown.map(|character| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    });
    (shown.collect(), column.saturating_sub(1) - skipped)
}

fn findings_json(documents: usize, results: &[Checked<'_>]) -> Value {
    let findings: Vec<Value> = all(results)
        .map(|(checked, finding)| {
            let (line, column) = checked.place(finding);
            let related: Vec<Value> = finding
                .related
                .iter()
                .map(|related| json!({"message": related.message, "offset": checked.start + related.span.start, "length": related.span.len()}))
                .collect();
            let fix = finding.fix.as_ref().map(|fix| {
                let edits: Vec<Value> = fix
                    .edits
                    .iter()
                    .map(|edit| json!({"offset": checked.start + edit.span.start, "length": edit.span.len(), "replacement": edit.replacement}))
                    .collect();
                json!({"title": fix.title, "edits": edits})
            });
            json!({
                "file": checked.input.name,
                "line": line,
                "column": column,
                "offset": checked.start + finding.span.start,
                "length": finding.span.len(),
                "code": finding.code,
                "aws_code": finding.aws_code,
                "class": finding.class.name(),
                "sid": finding.sid,
                "message": finding.message,
                "help": finding.help,
                "related": related,
                "fix": fix,
            })
        })
        .collect();
    json!({"documents": documents, "findings": findings})
}

fn sarif(results: &[Checked<'_>]) -> Value {
    let level = |class: Class| match class {
        Class::Error => "error",
        Class::SecurityWarning | Class::Warning => "warning",
        Class::Suggestion => "note",
    };
    let mut codes: Vec<&str> = all(results).map(|(_, finding)| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .filter_map(|code| {
            let (class, description, aws_code) = match rule(code) {
                Some(rule) => (rule.class, rule.description, rule.aws_code),
                None => {
                    let rule = CONFIG_RULES.iter().find(|rule| rule.code == *code)?;
                    (rule.class, rule.description, None)
                }
            };
            Some(json!({
                "id": code,
                "shortDescription": {"text": description},
                "defaultConfiguration": {"level": level(class)},
                "properties": {"class": class.name(), "awsCode": aws_code},
            }))
        })
        .collect();
    let found: Vec<Value> = all(results)
        .map(|(checked, finding)| {
            let (line, column) = checked.place(finding);
            json!({
                "ruleId": finding.code,
                "level": level(finding.class),
                "message": {"text": finding.explanation()},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&checked.input.name)},
                    "region": {"startLine": line, "startColumn": column},
                }}],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "pinpoint-iam",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": found,
        }],
    })
}

/// A path as a relative reference of a URI.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte))
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

fn github(results: &[Checked<'_>]) -> String {
    let mut output = String::new();
    for (checked, finding) in all(results) {
        let (line, column) = checked.place(finding);
        let command = match finding.class {
            Class::Error => "error",
            Class::SecurityWarning | Class::Warning => "warning",
            Class::Suggestion => "notice",
        };
        let _ = writeln!(
            output,
            "::{command} file={},line={line},col={column},title={}::{}",
            escape(&checked.input.name, true),
            finding.code,
            escape(&finding.explanation(), false)
        );
    }
    output
}

/// Escapes the text of a workflow command, see [workflow
/// commands](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
fn escape(text: &str, is_property: bool) -> String {
    let text = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    match is_property {
        true => text.replace(':', "%3A").replace(',', "%2C"),
        false => text,
    }
}
