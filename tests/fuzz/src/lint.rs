//! Findings are parts of the text, and a document without errors and warnings is accepted by the strict parser.

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_lint::{Class, Linter};

use crate::place::assert_within;

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    let catalog = Catalog::builtin().expect("the built-in catalogs");
    let document = Document::parse(text);
    for kind in PolicyKind::ALL {
        let report = Linter::new(catalog).lint(text, *kind);
        let mut last = 0;
        for finding in &report.findings {
            assert_within(text, finding.line, finding.column, &finding.explanation());
            assert!(last <= finding.span.start, "in the order of the text");
            last = finding.span.start;
            let spans = finding.related.iter().map(|related| &related.span);
            let fix = finding.fix.iter().map(|fix| &fix.span);
            for span in spans.chain(fix).chain([&finding.span]) {
                assert!(text.get(span.clone()).is_some(), "{span:?}: {finding}");
            }
        }
        if report.worst() < Some(Class::Warning) {
            let document = document.as_ref().expect("a document without warnings");
            assert_eq!(document.faults(*kind), [], "{kind}: no warnings");
        }
    }
}
