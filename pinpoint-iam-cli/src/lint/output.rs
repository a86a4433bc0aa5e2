//! Renders findings.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use clap::ValueEnum;
use pinpoint_iam_lint::{CONFIG_RULES, Class, Finding, rule};
use serde_json::{Value, json};

use crate::files::Input;
use crate::progress::Reader;

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

impl Format {
    pub(super) const fn reader(self) -> Reader {
        match self {
            Self::Human => Reader::Person,
            Self::Json | Self::Sarif | Self::Github => Reader::Program,
        }
    }
}

/// A document and its findings.
pub(super) struct Checked<'a> {
    pub(super) input: &'a Input,
    /// The text of the file.
    pub(super) text: &'a str,
    /// With positions in the file.
    pub(super) findings: Vec<Finding>,
}

impl Checked<'_> {
    /// The line and column in the file.
    fn place(&self, finding: &Finding) -> (usize, usize) {
        let before = self.text.get(..finding.span.start).unwrap_or_default();
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

/// How a class is shown.
fn level(class: Class) -> Level<'static> {
    match class {
        Class::Error => Level::ERROR,
        Class::SecurityWarning => Level::WARNING.with_name(class.name()),
        Class::Warning => Level::WARNING,
        Class::Suggestion => Level::INFO.with_name(class.name()),
    }
}

/// The renderer for standard output: with colours if it is a terminal, and as wide as the variable `COLUMNS` says.
fn renderer() -> Renderer {
    let is_coloured =
        io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let renderer = match is_coloured {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let columns = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    match columns {
        Some(columns @ 40..) => renderer.term_width(columns),
        _ => renderer,
    }
}

fn excerpt(checked: &Checked<'_>, finding: &Finding, renderer: &Renderer) -> String {
    let aws_code = finding
        .aws_code
        .map_or_else(String::new, |code| format!(" ({code})"));
    let related = finding.related.iter().map(|related| {
        AnnotationKind::Context
            .span(related.span.clone())
            .label(related.message.as_str())
    });
    let snippet = Snippet::source(checked.text)
        .path(checked.input.name.as_str())
        .annotation(AnnotationKind::Primary.span(finding.span.clone()))
        .annotations(related);
    let group = level(finding.class)
        .primary_title(format!("{}{aws_code}", finding.message))
        .id(finding.code)
        .element(snippet)
        .element(Level::HELP.message(finding.help.as_str()));
    renderer.render(&[group])
}

fn human(documents: usize, results: &[Checked<'_>]) -> String {
    let renderer = renderer();
    let mut output = String::new();
    for (checked, finding) in all(results) {
        let _ = writeln!(output, "{}\n", excerpt(checked, finding, &renderer));
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
    if documents > 0 {
        let _ = writeln!(
            output,
            "{documents} document{}: {what}",
            if documents == 1 { "" } else { "s" }
        );
    }
    output
}

fn findings_json(documents: usize, results: &[Checked<'_>]) -> Value {
    let findings: Vec<Value> = all(results)
        .map(|(checked, finding)| {
            let (line, column) = checked.place(finding);
            let related: Vec<Value> = finding
                .related
                .iter()
                .map(|related| json!({"message": related.message, "offset": related.span.start, "length": related.span.len()}))
                .collect();
            let fix = finding.fix.as_ref().map(|fix| {
                let edits: Vec<Value> = fix
                    .edits
                    .iter()
                    .map(|edit| json!({"offset": edit.span.start, "length": edit.span.len(), "replacement": edit.replacement}))
                    .collect();
                json!({"title": fix.title, "edits": edits})
            });
            json!({
                "file": checked.input.name,
                "line": line,
                "column": column,
                "offset": finding.span.start,
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

#[cfg(test)]
mod tests {
    use pinpoint_iam_catalog::Catalog;
    use pinpoint_iam_lint::{Linter, rules};

    use super::*;
    use pinpoint_iam_tools::parts;

    /// Every finding in every part of the examples can be shown, with and without colours, also in a narrow terminal and
    /// with characters that are not shown as they are.
    #[test]
    fn every_finding_has_an_excerpt() {
        let linter = Linter::new(Catalog::builtin().expect("the catalogs are valid"));
        let renderers = [Renderer::plain(), Renderer::styled().term_width(40)];
        let mut count = 0;
        for rule in rules() {
            let example = rule.example.document;
            if example.len() > 1000 {
                continue;
            }
            let odd = example.replace("s3:", "s3:\t\u{202e}😀é\r\n");
            for text in [example, &odd] {
                let ends = text.char_indices().map(|(at, _)| at).step_by(7);
                for end in ends.chain([text.len()]) {
                    let text = text.get(..end).unwrap_or_default();
                    let input = Input {
                        name: "policy.json".to_owned(),
                        path: None,
                        text: Ok(text.to_owned()),
                    };
                    let (document, start) = parts::unwrap(text);
                    assert_eq!(start, 0);
                    let findings = linter.lint(document, rule.example.kind).findings;
                    let checked = Checked {
                        input: &input,
                        text,
                        findings,
                    };
                    for (finding, renderer) in checked.findings.iter().flat_map(|finding| {
                        renderers.iter().map(move |renderer| (finding, renderer))
                    }) {
                        let shown = excerpt(&checked, finding, renderer);
                        assert!(shown.contains(finding.code), "{shown}");
                        assert!(!shown.contains('\u{202e}'), "{shown}");
                        count += 1;
                    }
                }
            }
        }
        assert!(count > 10_000, "{count}");
    }
}
