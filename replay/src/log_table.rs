//! A table with the records of log files.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray as _, BinaryBuilder, RecordBatch, RecordBatchOptions, StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::TableType;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use futures::TryStreamExt as _;
use pinpoint_iam_replay::LogPart;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::error::{execution, plan};
use crate::files::{self, Found};
use crate::objects::log_file;

/// The name of the column with the records.
pub const RECORD: &str = "record";

/// The name of the column with the parts of files.
const PART: &str = "part";

/// The maximum number of records of a batch.
const BATCH_RECORDS: usize = 8_192;

/// The number of bytes after which a batch is complete.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// A table with the records of log files, in the column [`RECORD`] of type `Binary`. The files are those that
/// [`pinpoint_iam_replay`] reads: lines of JSON, or arrays `Records` of CloudTrail, and both may be compressed by gzip.
///
/// A record that is too long, and the rest of a file that cannot be read, is `NULL`, so it is counted as well. The table is
/// a list of parts of files, which are found when it is created. A query fails if the size of a file has changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogTable {
    /// The parts of each partition.
    partitions: Vec<Vec<FilePart>>,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FilePart {
    /// The URL of the object store.
    store: String,
    path: String,
    /// The size of the file.
    bytes: u64,
    part: LogPart,
}

impl LogTable {
    /// Finds the files with these paths or URLs: a file, a directory that ends with `/`, or a pattern. Their parts are
    /// distributed to the given number of partitions, or fewer if there are fewer parts.
    ///
    /// # Errors
    ///
    /// Fails if the store of a URL is not registered with `runtime`, if it cannot be read, or if there are no files.
    pub async fn find(
        addresses: &[String],
        partitions: usize,
        runtime: &Arc<RuntimeEnv>,
    ) -> Result<Self> {
        let mut parts = Vec::new();
        for address in addresses {
            let Found { store, objects } = files::find(address, runtime).await?;
            let (runtime, handle) = (Arc::clone(runtime), Handle::current());
            let of_address = tokio::task::spawn_blocking(move || -> Result<Vec<FilePart>> {
                let mut parts = Vec::new();
                for object in objects {
                    let (store, path) = (store.as_str(), object.location.as_ref());
                    let file = log_file(&runtime, store, path, handle.clone())?;
                    parts.extend(file.parts().into_iter().map(|part| FilePart {
                        store: store.to_owned(),
                        path: path.to_owned(),
                        bytes: file.bytes(),
                        part,
                    }));
                }
                Ok(parts)
            });
            let of_address = of_address
                .await
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            for part in of_address? {
                // Several addresses can contain the same file.
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        let mut grouped = vec![Vec::new(); partitions.clamp(1, parts.len().max(1))];
        let count = grouped.len();
        for (number, part) in parts.into_iter().enumerate() {
            if let Some(group) = grouped.get_mut(number % count) {
                group.push(part);
            }
        }
        Ok(Self {
            partitions: grouped,
        })
    }

    /// Returns the number of partitions.
    pub const fn partitions(&self) -> usize {
        self.partitions.len()
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(
        RECORD,
        DataType::Binary,
        true,
    )]))
}

#[async_trait::async_trait]
impl TableProvider for LogTable {
    fn schema(&self) -> SchemaRef {
        schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        // A query that only counts the records reads no column.
        let columns = projection.cloned().unwrap_or_else(|| vec![0]);
        let parts = self.partitions.iter().map(|parts| {
            let parts = parts.iter().map(serde_json::to_string);
            let parts: Vec<String> = parts
                .collect::<serde_json::Result<_>>()
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            let parts: ArrayRef = Arc::new(StringArray::from(parts));
            Ok(vec![RecordBatch::try_new(part_schema(), vec![parts])?])
        });
        let parts: Vec<Vec<RecordBatch>> = parts.collect::<Result<_>>()?;
        let parts = MemorySourceConfig::try_new_exec(&parts, part_schema(), None)?;
        Ok(Arc::new(LogScan::new(parts, columns, None)?))
    }
}

/// The schema of the input of a scan: the parts as JSON.
pub(crate) fn part_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(PART, DataType::Utf8, false)]))
}

/// Called by a worker with the name of each file before it reads a part of it.
pub(crate) type Observer = Arc<dyn Fn(&str) + Send + Sync>;

/// Reads the records of the parts of log files that its input contains.
///
/// The parts are rows of the input because Ballista gives each task some of the partitions of a plan, and does so only for
/// inputs that it knows, such as rows in memory. It lets every task read all partitions of other inputs.
pub(crate) struct LogScan {
    parts: Arc<dyn ExecutionPlan>,
    /// The columns of the result, all of which are the column of the table.
    pub(crate) columns: Vec<usize>,
    observer: Option<Observer>,
    properties: Arc<PlanProperties>,
}

impl LogScan {
    pub(crate) fn new(
        parts: Arc<dyn ExecutionPlan>,
        columns: Vec<usize>,
        observer: Option<Observer>,
    ) -> Result<Self> {
        if parts.schema() != part_schema() {
            return Err(plan(
                "the input of a scan is not a list of parts of log files",
            ));
        }
        let schema = Arc::new(schema().project(&columns)?);
        let partitions = parts.properties().output_partitioning().partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            parts,
            columns,
            observer,
            properties: Arc::new(properties),
        })
    }
}

impl fmt::Debug for LogScan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LogScan")
            .field("parts", &self.parts)
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl DisplayAs for LogScan {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LogScan")
    }
}

impl ExecutionPlan for LogScan {
    fn name(&self) -> &str {
        "LogScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.parts]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([parts]) = <[_; 1]>::try_from(children) else {
            return Err(plan("a scan of log files has one input"));
        };
        let scan = Self::new(parts, self.columns.clone(), self.observer.clone())?;
        Ok(Arc::new(scan))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let mut parts = self.parts.execute(partition, Arc::clone(&context))?;
        let schema = self.schema();
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&schema), 2);
        let (sender, handle) = (stream.tx(), Handle::current());
        let observer = self.observer.clone();
        stream.spawn_blocking(move || {
            let mut batch = Batch::new(schema);
            while let Some(rows) = handle.block_on(parts.try_next())? {
                for part in file_parts(&rows)? {
                    read(
                        &part,
                        &context.runtime_env(),
                        handle.clone(),
                        observer.as_ref(),
                        |record| {
                            batch.add(record, |complete| {
                                let sent = sender.blocking_send(Ok(complete));
                                sent.map_err(|_| execution("the query has been cancelled"))
                            })
                        },
                    )?;
                }
            }
            if let Some(last) = batch.take()? {
                // An error means that the query has been cancelled.
                let _ = sender.blocking_send(Ok(last));
            }
            Ok(())
        });
        Ok(stream.build())
    }
}

/// The parts in rows of the input.
fn file_parts(rows: &RecordBatch) -> Result<Vec<FilePart>> {
    let column = rows.column_by_name(PART);
    let column = column.and_then(|column| column.as_string_opt::<i32>());
    let column = column.ok_or_else(|| execution("the parts of log files are not texts"))?;
    let parts = column.iter().map(|part| {
        serde_json::from_str(part.unwrap_or_default())
            .map_err(|error| DataFusionError::External(Box::new(error)))
    });
    parts.collect()
}

/// Passes the records of a part to `add`.
fn read(
    part: &FilePart,
    runtime: &RuntimeEnv,
    handle: Handle,
    observer: Option<&Observer>,
    mut add: impl FnMut(Option<&[u8]>) -> Result<()>,
) -> Result<()> {
    let file = log_file(runtime, &part.store, &part.path, handle)?;
    if let Some(observer) = observer {
        observer(file.name());
    }
    if file.bytes() != part.bytes {
        return Err(execution(format!(
            "`{}` has changed since the query was planned: it had {} bytes, and has {}",
            file.name().escape_debug(),
            part.bytes,
            file.bytes()
        )));
    }
    let mut result: Result<()> = Ok(());
    file.read(part.part, |record| {
        if result.is_ok() {
            result = add(record);
        }
    });
    result
}

/// Collects records.
struct Batch {
    schema: SchemaRef,
    records: BinaryBuilder,
    count: usize,
    bytes: usize,
}

impl Batch {
    fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            records: BinaryBuilder::new(),
            count: 0,
            bytes: 0,
        }
    }

    /// Adds a record, and passes the batch to `send` if it is complete.
    fn add(
        &mut self,
        record: Option<&[u8]>,
        send: impl FnOnce(RecordBatch) -> Result<()>,
    ) -> Result<()> {
        self.count += 1;
        if !self.schema.fields().is_empty() {
            self.bytes += record.map_or(0, <[u8]>::len);
            self.records.append_option(record);
        }
        if self.count < BATCH_RECORDS && self.bytes < BATCH_BYTES {
            return Ok(());
        }
        match self.take()? {
            Some(complete) => send(complete),
            None => Ok(()),
        }
    }

    /// Returns the records that were added; `None` if there are none.
    fn take(&mut self) -> Result<Option<RecordBatch>> {
        let rows = std::mem::take(&mut self.count);
        self.bytes = 0;
        if rows == 0 {
            return Ok(None);
        }
        let records: ArrayRef = Arc::new(self.records.finish());
        let columns = self.schema.fields().iter().map(|_| Arc::clone(&records));
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns.collect(),
            &options,
        )?;
        Ok(Some(batch))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use datafusion::arrow::array::ArrayBuilder as _;

    use super::*;

    fn lengths(records: impl IntoIterator<Item = usize>, schema: SchemaRef) -> Vec<usize> {
        let mut batch = Batch::new(schema);
        let mut batches = Vec::new();
        for length in records {
            let mut send = |complete: RecordBatch| {
                batches.push(complete.num_rows());
                Ok(())
            };
            batch.add(Some(&vec![b'x'; length]), &mut send).unwrap();
        }
        batches.extend(batch.take().unwrap().map(|last| last.num_rows()));
        assert!(batch.take().unwrap().is_none());
        batches
    }

    /// The offsets in a batch would overflow otherwise.
    #[test]
    fn batches_are_limited() {
        let full = BATCH_RECORDS;
        let short = lengths(vec![1; 2 * full + 3], schema());
        assert_eq!(short, [full, full, 3]);
        assert_eq!(lengths(vec![BATCH_BYTES / 2; 5], schema()), [2, 2, 1]);
        assert_eq!(lengths(vec![], schema()), [0; 0]);
    }

    /// Records that are only counted take no memory.
    #[test]
    fn records_without_columns_are_counted() {
        let empty = Arc::new(Schema::empty());
        assert_eq!(lengths(vec![BATCH_BYTES; 5], Arc::clone(&empty)), [5]);
        let mut batch = Batch::new(empty);
        batch.add(Some(b"x"), |_| Ok(())).unwrap();
        assert_eq!(batch.records.len(), 0);
    }

    #[tokio::test]
    async fn reading_ends_with_the_first_error() {
        let path = std::env::temp_dir().join(format!("log-{}.jsonl", std::process::id()));
        fs::write(&path, "a\nb\nc\n").unwrap();
        let runtime = Arc::new(RuntimeEnv::default());
        let address = path.to_str().unwrap().to_owned();
        let table = LogTable::find(&[address], 0, &runtime).await.unwrap();
        assert_eq!(table.partitions(), 1);
        let mut records = 0;
        let result = read(
            &table.partitions[0][0],
            &runtime,
            Handle::current(),
            None,
            |_| {
                records += 1;
                match records {
                    2 => Err(execution("stop")),
                    _ => Ok(()),
                }
            },
        );
        fs::remove_file(&path).unwrap();
        assert!(result.unwrap_err().to_string().contains("stop"));
        assert_eq!(records, 2);
    }
}
