//! A function has one guard.

use pinpoint_iam::{Denied, Guard, requires};

#[requires(GetApp, guard = guard)]
#[requires(GetApps, guard = guard)]
fn get_app(guard: &Guard<'_>, application_id: &str) -> Result<(), Denied> {
    Ok(())
}

fn main() {}
