use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CopyDocument, keys())]
async fn empty(Path(document_id): Path<String>) {}

#[requires(CopyDocument(keys(copies = 1)), keys(copies = 2))]
async fn twice(Path(document_id): Path<String>) {}

#[requires(CopyDocument, keys(copies))]
async fn without_a_value(Path(document_id): Path<String>) {}

fn main() {}
