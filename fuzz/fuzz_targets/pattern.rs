//! The pattern matcher agrees with a table of all prefixes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::pattern;

fuzz_target!(|data: &[u8]| pattern::check(data));
