//! A document is refused with a place in its text, or can be written and read back as the same document.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use pinpoint_iam::policy::{Document, ParseError, PolicyKind};
use pinpoint_iam_fuzz::place::assert_within;
use serde_json::Value;

/// Shorter than every quota, so that no verdict depends on how a document is written.
const SHORT: usize = 2_000;

fuzz_target!(|text: &str| {
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
        for kind in PolicyKind::ALL {
            let faults = document.faults(*kind);
            assert_eq!(document.validate(*kind).err().as_ref(), faults.first());
            for fault in &faults {
                assert_within(text, fault.line(), fault.column(), &fault.explanation());
            }
            if is_short {
                // Faults stand in the order of their places, and writing orders members.
                let of = |faults: &[ParseError]| -> BTreeSet<String> {
                    faults.iter().map(ParseError::explanation).collect()
                };
                assert_eq!(of(&read.faults(*kind)), of(&faults));
            }
        }
    }
});
