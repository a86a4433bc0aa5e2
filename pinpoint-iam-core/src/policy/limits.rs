//! Limits for the size of a document.

/// The maximum length, depth and number of statements of a document, checked before anything is built from it.
///
/// AWS documents no such limits except the [quotas of each kind](super::PolicyKind::quota), which
/// [`validate`](super::Document::validate) checks. These limits are ours. They bound the cost of a hostile document,
/// and are well above every quota.
///
/// ```
/// use pinpoint_iam::policy::{Document, Limits};
///
/// let limits = Limits::default().with_max_statements(1);
/// let error = Document::parse_with(r#"{"Statement": [{}, {}]}"#, &limits).unwrap_err();
/// assert_eq!(error.message(), "the document has 2 statements, and 1 is the limit");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    max_length: usize,
    max_depth: usize,
    max_statements: usize,
}

impl Limits {
    /// The maximum length of a document, in bytes. The default is 1 MiB.
    pub const fn max_length(&self) -> usize {
        self.max_length
    }

    /// The maximum nesting depth of objects and lists. The default is 8; the grammar needs 6.
    pub const fn max_depth(&self) -> usize {
        self.max_depth
    }

    /// The maximum number of statements. The default is 10,000.
    pub const fn max_statements(&self) -> usize {
        self.max_statements
    }

    /// Sets the maximum length, in bytes.
    #[must_use]
    pub const fn with_max_length(mut self, max_length: usize) -> Self {
        self.max_length = max_length;
        self
    }

    /// Sets the maximum depth.
    #[must_use]
    pub const fn with_max_depth(mut self, max_depth: usize) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// Sets the maximum number of statements.
    #[must_use]
    pub const fn with_max_statements(mut self, max_statements: usize) -> Self {
        self.max_statements = max_statements;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_length: 1024 * 1024,
            max_depth: 8,
            max_statements: 10_000,
        }
    }
}
