//! Sends tables and scans of log files between the processes of a cluster.

use std::fmt;
use std::sync::Arc;

use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Extension, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use serde::{Deserialize, Serialize};

use crate::error::plan;
use crate::log_table::{LogScan, LogTable, Observer};

/// The first bytes of a scan or a table of log files. Messages of Ballista do not start with 0, which is not a field of
/// Protocol Buffers.
const MARK: &[u8] = b"\0log files\0";

/// Encodes and decodes [`LogTable`] and its scans, and everything that Ballista does. All processes of a cluster have it.
#[derive(Default)]
pub struct Codec {
    logical: BallistaLogicalExtensionCodec,
    physical: BallistaPhysicalExtensionCodec,
    observer: Option<Observer>,
}

impl Codec {
    /// Calls `observer` with the name of each file before a scan that was decoded reads a part of it.
    #[must_use]
    pub fn with_observer(self, observer: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            observer: Some(Arc::new(observer)),
            ..self
        }
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Codec").finish_non_exhaustive()
    }
}

fn encode(value: &impl Serialize, bytes: &mut Vec<u8>) -> Result<()> {
    bytes.extend(MARK);
    serde_json::to_writer(bytes, value).map_err(|error| DataFusionError::External(Box::new(error)))
}

/// Decodes a value; `None` if the bytes are not of this codec.
fn decode<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<Result<T>> {
    let value = bytes.strip_prefix(MARK)?;
    let value = serde_json::from_slice(value);
    Some(value.map_err(|error| DataFusionError::External(Box::new(error))))
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match decode(bytes) {
            Some(columns) => {
                let [parts] = inputs else {
                    return Err(plan("a scan of log files has one input"));
                };
                let parts = Arc::clone(parts);
                let scan = LogScan::new(parts, columns?, self.observer.clone())?;
                Ok(Arc::new(scan))
            }
            None => self.physical.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        match node.downcast_ref::<LogScan>() {
            Some(scan) => encode(&scan.columns, bytes),
            None => self.physical.try_encode(node, bytes, converter),
        }
    }
}

impl LogicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[LogicalPlan],
        context: &TaskContext,
    ) -> Result<Extension> {
        self.logical.try_decode(bytes, inputs, context)
    }

    fn try_encode(&self, node: &Extension, bytes: &mut Vec<u8>) -> Result<()> {
        self.logical.try_encode(node, bytes)
    }

    fn try_decode_table_provider(
        &self,
        bytes: &[u8],
        name: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match decode::<LogTable>(bytes) {
            Some(table) => Ok(Arc::new(table?)),
            None => self
                .logical
                .try_decode_table_provider(bytes, name, schema, context),
        }
    }

    fn try_encode_table_provider(
        &self,
        name: &TableReference,
        table: Arc<dyn TableProvider>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        match table.downcast_ref::<LogTable>() {
            Some(table) => encode(table, bytes),
            None => self.logical.try_encode_table_provider(name, table, bytes),
        }
    }

    fn try_decode_file_format(
        &self,
        bytes: &[u8],
        context: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.logical.try_decode_file_format(bytes, context)
    }

    fn try_encode_file_format(
        &self,
        bytes: &mut Vec<u8>,
        format: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.logical.try_encode_file_format(bytes, format)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Schema;
    use datafusion::physical_plan::empty::EmptyExec;
    use datafusion_proto::physical_plan::DefaultPhysicalProtoConverter;

    use super::*;
    use crate::log_table::part_schema;

    /// A scan of another input would read other files than those of the query, or none.
    #[test]
    fn only_scans_with_their_input_are_decoded() {
        let (codec, context) = (Codec::default(), TaskContext::default());
        let decode = |bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]| {
            let converter = DefaultPhysicalProtoConverter {};
            PhysicalExtensionCodec::try_decode(&codec, bytes, inputs, &context, &converter)
        };
        let input = |schema| -> Arc<dyn ExecutionPlan> { Arc::new(EmptyExec::new(schema)) };
        let parts = input(part_schema());
        let mut scan = Vec::new();
        encode(&[0_usize], &mut scan).unwrap();
        let decoded = decode(&scan, &[Arc::clone(&parts)]).unwrap();
        assert!(decoded.downcast_ref::<LogScan>().is_some());
        let other = input(Arc::new(Schema::empty()));
        let mut unmarked = scan.clone();
        unmarked[0] = b'x';
        for (bytes, inputs) in [
            (&scan, vec![]),
            (&scan, vec![Arc::clone(&parts), Arc::clone(&parts)]),
            (&scan, vec![other]),
            (&unmarked, vec![parts]),
        ] {
            let decoded = decode(bytes, &inputs);
            assert!(decoded.is_err(), "{inputs:?}");
        }
    }
}
