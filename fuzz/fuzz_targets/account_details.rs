//! Account details are rejected with a position, or every policy of every identity is loaded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::account_details;

fuzz_target!(|text: &str| account_details::check(text));
