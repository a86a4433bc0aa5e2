//! A parameter that binds nothing may be `impl Trait`.

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetApp)]
async fn get_app(
    Path(application_id): Path<String>,
    _: impl FromRequestParts<Authorizer> + Send,
) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(|| async {}));
    let _ = async |proof, parts: Path<String>| get_app(proof, parts).await;
}
