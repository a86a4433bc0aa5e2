//! The expansion does not need anything in scope.
#![no_implicit_prelude]

#[::pinpoint_iam::requires(GetCampaign)]
async fn get_campaign(
    ::axum::extract::Path((application_id, campaign_id)): ::axum::extract::Path<(
        ::std::string::String,
        ::std::string::String,
    )>,
) {
    ::std::mem::drop((application_id, campaign_id));
}

#[::pinpoint_iam::requires(DeleteCampaign, resource = campaign(application_id, campaign_id)?)]
async fn delete_campaign(
    ::axum::extract::Path((application_id, campaign_id)): ::axum::extract::Path<(
        ::std::string::String,
        ::std::string::String,
    )>,
) {
    ::std::mem::drop((application_id, campaign_id));
}

use ::pinpoint_iam::mobiletargeting::Campaign;
use ::pinpoint_iam::resource::InvalidId;
use ::std::result::Result;

fn campaign(application_id: &str, campaign_id: &str) -> Result<Campaign, InvalidId> {
    Campaign::new(application_id, campaign_id)
}

fn main() {
    let _: ::axum::Router<::pinpoint_iam::Authorizer> = ::axum::Router::new().route(
        "/",
        ::axum::routing::get(get_campaign).delete(delete_campaign),
    );
}
