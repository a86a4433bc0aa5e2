//! The return type and the body can be anything.

use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetApp)]
async fn get_app(
    Path(application_id): Path<String>,
) -> Result<impl IntoResponse, impl IntoResponse> {
    if application_id.is_empty() {
        return Err("no id");
    }
    let application_id = Some(application_id).ok_or("no id")?;
    Ok((axum::http::StatusCode::OK, application_id))
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app));
}
