//! Code that compiles with the macros and the builder, and the compiler errors for code that does not.
//!
//! Each file of `ui/GROUP/pass` compiles and runs. Each file of `ui/GROUP/fail` fails to compile, and the `.stderr`
//! file next to it contains our part of the compiler's output (see `pinpoint_iam_tests::ui`). The cases use the
//! dependencies that this program was linked with, so nothing is built twice. A line is printed as soon as a case has
//! finished.
//!
//! `cargo test -p pinpoint-iam-tests --test ui -- NAME` runs the cases whose path contains `NAME`. `UPDATE_UI=1` writes
//! the `.stderr` files.

mod case;
mod compiler;
mod options;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{io, thread};

use pinpoint_iam_tests::ui::{COMPILER, Ours};

use crate::case::{Case, Outcome};
use crate::compiler::Compiler;
use crate::options::Options;

fn main() -> ExitCode {
    match run(&Options::from_arguments()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the cases cannot be run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the selected cases, and returns whether all of them succeeded.
fn run(options: &Options) -> io::Result<bool> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Case::all(package)?;
    // If the folder were wrong, there would be neither cases nor errors.
    if cases.is_empty() {
        return Err(io::Error::other("there is no case"));
    }
    cases.retain(|case| options.takes(&case.to_string()));
    if options.lists {
        for case in &cases {
            println!("{case}: test");
        }
        return Ok(true);
    }
    let compiler = Compiler::new(package)?;
    if options.updates && !compiler.is_that_of_the_files() {
        let message = format!(
            "`UPDATE_UI` writes what {COMPILER}x says, and this is {}; run `cargo +1.95 test`",
            compiler.version
        );
        return Err(io::Error::other(message));
    }
    let ours = Ours::in_workspace(package.parent().unwrap_or(package))?;

    println!("\nrunning {} UI cases", cases.len());
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..options.threads.min(cases.len()) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = case
                        .run(&compiler, &ours, options.updates)
                        .unwrap_or_else(|error| Outcome::Failed(error.to_string()));
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    println!("[{done}/{}] {case} ... {outcome}", cases.len());
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((case, outcome));
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(report(&results, &compiler, cases.len()))
}

/// Prints the results, and returns whether each of the `expected` cases was run and succeeded.
fn report(results: &[(&Case, Outcome)], compiler: &Compiler, expected: usize) -> bool {
    let (mut passed, mut failed, mut written, mut skipped) = (0, 0, 0, 0);
    for (case, outcome) in results {
        match outcome {
            Outcome::Passed { skipped: some } => {
                passed += 1;
                skipped += some;
            }
            Outcome::Written => written += 1,
            Outcome::Failed(why) => {
                failed += 1;
                println!("\n---- {case}\n{why}");
            }
        }
    }
    if skipped > 0 {
        println!(
            "\nnot compared: code and place of {skipped} errors and warnings of the compiler's own, which are those of \
             {COMPILER}x; this is {}",
            compiler.version
        );
    }
    if failed > 0 {
        println!("\n`UPDATE_UI=1` writes the expected texts; read the difference");
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; {written} written\n");
    failed == 0 && results.len() == expected
}
