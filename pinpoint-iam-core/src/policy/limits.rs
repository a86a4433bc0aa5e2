//! How much a document may hold.

/// How long, deep and numerous a document may be, checked before anything is built from it.
///
/// AWS documents no such limits beside the [quotas of each kind](super::PolicyKind::quota), which
/// [`validate`](super::Document::validate) checks. These are ours; they keep a hostile document from costing much, and
/// are well above every quota.
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
    /// The longest document, in bytes: 1 MiB unless it is raised.
    pub const fn max_length(&self) -> usize {
        self.max_length
    }

    /// The deepest nesting of objects and lists: 8 unless it is raised, and the grammar needs 6.
    pub const fn max_depth(&self) -> usize {
        self.max_depth
    }

    /// The most statements: 10,000 unless it is raised.
    pub const fn max_statements(&self) -> usize {
        self.max_statements
    }

    /// These limits with another length, in bytes.
    #[must_use]
    pub const fn with_max_length(mut self, max_length: usize) -> Self {
        self.max_length = max_length;
        self
    }

    /// These limits with another depth.
    #[must_use]
    pub const fn with_max_depth(mut self, max_depth: usize) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// These limits with another number of statements.
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
