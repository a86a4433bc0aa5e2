//! Errors of DataFusion.

use datafusion::error::DataFusionError;

/// An error of the execution with this text.
pub(crate) fn execution(text: impl Into<String>) -> DataFusionError {
    DataFusionError::Execution(text.into())
}

/// An error of the plan with this text.
pub(crate) fn plan(text: impl Into<String>) -> DataFusionError {
    DataFusionError::Plan(text.into())
}
