//! Recognizes our texts in the compiler's output: those that it prints from attributes in our sources.

use std::path::Path;
use std::{fs, io};

/// The texts of our attributes. Each `{Self}` splits a text into parts.
#[derive(Clone, Debug, Default)]
pub struct Ours(Vec<Vec<String>>);

/// The source text before such a text.
const KEYS: [&str; 5] = [
    "message = \"",
    "label = \"",
    "note = \"",
    "#[must_use = \"",
    "#[deprecated = \"",
];

impl Ours {
    /// Reads the texts from the sources of all packages of the workspace in `root`.
    ///
    /// # Errors
    ///
    /// If a folder or a file cannot be read.
    pub fn in_workspace(root: &Path) -> io::Result<Self> {
        let mut ours = Self::default();
        for package in fs::read_dir(root)? {
            let sources = package?.path().join("src");
            if sources.is_dir() {
                ours.add_folder(&sources)?;
            }
        }
        Ok(ours)
    }

    fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.add_folder(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.add(&fs::read_to_string(path)?);
            }
        }
        Ok(())
    }

    /// Adds the texts of one source file.
    pub fn add(&mut self, source: &str) {
        for key in KEYS {
            for (start, _) in source.match_indices(key) {
                let rest = source.get(start + key.len()..).unwrap_or_default();
                let parts = literal(rest);
                // A text without a fixed part would match every text.
                if parts.iter().any(|part| part.len() >= 4) {
                    self.0.push(parts);
                }
            }
        }
    }

    /// Returns `text` if it is one of these texts. Types in it are written without their paths, because rustc omits the
    /// path if the name is unique among all loaded crates.
    pub fn wrote(&self, text: &str) -> Option<String> {
        self.0.iter().find_map(|parts| filled(parts, text))
    }
}

/// Returns the parts of a string literal after its opening quote.
fn literal(source: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                // A continued line starts after its indentation.
                Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                Some('n') => part.push('\n'),
                Some(other) => part.push(other),
                None => {}
            },
            '{' | '}' if letters.peek() == Some(&letter) => {
                letters.next();
                part.push(letter);
            }
            '{' => {
                while letters.next().is_some_and(|letter| letter != '}') {}
                parts.push(std::mem::take(&mut part));
            }
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

/// Returns `parts` with what `text` contains between them, or `None` if `text` does not match.
fn filled(parts: &[String], text: &str) -> Option<String> {
    let (first, more) = parts.split_first()?;
    let mut rest = text.strip_prefix(first.as_str())?;
    let mut filled = first.clone();
    for (index, part) in more.iter().enumerate() {
        let (gap, behind) = if index + 1 == more.len() {
            (rest.strip_suffix(part.as_str())?, "")
        } else {
            rest.split_once(part.as_str())?
        };
        filled.push_str(&without_paths(gap));
        filled.push_str(part);
        rest = behind;
    }
    rest.is_empty().then_some(filled)
}

/// Returns the text without module paths before names.
fn without_paths(text: &str) -> String {
    let mut short = String::new();
    for piece in text.split_inclusive("::") {
        let Some(before) = piece.strip_suffix("::") else {
            short.push_str(piece);
            break;
        };
        let name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let kept = before.trim_end_matches(name);
        short.push_str(kept);
        if kept.len() == before.len() {
            short.push_str("::");
        }
    }
    short
}
