//! The files of a page.

use super::table::Page;
use super::{csv, html, json, markdown};

/// A file that a page is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path, with `/` between folders.
    pub path: String,
    /// What the file holds.
    pub text: String,
}

/// A page in every format: `name.md`, `name.json`, `name.html`, and `csv/` with a file for each table.
///
/// ```no_run
/// use pinpoint_iam::docs::{Stale, files, fresh, service_page};
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
/// `name` may have folders; those of CSV files stand beside the other files.
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
