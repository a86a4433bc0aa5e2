use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp(caller = claims))]
async fn within(claims: String, Path(application_id): Path<String>) {}

#[requires(GetApp, caller = claims, caller = claims)]
async fn twice(claims: String, Path(application_id): Path<String>) {}

#[requires(GetApp, callr = claims)]
async fn misspelled(claims: String, Path(application_id): Path<String>) {}

fn main() {}
