//! Writes indented Rust code, line by line.

use std::fmt::Write;

/// The lints that generated code allows, and the reasons.
///
/// A program does not necessarily use every action of its service, may keep the module private, and may have its own
/// rules for the qualification of names. The number of a constructor's arguments is the number of placeholders in the
/// ARN.
const ALLOW: &str = "#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]";

/// Rust code being written.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// Writes one line, indented.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n("    ", self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Writes an empty line, except at the start of the text or of a block.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
    }

    /// Writes a doc comment with one line for each line of `text`.
    pub(super) fn doc(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("/// {}", visible(line)).trim_end());
        }
    }

    /// Writes the attribute that allows the lints with which generated code cannot comply.
    pub(super) fn allow(&mut self) {
        self.line(ALLOW);
    }

    /// Writes `head {`, the output of `body`, and the closing `}`.
    pub(super) fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.delimited(head, "{", "}", body);
    }

    /// Writes `head`, the opening delimiter, the output of `body`, and the closing delimiter.
    pub(super) fn delimited(
        &mut self,
        head: &str,
        open: &str,
        close: &str,
        body: impl FnOnce(&mut Self),
    ) {
        let tight = head.is_empty() || head.ends_with(' ') || open != "{";
        let space = if tight { "" } else { " " };
        self.line(format!("{head}{space}{open}"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(close);
    }

    /// Returns the code.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A string as a Rust literal.
pub(super) fn literal(text: &str) -> String {
    format!("{text:?}")
}

/// A line of a comment, in which rustc rejects characters that change the direction of text.
fn visible(line: &str) -> String {
    let mut visible = String::with_capacity(line.len());
    for character in line.chars() {
        if matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            visible.extend(character.escape_unicode());
        } else {
            visible.push(character);
        }
    }
    visible
}

/// An optional string as a Rust expression.
pub(super) fn optional(text: Option<&str>) -> String {
    match text {
        Some(text) => some(&literal(text)),
        None => NONE.to_owned(),
    }
}

/// `Some(expression)`.
pub(super) fn some(expression: &str) -> String {
    format!("::core::option::Option::Some({expression})")
}

/// `None`.
pub(super) const NONE: &str = "::core::option::Option::None";

/// Expressions as a borrowed array.
pub(super) fn array(expressions: impl IntoIterator<Item = String>) -> String {
    let mut text = String::from("&[");
    for (index, expression) in expressions.into_iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // INVARIANT: writing to a `String` cannot fail.
        let _ = write!(text, "{separator}{expression}");
    }
    text.push(']');
    text
}

/// Strings as a borrowed array of literals.
pub(super) fn literals<S: AsRef<str>>(texts: &[S]) -> String {
    array(texts.iter().map(|text| literal(text.as_ref())))
}
