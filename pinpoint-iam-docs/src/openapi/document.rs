//! OpenAPI documents as JSON.

use serde_json::{Map, Value};

use super::{IAM_MEMBER, InvalidOpenApi, PERMISSIONS_MEMBER, Walk};

/// The members of a path that are operations, including `query` since OpenAPI 3.2.
const METHODS: [&str; 9] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
];

pub(super) fn annotate(walk: &mut Walk<'_>, document: &mut Value) -> Result<(), InvalidOpenApi> {
    let version = document.get("openapi").and_then(Value::as_str);
    if !version.is_some_and(|version| version.starts_with("3.")) {
        return Err(InvalidOpenApi(
            "the document is not an OpenAPI document of a version 3; it must contain `\"openapi\": \"3..\"`".to_owned(),
        ));
    }
    // Since 3.1, `paths` is optional.
    let Some(paths) = document.get_mut("paths") else {
        return Ok(());
    };
    for (path, item) in object(paths, "paths")? {
        if !path.starts_with('/') {
            continue;
        }
        let item = object(item, path)?;
        if item.contains_key("$ref") {
            walk.reference(path);
        }
        for (member, value) in item.iter_mut() {
            if METHODS.contains(&member.as_str()) {
                annotate_operation(walk, member, path, value)?;
            } else if member == "additionalOperations" {
                for (method, operation) in object(value, path)? {
                    annotate_operation(walk, method, path, operation)?;
                }
            }
        }
    }
    Ok(())
}

fn annotate_operation(
    walk: &mut Walk<'_>,
    method: &str,
    path: &str,
    operation: &mut Value,
) -> Result<(), InvalidOpenApi> {
    let operation = object(operation, path)?;
    operation.remove(PERMISSIONS_MEMBER);
    operation.remove(IAM_MEMBER);
    if let Some(annotation) = walk.visit(method, path) {
        operation.insert(PERMISSIONS_MEMBER.to_owned(), annotation.permissions);
        operation.insert(IAM_MEMBER.to_owned(), annotation.iam);
    }
    Ok(())
}

fn object<'v>(
    value: &'v mut Value,
    place: &str,
) -> Result<&'v mut Map<String, Value>, InvalidOpenApi> {
    value.as_object_mut().ok_or_else(|| {
        InvalidOpenApi(format!(
            "the document is not an OpenAPI document: something in `{}` is not an object",
            place.escape_debug()
        ))
    })
}
