//! A catalog file is rejected with positions, or can be looked up and rendered as Rust.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::catalog;

fuzz_target!(|text: &str| catalog::check(text));
