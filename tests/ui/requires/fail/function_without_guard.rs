//! The argument must be a guard.

use pinpoint_iam::{Authorizer, Denied, requires};

#[requires(GetApp, guard = authorizer)]
fn get_app(authorizer: &Authorizer, application_id: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(GetApp, guard = guard)]
fn unknown(application_id: &str) -> Result<(), Denied> {
    Ok(())
}

fn main() {}
