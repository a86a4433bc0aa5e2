//! An archive is either rejected, or contains files of one directory within the limits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::archive;

fuzz_target!(|bytes: &[u8]| archive::check(bytes));
