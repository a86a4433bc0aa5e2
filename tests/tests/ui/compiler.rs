//! Calls the compiler with the dependencies of this program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use pinpoint_iam_tests::ui::{COMPILER, Diagnostic};
use rustc_arguments::rustc_arguments;

/// The arguments with which this program was compiled.
const ARGUMENTS: &[&str] = rustc_arguments!();

/// The compiler.
pub(crate) struct Compiler {
    rustc: OsString,
    arguments: Vec<&'static str>,
    package: PathBuf,
    programs: PathBuf,
    /// The output of `rustc --version`.
    pub(crate) version: String,
}

/// The result of compiling a case.
pub(crate) struct Compiled {
    /// The program, if the case compiled.
    pub(crate) program: Option<PathBuf>,
    /// The diagnostics.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Other output, such as that of a crash.
    pub(crate) rest: String,
}

impl Compiler {
    /// Finds the compiler that cargo uses. Cases are files of `package`.
    pub(crate) fn new(package: &Path) -> io::Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
        let output = Command::new(&rustc).arg("--version").output()?;
        let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
        fs::create_dir_all(&programs)?;
        Ok(Self {
            rustc,
            arguments: dependencies(),
            package: package.to_owned(),
            programs,
            version: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        })
    }

    /// Returns whether the codes and positions of its own errors are those in the files.
    pub(crate) fn is_that_of_the_files(&self) -> bool {
        self.version.starts_with(COMPILER)
    }

    /// Compiles `file` as the program `name`.
    pub(crate) fn compile(&self, file: &str, name: &str) -> io::Result<Compiled> {
        let directory = self.programs.join(file.replace(['/', '\\', '.'], "-"));
        fs::create_dir_all(&directory)?;
        let program = directory.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        let mut command = Command::new(&self.rustc);
        // Cases in this group are programs of a package with a catalog.
        if file.starts_with("ui/keys/") {
            command.envs(pinpoint_iam_keys::ENVIRONMENT);
        }
        let output = command
            .args(["--edition=2024", "--crate-type=bin", "--crate-name", name])
            .args(["--error-format=json", "--diagnostic-width=140"])
            .args(["-Cdebuginfo=0", "-Cstrip=symbols"])
            .args(&self.arguments)
            .arg("-o")
            .arg(&program)
            .arg(file)
            .current_dir(&self.package)
            // A variable that cargo sets for a program of this package.
            .env("CARGO_CRATE_NAME", name)
            .env("CARGO_BIN_NAME", name)
            .output()?;
        Ok(Compiled::new(&output, program))
    }
}

impl Compiled {
    fn new(output: &Output, program: PathBuf) -> Self {
        let (mut diagnostics, mut rest) = (Vec::new(), String::new());
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            match Diagnostic::read(line) {
                Some(diagnostic) => diagnostics.push(diagnostic),
                None => {
                    rest.push_str(line);
                    rest.push('\n');
                }
            }
        }
        Self {
            program: output.status.success().then_some(program),
            diagnostics,
            rest,
        }
    }

    /// Returns all diagnostics as human-readable text.
    pub(crate) fn rendered(&self) -> String {
        let rendered = self.diagnostics.iter();
        let rendered = rendered.filter_map(|diagnostic| diagnostic.rendered.as_deref());
        rendered.chain([&*self.rest]).collect()
    }
}

/// Returns the arguments that locate the dependencies and specify their target platform.
fn dependencies() -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut arguments = ARGUMENTS.iter().copied();
    while let Some(argument) = arguments.next() {
        if matches!(argument, "--extern" | "-L" | "--target" | "--sysroot") {
            found.push(argument);
            found.extend(arguments.next());
        }
    }
    found
}
