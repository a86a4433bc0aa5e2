//! Every line of a log has exactly one result, whatever it contains, and the reverse change has the reverse results.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::replay;

fuzz_target!(|log: &[u8]| replay::check(log));
