//! A name of older documents is known, and so is its successor.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetUser)]
async fn get_user(Path((application_id, user_id)): Path<(String, String)>) -> String {
    application_id + &user_id
}

fn main() {}
