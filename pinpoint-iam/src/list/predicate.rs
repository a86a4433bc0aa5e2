//! The results of [`constrain`](super::constrain).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::columns::InvalidName;
use super::error::ListError;
use super::node::Node;
use super::row::{Row, RowError};
use super::sql::{BindValue, Dialect, SqlSink, Statement as Collected, Writer};
use crate::eval::{Policy, PolicyType};
use crate::policy::Statement;

/// The rows of a table on which the caller may perform an action.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "rows that are listed without it are not checked"]
pub enum Constraint {
    /// Every row.
    All,
    /// No row.
    Nothing,
    /// Exactly the rows for which the predicate is true.
    Where(Predicate),
    /// Some of the rows for which the predicate is true: each of them has to be checked.
    Candidates(Candidates),
}

impl Constraint {
    pub(super) fn of<'p>(
        node: Node,
        statement: impl Fn(usize) -> Option<(&'p Policy, PolicyType, &'p Statement)>,
    ) -> Self {
        let mut inexact = BTreeSet::new();
        node.visit(&mut |leaf| {
            if let Node::Inexact(number, reason) = leaf {
                inexact.insert((*number, reason.clone()));
            }
        });
        if !inexact.is_empty() {
            return match node.widened().simplified() {
                Node::False => Self::Nothing,
                node => Self::Candidates(Candidates {
                    predicate: Predicate(Arc::new(node)),
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
            node => Self::Where(Predicate(Arc::new(node))),
        }
    }

    /// The approximate size in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::All | Self::Nothing => 0,
            Self::Where(predicate) => predicate.0.size(),
            Self::Candidates(candidates) => {
                let parts = candidates.inexact.iter();
                let parts = parts.map(|part| part.reason.len() + size_of::<InexactPart>());
                candidates.predicate.0.size() + parts.sum::<usize>()
            }
        }
    }
}

/// A condition over the columns of a row.
///
/// Displayed as the `WHERE` clause for SQLite or, if it compares types that SQLite does not have, for PostgreSQL.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate(Arc<Node>);

impl Predicate {
    /// Returns the text of a `WHERE` clause, and the values that it binds. `first` is the number of the first
    /// placeholder, after those of the application.
    ///
    /// # Errors
    ///
    /// Fails if the name of a column is not valid: if it is empty, contains U+0000 or, in SQLite, is the name of a
    /// column of lists and has another meaning within `json_each`. Fails as well for SQLite if it does not have the type
    /// of a column that is compared.
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
    /// Those of [`to_sql`](Self::to_sql).
    pub fn write_sql(&self, dialect: Dialect, sink: &mut dyn SqlSink) -> Result<(), ListError> {
        self.0.check_names(dialect)?;
        self.0.check_types(dialect)?;
        Writer { dialect, sink }.node(&self.0);
        Ok(())
    }

    /// Returns an expression that is true or false of each row, and never NULL: for a column of a query, such as
    /// `SELECT (..) AS editable`. The parameters and the errors are those of [`to_sql`](Self::to_sql).
    ///
    /// In a `WHERE` clause use [`to_sql`](Self::to_sql), because databases do not use indexes for this form.
    ///
    /// # Errors
    ///
    /// Those of [`to_sql`](Self::to_sql).
    pub fn to_boolean_sql(
        &self,
        dialect: Dialect,
        first: usize,
    ) -> Result<(String, Vec<BindValue>), ListError> {
        let (sql, binds) = self.to_sql(dialect, first)?;
        Ok((format!("(({sql}) IS TRUE)"), binds))
    }

    /// Returns whether the predicate is true of a row in memory.
    ///
    /// # Errors
    ///
    /// Fails if the row does not have a column that is compared, or has a value of another type in it.
    pub fn admits(&self, row: &dyn Row) -> Result<bool, RowError> {
        self.0.admits(row, None)
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sqlite = self.to_sql(Dialect::Sqlite, 1);
        match sqlite.or_else(|_| self.to_sql(Dialect::Postgres, 1)) {
            Ok((sql, _)) => formatter.write_str(&sql),
            Err(error) => error.fmt(formatter),
        }
    }
}

/// A predicate that may also be true of rows that the caller may not see: every row must be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidates {
    predicate: Predicate,
    inexact: Arc<[InexactPart]>,
}

impl Candidates {
    /// Returns the predicate, which selects too many rows. [`Guard::filter_page`](crate::Guard::filter_page) checks
    /// each of them, and an application has no other way to use candidates: a query with this predicate alone looks
    /// like a complete list.
    pub(crate) const fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// Returns the predicate, for tests that compare the rows that it selects with decisions about each row.
    #[cfg(feature = "testing")]
    pub const fn to_be_checked(&self) -> &Predicate {
        self.predicate()
    }

    /// Returns the parts that the columns cannot express.
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
    /// Returns the name of the policy; `None` if the reason is not a single statement.
    pub fn policy(&self) -> Option<&str> {
        self.statement
            .as_ref()
            .map(|(_, policy, _)| policy.as_str())
    }

    /// Returns which part it is, and why.
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

/// Names that have another meaning within `json_each`.
const COLUMNS_OF_JSON_EACH: [&str; 10] = [
    "key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "root",
];

impl Node {
    fn check_types(&self, dialect: Dialect) -> Result<(), ListError> {
        let mut missing = None;
        self.visit(&mut |leaf| {
            if let (Self::Atom(atom), None) = (leaf, missing) {
                missing = atom.native();
            }
        });
        match (dialect, missing) {
            (Dialect::Sqlite, Some((column, native))) => {
                Err(ListError::not_in_sqlite(column, native.name()))
            }
            (Dialect::Sqlite, None) | (Dialect::Postgres, _) => Ok(()),
        }
    }

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
