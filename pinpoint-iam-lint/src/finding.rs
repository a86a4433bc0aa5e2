//! Findings as plain data.

use std::fmt;
use std::ops::Range;

/// The class of a finding, as in [IAM Access
/// Analyzer](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html); the last is the
/// most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The policy can be written in a better way, without a change of its meaning.
    Suggestion,
    /// The policy may not mean what its author intended.
    Warning,
    /// The policy allows more than its author probably intended.
    SecurityWarning,
    /// The policy is rejected, or a part of it has no effect.
    Error,
}

impl Class {
    /// Every class, from the least severe to the most severe.
    pub const ALL: [Self; 4] = [
        Self::Suggestion,
        Self::Warning,
        Self::SecurityWarning,
        Self::Error,
    ];

    /// The name: `security-warning`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suggestion => "suggestion",
            Self::Warning => "warning",
            Self::SecurityWarning => "security-warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One finding in a policy document.
///
/// Displayed as ``3:27: error[invalid-effect]: unknown effect `allow`; write `Allow` or `Deny` ``.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The code of the rule: `invalid-effect`.
    pub code: &'static str,
    /// The class; usually that of the rule.
    pub class: Class,
    /// The issue code of IAM Access Analyzer, if it has one for this: `INVALID_EFFECT`.
    pub aws_code: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The `Sid` of the statement that contains it, if it has one.
    pub sid: Option<String>,
    /// The part of the text, in bytes.
    pub span: Range<usize>,
    /// The line of the start of the span, counted from 1.
    pub line: usize,
    /// The column of the start of the span, counted in characters from 1.
    pub column: usize,
    /// Other parts of the text that the finding depends on.
    pub related: Vec<Related>,
    /// A change of the text that resolves the finding.
    pub fix: Option<Fix>,
}

impl Finding {
    /// What is wrong and what to do about it: `message; help`.
    pub fn explanation(&self) -> String {
        format!("{}; {}", self.message, self.help)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}: {}[{}]: {}; {}",
            self.line, self.column, self.class, self.code, self.message, self.help
        )
    }
}

/// Another part of the text that a finding depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Related {
    /// Its role.
    pub message: String,
    /// The part of the text, in bytes.
    pub span: Range<usize>,
    /// The line of the start of the span, counted from 1.
    pub line: usize,
    /// The column of the start of the span, counted in characters from 1.
    pub column: usize,
}

/// A change of the text that resolves a finding.
///
/// Nothing is known about its effect: some fixes keep the meaning of the policy, and others guess what was meant. The
/// crate `pinpoint-iam-compare` determines which.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fix {
    /// The change in a few words: ``write `Allow` ``.
    pub title: String,
    /// The edits, in the order of the text and without overlaps.
    pub edits: Vec<Edit>,
}

/// The replacement of a part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edit {
    /// The part to replace, in bytes. It is empty for an insertion.
    pub span: Range<usize>,
    /// The text to write there.
    pub replacement: String,
}

impl Fix {
    pub(crate) fn new(
        title: impl Into<String>,
        span: Range<usize>,
        replacement: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            edits: vec![Edit {
                span,
                replacement: replacement.into(),
            }],
        }
    }

    /// The part of the text from the first edit to the last.
    pub fn span(&self) -> Range<usize> {
        let start = self.edits.first().map_or(0, |edit| edit.span.start);
        let end = self.edits.last().map_or(start, |edit| edit.span.end);
        start..end
    }

    /// Returns the text with the edits. `start` is the offset of the checked document in the text.
    ///
    /// Returns `None` if an edit is not a part of the text, because the text is not the one that was checked.
    pub fn apply(&self, text: &str, start: usize) -> Option<String> {
        let mut fixed = String::with_capacity(text.len());
        let mut copied = 0;
        for edit in &self.edits {
            fixed.push_str(text.get(copied..start + edit.span.start)?);
            fixed.push_str(&edit.replacement);
            copied = start + edit.span.end;
        }
        fixed.push_str(text.get(copied..)?);
        Some(fixed)
    }
}
