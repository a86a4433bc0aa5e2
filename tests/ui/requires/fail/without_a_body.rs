//! A function of a trait without a body runs nothing.

use pinpoint_iam::requires;

pub trait Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    fn put_events() -> &'static str;
}

fn main() {}
