use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetDocument, keys(copies = 1))]
async fn get(Path(document_id): Path<String>) {}

#[requires(all(GetDocument, MoveDocument(keys(target_folder = "desk", labels = ["x"]))))]
async fn move_it(Path(document_id): Path<String>) {}

fn main() {}
