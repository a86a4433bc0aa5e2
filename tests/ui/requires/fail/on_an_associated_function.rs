//! An associated function is refused by rustc: its check cannot stand beside it.

use pinpoint_iam::requires;

pub struct Campaigns;

impl Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_events() -> &'static str {
        ""
    }
}

fn main() {}
