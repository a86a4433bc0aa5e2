//! An action without resource types takes no resource.

use pinpoint_iam::mobiletargeting::App;
use pinpoint_iam::requires;

#[requires(mobileanalytics::PutEvents, resource = App::new("a1")?)]
async fn put_events() -> &'static str {
    ""
}

fn main() {}
