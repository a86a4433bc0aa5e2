//! Why a record cannot be replayed.

use pinpoint_iam::decision_log::InvalidRecord;
use serde_json::error::Category;

/// A reason, of which there are few, and what is special about the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The reason that is counted.
    pub(crate) name: &'static str,
    /// Empty if there is nothing to add.
    pub(crate) detail: String,
}

impl Reason {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            detail: String::new(),
        }
    }

    pub(crate) fn with_detail(name: &'static str, detail: &impl ToString) -> Self {
        const LONGEST: usize = 300;
        Self {
            name,
            detail: detail.to_string().chars().take(LONGEST).collect(),
        }
    }

    /// Returns the reason with its detail.
    pub(crate) fn text(&self) -> String {
        match self.detail.as_str() {
            "" => self.name.to_owned(),
            detail => format!("{}: {detail}", self.name),
        }
    }
}

/// The reason for a line that is not a record of a decision log.
pub(crate) fn of_line(error: &serde_json::Error) -> Reason {
    match error.classify() {
        Category::Eof => Reason::new("the line ends within a record"),
        Category::Syntax | Category::Io => Reason::new("the line is not JSON"),
        Category::Data => Reason::with_detail("the line is not a record of a decision log", error),
    }
}

/// The reason for a record that is like an event of CloudTrail, and is none.
pub(crate) fn of_event(error: &serde_json::Error) -> Reason {
    match error.classify() {
        Category::Data => Reason::with_detail("the record is not an event of CloudTrail", error),
        _ => of_line(error),
    }
}

/// The reason for a record that is not a request.
pub(crate) fn of_record(error: &InvalidRecord) -> Reason {
    match error {
        InvalidRecord::List => {
            Reason::new("the record is about a list, and does not contain its resources")
        }
        other => Reason::with_detail("the record is not a valid request", other),
    }
}
