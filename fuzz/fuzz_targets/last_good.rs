//! A last good set is used only if it is complete and unchanged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::last_good;

fuzz_target!(|content: &str| last_good::check(content));
