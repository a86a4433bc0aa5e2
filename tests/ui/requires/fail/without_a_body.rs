//! A trait function without a body has nothing to guard.

use pinpoint_iam::requires;

pub trait Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    fn put_events() -> &'static str;
}

fn main() {}
