//! A decision remains correct when more keys become known, and decision and explanation agree.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use pinpoint_iam_fuzz::decision;

fuzz_target!(|text: &str| -> Corpus {
    match decision::check(text) {
        true => Corpus::Keep,
        false => Corpus::Reject,
    }
});
