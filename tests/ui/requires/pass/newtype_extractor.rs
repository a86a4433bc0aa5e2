//! An application's own extractor binds like axum's extractors, by a plain name or by its fields.

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

struct Application(String);

struct CampaignId(String);

impl AsRef<str> for CampaignId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Application {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Ok(Self(String::new()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CampaignId {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Ok(Self(String::new()))
    }
}

#[requires(GetCampaign)]
async fn get_campaign(Application(application_id): Application, campaign_id: CampaignId) -> String {
    format!("{application_id} {}", campaign_id.0)
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
