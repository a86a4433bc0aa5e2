//! What is left of the policies, as callers see it.

use std::collections::BTreeSet;
use std::fmt;

use super::columns::InvalidName;
use super::error::ListError;
use super::node::Node;
use super::row::{Row, RowError};
use super::sql::{BindValue, Dialect, SqlSink, Statement as Collected, Writer};
use crate::eval::{Policy, PolicyType};
use crate::policy::Statement;

/// Which rows of a table a caller may see.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "rows that are listed without it are not checked"]
pub enum Constraint {
    /// Every row.
    All,
    /// No row.
    Nothing,
    /// Exactly the rows of which the predicate is true.
    Where(Predicate),
    /// Some of the rows of which a predicate is true: each has to be checked.
    Candidates(Candidates),
}

impl Constraint {
    pub(super) fn of(
        node: Node,
        statement: impl Fn(usize) -> Option<(Policy, PolicyType, Statement)>,
    ) -> Self {
        let mut inexact = BTreeSet::new();
        node.visit(&mut |leaf| {
            if let Node::Inexact(number, reason) = leaf {
                inexact.insert((*number, reason.clone()));
            }
        });
        let node = node.widened().simplified();
        if !inexact.is_empty() {
            return match node {
                Node::False => Self::Nothing,
                node => Self::Candidates(Candidates {
                    predicate: Predicate(node),
                    inexact: inexact
                        .into_iter()
                        .map(|(number, reason)| InexactPart {
                            statement: statement(number).map(|(policy, policy_type, statement)| {
                                let line = statement.position().line();
                                (policy_type, policy.name().to_owned(), line)
                            }),
                            reason: reason.into(),
                        })
                        .collect(),
                }),
            };
        }
        match node {
            Node::True => Self::All,
            Node::False => Self::Nothing,
            node => Self::Where(Predicate(node)),
        }
    }
}

/// A condition over the columns of a row.
///
/// Displayed as the `WHERE` clause for SQLite.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate(Node);

impl Predicate {
    /// The predicate as the text of a `WHERE` clause, and the values that it binds. `first` is the number of the first
    /// placeholder, after those of the caller.
    ///
    /// # Errors
    ///
    /// When the name of a column cannot be written: it is empty or holds U+0000, or, in SQLite, it is that of a list and
    /// means something in `json_each`.
    pub fn to_sql(
        &self,
        dialect: Dialect,
        first: usize,
    ) -> Result<(String, Vec<BindValue>), ListError> {
        let mut collected = Collected {
            dialect,
            next: first,
            sql: String::new(),
            binds: Vec::new(),
        };
        self.write_sql(dialect, &mut collected)?;
        Ok((collected.sql, collected.binds))
    }

    /// Writes the predicate into a query.
    ///
    /// # Errors
    ///
    /// As [`to_sql`](Self::to_sql).
    pub fn write_sql(&self, dialect: Dialect, sink: &mut dyn SqlSink) -> Result<(), ListError> {
        self.0.check_names(dialect)?;
        Writer { dialect, sink }.node(&self.0);
        Ok(())
    }

    /// Whether the predicate is true of a row in memory.
    ///
    /// # Errors
    ///
    /// When the row has not the columns that are compared, or values of another type.
    pub fn admits(&self, row: &dyn Row) -> Result<bool, RowError> {
        self.0.admits(row, None)
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_sql(Dialect::Sqlite, 1) {
            Ok((sql, _)) => formatter.write_str(&sql),
            Err(error) => error.fmt(formatter),
        }
    }
}

/// A predicate that is true of rows which the caller may not see: every row must be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidates {
    predicate: Predicate,
    inexact: Vec<InexactPart>,
}

impl Candidates {
    /// The predicate, which selects too many rows: **check every row that it selects**.
    pub const fn to_be_checked(&self) -> &Predicate {
        &self.predicate
    }

    /// The parts that the columns cannot express.
    pub fn inexact(&self) -> &[InexactPart] {
        &self.inexact
    }
}

/// A part of a statement that columns cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InexactPart {
    statement: Option<(PolicyType, String, usize)>,
    reason: String,
}

impl InexactPart {
    /// The name of the policy; `None` where the reason is not a single statement.
    pub fn policy(&self) -> Option<&str> {
        self.statement
            .as_ref()
            .map(|(_, policy, _)| policy.as_str())
    }

    /// Which part, and why.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for InexactPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.statement {
            Some((policy_type, policy, line)) => write!(
                formatter,
                "{policy_type} `{}`, line {line}: {}",
                policy.escape_debug(),
                self.reason.escape_debug()
            ),
            None => write!(formatter, "{}", self.reason.escape_debug()),
        }
    }
}

/// Names that mean something else within `json_each`.
const COLUMNS_OF_JSON_EACH: [&str; 10] = [
    "key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "root",
];

impl Node {
    fn check_names(&self, dialect: Dialect) -> Result<(), InvalidName> {
        let mut invalid = None;
        self.visit_columns(&mut |name, is_list| {
            let is_taken = dialect == Dialect::Sqlite
                && is_list
                && COLUMNS_OF_JSON_EACH
                    .iter()
                    .any(|taken| taken.eq_ignore_ascii_case(name));
            if is_taken || name.contains('\0') || name.split('.').any(str::is_empty) {
                invalid.get_or_insert_with(|| InvalidName(name.to_owned()));
            }
        });
        invalid.map_or(Ok(()), Err)
    }
}
