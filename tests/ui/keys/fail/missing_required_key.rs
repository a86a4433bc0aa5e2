use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(MoveDocument)]
async fn move_it(Path(document_id): Path<String>) {}

#[requires(any(GetDocument, MoveDocument))]
async fn get_or_move(Path(document_id): Path<String>) {}

fn main() {}
