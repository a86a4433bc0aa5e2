//! All placeholders that nothing binds are named at once, and the path that would bind them.

use pinpoint_iam::requires;

#[requires(GetCampaignVersion)]
async fn get_version() -> &'static str {
    ""
}

fn main() {}
