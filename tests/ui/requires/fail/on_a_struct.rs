//! The attribute guards functions.

use pinpoint_iam::requires;

#[requires(GetApp)]
pub struct GetApp;

fn main() {}
