//! Parses policies that are written by hand, for any source.

use std::path::Path;

use crate::policy::{Document, Limits, Partitions};
use crate::policy_stack::Policy;
use crate::source::error::SourceError;
use crate::source::identity_based::not_identity_based;

impl Policy {
    /// Parses `text`, an identity-based policy written by hand, and names it `name`.
    ///
    /// Use this to implement a [`PolicySource`](crate::source::PolicySource), such as a database table. It applies the
    /// rules for documents of a [`Directory`](crate::source::Directory). [`Document::parse`] alone also accepts
    /// policies of other kinds, which have a `Principal` or no `Resource`, and ARNs in partitions that the deployment
    /// does not use.
    ///
    /// `partitions` follows from the scope that [`load_in`](crate::source::PolicySource::load_in) receives.
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
    /// Fails if `text` is not a valid identity-based policy. The error contains `name` in place of a file.
    pub fn parse(name: &str, text: &str, partitions: &Partitions) -> Result<Self, SourceError> {
        let document = parse(Path::new(name), text, &Limits::default(), partitions)?;
        Ok(Self::new(name, document))
    }
}

/// Parses the document written in the file at `path`.
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
