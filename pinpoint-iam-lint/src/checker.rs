//! Collects the findings of one document.

use std::ops::Range;

use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_core::policy::{PolicyKind, Position};

use crate::finding::{Class, Finding, Fix, Related};
use crate::rule::Rule;
use crate::sources::KeySources;

/// A document, its kind, and the findings so far.
pub(crate) struct Checker<'a> {
    pub(crate) source: &'a str,
    pub(crate) kind: PolicyKind,
    pub(crate) catalog: &'a Catalog,
    pub(crate) sources: Option<&'a KeySources>,
    pub(crate) findings: Vec<Finding>,
    lines: Lines,
    /// The document that positions refer to, if it is not the source.
    view: Option<View>,
}

/// A document that contains a part of the source.
struct View {
    text: String,
    lines: Lines,
    /// Where the part starts in this document.
    start: usize,
    /// The part of the source.
    part: Range<usize>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(
        source: &'a str,
        kind: PolicyKind,
        catalog: &'a Catalog,
        sources: Option<&'a KeySources>,
    ) -> Self {
        Self {
            source,
            kind,
            catalog,
            sources,
            findings: Vec::new(),
            lines: Lines::of(source),
            view: None,
        }
    }

    /// Reports a finding at the token that starts at the offset `at`.
    pub(crate) fn report(
        &mut self,
        rule: &'static Rule,
        at: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let span = self.token(at);
        let (line, column) = self.place(span.start);
        self.findings.push(Finding {
            code: rule.code,
            class: rule.class,
            aws_code: rule.aws_code,
            message: message.into(),
            help: help.into(),
            sid: None,
            span,
            line,
            column,
            related: Vec::new(),
            fix: None,
        });
        let last = self.findings.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "an element was added above")]
        &mut self.findings[last]
    }

    /// Reports a finding with another class than that of its rule.
    pub(crate) fn report_as(
        &mut self,
        rule: &'static Rule,
        class: Class,
        at: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Finding {
        let finding = self.report(rule, at, message, help);
        finding.class = class;
        finding
    }

    /// The token at `at`, as another part of the text.
    pub(crate) fn related(&self, at: usize, message: impl Into<String>) -> Related {
        let span = self.token(at);
        let (line, column) = self.place(span.start);
        Related {
            message: message.into(),
            span,
            line,
            column,
        }
    }

    /// The replacement of the token at `at` by a string with this content.
    pub(crate) fn string_fix(&self, at: usize, content: &str) -> Option<Fix> {
        let is_plain =
            |character: char| !character.is_control() && !matches!(character, '"' | '\\');
        content.chars().all(is_plain).then(|| {
            Fix::new(
                format!("write `{content}`"),
                self.token(at),
                format!("\"{content}\""),
            )
        })
    }

    /// From now on, positions are those of a document that contains a part of the source, at the offset `start`.
    pub(crate) fn look_at(&mut self, text: String, start: usize, part: Range<usize>) {
        let lines = Lines::of(&text);
        self.view = Some(View {
            text,
            lines,
            start,
            part,
        });
    }

    /// From now on, positions are those of the source.
    pub(crate) fn look_at_source(&mut self) {
        self.view = None;
    }

    /// The offset in the source of a position.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let Some(view) = &self.view else {
            return self.lines.offset(self.source, position);
        };
        let offset = view.lines.offset(&view.text, position);
        // An error of the document around the part is shown at the start of the part.
        let in_part = view.part.start + offset.saturating_sub(view.start);
        match view.part.contains(&in_part) {
            true => in_part,
            false => view.part.start,
        }
    }

    /// The line and column of an offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        self.lines.place(self.source, offset)
    }

    /// The token that starts at `at`: a string up to its closing quotation mark, or a single character.
    pub(crate) fn token(&self, at: usize) -> Range<usize> {
        let rest = self.source.get(at..).unwrap_or_default();
        let mut characters = rest.char_indices();
        let length = match characters.next() {
            None => return at..at,
            Some((_, '"')) => string_length(rest),
            Some((_, first)) => first.len_utf8(),
        };
        at..at + length
    }
}

/// The offsets at which the lines of a text start.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self(std::iter::once(0).chain(ends).collect())
    }

    /// The offset of a position in the text.
    fn offset(&self, text: &str, position: Position) -> usize {
        let start = self.0.get(position.line().saturating_sub(1));
        let start = start.copied().unwrap_or(text.len());
        let line = text.get(start..).unwrap_or_default();
        let characters = line.char_indices().map(|(offset, _)| offset);
        let column = characters
            .chain([line.len()])
            .nth(position.column().saturating_sub(1));
        start + column.unwrap_or(line.len())
    }

    /// The line and column of an offset in the text, counted from 1.
    pub(crate) fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|start| *start <= offset);
        let start = self.0.get(line.saturating_sub(1));
        let start = start.copied().unwrap_or_default();
        let before = text.get(start..offset).unwrap_or_default();
        (line.max(1), before.chars().count() + 1)
    }
}

/// The length of the string at the start of `text`, with its quotation marks; up to the end of the line if it is open.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            '\n' => return offset,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return offset + 1,
            _ => {}
        }
    }
    text.len()
}
