//! Parameters that bind nothing may be generic or `impl Trait`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::delete;
use pinpoint_iam::{Authorizer, requires};

trait Database: Clone + Send + Sync + 'static {}

impl Database for Authorizer {}

#[requires(GetApp)]
async fn get_app<D, const PAGE: usize>(
    State(_database): State<D>,
    Path(application_id): Path<String>,
) -> String
where
    D: Database,
{
    format!("{application_id} {PAGE}")
}

#[requires(DeleteApp)]
async fn delete_app<D>(Path(application_id): Path<String>, State(_): State<D>) -> String
where
    D: Database,
{
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", delete(delete_app::<Authorizer>));
    let _ = get_app::<Authorizer, 20>;
}
