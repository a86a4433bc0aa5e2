//! rustc rejects an associated function before the attribute can, because the items of the check are not valid in an
//! `impl`. Its note contains the name of our macro `requires_without_guard_is_for_free_functions`.

use pinpoint_iam::requires;

pub struct Campaigns;

impl Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_events() -> &'static str {
        ""
    }
}

fn main() {}
