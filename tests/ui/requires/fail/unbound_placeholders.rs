//! All placeholders without a binding are listed together, with the path extractor that would bind them.

use pinpoint_iam::requires;

#[requires(GetCampaignVersion)]
async fn get_version() -> &'static str {
    ""
}

fn main() {}
