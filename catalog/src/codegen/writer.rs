//! Writing indented Rust, line by line.

use std::fmt::Write;

/// The lints that generated code is exempt from, and why.
///
/// A program need not use every action of its service, may keep the module private, and has its own idea of how much
/// qualification a name needs; the number of a constructor's arguments is that of the placeholders in an ARN.
const ALLOW: &str = "#[allow(dead_code, unreachable_pub, unused_imports, unused_qualifications, clippy::too_many_arguments)]";

/// Rust text in the making.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// One line, indented.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n("    ", self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// An empty line, unless a block has just been opened or nothing has been written yet.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
    }

    /// A doc comment; one line of it for each line of `text`.
    pub(super) fn doc(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("/// {line}").trim_end());
        }
    }

    /// The attribute that exempts an item from the lints that generated code cannot heed.
    pub(super) fn allow(&mut self) {
        self.line(ALLOW);
    }

    /// `head {`, what `body` writes, and the closing `}`.
    pub(super) fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.delimited(head, "{", "}", body);
    }

    /// `head`, the opening delimiter, what `body` writes, and the closing one.
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

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A text as a Rust literal.
pub(super) fn literal(text: &str) -> String {
    format!("{text:?}")
}

/// An optional text as a Rust expression.
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

/// Texts as a borrowed array of literals.
pub(super) fn literals<S: AsRef<str>>(texts: &[S]) -> String {
    array(texts.iter().map(|text| literal(text.as_ref())))
}
