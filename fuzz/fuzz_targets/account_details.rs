//! Account details are refused with a place, or leave out no policy of anybody.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::account_details;

fuzz_target!(|text: &str| account_details::check(text));
