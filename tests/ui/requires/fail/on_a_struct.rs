//! The attribute can only be applied to functions.

use pinpoint_iam::requires;

#[requires(GetApp)]
pub struct GetApp;

fn main() {}
