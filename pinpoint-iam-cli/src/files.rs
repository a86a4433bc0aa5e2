//! Finds and reads the documents.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use pinpoint_iam_core::json::{Node, Type};

/// A file, or standard input.
pub(crate) struct Input {
    /// The path, as shown in messages.
    pub(crate) name: String,
    /// The content, or the reason why it cannot be read.
    pub(crate) text: Result<String, String>,
}

/// Reads files, and the files `*.json` in directories, in the order of their paths.
pub(crate) fn collect(paths: &[PathBuf]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let text = read_stdin().map_err(|error| error.to_string());
            let name = "<stdin>".to_owned();
            inputs.push(Input { name, text });
        } else if path.is_dir() {
            walk(path, &mut inputs);
        } else {
            inputs.push(file(path));
        }
    }
    inputs
}

fn file(path: &Path) -> Input {
    Input {
        name: path.display().to_string(),
        text: fs::read_to_string(path).map_err(|error| error.to_string()),
    }
}

fn walk(directory: &Path, inputs: &mut Vec<Input>) {
    let mut builder = WalkBuilder::new(directory);
    // `.gitignore` also applies outside of a repository, for example in an export of one.
    builder.require_git(false).sort_by_file_path(Path::cmp);
    for entry in builder.build() {
        match entry {
            Ok(entry) => {
                let is_json = entry
                    .path()
                    .extension()
                    .is_some_and(|extension| extension == "json");
                if is_json && entry.file_type().is_some_and(|kind| !kind.is_dir()) {
                    inputs.push(file(entry.path()));
                }
            }
            Err(error) => inputs.push(Input {
                name: directory.display().to_string(),
                text: Err(error.to_string()),
            }),
        }
    }
}

/// Members that contain a policy document, in the output of AWS's tools.
const WRAPPERS: [&str; 4] = [
    "PolicyDocument",
    "AssumeRolePolicyDocument",
    "Policy",
    "Document",
];

/// The document in a text, and where it starts. A document may be in a wrapper, or in several.
pub(crate) fn unwrap(text: &str) -> (&str, usize) {
    let mut node = match Node::root(text) {
        Ok(node) => node,
        Err(_) => return (text, 0),
    };
    let mut found = (text, 0);
    loop {
        if node.json_type() != Type::Object {
            return found;
        }
        let Ok(members) = node.members() else {
            return found;
        };
        if members.iter().any(|member| member.name == "Statement") {
            return found;
        }
        let inner = members.iter().find(|member| {
            WRAPPERS.contains(&&*member.name) && member.value.json_type() == Type::Object
        });
        let Some(inner) = inner else { return found };
        node = inner.value;
        found = (node.written(), node.offset());
    }
}

fn read_stdin() -> Result<String, io::Error> {
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}
