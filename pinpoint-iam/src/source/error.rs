//! What can go wrong with a policy source.

use std::fmt;
use std::path::{Path, PathBuf};

use pinpoint_iam_core::internal::OneLine;

use crate::policy::ParseError;
use crate::source::store::PolicyStore;

/// A fault in a policy source: the file, the place in it, and what is wrong there.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceError {
    path: PathBuf,
    position: Option<(usize, usize)>,
    message: String,
    others: Vec<SourceError>,
    concerned: Option<Box<Concerned>>,
}

/// Whom a fault concerns, as far as the source can tell.
#[derive(Clone, Default, PartialEq, Eq)]
struct Concerned {
    dependents: Option<Vec<String>>,
    readable: Readable,
}

/// What can be read. It is no part of what is compared: the fault says what cannot be.
#[derive(Clone, Default)]
struct Readable(Option<PolicyStore>);

impl PartialEq for Readable {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Readable {}

impl SourceError {
    /// A fault of the file at `path` as a whole.
    pub fn of_file(path: &Path, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            position: None,
            message: message.into(),
            others: Vec::new(),
            concerned: None,
        }
    }

    /// A fault at a line and column of the file at `path`, both counted from 1.
    pub fn at(path: &Path, line: usize, column: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            position: Some((line, column)),
            message: message.into(),
            others: Vec::new(),
            concerned: None,
        }
    }

    /// The fault with `others` of the same source that were found in the same attempt to load it.
    #[must_use]
    pub fn with_others(mut self, others: Vec<Self>) -> Self {
        self.others = others;
        self
    }

    /// The fault with the ARNs of the users and roles that it leaves without some of their policies, where the source can
    /// tell: an authorizer refuses them, see [`Authorizer::reload`](crate::Authorizer::reload).
    #[must_use]
    pub fn with_dependents(mut self, arns: Vec<String>) -> Self {
        self.concerned.get_or_insert_default().dependents = Some(arns);
        self
    }

    /// The fault with the policies and attachments that can be read all the same: an authorizer that has policies
    /// refuses all users and roles for which it has others, see [`Authorizer::reload`](crate::Authorizer::reload).
    ///
    /// The store need not be complete for the [dependents](Self::with_dependents).
    #[must_use]
    pub fn with_readable(mut self, store: PolicyStore) -> Self {
        self.concerned.get_or_insert_default().readable = Readable(Some(store));
        self
    }

    /// Takes what can be read out of the fault.
    pub(crate) fn take_readable(&mut self) -> Option<PolicyStore> {
        self.concerned.as_mut()?.readable.0.take()
    }

    pub(crate) fn in_document(path: &Path, error: &ParseError) -> Self {
        Self::at(path, error.line(), error.column(), error.explanation())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line and column, counted from 1; `None` for a fault of the file as a whole.
    pub const fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// Other faults of the source that were found in the same attempt to load it.
    pub fn others(&self) -> &[Self] {
        &self.others
    }

    /// The ARNs of the users and roles that the fault and its [others](Self::others) leave without some of their policies;
    /// `None` where the source cannot tell.
    pub fn dependents(&self) -> Option<&[String]> {
        self.concerned.as_ref()?.dependents.as_deref()
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The names of files, and what the parser of another format says, may have line breaks.
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
    /// Writes the sentence, so that `unwrap` and `main` show it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for SourceError {}
