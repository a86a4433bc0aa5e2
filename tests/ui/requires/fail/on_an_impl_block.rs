//! The attribute guards functions.

use pinpoint_iam::requires;

pub struct Campaigns;

#[requires(GetApp)]
impl Campaigns {}

fn main() {}
