//! An attachments file is rejected with a position, or every identity in it has exactly the policies that the file
//! lists.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::attachments;

fuzz_target!(|text: &str| attachments::check(text));
