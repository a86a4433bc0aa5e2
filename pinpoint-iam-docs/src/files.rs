//! The files of a page.

use super::table::Page;
use super::{csv, html, json, markdown};

/// A file that contains a page or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path, with `/` between folders.
    pub path: String,
    /// The contents of the file.
    pub text: String,
}

/// Returns a page in every format: `name.md`, `name.json`, `name.html`, and `csv/` with a file for each table.
///
/// ```no_run
/// use pinpoint_iam_docs::{Stale, files, fresh, service_page};
/// use pinpoint_iam::mobiletargeting;
///
/// #[test]
/// fn documents_are_fresh() -> Result<(), Stale> {
///     files("docs/mobiletargeting", &service_page(&mobiletargeting::SERVICE))
///         .iter()
///         .try_for_each(|file| fresh(&file.path, &file.text))
/// }
/// ```
///
/// `name` may contain folders. The folder of the CSV files is next to the other files.
pub fn files(name: &str, page: &Page) -> Vec<File> {
    let folder = match name.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/"),
        None => String::new(),
    };
    let mut files = vec![
        File {
            path: format!("{name}.md"),
            text: markdown(page),
        },
        File {
            path: format!("{name}.json"),
            text: json(page),
        },
        File {
            path: format!("{name}.html"),
            text: html(page),
        },
    ];
    files.extend(page.tables().iter().map(|table| File {
        path: format!("{folder}csv/{}.csv", table.name()),
        text: csv(table),
    }));
    files
}
