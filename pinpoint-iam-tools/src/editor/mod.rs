//! What editors show: diagnostics, completion, hover texts, quick fixes and formatting.
//!
//! Results are values of the Language Server Protocol, as JSON. The program `pinpoint-iam lsp` adds its messages.

mod catalog;
mod complete;
mod hover;
mod scan;
mod text;
mod toml;

use std::ops::Range;

use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_compare::Comparer;
use pinpoint_iam_core::policy::{Document, PolicyKind};
use pinpoint_iam_lint::{Class, Config, Finding, Fix, Linter};
use serde_json::{Value, json};

use self::scan::scan;
pub use self::text::{Position, Span, Text};
use crate::parts;

/// Serves editors of policies and of catalogs.
#[derive(Clone, Copy, Debug)]
pub struct Editor<'a> {
    linter: Linter<'a>,
    catalog: &'a Catalog,
    kind: Option<PolicyKind>,
    config: Option<&'a Config>,
}

/// A document in an editor.
#[derive(Clone, Copy, Debug)]
pub struct OpenDocument<'a> {
    /// The name that results contain.
    pub uri: &'a str,
    /// The path as the configuration contains it.
    pub path: &'a str,
    /// The content.
    pub text: &'a Text,
}

impl<'a> Editor<'a> {
    /// Creates an editor that completes with the names of `catalog`.
    pub const fn new(linter: Linter<'a>, catalog: &'a Catalog) -> Self {
        Self {
            linter,
            catalog,
            kind: None,
            config: None,
        }
    }

    /// Checks policies as policies of this kind. Without it, a policy with principals is that of a resource or of a role,
    /// and others are identity-based.
    #[must_use]
    pub const fn with_kind(mut self, kind: Option<PolicyKind>) -> Self {
        self.kind = kind;
        self
    }

    /// Applies a configuration to the findings.
    #[must_use]
    pub const fn with_config(mut self, config: Option<&'a Config>) -> Self {
        self.config = config;
        self
    }

    /// The findings in a policy.
    pub fn policy_diagnostics(&self, document: &OpenDocument<'_>) -> Vec<Value> {
        let (findings, start) = self.findings(document);
        let diagnostics = findings.iter();
        diagnostics
            .map(|finding| diagnostic(finding, document, start))
            .collect()
    }

    /// The completion items in a policy.
    pub fn policy_items(&self, text: &Text, at: Position) -> Vec<Value> {
        complete::items(self.catalog, text, text.offset(at))
    }

    /// The text to show for a position in a policy; `null` if there is none.
    pub fn policy_hover(&self, text: &Text, at: Position) -> Value {
        hover::hover(self.catalog, text, text.offset(at))
    }

    /// The fixes of the findings in a part of a policy.
    pub fn quick_fixes(&self, document: &OpenDocument<'_>, span: Span) -> Vec<Value> {
        let OpenDocument { uri, text, .. } = document;
        let wanted = text.offset(span.start)..=text.offset(span.end);
        let (findings, start) = self.findings(document);
        let mut actions = Vec::new();
        for finding in &findings {
            let (from, to) = (start + finding.span.start, start + finding.span.end);
            let Some(fix) = &finding.fix else { continue };
            if from > *wanted.end() || to < *wanted.start() {
                continue;
            }
            let is_proven = self.keeps_meaning(text, start, fix);
            let edits: Vec<Value> = fix
                .edits
                .iter()
                .map(|edit| {
                    let range = start + edit.span.start..start + edit.span.end;
                    json!({"range": text.span(&range), "newText": edit.replacement})
                })
                .collect();
            let note = if is_proven {
                ""
            } else {
                " (changes the policy)"
            };
            let title = format!("{}: {}{note}", finding.code, fix.title);
            let diagnostic = diagnostic(finding, document, start);
            actions.push(json!({
                "title": title,
                "kind": "quickfix",
                "diagnostics": [diagnostic],
                "isPreferred": is_proven,
                "edit": {"changes": {*uri: edits}},
            }));
        }
        actions
    }

    /// The completion items in a catalog.
    pub fn catalog_items(&self, text: &Text, at: Position) -> Vec<Value> {
        catalog::items(self.catalog, text, text.offset(at))
    }

    /// The text to show for a position in a catalog; `null` if there is none.
    pub fn catalog_hover(&self, text: &Text, at: Position) -> Value {
        catalog::hover(self.catalog, text, text.offset(at))
    }

    /// The findings in a policy, and the offset of the document in the text.
    fn findings(&self, document: &OpenDocument<'_>) -> (Vec<Finding>, usize) {
        let OpenDocument { path, text, .. } = document;
        let (policy, start) = parts::unwrap(text.as_str());
        let mut findings = self.linter.lint(policy, self.kind_of(text)).findings;
        if let Some(config) = self.config {
            config.apply(path, &mut findings);
        }
        (findings, start)
    }

    fn kind_of(&self, text: &Text) -> PolicyKind {
        self.kind.unwrap_or_else(|| {
            let scan = scan(text.as_str(), 0);
            match () {
                () if !scan.has_member(&["Principal", "NotPrincipal"]) => {
                    PolicyKind::IdentityManaged
                }
                () if scan.has_member(&["Resource", "NotResource"]) => PolicyKind::Resource,
                () => PolicyKind::RoleTrust,
            }
        })
    }

    /// Whether a fix is proven to keep the meaning of the policy.
    fn keeps_meaning(&self, text: &Text, start: usize, fix: &Fix) -> bool {
        let parse = |text: &str| Document::parse(parts::unwrap(text).0).ok();
        let after = fix.apply(text.as_str(), start);
        match (parse(text.as_str()), after.as_deref().and_then(parse)) {
            (Some(before), Some(after)) => is_proven(self.kind_of(text), &before, &after),
            _ => false,
        }
    }
}

/// Whether two documents are proven to have the same meaning.
pub fn is_proven(kind: PolicyKind, before: &Document, after: &Document) -> bool {
    let comparer = Comparer::new().values_of_any_type();
    comparer.are_interchangeable(kind, before, after)
}

/// The edit that formats a policy; `None` if it cannot be read.
pub fn format(text: &Text) -> Option<Value> {
    let (_, start) = parts::unwrap(text.as_str());
    let formatted = pinpoint_iam_lint::format(text.as_str(), start).ok()?;
    let whole = text.span(&(0..text.as_str().len()));
    Some(json!([{"range": whole, "newText": formatted}]))
}

fn diagnostic(finding: &Finding, document: &OpenDocument<'_>, start: usize) -> Value {
    let OpenDocument { uri, text, .. } = document;
    let span = |span: &Range<usize>| text.span(&(start + span.start..start + span.end));
    let severity = match finding.class {
        Class::Error => 1,
        Class::SecurityWarning | Class::Warning => 2,
        Class::Suggestion => 3,
    };
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|related| {
            json!({
                "location": {"uri": uri, "range": span(&related.span)},
                "message": related.message,
            })
        })
        .collect();
    json!({
        "range": span(&finding.span),
        "severity": severity,
        "code": finding.code,
        "source": "pinpoint-iam",
        "message": finding.explanation(),
        "relatedInformation": related,
    })
}

/// The findings in a catalog.
pub fn catalog_diagnostics(document: &OpenDocument<'_>) -> Vec<Value> {
    let OpenDocument { uri, text, .. } = document;
    let Err(errors) = Catalog::load([SourceFile::new(*uri, text.as_str())]) else {
        return Vec::new();
    };
    errors
        .iter()
        .map(|error| {
            let lines = text.as_str().split_inclusive('\n');
            let line = error.line().saturating_sub(1);
            let before: usize = lines.clone().take(line).map(str::len).sum();
            let content = lines.clone().nth(line).unwrap_or_default().trim_end();
            // Columns count characters.
            let column = error.column().saturating_sub(1);
            let offset = |column: usize| {
                let start = content.char_indices().nth(column);
                before + start.map_or(content.len(), |(at, _)| at)
            };
            let span = text.span(&(offset(column)..offset(column + error.width())));
            json!({
                "range": span,
                "severity": 1,
                "source": "pinpoint-iam",
                "message": format!("{}; {}", error.message(), error.hint()),
            })
        })
        .collect()
}
