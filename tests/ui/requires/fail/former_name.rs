//! A name from older documents is recognized, and the current name is suggested.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetUser)]
async fn get_user(Path((application_id, user_id)): Path<(String, String)>) -> String {
    application_id + &user_id
}

fn main() {}
