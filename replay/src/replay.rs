//! Counts the results of a replay.

use datafusion::arrow::array::{AsArray as _, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{col, ident, lit};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use pinpoint_iam_replay::{Change, Counts};
use std::sync::Arc;

use crate::error::execution;
use crate::files::parquet_files;
use crate::functions::Functions;
use crate::log_table::{LogTable, RECORD};

/// The names of the columns of a result.
const CHANGE: &str = "change";
const RECORDS: &str = "records";

/// Log files of one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Paths and URLs of files that [`LogTable::find`] finds.
    Log(Vec<String>),
    /// Paths and URLs of files in Parquet, with the records in the column with this name. They are found like those of a log.
    Parquet(Vec<String>, String),
}

/// Divides paths and URLs: those that end with `.parquet` are files in Parquet, with the records in `column`.
pub fn inputs(addresses: Vec<String>, column: &str) -> Vec<Input> {
    let (parquet, log): (Vec<String>, Vec<String>) = addresses
        .into_iter()
        .partition(|address| address.ends_with(".parquet"));
    let parquet = Some(parquet).filter(|found| !found.is_empty());
    let log = Some(log).filter(|found| !found.is_empty());
    let parquet = parquet.map(|found| Input::Parquet(found, column.to_owned()));
    log.map(Input::Log).into_iter().chain(parquet).collect()
}

/// Creates a session that runs queries in this process with this many threads.
pub fn session(threads: usize) -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(threads))
}

/// Decides the records of log files with the old and the new policies, and counts the results. `partitions` is the number of
/// tasks for the log files that are not in Parquet; DataFusion divides the others.
///
/// # Errors
///
/// Fails if the policies cannot be read, if files are not found, if a file in Parquet is damaged, or if the cluster fails.
pub async fn replay(
    session: &SessionContext,
    functions: &Functions,
    old: &str,
    new: &str,
    inputs: &[Input],
    partitions: usize,
) -> Result<Counts> {
    let mut counts = Counts::default();
    for input in inputs {
        let runtime = session.runtime_env();
        let (tables, column) = match input {
            Input::Log(addresses) => {
                let table = LogTable::find(addresses, partitions, &runtime).await?;
                (vec![session.read_table(Arc::new(table))?], RECORD)
            }
            Input::Parquet(addresses, column) => {
                let mut tables = Vec::new();
                for files in parquet_files(addresses, &runtime).await? {
                    let options = ParquetReadOptions::default();
                    tables.push(session.read_parquet(files, options).await?);
                }
                (tables, column.as_str())
            }
        };
        for table in tables {
            let change = functions
                .compare()
                .call(vec![lit(old), lit(new), ident(column)]);
            let changes = table.select(vec![change.alias(CHANGE)])?;
            let counted =
                changes.aggregate(vec![col(CHANGE)], vec![count(lit(1)).alias(RECORDS)])?;
            for batch in counted.collect().await? {
                add(&mut counts, &batch)?;
            }
        }
    }
    Ok(counts)
}

/// Adds the numbers of records in the result of a query. A number that is left out would be a wrong total.
fn add(counts: &mut Counts, result: &RecordBatch) -> Result<()> {
    let columns = result
        .column_by_name(CHANGE)
        .zip(result.column_by_name(RECORDS));
    let (changes, records) = columns.ok_or_else(|| execution("the result has other columns"))?;
    let changes = changes
        .as_string_opt::<i32>()
        .ok_or_else(|| execution("the result has columns of other types"))?;
    let records = records
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| execution("the result has columns of other types"))?;
    for (change, records) in changes.iter().zip(records) {
        let known = Change::ALL.into_iter();
        let mut known = known.filter(|known| Some(known.member()) == change);
        let change = known.next();
        let records = records.and_then(|records| u64::try_from(records).ok());
        let (change, records) = change
            .zip(records)
            .ok_or_else(|| execution("the result contains another value"))?;
        counts.add(change, records);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, StringArray};

    use super::*;

    fn result(columns: [(&str, ArrayRef); 2]) -> Result<Counts> {
        let mut counts = Counts::default();
        add(
            &mut counts,
            &RecordBatch::try_from_iter_with_nullable(
                columns.map(|(name, column)| (name, column, true)),
            )?,
        )?;
        Ok(counts)
    }

    /// A worker of another version could return other results.
    #[test]
    fn every_number_of_a_result_is_added() {
        let changes = |change: Option<&str>| -> ArrayRef {
            Arc::new(StringArray::from(vec![Some("unchanged"), change]))
        };
        let records =
            |second: Option<i64>| -> ArrayRef { Arc::new(Int64Array::from(vec![Some(2), second])) };
        let (known, three) = (changes(Some("depends")), records(Some(3)));
        let counts = result([(CHANGE, known.clone()), (RECORDS, three.clone())]).unwrap();
        assert_eq!(
            (counts.records, counts.unchanged, counts.depends),
            (5, 2, 3)
        );
        let short: ArrayRef = Arc::new(Int32Array::from(vec![2, 3]));
        for columns in [
            [("other", known.clone()), (RECORDS, three.clone())],
            [(CHANGE, known.clone()), ("other", three.clone())],
            [(CHANGE, three.clone()), (RECORDS, three.clone())],
            [(CHANGE, known.clone()), (RECORDS, short)],
            [(CHANGE, changes(Some("other"))), (RECORDS, three.clone())],
            [(CHANGE, changes(None)), (RECORDS, three)],
            [(CHANGE, known.clone()), (RECORDS, records(Some(-3)))],
            [(CHANGE, known), (RECORDS, records(None))],
        ] {
            let shown = format!("{columns:?}");
            assert!(result(columns).is_err(), "{shown}");
        }
    }
}
