//! A document is rejected with a position in its text, or can be written and parsed back as the same document.

use std::collections::BTreeSet;

use crate::place::assert_within;
use pinpoint_iam::policy::{Document, ParseError, PolicyKind};
use serde_json::Value;

/// Shorter than every quota, so that no result depends on how a document is written.
const SHORT: usize = 2_000;

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            return assert_within(text, error.line(), error.column(), &error.explanation());
        }
    };
    // A number that does not fit an `f64` is not a `Value`.
    let json = serde_json::from_str::<Value>(text);
    for written in [document.to_string(), document.to_string_pretty()] {
        let read = Document::parse(&written).expect("a written document can be parsed");
        assert_eq!(read, document);
        assert_eq!(read.to_string(), document.to_string());
        if let Ok(json) = &json {
            assert_eq!(
                &serde_json::from_str::<Value>(&written).expect("JSON"),
                json
            );
        }
        let is_short = text.len() < SHORT && written.len() < SHORT;
        // Characters beyond Latin-1 are errors unless they are escaped, and writing escapes them.
        let is_latin = text.chars().all(|character| character <= '\u{ff}');
        for kind in PolicyKind::ALL {
            let faults = document.faults(*kind);
            assert_eq!(document.validate(*kind).err().as_ref(), faults.first());
            for fault in &faults {
                assert_within(text, fault.line(), fault.column(), &fault.explanation());
            }
            if is_short && is_latin {
                // Errors are sorted by position, and writing may change the order of members.
                let of = |faults: &[ParseError]| -> BTreeSet<String> {
                    faults.iter().map(ParseError::explanation).collect()
                };
                assert_eq!(of(&read.faults(*kind)), of(&faults));
            }
        }
    }
}
