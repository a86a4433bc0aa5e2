//! The policies of one side of a comparison: files, directories, or paths in a git revision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io};

use pinpoint_iam::Policy;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam_tools::parts;
use serde_json::Value;

use crate::failure::Failure;
use crate::files::Input;
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
    /// Why files of a directory have no policy. They must not hide the others.
    pub(super) broken: BTreeMap<String, Failure>,
    /// The files that attach the policies of directories, by their paths.
    pub(super) attachments: BTreeMap<String, Value>,
    pub(super) is_file: bool,
}

impl Policies {
    /// The policy, if the source is a single file.
    pub(super) fn single(&self) -> Option<&Policy> {
        self.policies.values().next().filter(|_| self.is_file)
    }

    /// Adds the policy of a file in a directory.
    fn add(&mut self, key: String, name: &str, text: Result<&str, &str>) {
        let read = text.map_err(|error| cannot_read(name, error));
        match read.and_then(|text| policies::policy(name, text)) {
            Ok(policy) => {
                self.policies.insert(key, policy);
            }
            Err(failure) => {
                self.broken.insert(key, failure);
            }
        }
    }
}

fn cannot_read(name: &str, error: &str) -> Failure {
    Failure::new(format!("error: cannot read `{name}`: {error}"))
}

/// Reads a file, a directory, or `REVISION:PATH`.
pub(super) fn read(name: &str) -> Result<Source, Failure> {
    let path = Path::new(name);
    let source = match name.split_once(':') {
        Some((revision, path_in_git)) if !path.exists() => from_git(name, revision, path_in_git)?,
        _ => from_files(path)?,
    };
    let is_empty = match &source {
        Source::Policies(all) => all.policies.is_empty() && all.broken.is_empty(),
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
    if parts::is_account(text) {
        return accounts::parse(name, text).map(Source::Account);
    }
    let policy = policies::policy(name, text)?;
    Ok(Source::Policies(Policies {
        policies: BTreeMap::from([(path, policy)]),
        broken: BTreeMap::new(),
        attachments: BTreeMap::new(),
        is_file: true,
    }))
}

fn from_files(root: &Path) -> Result<Source, Failure> {
    if let Some(store) = accounts::of_directory(root) {
        return store.map(Source::Account);
    }
    let mut found = Policies {
        policies: BTreeMap::new(),
        broken: BTreeMap::new(),
        attachments: BTreeMap::new(),
        is_file: !root.is_dir(),
    };
    for input in files::collect_all(&[PathBuf::from(root)])? {
        let text = input.text.as_deref().map_err(String::as_str);
        if found.is_file {
            let text = text.map_err(|error| cannot_read(&input.name, error))?;
            return of_file(&input.name, text, input.name.clone());
        }
        let relative = Path::new(&input.name).strip_prefix(root);
        let key = relative.map_or_else(|_| input.name.clone(), |path| path.display().to_string());
        if input.is_attachments() {
            let content = serde_json::from_str(text.unwrap_or_default()).unwrap_or_default();
            found.attachments.insert(key, content);
        } else {
            found.add(key, &input.name, text);
        }
    }
    Ok(Source::Policies(found))
}

fn from_git(name: &str, revision: &str, path: &str) -> Result<Source, Failure> {
    // Without this, git would read a revision that starts with `-` as an option.
    if revision.is_empty() || revision.starts_with('-') {
        return Err(Failure::usage(format!(
            "error: `{name}` is neither a file nor a git revision with a path, such as `main:policies`"
        )));
    }
    let object = object_of(name, revision, path)?;
    let object = object.trim();
    let is_file = git(name, &["cat-file", "-t", object])?.trim() == "blob";
    if is_file {
        let text = git(name, &["cat-file", "blob", object])?;
        return of_file(name, &text, path.to_owned());
    }
    let path = path.trim_end_matches('/');
    let mut inputs = Vec::new();
    // Without `--full-tree`, files outside of the current directory would be missing.
    let listed = git(name, &["ls-tree", "-r", "-z", "--full-tree", object])?;
    for entry in listed.split('\0') {
        let Some((header, file)) = entry.split_once('\t') else {
            continue;
        };
        let object = header.rsplit(' ').next().unwrap_or_default();
        let is_blob = header.contains(" blob ");
        if !is_blob || !files::is_document(file) {
            continue;
        }
        let shown = match path {
            "" => format!("{revision}:{file}"),
            directory => format!("{revision}:{directory}/{file}"),
        };
        inputs.push((
            file.to_owned(),
            Input {
                text: Ok(git(name, &["cat-file", "blob", object])?),
                path: Some(file.into()),
                name: shown,
            },
        ));
    }
    if inputs.iter().any(|(file, _)| file == accounts::ATTACHMENTS) {
        return of_copy(name, &inputs).map(Source::Account);
    }
    let mut found = Policies {
        policies: BTreeMap::new(),
        broken: BTreeMap::new(),
        attachments: BTreeMap::new(),
        is_file,
    };
    for (file, input) in inputs {
        let text = input.text.as_deref().map_err(String::as_str);
        if input.is_attachments() {
            let content = serde_json::from_str(text.unwrap_or_default()).unwrap_or_default();
            found.attachments.insert(file, content);
        } else {
            found.add(file, &input.name, text);
        }
    }
    Ok(Source::Policies(found))
}

/// Returns the id of a file or directory of a git revision.
fn object_of(name: &str, revision: &str, path: &str) -> Result<String, Failure> {
    // A path that starts with `./` or `../` is relative to the current directory, and others to the repository.
    // `HEAD:..` would be read as a range of revisions.
    let object = match path.ends_with("..") {
        true => git(name, &["rev-parse", "--verify", &format!("{name}/")]),
        false => git(name, &["rev-parse", "--verify", name]),
    };
    object.map_err(|failure| {
        let exists = |object: &str| git(name, &["rev-parse", "--verify", object]).is_ok();
        let commit = format!("{revision}^{{commit}}");
        match () {
            // There is a reason why git cannot read anything.
            () if git(name, &["rev-parse", "--git-dir"]).is_err() => failure,
            () if exists(&commit) => Failure::new(format!(
                "error: cannot read `{name}`: the git revision `{revision}` does not contain `{path}`"
            )),
            () => Failure::new(format!(
                "error: cannot read `{name}`: it is not a file, and there is no git revision `{revision}`; fetch it first if the clone is shallow"
            )),
        }
    })
}

/// Reads the users and roles of a directory of a git revision, from a copy that exists only in the meantime.
fn of_copy(name: &str, inputs: &[(String, Input)]) -> Result<PolicyStore, Failure> {
    static COPIES: AtomicU32 = AtomicU32::new(0);
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    let copy = env::temp_dir().join(format!("pinpoint-iam-{}-{number}", process::id()));
    let cannot = |error: &io::Error| {
        Failure::new(format!("error: cannot write `{}`: {error}", copy.display()))
    };
    // Fails if the directory exists already.
    fs::create_dir(&copy).map_err(|error| cannot(&error))?;
    // Like the library, without subdirectories.
    let written = inputs
        .iter()
        .filter(|(file, _)| !file.contains(['/', '\\']));
    let written = written.into_iter().try_for_each(|(file, input)| {
        fs::write(copy.join(file), input.text.as_deref().unwrap_or_default())
    });
    let store = match written {
        Ok(()) => accounts::of_directory(&copy).unwrap_or_else(|| Ok(PolicyStore::new())),
        Err(error) => Err(cannot(&error)),
    };
    let _ = fs::remove_dir_all(&copy);
    // The names of the files in the revision.
    store.map_err(|failure| {
        let shown = copy.display().to_string();
        Failure::new(failure.to_string().replace(&shown, name))
    })
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
