//! The SQL of a list consists of the same tokens for all values, which are bound.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::list_sql;

fuzz_target!(|text: &str| list_sql::check(text));
