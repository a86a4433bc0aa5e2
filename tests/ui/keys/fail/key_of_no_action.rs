use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetDocument, CopyDocument), keys(number = 1))]
async fn copy(Path(document_id): Path<String>) {}

fn main() {}
