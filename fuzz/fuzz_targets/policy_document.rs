//! A document is rejected with a position in its text, or can be written and parsed back as the same document.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::policy_document;

fuzz_target!(|text: &str| policy_document::check(text));
