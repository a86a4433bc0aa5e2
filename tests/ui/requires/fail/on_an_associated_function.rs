//! rustc rejects an associated function before the attribute can: the items of the check cannot be in an `impl`. Its note names a macro of
//! ours, `requires_without_guard_is_for_free_functions`.

use pinpoint_iam::requires;

pub struct Campaigns;

impl Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_events() -> &'static str {
        ""
    }
}

fn main() {}
