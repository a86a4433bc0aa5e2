//! A resource that an extractor created is checked unchanged.

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::get;
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::{Authorizer, requires};

struct Known(Campaign);

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Campaign::new("a1", "c1").map(Self).map_err(|_| ())
    }
}

#[requires(GetCampaign, resource = campaign)]
async fn get_campaign(Known(campaign): Known) -> String {
    format!("{campaign:?}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
