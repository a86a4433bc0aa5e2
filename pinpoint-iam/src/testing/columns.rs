//! Compares the columns of a list with the keys of its resources.

use std::fmt;

use crate::arn::Scope;
use crate::context::{ConditionKey, Context, ContextLookup};
use crate::list::{Cell, KeyColumns, ResourceColumns, Row, shown};
use crate::resource::{IdFormat, Resource};

/// Verifies a mapping of columns on real rows.
///
/// A list by [`Guard::constraint`](crate::Guard::constraint) sees the values in columns, and a check of a single resource
/// the keys that its source returns. If they differ, a list shows other rows than the checks allow. Include rows with
/// NULL, with empty texts, and with rows that the application treats specially, such as deleted ones.
pub trait VerifyColumns: ResourceColumns {
    /// Compares the ids and the condition keys of each sample with the columns of its row.
    ///
    /// # Errors
    ///
    /// Returns every difference.
    fn verify<'s>(
        &self,
        scope: &Scope,
        samples: impl IntoIterator<Item = ColumnSample<'s, Self::Resource>>,
    ) -> Result<(), Vec<ColumnMismatch>>;
}

/// A resource, its condition keys as its source returns them, and its row.
#[derive(Clone, Copy)]
pub struct ColumnSample<'s, R> {
    /// The resource.
    pub resource: &'s R,
    /// The condition keys of the resource.
    pub keys: &'s Context,
    /// The row.
    pub row: &'s dyn Row,
}

impl<R: fmt::Debug> fmt::Debug for ColumnSample<'_, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ColumnSample")
            .field("resource", self.resource)
            .field("keys", self.keys)
            .finish_non_exhaustive()
    }
}

/// A difference between a row and its resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMismatch {
    /// The ARN of the resource.
    pub resource: String,
    /// The condition key or the id.
    pub key: String,
    /// The value of the resource.
    pub expected: String,
    /// The value by the columns.
    pub found: String,
}

impl fmt::Display for ColumnMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            resource,
            key,
            expected,
            found,
        } = self;
        write!(
            formatter,
            "{resource}: `{key}` is {expected}, but its column contains {found}"
        )
    }
}

impl<C: ResourceColumns> VerifyColumns for C {
    fn verify<'s>(
        &self,
        scope: &Scope,
        samples: impl IntoIterator<Item = ColumnSample<'s, Self::Resource>>,
    ) -> Result<(), Vec<ColumnMismatch>> {
        let mut mismatches = Vec::new();
        let mut columns = KeyColumns::default();
        self.keys(&mut columns);
        let fields = Self::Resource::TYPE.map_or(&[][..], |known| known.fields);
        for ColumnSample {
            resource,
            keys,
            row,
        } in samples
        {
            let arn = resource.arn(scope);
            let mut compare = |key: &str, expected: String, found: String| {
                if expected != found {
                    mismatches.push(ColumnMismatch {
                        resource: arn.clone(),
                        key: key.to_owned(),
                        expected,
                        found,
                    });
                }
            };
            for (position, (field, column)) in fields.iter().zip(self.ids()).enumerate() {
                let id = resource.part().map(|part| part.decoded_field(position));
                let expected = id.map_or_else(|| "missing".to_owned(), |id| format!("{id:?}"));
                let found = match row.cell(column) {
                    Some(Cell::Text(text)) => format!("{:?}", spelled(field.accepts, text)),
                    Some(Cell::Integer(number)) => format!("{:?}", number.to_string()),
                    other => shown(other),
                };
                compare(field.name, expected, found);
            }
            for (key, column) in columns.iter() {
                let lookup = keys.lookup(&ConditionKey::new(key));
                if let Some((expected, found)) = column.compared(lookup, row) {
                    compare(key, expected, found);
                }
            }
        }
        match mismatches.is_empty() {
            true => Ok(()),
            false => Err(mismatches),
        }
    }
}

/// The id as it is spelled in the ARN. Names from a closed list can also be stored in lower case.
fn spelled(accepts: IdFormat, id: &str) -> &str {
    match accepts {
        IdFormat::OneOf(names) => {
            let mut names = names.iter();
            let name = names.find(|name| name.to_ascii_lowercase() == id);
            name.map_or(id, |name| *name)
        }
        IdFormat::Identifier | IdFormat::Opaque => id,
    }
}
