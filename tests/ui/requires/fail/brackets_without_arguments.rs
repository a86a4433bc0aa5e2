//! Parentheses after an action must contain arguments.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp())]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(all(GetApp(application_id), DeleteApp))]
async fn delete_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
