//! A method with `self` is no handler.

use pinpoint_iam::requires;

pub struct Campaigns;

impl Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_events(&self) -> &'static str {
        ""
    }
}

fn main() {}
