//! A workspace of its own, built by cargo as a user's would be.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A workspace in the directory of temporary files of this test.
pub(crate) struct Workspace {
    root: PathBuf,
    /// Where the members are. Cargo tells packages apart by their paths within the workspace: if those were equal, the
    /// packages of two workspaces would be one in the build directory that they share.
    members: PathBuf,
    target: PathBuf,
}

/// What a build came to.
pub(crate) struct Build {
    pub(crate) succeeded: bool,
    /// What cargo and the compiler said.
    pub(crate) output: String,
}

impl Workspace {
    /// A workspace called `name` with these members and their files, `(path, text)`.
    ///
    /// `PINPOINT_IAM` in a text is the directory of this repository. All workspaces share their build directory, so that
    /// the dependencies are built once.
    pub(crate) fn new(name: &str, members: &[&str], files: &[(&str, &str)]) -> Self {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let root = temporary.join("own-catalog").join(name);
        let workspace = Self {
            members: root.join(name),
            root,
            target: temporary.join("own-catalog-target"),
        };
        // What an earlier run left may be of another version of this test.
        if workspace.root.exists() {
            fs::remove_dir_all(&workspace.root).unwrap();
        }
        for (path, text) in files {
            workspace.write(path, text);
        }
        let members = members.iter().map(|member| format!("\"{name}/{member}\""));
        let members: Vec<String> = members.collect();
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{}]\n",
            members.join(", ")
        );
        fs::write(workspace.root.join("Cargo.toml"), manifest).unwrap();
        // The same versions of dependencies as here, which are at hand.
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

    /// Puts `to` in the place of `from` in one file.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.members.join(path)).unwrap();
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, &text.replace(from, to));
    }

    /// Runs cargo with `arguments`.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Build {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        // What the outer cargo says of this package is not meant for the inner one.
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
    pub(crate) fn build(&self) -> Build {
        self.cargo(&["build", "--workspace"])
    }
}

impl Build {
    /// Whether the package was compiled in this build.
    pub(crate) fn compiled(&self, package: &str) -> bool {
        self.output.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some("Compiling") && words.next() == Some(package)
        })
    }

    /// Fails the test with what was said, unless the build succeeded.
    pub(crate) fn assert_success(&self) {
        assert!(self.succeeded, "{}", self.output);
    }

    /// Fails the test unless the build failed and said `text`.
    pub(crate) fn assert_failure(&self, text: &str) {
        assert!(!self.succeeded, "the build succeeded: {}", self.output);
        assert!(self.output.contains(text), "no `{text}` in {}", self.output);
    }
}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap().to_owned()
}
