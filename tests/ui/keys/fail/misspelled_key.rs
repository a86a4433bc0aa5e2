use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CopyDocument, keys(target_foldr = to))]
async fn copy(Path((document_id, to)): Path<(String, String)>) {}

#[requires(CopyDocument(keys(copys = 2)))]
async fn copy_twice(Path(document_id): Path<String>) {}

fn main() {}
