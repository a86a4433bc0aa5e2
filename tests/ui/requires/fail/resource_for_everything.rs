//! An action without resource types takes no resource.

use pinpoint_iam::requires;

#[requires(mobileanalytics::PutEvents, resource = app())]
async fn put_events() -> &'static str {
    ""
}

fn main() {}
