#![deny(warnings, clippy::all, clippy::pedantic, unused, missing_docs)]
#![forbid(unsafe_code)]
//! No lint warns about the generated code.

#![no_implicit_prelude]

/// A type with the name of a primitive type.
#[expect(non_camel_case_types, dead_code)]
struct u8;

fn main() {
    ::std::assert!(::pinpoint_iam::include_policy!("reader.json").has_version());
}
