//! An action may occur once for a resource, and again for another resource.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(any(GetApp, GetApp))]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(all(GetApp(application_id = from), GetApp(application_id = to)))]
async fn move_all(Path((from, to)): Path<(String, String)>) -> String {
    from + &to
}

fn main() {}
