//! Policies that are written by hand, whatever source they come from.

use std::path::Path;

use crate::eval::Policy;
use crate::policy::{Document, Limits, Partitions};
use crate::source::error::SourceError;
use crate::source::identity_based::not_identity_based;

impl Policy {
    /// The identity-based policy `text`, written by hand, under the name `name`.
    ///
    /// For a [`PolicySource`](crate::source::PolicySource) of one's own, such as a table of a database: the same rules apply
    /// as to the documents of a [`Directory`](crate::source::Directory). [`Document::parse`] alone also accepts policies of other
    /// kinds, which have a `Principal` or no `Resource`, and ARNs in partitions that the deployment does not have.
    ///
    /// `partitions` follow from the scope that [`load_in`](crate::source::PolicySource::load_in) is given.
    ///
    /// ```
    /// use pinpoint_iam::policy::Partitions;
    /// use pinpoint_iam::{Policy, Scope};
    ///
    /// let partitions = Partitions::of(&Scope::new("aws", "us-east-1", "123456789012"));
    /// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}"#;
    /// let error = Policy::parse("policy 7", text, &partitions).unwrap_err();
    /// assert!(error.to_string().starts_with("policy 7:1:"));
    /// ```
    ///
    /// # Errors
    ///
    /// When `text` is not a valid identity-based policy. The error names `name` in place of a file.
    pub fn parse(name: &str, text: &str, partitions: &Partitions) -> Result<Self, SourceError> {
        let document = parse(Path::new(name), text, &Limits::default(), partitions)?;
        Ok(Self::new(name, document))
    }
}

/// The document that is written in the file at `path`.
pub(super) fn parse(
    path: &Path,
    text: &str,
    limits: &Limits,
    partitions: &Partitions,
) -> Result<Document, SourceError> {
    let document = Document::parse_with(text, limits)
        .and_then(|document| document.validate_partitions(partitions).map(|()| document))
        .map_err(|error| SourceError::in_document(path, &error))?;
    match not_identity_based(&document) {
        Some((place, message)) => Err(SourceError::at(path, place.line(), place.column(), message)),
        None => Ok(document),
    }
}
