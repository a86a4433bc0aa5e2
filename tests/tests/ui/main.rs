//! What compiles with the macros and the builder, and what the compiler says of the rest.
//!
//! One behaviour per file, named after it. The texts are those of one version of the compiler, and are compared on that
//! version only: a newer one words its notes anew. That a failing case fails is held on every version, by the unit tests
//! of `pinpoint-iam-macros`, which expand each of them. After a wanted change,
//! `TRYBUILD=overwrite cargo test -p pinpoint-iam-tests --test ui` writes the texts anew.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use trybuild::TestCases;

/// The version whose words stand in the `.stderr` files.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn requires() {
    let cases = TestCases::new();
    cases.pass("ui/requires/pass/*.rs");
    compile_fail(&cases, "ui/requires/fail/*.rs");
}

#[test]
fn public() {
    let cases = TestCases::new();
    cases.pass("ui/public/pass/*.rs");
    compile_fail(&cases, "ui/public/fail/*.rs");
}

#[test]
fn routes() {
    let cases = TestCases::new();
    cases.pass("ui/routes/pass/*.rs");
    compile_fail(&cases, "ui/routes/fail/*.rs");
}

#[test]
fn builder() {
    compile_fail(&TestCases::new(), "ui/builder/fail/*.rs");
}

#[test]
fn include_policy() {
    let cases = TestCases::new();
    cases.pass("ui/include_policy/pass/*.rs");
    compile_fail(&cases, "ui/include_policy/fail/*.rs");
}

fn compile_fail(cases: &TestCases, files: &str) {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match version {
        Ok(version) if !version.starts_with(COMPILER) => {
            println!(
                "{files}: not compared, the texts are those of {COMPILER}x and this is {version}"
            );
        }
        _ => cases.compile_fail(files),
    }
}
