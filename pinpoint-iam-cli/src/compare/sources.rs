//! The policies of one side of a comparison: files, directories, or paths in a git revision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use pinpoint_iam::Policy;
use pinpoint_iam::source::PolicyStore;

use crate::failure::Failure;
use crate::{accounts, files, policies};

/// One side of a comparison.
pub(super) enum Source {
    /// Policy documents.
    Policies(Policies),
    /// The users and roles of an account or of a directory with attachments, with their policies.
    Account(PolicyStore),
}

/// The policies of one side, by their path in the directory.
pub(super) struct Policies {
    pub(super) policies: BTreeMap<String, Policy>,
    is_file: bool,
}

impl Policies {
    /// The policy, if the source is a single file.
    pub(super) fn single(&self) -> Option<&Policy> {
        self.policies.values().next().filter(|_| self.is_file)
    }
}

/// Reads a file, a directory, or `REVISION:PATH`.
pub(super) fn read(name: &str) -> Result<Source, Failure> {
    let path = Path::new(name);
    let source = match name.split_once(':') {
        Some((revision, path_in_git)) if !path.exists() => from_git(name, revision, path_in_git)?,
        _ => from_files(path)?,
    };
    let is_empty = match &source {
        Source::Policies(policies) => policies.policies.is_empty(),
        Source::Account(store) => store.is_empty(),
    };
    if is_empty {
        return Err(Failure::no_input(format!(
            "error: `{name}` contains no policies"
        )));
    }
    Ok(source)
}

/// Reads the contents of one file.
fn of_file(name: &str, text: &str, path: String) -> Result<Source, Failure> {
    if accounts::is_account(text) {
        return accounts::parse(name, text).map(Source::Account);
    }
    let policy = policies::policy(name, text)?;
    Ok(Source::Policies(Policies {
        policies: BTreeMap::from([(path, policy)]),
        is_file: true,
    }))
}

fn from_files(root: &Path) -> Result<Source, Failure> {
    if let Some(store) = accounts::of_directory(root) {
        return store.map(Source::Account);
    }
    let mut found = BTreeMap::new();
    let is_file = !root.is_dir();
    for input in files::collect(&[PathBuf::from(root)])? {
        let text = input.text.map_err(|error| {
            Failure::new(format!("error: cannot read `{}`: {error}", input.name))
        })?;
        if is_file {
            return of_file(&input.name, &text, input.name.clone());
        }
        let policy = policies::policy(&input.name, &text)?;
        let relative = Path::new(&input.name).strip_prefix(root);
        let key = relative.map_or_else(|_| input.name.clone(), |path| path.display().to_string());
        found.insert(key, policy);
    }
    Ok(Source::Policies(Policies {
        policies: found,
        is_file,
    }))
}

fn from_git(name: &str, revision: &str, path: &str) -> Result<Source, Failure> {
    // Without this, git would read a revision that starts with `-` as an option.
    let object = |path: &str| format!("{revision}:{path}");
    if revision.is_empty() || revision.starts_with('-') {
        return Err(Failure::usage(format!(
            "error: `{name}` is neither a file nor a git revision with a path, such as `main:policies`"
        )));
    }
    let is_file = git(name, &["cat-file", "-t", name])?.trim() == "blob";
    let path = path.trim_end_matches('/');
    let mut found = BTreeMap::new();
    if is_file {
        let text = git(name, &["cat-file", "blob", name])?;
        return of_file(name, &text, path.to_owned());
    }
    let tree = object(path);
    let listed = git(name, &["ls-tree", "-r", "-z", "--name-only", &tree])?;
    for file in listed.split('\0').filter(|file| file.ends_with(".json")) {
        let object = match path {
            "" => object(file),
            directory => object(&format!("{directory}/{file}")),
        };
        let text = git(name, &["cat-file", "blob", &object])?;
        found.insert(file.to_owned(), policies::policy(&object, &text)?);
    }
    Ok(Source::Policies(Policies {
        policies: found,
        is_file,
    }))
}

/// Runs git, and returns what it prints.
fn git(name: &str, arguments: &[&str]) -> Result<String, Failure> {
    let failed = |reason: &str| {
        Failure::new(format!(
            "error: cannot read `{name}`: it is not a file, and git reports: {reason}"
        ))
    };
    let output = Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("the content is not UTF-8"))
}
