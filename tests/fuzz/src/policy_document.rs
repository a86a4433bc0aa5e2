//! A document is refused with a place in its text, or can be written and read back as the same document.

use std::collections::BTreeSet;

use crate::place::assert_within;
use pinpoint_iam::policy::{Document, ParseError, PolicyKind};
use serde_json::Value;

/// Shorter than every quota, so that no verdict depends on how a document is written.
const SHORT: usize = 2_000;

/// Checks one input.
///
/// # Panics
///
/// When it does not hold.
pub fn check(text: &str) {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            return assert_within(text, error.line(), error.column(), &error.explanation());
        }
    };
    // Numbers that no `f64` holds are no `Value`.
    let json = serde_json::from_str::<Value>(text);
    for written in [document.to_string(), document.to_string_pretty()] {
        let read = Document::parse(&written).expect("what was written can be read");
        assert_eq!(read, document);
        assert_eq!(read.to_string(), document.to_string());
        if let Ok(json) = &json {
            assert_eq!(
                &serde_json::from_str::<Value>(&written).expect("JSON"),
                json
            );
        }
        let is_short = text.len() < SHORT && written.len() < SHORT;
        // Others are faults where they are not escaped, and writing escapes them.
        let is_latin = text.chars().all(|character| character <= '\u{ff}');
        for kind in PolicyKind::ALL {
            let faults = document.faults(*kind);
            assert_eq!(document.validate(*kind).err().as_ref(), faults.first());
            for fault in &faults {
                assert_within(text, fault.line(), fault.column(), &fault.explanation());
            }
            if is_short && is_latin {
                // Faults stand in the order of their places, and writing orders members.
                let of = |faults: &[ParseError]| -> BTreeSet<String> {
                    faults.iter().map(ParseError::explanation).collect()
                };
                assert_eq!(of(&read.faults(*kind)), of(&faults));
            }
        }
    }
}
