//! An id is rejected, or is part of exactly one ARN, which no other id has and from which the id can be read back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::resource_id;

fuzz_target!(|data: &[u8]| resource_id::check(data));
