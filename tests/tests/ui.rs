//! What compiles with the macros and the builder, and what the compiler says of the rest.
//!
//! One behaviour per file, named after it. The texts are those of the toolchain in CI. After a wanted change,
//! `TRYBUILD=overwrite cargo test -p pinpoint-iam-tests --test ui` writes them anew.

#[test]
fn requires() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/requires/pass/*.rs");
    cases.compile_fail("ui/requires/fail/*.rs");
}

#[test]
fn builder() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/builder/fail/*.rs");
}

#[test]
fn include_policy() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/include_policy/pass/*.rs");
    cases.compile_fail("ui/include_policy/fail/*.rs");
}
