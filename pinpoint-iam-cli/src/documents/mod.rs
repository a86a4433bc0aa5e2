//! `pinpoint-iam tables`, `matrix`, `least-privilege` and `openapi`: documents for catalogs.

mod catalogs;
pub(crate) mod least_privilege;
pub(crate) mod matrix;
pub(crate) mod openapi;
pub(crate) mod tables;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pinpoint_iam::Scope;
use pinpoint_iam_docs::{File, Page, compare, csv, html, json, markdown, update};

pub(crate) use self::catalogs::{chosen, find};
use crate::failure::Failure;

/// The format of a page of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// GitHub-flavored Markdown.
    Markdown,
    /// JSON.
    Json,
    /// Comma-separated values.
    Csv,
    /// One HTML page without external resources.
    Html,
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
        }
    }

    /// The page in this format.
    fn write(self, page: &Page) -> String {
        match self {
            Self::Markdown => markdown(page),
            Self::Json => json(page),
            Self::Csv => page.tables().iter().map(csv).collect(),
            Self::Html => html(page),
        }
    }
}

/// Where a document is written.
#[derive(Debug, Args)]
struct OutputArguments {
    /// The file to write; without it, the document is printed.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Writes nothing, and fails if the file differs from what would be written.
    #[arg(long, requires = "output")]
    check: bool,
}

impl OutputArguments {
    fn write(&self, text: &str) -> Result<(), Failure> {
        match &self.output {
            None => {
                print!("{text}");
                Ok(())
            }
            Some(path) => write_files(
                &[File {
                    path: path.display().to_string(),
                    text: text.to_owned(),
                }],
                self.check,
            ),
        }
    }
}

/// Writes files, or reports all that differ.
fn write_files(files: &[File], check: bool) -> Result<(), Failure> {
    let mut errors = Vec::new();
    for file in files {
        let result = if check {
            compare(&file.path, &file.text)
        } else {
            update(&file.path, &file.text)
        };
        if let Err(stale) = result {
            errors.push(format!("error: {}", stale.message()));
            errors.extend(stale.difference().map(str::to_owned));
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    if check {
        errors.push("run the command without `--check` to write the files".to_owned());
    }
    Err(Failure::new(errors.join("\n")))
}

/// Parses `PARTITION:REGION:ACCOUNT`.
fn scope(text: &str) -> Result<Scope, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [partition, region, account] = parts.as_slice() else {
        return Err(
            "expected partition, region and account, as in `aws:us-east-1:123456789012`; the region may be empty"
                .to_owned(),
        );
    };
    let scope = Scope::new(partition, region, account);
    scope.check().map_err(|error| error.to_string())?;
    Ok(scope)
}
