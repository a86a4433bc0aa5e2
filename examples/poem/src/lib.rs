//! A service with campaigns on poem, whose handlers are guarded by an adapter outside `pinpoint-iam`.
//!
//! `cargo run --manifest-path examples/poem/Cargo.toml` in the repository's folder starts it.

pub mod adapter;
pub mod routes;

use std::error::Error;

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RouteOverride;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, public, requires};
use poem::http::StatusCode;
use poem::web::{Json, Path};
use poem::{Endpoint, EndpointExt, Request};

use crate::routes::Routes;

/// Ben may read the campaigns of one application.
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": {
    "Effect": "Allow",
    "Action": "mobiletargeting:GetCampaign",
    "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/demo/*"
}}"#;

#[requires(GetCampaign, adapter = adapter)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{campaign_id} of {application_id}")
}

#[requires(CreateCampaign, request_tags = none, adapter = adapter)]
async fn create_campaign(Path(application_id): Path<String>, Json(name): Json<String>) -> String {
    format!("{name} of {application_id}")
}

#[public("for load balancers")]
async fn healthz() -> &'static str {
    "healthy"
}

/// Inserts the principal of the caller, whose name is the token. Real services verify a token here.
async fn authenticate(mut request: Request) -> poem::Result<Request> {
    let Some(header) = request.header("authorization") else {
        return Ok(request);
    };
    let invalid = || poem::Error::from_status(StatusCode::UNAUTHORIZED);
    let name = header.strip_prefix("Bearer ").ok_or_else(invalid)?;
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let principal = Principal::user(&scope, name).map_err(|_| invalid())?;
    request.extensions_mut().insert(principal);
    Ok(request)
}

/// Creates the service.
///
/// # Errors
///
/// Fails if a policy or a route is invalid.
pub fn service() -> Result<impl Endpoint, Box<dyn Error>> {
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    let mut store = PolicyStore::new();
    let ben = store.identity("arn:aws:iam::123456789012:user/ben")?;
    ben.attach(Policy::new("reader", Document::parse(POLICY)?));
    let authorizer = Authorizer::builder().scope(scope).source(store).build()?;
    let healthz_route = RouteOverride {
        method: Some("GET"),
        path: Some("/healthz"),
    };
    let routes = Routes::new()
        .mount::<get_campaign, _, _>(get_campaign, RouteOverride::default())
        .mount::<create_campaign, _, _>(create_campaign, RouteOverride::default())
        .mount::<healthz, _, _>(healthz, healthz_route);
    Ok(routes.router()?.data(authorizer).before(authenticate))
}
