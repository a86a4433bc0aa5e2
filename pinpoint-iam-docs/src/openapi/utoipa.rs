//! OpenAPI documents that `utoipa` has generated.

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use super::{IAM_MEMBER, PERMISSIONS_MEMBER, Walk};

pub(super) fn annotate(walk: &mut Walk<'_>, document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        if item.ref_path.is_some() {
            walk.reference(path);
        }
        for (method, operation) in operations(item) {
            annotate_operation(walk, method, path, operation);
        }
        for (method, operation) in &mut item.additional_operations {
            annotate_operation(walk, method, path, operation);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("OPTIONS", &mut item.options),
        ("HEAD", &mut item.head),
        ("PATCH", &mut item.patch),
        ("TRACE", &mut item.trace),
        ("QUERY", &mut item.query),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn annotate_operation(walk: &mut Walk<'_>, method: &str, path: &str, operation: &mut Operation) {
    let mut extensions = operation.extensions.take().unwrap_or_default();
    extensions.remove(PERMISSIONS_MEMBER);
    extensions.remove(IAM_MEMBER);
    if let Some(annotation) = walk.visit(method, path) {
        extensions.insert(PERMISSIONS_MEMBER.to_owned(), annotation.permissions);
        extensions.insert(IAM_MEMBER.to_owned(), annotation.iam);
    }
    operation.extensions = (!extensions.is_empty()).then_some(extensions);
}
