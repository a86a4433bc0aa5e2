//! Services that do not compile, with the messages of the crate.

#[test]
fn incomplete_services_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
