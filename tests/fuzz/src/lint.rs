//! Findings are parts of the text, fixes and the canonical layout are valid JSON, and a document without errors and
//! warnings is accepted by the strict parser.

use std::time::SystemTime;

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_lint::{Class, Config, Linter, format};
use serde::de::IgnoredAny;

use crate::place::assert_within;

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    let catalog = Catalog::builtin().expect("the built-in catalogs");
    let config = Config::parse("[sources]", SystemTime::UNIX_EPOCH).expect("a configuration");
    let sources = config.sources().expect("the table exists");
    let document = Document::parse(text);
    if let Ok(formatted) = format(text, 0) {
        assert_eq!(format(&formatted, 0).as_ref(), Ok(&formatted));
        assert_eq!(
            document.as_ref().ok(),
            Document::parse(&formatted).as_ref().ok()
        );
    }
    for kind in PolicyKind::ALL {
        let report = Linter::new(catalog).with_sources(sources).lint(text, *kind);
        let mut last = 0;
        for finding in &report.findings {
            assert_within(text, finding.line, finding.column, &finding.explanation());
            assert!(last <= finding.span.start, "in the order of the text");
            last = finding.span.start;
            let spans = finding.related.iter().map(|related| &related.span);
            for span in spans.chain([&finding.span]) {
                assert!(text.get(span.clone()).is_some(), "{span:?}: {finding}");
            }
            if let Some(fix) = &finding.fix {
                let fixed = fix.apply(text, 0).expect("a fix of the text");
                let is_json = serde_json::from_str::<IgnoredAny>(&fixed).is_ok();
                assert!(is_json, "{finding}: {fixed}");
                assert_ne!(fixed, text, "{finding}");
            }
        }
        if report.worst() < Some(Class::Warning) {
            let document = document.as_ref().expect("a document without warnings");
            assert_eq!(document.faults(*kind), [], "{kind}: no warnings");
        }
    }
}
