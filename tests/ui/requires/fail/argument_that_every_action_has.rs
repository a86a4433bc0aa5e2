//! An argument behind a composition is for an action that has none of its own.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetApp(application_id = from), DeleteApp(application_id = to)), application_id = from)]
async fn move_all(Path((from, to)): Path<(String, String)>) -> String {
    from + &to
}

fn main() {}
