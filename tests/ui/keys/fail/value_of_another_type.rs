use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CopyDocument, keys(copies = to))]
async fn text_for_a_number(Path((document_id, to)): Path<(String, String)>) {}

#[requires(CopyDocument, keys(labels = 2))]
async fn number_for_a_list(Path(document_id): Path<String>) {}

fn main() {}
