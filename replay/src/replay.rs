//! Counts the results of a replay.

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{col, ident, lit};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use pinpoint_iam_replay::{Change, Counts};
use std::sync::Arc;

use crate::error::execution;
use crate::functions::Functions;
use crate::log_table::{LogTable, RECORD};

/// Log files of one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Paths and URLs of files that [`LogTable::find`] finds.
    Log(Vec<String>),
    /// Paths and URLs of files in Parquet, with the records in the column with this name.
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
    const CHANGE: &str = "change";
    const RECORDS: &str = "records";
    let mut counts = Counts::default();
    for input in inputs {
        let (table, column) = match input {
            Input::Log(addresses) => {
                let runtime = session.runtime_env();
                let table = LogTable::find(addresses, partitions, &runtime).await?;
                (session.read_table(Arc::new(table))?, RECORD)
            }
            Input::Parquet(addresses, column) => {
                let options = ParquetReadOptions::default();
                (
                    session.read_parquet(addresses.clone(), options).await?,
                    column.as_str(),
                )
            }
        };
        let change = functions
            .compare()
            .call(vec![lit(old), lit(new), ident(column)]);
        let changes = table.select(vec![change.alias(CHANGE)])?;
        let counted = changes.aggregate(vec![col(CHANGE)], vec![count(lit(1)).alias(RECORDS)])?;
        for batch in counted.collect().await? {
            let columns = batch
                .column_by_name(CHANGE)
                .zip(batch.column_by_name(RECORDS));
            let (changes, records) =
                columns.ok_or_else(|| execution("the result has other columns"))?;
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
        }
    }
    Ok(counts)
}
