//! The attribute can only be applied to functions.

use pinpoint_iam::requires;

pub struct Campaigns;

#[requires(GetApp)]
impl Campaigns {}

fn main() {}
