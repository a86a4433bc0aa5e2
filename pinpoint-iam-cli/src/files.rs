//! Finds, reads and writes the documents.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use ignore::WalkBuilder;
use pinpoint_iam_core::json::{Node, Type};

use crate::failure::{self, Failure};

/// A file, or standard input.
pub(crate) struct Input {
    /// The path, as shown in messages.
    pub(crate) name: String,
    /// The path; `None` for standard input.
    pub(crate) path: Option<PathBuf>,
    /// The content, or the reason why it cannot be read.
    pub(crate) text: Result<String, String>,
}

impl Input {
    /// Whether this is standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.name == STDIN && self.path.is_none()
    }

    /// Whether this is the file that attaches the policies of a directory to users, groups and roles, see
    /// [`Directory`](pinpoint_iam::source::Directory).
    pub(crate) fn is_attachments(&self) -> bool {
        const MEMBERS: [&str; 3] = ["users", "roles", "groups"];
        let Some(name) = self.path.as_deref().and_then(Path::file_name) else {
            return false;
        };
        let members = || {
            let root = Node::root(self.text.as_deref().ok()?).ok()?;
            let is_object = root.json_type() == Type::Object;
            root.members().ok().filter(|_| is_object)
        };
        name == "attachments.json"
            && members().is_some_and(|members| {
                members
                    .iter()
                    .all(|member| MEMBERS.contains(&&*member.name))
            })
    }
}

const STDIN: &str = "<stdin>";

/// Reads the documents: files, the files `*.json` in directories, and those that match a pattern such as
/// `policies/**/*.json`, in the order of their paths.
///
/// Attachments, which belong to the policies of a directory, are not among them, and the files `*.test.json` of a
/// directory are tests.
///
/// # Errors
///
/// If no file matches a pattern. A file that cannot be read is an input with an error.
pub(crate) fn collect(paths: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut inputs = collect_all(paths)?;
    inputs.retain(|input| !input.is_attachments());
    Ok(inputs)
}

/// Reads the same files as [`collect`], and attachments.
pub(crate) fn collect_all(paths: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let found = search(paths, Walk::Documents, is_document)?.into_iter();
    Ok(found.map(input).collect())
}

/// Finds files of tests: files, the files `*.test.toml` and `*.test.json` in directories, and those that match a pattern.
///
/// # Errors
///
/// If no file matches a pattern, or if a directory cannot be read.
pub(crate) fn tests(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    every(search(paths, Walk::Documents, is_test)?)
}

/// Finds files, all files in directories, and those that match a pattern, in the order of their paths. Hidden files in
/// directories are skipped.
///
/// # Errors
///
/// If no file matches a pattern, or if a directory cannot be read.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    every(search(paths, Walk::Everything, |_| true)?)
}

/// Whether a file in a directory is read as a policy document, by its name.
pub(crate) fn is_document(name: &str) -> bool {
    name.ends_with(".json") && !is_test(name)
}

fn is_test(name: &str) -> bool {
    name.ends_with(".test.toml") || name.ends_with(".test.json")
}

/// The paths, or the first error.
fn every(found: Vec<Result<PathBuf, Unreadable>>) -> Result<Vec<PathBuf>, Failure> {
    let found = found.into_iter();
    found
        .map(|path| {
            path.map_err(|unreadable| {
                let (shown, error) = (unreadable.path.display(), unreadable.error);
                Failure::new(format!("error: cannot read `{shown}`: {error}"))
            })
        })
        .collect()
}

/// Finds the files of paths, directories and patterns. In directories, those whose names are wanted.
fn search(
    paths: &[PathBuf],
    kind: Walk,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Result<PathBuf, Unreadable>>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let has_name = |path: &Path| match kind {
                Walk::Everything => true,
                Walk::Documents => {
                    let name = path.file_name().and_then(OsStr::to_str);
                    name.is_some_and(&is_wanted)
                }
            };
            found.extend(walk(path, kind, has_name));
        } else if is_pattern(path) {
            found.extend(matching(path, kind)?);
        } else {
            found.push(Ok(path.clone()));
        }
    }
    Ok(found)
}

/// Whether a path is a pattern. A file whose name contains such a character is that file.
fn is_pattern(path: &Path) -> bool {
    let is_special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'{');
    let name = path.as_os_str().as_encoded_bytes();
    name.iter().any(is_special) && fs::symlink_metadata(path).is_err()
}

/// The files that match a pattern.
fn matching(pattern: &Path, kind: Walk) -> Result<Vec<Result<PathBuf, Unreadable>>, Failure> {
    let shown = pattern.display();
    let matcher = pattern.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
    let matcher = matcher.and_then(|text| {
        let mut builder = GlobBuilder::new(text);
        let glob = builder.literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher())
            .map_err(|error| error.kind().to_string())
    });
    let matcher: GlobMatcher = matcher
        .map_err(|error| Failure::usage(format!("error: invalid pattern `{shown}`: {error}")))?;
    // The part before the first wildcard.
    let is_plain = |part: &Component<'_>| !is_pattern(Path::new(part));
    let mut base: PathBuf = pattern.components().take_while(is_plain).collect();
    let is_relative = base.as_os_str().is_empty();
    if is_relative {
        base.push(".");
    }
    let is_wanted = |path: &Path| match path.strip_prefix(".") {
        Ok(path) if is_relative => matcher.is_match(path),
        _ => matcher.is_match(path),
    };
    let found: Vec<_> = match base.exists() {
        true => walk(&base, kind, is_wanted).collect(),
        false => Vec::new(),
    };
    if found.is_empty() {
        return Err(Failure::no_input(format!(
            "error: no file matches `{shown}`"
        )));
    }
    Ok(found)
}

fn file(path: &Path) -> Input {
    Input {
        name: path.display().to_string(),
        path: Some(path.to_owned()),
        text: failure::read_text(path),
    }
}

/// Reads a file that was found, or standard input.
fn input(found: Result<PathBuf, Unreadable>) -> Input {
    match found {
        Ok(path) if path.as_os_str() == "-" => Input {
            name: STDIN.to_owned(),
            path: None,
            text: read_stdin(),
        },
        Ok(path) => file(&path),
        Err(unreadable) => Input {
            name: unreadable.path.display().to_string(),
            path: None,
            text: Err(unreadable.error),
        },
    }
}

/// Which files a walk through directories finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// Those of a project, without what `.gitignore` excludes.
    Documents,
    /// All that are not hidden. Logs are often excluded by `.gitignore`.
    Everything,
}

/// A part of a directory that cannot be read.
struct Unreadable {
    path: PathBuf,
    error: String,
}

fn walk(
    directory: &Path,
    kind: Walk,
    is_wanted: impl Fn(&Path) -> bool,
) -> impl Iterator<Item = Result<PathBuf, Unreadable>> {
    let mut builder = WalkBuilder::new(directory);
    if kind == Walk::Everything {
        builder.standard_filters(false).hidden(true);
    }
    // `.gitignore` also applies outside of a repository, for example in an export of one.
    builder.require_git(false).sort_by_file_path(Path::cmp);
    let directory = directory.to_owned();
    builder.build().filter_map(move |entry| match entry {
        Ok(entry) => {
            let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
            (is_file && is_wanted(entry.path())).then(|| has_an_end(entry.into_path()))
        }
        Err(error) => Some(Err(Unreadable {
            path: directory.clone(),
            error: error.to_string(),
        })),
    })
}

/// Returns a path that a walk has found, unless it is a pipe, a socket or a device: reading could wait for ever.
fn has_an_end(path: PathBuf) -> Result<PathBuf, Unreadable> {
    match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => Err(Unreadable {
            path,
            error: "it is a pipe, socket or device, not a file".to_owned(),
        }),
        // A link to nothing is reported when it is read.
        _ => Ok(path),
    }
}

/// Replaces the content of a file at once: readers see the old content or the new one. Its permissions are kept.
///
/// # Errors
///
/// If the file is read-only, if its content is not `before`, or if it cannot be written.
pub(crate) fn replace(path: &Path, before: &str, after: &str) -> io::Result<()> {
    // A symbolic link remains one.
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::other("the file is read-only"));
    }
    let (temporary, mut file) = create_beside(&path)?;
    let written = (|| {
        file.write_all(after.as_bytes())?;
        file.set_permissions(permissions)?;
        file.sync_all()?;
        drop(file);
        if fs::read(&path)? != before.as_bytes() {
            return Err(io::Error::other("the file has changed in the meantime"));
        }
        fs::rename(&temporary, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Creates a new file in the directory of another one.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    const ATTEMPTS: u32 = 100;
    let mut last = io::Error::other("the path is not that of a file");
    let Some(name) = path.file_name() else {
        return Err(last);
    };
    for attempt in 0..ATTEMPTS {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.{attempt}.tmp", std::process::id()));
        let temporary = path.with_file_name(temporary);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn read_stdin() -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    failure::text(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another program wrote the file after it was read: its text stays, and no temporary file is left.
    #[test]
    fn a_file_that_has_changed_is_not_replaced() {
        let directory = std::env::temp_dir().join(format!("pinpoint-iam-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        let path = directory.join("p.json");
        fs::write(&path, "new").expect("a file");
        let error = replace(&path, "old", "fixed").expect_err("the file has changed");
        assert_eq!(error.to_string(), "the file has changed in the meantime");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "new");
        replace(&path, "new", "fixed").expect("the file is as it was read");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "fixed");
        assert!(replace(&directory.join("none.json"), "", "").is_err());
        let left = fs::read_dir(&directory).expect("the directory").count();
        assert_eq!(left, 1);
        let _ = fs::remove_dir_all(&directory);
    }
}
