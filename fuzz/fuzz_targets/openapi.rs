//! A draft of a catalog from an OpenAPI document is rejected with a message, or is a catalog that the loader accepts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_fuzz::openapi;

fuzz_target!(|text: &str| openapi::check(text));
