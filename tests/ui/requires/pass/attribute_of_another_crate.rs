//! An attribute with the same name is kept if its path shows that it belongs to another crate.

use axum::extract::Path;
use pinpoint_iam::requires;

mod acl {
    pub use axum::debug_handler as requires;
}

#[requires(GetApp)]
#[acl::requires(state = pinpoint_iam::Authorizer)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApp)]
#[requires(GetCampaign)]
#[pinpoint_iam::requires(GetApps)]
#[::pinpoint_iam::requires(GetSegments)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {
    // The attribute that was kept is the check of `debug_handler`, which would fail for another state.
    let _: axum::Router<pinpoint_iam::Authorizer> =
        axum::Router::new().route("/{application-id}", axum::routing::get(get_app));
    let _ = get_campaign;
}
