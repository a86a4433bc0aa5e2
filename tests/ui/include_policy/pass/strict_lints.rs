#![deny(warnings, clippy::all, clippy::pedantic, unused, missing_docs)]
#![forbid(unsafe_code)]
//! No lint finds fault with what is written for us.

#![no_implicit_prelude]

/// A type that is called like a primitive one.
#[expect(non_camel_case_types, dead_code)]
struct u8;

fn main() {
    ::std::assert!(::pinpoint_iam::include_policy!("reader.json").has_version());
}
