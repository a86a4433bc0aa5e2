//! The error of a policy source.

use std::fmt;
use std::path::{Path, PathBuf};

use pinpoint_iam_core::__private::OneLine;

use crate::policy::ParseError;
use crate::source::store::PolicyStore;

/// An error in a policy source: the file, the position in it, and what is wrong there.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceError {
    path: PathBuf,
    position: Option<(usize, usize)>,
    message: String,
    others: Vec<SourceError>,
    concerned: Option<Box<Concerned>>,
}

/// The users and roles that an error concerns, if the source knows them.
#[derive(Clone, Default, PartialEq, Eq)]
struct Concerned {
    dependents: Option<Vec<String>>,
    readable: Readable,
}

/// The readable part of the source. It is ignored by comparisons, because the error itself describes the rest.
#[derive(Clone, Default)]
struct Readable(Option<PolicyStore>);

impl PartialEq for Readable {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Readable {}

impl SourceError {
    /// Creates an error for the file at `path` as a whole.
    pub fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            position: None,
            message: message.into(),
            others: Vec::new(),
            concerned: None,
        }
    }

    /// Creates an error at a line and column of the file at `path`, both counted from 1.
    pub fn at(path: &Path, line: usize, column: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            position: Some((line, column)),
            message: message.into(),
            others: Vec::new(),
            concerned: None,
        }
    }

    /// Adds `others`, further errors of the same source from the same attempt to load it.
    #[must_use]
    pub fn with_others(mut self, others: Vec<Self>) -> Self {
        self.others = others;
        self
    }

    /// Adds the ARNs of the users and roles that lack some of their policies because of this error, if the source knows
    /// them. An authorizer denies their requests; see [`Authorizer::reload`](crate::Authorizer::reload).
    #[must_use]
    pub fn with_dependents(mut self, arns: Vec<String>) -> Self {
        self.concerned.get_or_insert_default().dependents = Some(arns);
        self
    }

    /// Adds the policies and attachments that can be read in spite of the error. An authorizer that is already serving
    /// denies the requests of all users and roles for which its current policies differ from these; see
    /// [`Authorizer::reload`](crate::Authorizer::reload).
    ///
    /// The store need not be complete for the [dependents](Self::with_dependents).
    #[must_use]
    pub fn with_readable(mut self, store: PolicyStore) -> Self {
        self.concerned.get_or_insert_default().readable = Readable(Some(store));
        self
    }

    /// Returns the readable part of the source.
    pub(crate) fn readable(&self) -> Option<&PolicyStore> {
        self.concerned.as_ref()?.readable.0.as_ref()
    }

    /// Replaces the readable part of the source by another form of it; by none if there is none.
    #[cfg(feature = "refresh")]
    pub(crate) fn map_readable(
        mut self,
        change: impl FnOnce(PolicyStore) -> Option<PolicyStore>,
    ) -> Self {
        if let Some(concerned) = &mut self.concerned {
            concerned.readable = Readable(concerned.readable.0.take().and_then(change));
        }
        self
    }

    /// Removes the readable part of the source, so that the error does not keep it in memory.
    pub(crate) fn remove_readable(&mut self) {
        if let Some(concerned) = &mut self.concerned {
            concerned.readable = Readable(None);
        }
    }

    pub(crate) fn in_document(path: &Path, error: &ParseError) -> Self {
        Self::at(path, error.line(), error.column(), error.explanation())
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line and column, counted from 1; `None` for an error of the file as a whole.
    pub const fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// Returns other errors of the source from the same attempt to load it.
    pub fn others(&self) -> &[Self] {
        &self.others
    }

    /// The ARNs of the users and roles that lack some of their policies because of this error and its
    /// [others](Self::others); `None` if the source does not know them.
    pub fn dependents(&self) -> Option<&[String]> {
        self.concerned.as_ref()?.dependents.as_deref()
    }

    /// The message without the position.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // File names and messages of other parsers may contain line breaks.
        write!(formatter, "{}", OneLine(&self.path.to_string_lossy()))?;
        if let Some((line, column)) = self.position {
            write!(formatter, ":{line}:{column}")?;
        }
        write!(formatter, ": {}", OneLine(&self.message))?;
        match self.others.as_slice() {
            [] => Ok(()),
            [other] => write!(formatter, "; {other}"),
            [other, more @ ..] => write!(formatter, "; {other}; and {} more", more.len()),
        }
    }
}

impl fmt::Debug for SourceError {
    /// Uses the `Display` text, because `unwrap` and `main` print errors with `Debug`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for SourceError {}
