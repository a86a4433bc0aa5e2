//! Parameters that bind nothing may borrow.

use axum::extract::Path;
use axum::routing::get;
use axum::{Extension, Router};
use pinpoint_iam::{Authorizer, requires};

#[requires(GetApp)]
async fn get_app<'a>(
    Path(application_id): Path<String>,
    Extension(greeting): Extension<&'static str>,
    Extension(name): Extension<std::borrow::Cow<'a, str>>,
) -> String {
    format!("{application_id} {greeting} {name}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app));
}
