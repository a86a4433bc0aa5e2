//! Validates JSON documents with JSON Schemas.

use boon::{Compiler, Draft, Schemas};
use serde_json::Value;

/// Returns the errors of a document according to a schema of the given draft.
pub(crate) fn validate(schema: &Value, draft: Draft, document: &Value) -> Result<(), String> {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(draft);
    compiler
        .add_resource("schema.json", schema.clone())
        .unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    schemas
        .validate(document, index)
        .map_err(|error| error.to_string())
}
