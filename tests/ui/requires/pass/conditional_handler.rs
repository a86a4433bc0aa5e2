//! `#[cfg]` on a handler also applies to its check, above or below.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[cfg(not(all()))]
#[requires(GetApp)]
async fn get_app(Path(application_id): Path<Missing>) -> String {
    application_id
}

#[requires(GetApp)]
#[cfg(all())]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[cfg_attr(all(), requires(DeleteApp))]
async fn delete_app(
    Path(application_id): Path<String>,
    #[cfg(not(all()))] missing: Missing,
) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app).delete(delete_app));
}
