//! An id is refused, or stands in one ARN that no other id has and that gives it back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::resource_id;

fuzz_target!(|data: &[u8]| resource_id::check(data));
