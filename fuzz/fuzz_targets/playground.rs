//! A call of the playground has exactly one result, whatever its input is, and never depends on the calls before.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::playground;

fuzz_target!(|text: &str| playground::check(text));
