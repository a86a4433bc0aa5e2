//! One case: a file that compiles and runs, or a file that fails to compile.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fmt, fs, io};

use pinpoint_iam_tests::ui::{Diagnostic, Entries, Ours, Verdict};

use crate::compiler::{Compiled, Compiler};

/// A file of `ui/GROUP/pass` or `ui/GROUP/fail`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    package: PathBuf,
    /// The path within the package, with `/` on every platform.
    file: String,
    passes: bool,
}

/// The result of a case.
pub(crate) enum Outcome {
    Passed {
        /// The number of entries that were not compared.
        skipped: usize,
    },
    /// The expected output was written.
    Written,
    Failed(String),
}

impl Case {
    /// Returns all cases, sorted by path.
    pub(crate) fn all(package: &Path) -> io::Result<Vec<Self>> {
        let mut cases = Vec::new();
        for group in names(&package.join("ui"))? {
            for (kind, passes) in [("pass", true), ("fail", false)] {
                let folder = format!("ui/{group}/{kind}");
                if !package.join(&folder).is_dir() {
                    continue;
                }
                let files = names(&package.join(&folder))?;
                for name in &files {
                    // Expected output without a case would become stale.
                    if let Some(case) = name.strip_suffix(".stderr")
                        && (passes || !files.contains(&format!("{case}.rs")))
                    {
                        let message = format!("`{folder}/{name}` belongs to no case; remove it");
                        return Err(io::Error::other(message));
                    }
                    if name.ends_with(".rs") {
                        cases.push(Self {
                            package: package.to_owned(),
                            file: format!("{folder}/{name}"),
                            passes,
                        });
                    }
                }
            }
        }
        cases.sort();
        Ok(cases)
    }

    /// Compiles the case and compares the output.
    pub(crate) fn run(
        &self,
        compiler: &Compiler,
        ours: &Ours,
        updates: bool,
    ) -> io::Result<Outcome> {
        let name = self.file.rsplit('/').next().unwrap_or_default();
        let name = name.trim_end_matches(".rs");
        let compiled = compiler.compile(&self.file, name)?;
        let outcome = if self.passes {
            run_program(&compiled)
        } else {
            self.compare(&compiled, compiler, ours, updates)
        };
        if let Some(program) = &compiled.program {
            fs::remove_file(program)?;
        }
        outcome
    }

    /// Compares the output for a case that fails to compile.
    fn compare(
        &self,
        compiled: &Compiled,
        compiler: &Compiler,
        ours: &Ours,
        updates: bool,
    ) -> io::Result<Outcome> {
        if compiled.program.is_some() {
            return Ok(Outcome::Failed("it compiles".to_owned()));
        }
        if !compiled.diagnostics.iter().any(Diagnostic::is_error) {
            let rest = &compiled.rest;
            return Ok(Outcome::Failed(format!(
                "the compiler failed without an error\n{rest}"
            )));
        }
        let found = Entries::new(&compiled.diagnostics, &self.file, &self.package, ours);
        let path = self.package.join(&self.file).with_extension("stderr");
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if updates {
            let text = found.to_string();
            if text != expected {
                fs::write(&path, text)?;
                return Ok(Outcome::Written);
            }
        }
        let expected = Entries::read(&expected);
        Ok(
            match found.compare(&expected, compiler.is_that_of_the_files()) {
                Verdict::Equal { skipped } => Outcome::Passed { skipped },
                Verdict::Different { expected, found } => Outcome::Failed(format!(
                    "expected:\n\n{expected}\nfound:\n\n{found}\nthe compiler said:\n\n{}",
                    compiled.rendered()
                )),
            },
        )
    }
}

/// Runs the program of a case that compiles.
fn run_program(compiled: &Compiled) -> io::Result<Outcome> {
    let Some(program) = &compiled.program else {
        let said = compiled.rendered();
        return Ok(Outcome::Failed(format!("it does not compile\n{said}")));
    };
    let output = Command::new(program).output()?;
    if output.status.success() {
        return Ok(Outcome::Passed { skipped: 0 });
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Outcome::Failed(format!("{}\n{said}", output.status)))
}

/// Returns the names in a folder.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(folder)?;
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.trim_start_matches("ui/").trim_end_matches(".rs");
        formatter.write_str(name)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Passed { skipped: 0 } => "ok",
            Self::Passed { .. } => "ok, in part",
            Self::Written => "written",
            Self::Failed(_) => "FAILED",
        })
    }
}
