//! Findings are parts of the text, and a document without errors and warnings is accepted by the strict parser.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::lint;

fuzz_target!(|text: &str| lint::check(text));
