//! An attachments file is refused with a place, or everybody in it has exactly what it says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::attachments;

fuzz_target!(|text: &str| attachments::check(text));
