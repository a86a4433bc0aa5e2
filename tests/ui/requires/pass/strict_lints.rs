//! The expansion does not cause warnings, even if many lints are enabled.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    single_use_lifetimes,
    trivial_casts,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    nonstandard_style,
    rust_2018_idioms,
    future_incompatible
)]
#![forbid(unsafe_code)]

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

/// Reads an app.
#[requires(GetApp)]
pub async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

mod private {
    use axum::extract::Path;
    use pinpoint_iam::mobiletargeting::Campaign;
    use pinpoint_iam::requires;

    #[requires(GetCampaign, application_id = (app), campaign_id = id)]
    pub(crate) async fn get_campaign(Path((app, mut id)): Path<(String, String)>) -> String {
        id.push_str(&app);
        id
    }

    #[requires(DeleteCampaign, resource = Campaign::new(app, id)?)]
    pub(super) async fn delete_campaign(Path((app, id)): Path<(String, String)>) -> String {
        app + &id
    }
}

/// Mounts the handlers.
pub fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app)).route(
        "/campaign",
        get(private::get_campaign).delete(private::delete_campaign),
    );
}
