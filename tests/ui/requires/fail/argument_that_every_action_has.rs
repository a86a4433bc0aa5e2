//! An argument after a composition is for the actions that do not have their own.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetApp(application_id = from), DeleteApp(application_id = to)), application_id = from)]
async fn move_all(Path((from, to)): Path<(String, String)>) -> String {
    from + &to
}

fn main() {}
