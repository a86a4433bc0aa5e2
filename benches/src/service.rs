//! A service that has the same handler twice: with `#[requires]` and without.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use pinpoint_iam::{Principal, requires};

use crate::Failure;
use crate::workload::{Workload, caller};

/// The `Authorization` header that authenticates a request.
pub const TOKEN: &str = "Bearer ana";

/// Returns a router with the two routes, which share authentication, path extractor and the policies of W2.
///
/// # Errors
///
/// If the workload cannot be loaded.
pub fn router() -> Result<Router, Failure> {
    let authorizer = Workload::named("W2")?.authorizer()?;
    Ok(Router::new()
        .route(
            "/with/apps/{application_id}/campaigns/{campaign_id}",
            get(with_attribute),
        )
        .route(
            "/less/apps/{application_id}/campaigns/{campaign_id}",
            get(without_attribute),
        )
        .layer(middleware::from_fn_with_state(
            Caller(caller()?),
            authenticate,
        ))
        .with_state(authorizer))
}

/// Returns the path of a campaign that the caller may read, without the prefix `/with/` or `/less/`.
///
/// # Errors
///
/// If the workload cannot be loaded, or if it allows no campaign.
pub fn allowed_path() -> Result<String, Failure> {
    let workload = Workload::named("W2")?;
    let question = workload
        .questions
        .iter()
        .zip(workload.answers()?)
        .find(|(question, allowed)| question.action.ends_with(":UpdateCampaign") && *allowed)
        .ok_or("no campaign is allowed")?;
    let path = question.0.resource.rsplit(':').next();
    Ok(path.ok_or("the ARN has no resource")?.to_owned())
}

#[requires(GetCampaign)]
async fn with_attribute(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

async fn without_attribute(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[derive(Clone)]
struct Caller(Principal);

async fn authenticate(
    State(Caller(principal)): State<Caller>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = request.headers().get(AUTHORIZATION);
    if token.is_some_and(|token| token == TOKEN) {
        request.extensions_mut().insert(principal);
    }
    next.run(request).await
}
