//! A resource of the wrong type, from a parameter.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pinpoint_iam::mobiletargeting::Segment;
use pinpoint_iam::requires;

struct Known(Segment);

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Err(())
    }
}

#[requires(GetCampaign, resource = segment)]
async fn get_campaign(Known(segment): Known) -> String {
    format!("{segment:?}")
}

fn main() {}
