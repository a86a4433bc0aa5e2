//! An action without resource types does not accept a resource.

use pinpoint_iam::requires;

#[requires(mobileanalytics::PutEvents, resource = app())]
async fn put_events() -> &'static str {
    ""
}

fn main() {}
