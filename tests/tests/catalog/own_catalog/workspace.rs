//! A separate workspace, built by cargo like that of a user.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A workspace in this test's directory for temporary files.
pub(crate) struct Workspace {
    root: PathBuf,
    /// The folder of the members. Cargo distinguishes packages by their paths within the workspace. If these were
    /// equal, the packages of two workspaces would be the same in their shared build directory.
    members: PathBuf,
    target: PathBuf,
}

/// The dependencies of every package here. They are equal, so that all workspaces share one build of each.
const DEPENDENCIES: &str = r#"
[dependencies]
axum = { version = "0.8.9", default-features = false, features = ["json"] }
pinpoint-iam = { path = "PINPOINT_IAM/pinpoint-iam", features = ["include-policy"] }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["rt", "macros"] }
tower = { version = "0.5", features = ["util"] }
"#;

/// The build dependency of a package that has a catalog.
pub(crate) const BUILD_DEPENDENCY: &str =
    "\n[build-dependencies]\npinpoint-iam-catalog = { path = \"PINPOINT_IAM/catalog\" }\n";

/// The manifest of the package `name`. `more` continues the table of its dependencies.
pub(crate) fn manifest(name: &str, more: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{DEPENDENCIES}{more}"
    )
}

/// The result of a build.
pub(crate) struct Build {
    pub(crate) succeeded: bool,
    /// The output of cargo and the compiler.
    pub(crate) output: String,
}

impl Workspace {
    /// Creates a workspace called `name` with these members and their files, `(path, text)`.
    ///
    /// `PINPOINT_IAM` in a text is replaced by the directory of this repository. All workspaces share their build
    /// directory, so that dependencies are built once.
    pub(crate) fn new(name: &str, members: &[&str], files: &[(&str, &str)]) -> Self {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let root = temporary.join("own-catalog").join(name);
        let workspace = Self {
            members: root.join(name),
            root,
            target: temporary.join("own-catalog-target"),
        };
        // Files of an earlier run may be from another version of this test.
        if workspace.root.exists() {
            fs::remove_dir_all(&workspace.root).unwrap();
        }
        for (path, text) in files {
            workspace.write(path, text);
        }
        let members = members.iter().map(|member| format!("\"{name}/{member}\""));
        let members: Vec<String> = members.collect();
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n\
             [profile.dev]\ndebug = false\nincremental = false\n",
            members.join(", ")
        );
        fs::write(workspace.root.join("Cargo.toml"), manifest).unwrap();
        // The same versions of the dependencies as in this repository, which are available locally.
        fs::copy(
            repository().join("Cargo.lock"),
            workspace.root.join("Cargo.lock"),
        )
        .unwrap();
        workspace
    }

    /// Writes one file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.members.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let repository = repository().display().to_string();
        fs::write(path, text.replace("PINPOINT_IAM", &repository)).unwrap();
    }

    /// Replaces `from` by `to` in one file.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.members.join(path)).unwrap();
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, &text.replace(from, to));
    }

    /// Runs cargo with `arguments`.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Build {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        // The environment variables that the outer cargo sets for this package must not affect the inner one.
        for (variable, _) in env::vars_os() {
            let name = variable.to_string_lossy();
            let of_cargo = name.starts_with("CARGO_") && name != "CARGO_HOME";
            if of_cargo || name == "RUSTFLAGS" || name == "OUT_DIR" {
                command.env_remove(&variable);
            }
        }
        let output = command
            .args(arguments)
            .arg("--offline")
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_TERM_COLOR", "never")
            .current_dir(&self.root)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        Build {
            succeeded: output.status.success(),
            output: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// Builds the whole workspace.
    ///
    /// Not `cargo check`: that would compile the dependencies a second time, because programs are run here as well.
    pub(crate) fn build(&self) -> Build {
        self.cargo(&["build", "--workspace"])
    }
}

impl Build {
    /// Returns whether the package was compiled in this build.
    pub(crate) fn compiled(&self, package: &str) -> bool {
        self.output.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some("Compiling") && words.next() == Some(package)
        })
    }

    /// Fails the test with the output, unless the build succeeded.
    pub(crate) fn assert_success(&self) {
        assert!(self.succeeded, "{}", self.output);
    }

    /// Fails the test, unless the build failed with an output that contains `text`.
    pub(crate) fn assert_failure(&self, text: &str) {
        assert!(!self.succeeded, "the build succeeded: {}", self.output);
        assert!(self.output.contains(text), "no `{text}` in {}", self.output);
    }
}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap().to_owned()
}
