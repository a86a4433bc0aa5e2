//! `permit` and `guard` are options of the whole attribute.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetApp(permit = read), DeleteApp(guard = guard)))]
async fn delete_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
