//! One diagnostic of the compiler, in the format of `--error-format=json`.

use std::path::Path;

use serde::Deserialize;

use super::{Entry, Ours};

/// A diagnostic of the compiler.
#[derive(Clone, Debug, Deserialize)]
pub struct Diagnostic {
    message: String,
    code: Option<Code>,
    level: String,
    spans: Vec<Span>,
    children: Vec<Child>,
    /// The human-readable text.
    pub rendered: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Code {
    code: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Child {
    message: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Span {
    file_name: String,
    line_start: usize,
    column_start: usize,
    is_primary: bool,
    label: Option<String>,
    text: Vec<Line>,
    expansion: Option<Box<Expansion>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Line {
    text: String,
    highlight_start: usize,
    highlight_end: usize,
}

#[derive(Clone, Debug, Deserialize)]
struct Expansion {
    span: Span,
}

impl Diagnostic {
    /// Parses a line of the compiler's output. Returns `None` if it is not a diagnostic.
    pub fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// Returns whether this is an error.
    pub fn is_error(&self) -> bool {
        self.level.starts_with("error")
    }

    /// Returns the part that can be compared, or `None` for a summary at the end.
    pub(super) fn entry(&self, file: &str, directory: &Path, ours: &Ours) -> Option<Entry> {
        let primary = self.spans.iter().find(|span| span.is_primary)?;
        let place = primary.place(file, directory);
        let level = &self.level;
        let code = self.code.as_ref().map(|code| &*code.code);
        let message = self.message(code, primary, ours);
        let label = primary.label.iter().map(|label| ("label", &**label));
        let notes = self.children.iter().map(|child| ("note", &*child.message));
        let more: Vec<String> = label
            .chain(notes)
            .filter_map(|(name, text)| Some((name, ours.wrote(text)?)))
            .map(|(name, text)| format!("\n  = {name}: {}", indented(&text, "    ")))
            .collect();
        let code = code.map_or_else(String::new, |code| format!("[{code}]"));
        let text = match message {
            Some(message) => {
                let message = indented(&message, "  ");
                format!("{level}{code}: {message}\n --> {place}{}", more.concat())
            }
            None if more.is_empty() => format!("rustc's {level}{code}\n --> {place}"),
            None => format!("{level}{code}\n --> {place}{}", more.concat()),
        };
        let directory = directory.display().to_string();
        Some(Entry {
            is_ours: !text.starts_with("rustc's "),
            text: text.replace(&directory, "$DIR"),
        })
    }

    /// Returns the message, if it is ours.
    fn message(&self, code: Option<&str>, primary: &Span, ours: &Ours) -> Option<String> {
        match code {
            // The compiler's own errors without a code have a label or a note.
            None => (self.is_error() && primary.label.is_none() && self.children.is_empty())
                .then(|| self.message.clone()),
            Some("E0080") => {
                let message = self.message.strip_prefix("evaluation panicked: ");
                message.map(str::to_owned)
            }
            Some(_) => ours.wrote(&self.message),
        }
    }
}

impl Span {
    /// Returns the position and source text in the file of the case, or only a file name if it does not refer to that
    /// file.
    fn place(&self, file: &str, directory: &Path) -> String {
        let mut span = self;
        while span.file_name != file {
            let Some(expansion) = &span.expansion else {
                return span.elsewhere(directory);
            };
            span = &expansion.span;
        }
        let (line, column) = (span.line_start, span.column_start);
        let marked = span.text.first().map(|line| {
            let length = line.highlight_end.saturating_sub(line.highlight_start);
            let start = line.highlight_start.saturating_sub(1);
            line.text
                .chars()
                .skip(start)
                .take(length)
                .collect::<String>()
        });
        let marked = marked.unwrap_or_default();
        let more = if span.text.len() > 1 { " .." } else { "" };
        format!("{line}:{column} `{marked}`{more}")
    }

    fn elsewhere(&self, directory: &Path) -> String {
        let path = Path::new(&self.file_name);
        match path.strip_prefix(directory) {
            Ok(path) => path.display().to_string(),
            Err(_) if path.is_relative() => path.display().to_string(),
            Err(_) => "another crate".to_owned(),
        }
    }
}

/// Returns the text with `indent` before every line except the first.
fn indented(text: &str, indent: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join(&format!("\n{indent}"))
}
