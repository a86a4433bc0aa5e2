//! Applies the fixes of findings.
//!
//! Each fix is compared on its own, with the document before and after it. Only if the exact comparison proves that the
//! policy can be replaced by the fixed one, whatever other policies apply, the fix is safe.

use std::io::Write;

use clap::ValueEnum;
use pinpoint_iam::policy::Document;
use pinpoint_iam_core::json::Node;
use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_lint::{Config, Finding, Fix, Linter};
use pinpoint_iam_tools::editor::is_proven;
use pinpoint_iam_tools::parts;
use similar::TextDiff;

use crate::files::{self, Input};
use crate::progress::{Progress, Reader};

/// The fixes to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Those that are proven to keep the meaning of the policy.
    Safe,
    /// All.
    Unsafe,
}

/// What to do with fixed documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Write them to their files, or to standard output.
    Write,
    /// Print the changes.
    Diff,
}

/// The documents after the fixes.
pub(super) struct Outcome {
    pub(super) inputs: Vec<Input>,
    /// Whether a file could not be written.
    pub(super) has_failed: bool,
}

/// Finds and applies fixes.
#[derive(Clone, Copy)]
pub(super) struct Fixer<'a> {
    pub(super) linter: Linter<'a>,
    pub(super) kind: PolicyKind,
    pub(super) config: Option<&'a Config>,
    pub(super) mode: Mode,
    pub(super) reader: Reader,
}

/// The maximum number of passes. A fix can make another one possible, but not many in a row.
const MOST_PASSES: usize = 20;

/// A fix that was applied.
struct Change {
    code: &'static str,
    title: String,
    line: usize,
    is_proven: bool,
}

/// A text after its fixes.
struct Fixed {
    /// The text with the fixes that are proven.
    proven: String,
    /// The text with all fixes of the mode.
    text: String,
    changes: Vec<Change>,
    /// Whether no further fix is possible.
    is_complete: bool,
}

impl Fixer<'_> {
    /// Applies fixes to all documents.
    pub(super) fn apply(&self, inputs: Vec<Input>, target: Target) -> std::io::Result<Outcome> {
        let mut outcome = Outcome {
            inputs: Vec::new(),
            has_failed: false,
        };
        let mut seen = std::collections::HashSet::new();
        let progress = Progress::new("fixing", inputs.len(), self.reader);
        for mut input in inputs {
            progress.step();
            let canonical = input
                .path
                .as_ref()
                .and_then(|path| path.canonicalize().ok());
            if canonical.is_some_and(|path| !seen.insert(path)) {
                // The same file, which has been fixed already.
                continue;
            }
            if let Ok(text) = &input.text {
                let fixed = self.fix(&input.name, text);
                match progress.hide(|| self.write(&input, text, &fixed, target)) {
                    Ok(()) if target == Target::Write => input.text = Ok(fixed.text),
                    Ok(()) => {}
                    Err(error) if input.path.is_some() => {
                        outcome.has_failed = true;
                        progress.hide(|| {
                            eprintln!("error: cannot write `{}`: {error}", input.name);
                        });
                    }
                    // Standard output.
                    Err(error) => return Err(error),
                }
            }
            outcome.inputs.push(input);
        }
        Ok(outcome)
    }

    fn write(
        &self,
        input: &Input,
        text: &str,
        fixed: &Fixed,
        target: Target,
    ) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        match (&input.path, target) {
            (_, Target::Diff) => {
                return stdout.write_all(diff(&input.name, text, &fixed.text).as_bytes());
            }
            (Some(path), Target::Write) => {
                // What is not proven is shown before it is written.
                eprint!("{}", diff(&input.name, &fixed.proven, &fixed.text));
                if fixed.text != *text {
                    files::replace(path, text, &fixed.text)?;
                }
            }
            (None, Target::Write) => {
                eprint!("{}", diff(&input.name, &fixed.proven, &fixed.text));
                stdout.write_all(fixed.text.as_bytes())?;
            }
        }
        for change in &fixed.changes {
            let note = if change.is_proven { "" } else { " (unsafe)" };
            eprintln!(
                "fixed{note}: {}:{}: {}: {}",
                input.name, change.line, change.code, change.title
            );
        }
        if !fixed.is_complete {
            eprintln!(
                "note: {}: further fixes are possible; repeat the command",
                input.name
            );
        }
        Ok(())
    }

    fn fix(&self, name: &str, text: &str) -> Fixed {
        let mut changes = Vec::new();
        let (proven, mut is_complete) = self.passes(name, text, Mode::Safe, &mut changes);
        let mut text = proven.clone();
        if self.mode == Mode::Unsafe {
            (text, is_complete) = self.passes(name, &text, Mode::Unsafe, &mut changes);
        }
        Fixed {
            proven,
            text,
            changes,
            is_complete,
        }
    }

    /// Repeats passes until nothing changes.
    fn passes(
        &self,
        name: &str,
        text: &str,
        mode: Mode,
        changes: &mut Vec<Change>,
    ) -> (String, bool) {
        let mut text = text.to_owned();
        for _ in 0..MOST_PASSES {
            match self.pass(name, &text, mode, changes) {
                Some(fixed) => text = fixed,
                None => return (text, true),
            }
        }
        (text, false)
    }

    /// Applies the fixes of all current findings, from the end of the text to its start, so that the places of the
    /// remaining ones are still right. Of two that overlap, the later pass gets one.
    fn pass(
        &self,
        name: &str,
        text: &str,
        mode: Mode,
        changes: &mut Vec<Change>,
    ) -> Option<String> {
        let part = parts::single(text)?;
        let (document, start) = (&*part.document, part.start()?);
        let kind = part.kind.unwrap_or(self.kind);
        let mut findings = self.linter.lint(document, kind).findings;
        if let Some(config) = self.config {
            config.apply(name, &mut findings);
        }
        let mut fixes: Vec<(&Finding, &Fix)> = findings
            .iter()
            .filter_map(|finding| Some((finding, finding.fix.as_ref()?)))
            .collect();
        fixes.sort_by_key(|(_, fix)| std::cmp::Reverse(fix.span().start));
        let mut candidate = Candidate {
            text: text.to_owned(),
            start,
            length: document.len(),
            policy: Document::parse(document).ok(),
        };
        let mut limit = usize::MAX;
        let before = changes.len();
        for (finding, fix) in fixes {
            if fix.span().end > limit {
                continue;
            }
            let Some((fixed, is_proven)) = candidate.with(fix, kind) else {
                continue;
            };
            if is_proven || mode == Mode::Unsafe {
                candidate = fixed;
                limit = fix.span().start;
                let lines_before = text.get(..start).unwrap_or_default().matches('\n').count();
                changes.push(Change {
                    code: finding.code,
                    title: fix.title.clone(),
                    line: lines_before + finding.line,
                    is_proven,
                });
            }
        }
        (changes.len() > before).then_some(candidate.text)
    }
}

/// A text with a policy document in it.
struct Candidate {
    text: String,
    start: usize,
    length: usize,
    policy: Option<Document>,
}

impl Candidate {
    /// The text with a fix, and whether this is proven to keep the meaning; `None` if the fix is not possible.
    fn with(&self, fix: &Fix, kind: PolicyKind) -> Option<(Self, bool)> {
        let text = fix.apply(&self.text, self.start)?;
        let length = (self.length + text.len()).checked_sub(self.text.len())?;
        let document = text.get(self.start..self.start + length)?;
        Node::root(document).ok()?;
        let policy = Document::parse(document).ok();
        let is_proven = match (&self.policy, &policy) {
            (Some(before), Some(after)) => is_proven(kind, before, after),
            // A fix does not make a policy unreadable.
            (Some(_), None) => return None,
            (None, _) => false,
        };
        let fixed = Self {
            start: self.start,
            length,
            policy,
            text,
        };
        Some((fixed, is_proven))
    }
}

/// The changes as a unified diff; empty if there are none.
pub(crate) fn diff(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().header(name, name).to_string()
}
