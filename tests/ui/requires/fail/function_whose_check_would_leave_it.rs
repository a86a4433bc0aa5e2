//! An expression in the attribute cannot return from the function.

use pinpoint_iam::mobiletargeting::App;
use pinpoint_iam::{Denied, Guard, requires};

#[requires(GetApp, resource = { return Ok(()) }, guard = guard)]
fn by_the_resource(guard: &Guard<'_>) -> Result<(), Denied> {
    Ok(())
}

#[requires(GetApp, resource = App::new("a1")?, guard = { return Ok(()) })]
async fn by_the_guard(guard: &Guard<'_>) -> Result<(), Denied> {
    Ok(())
}

fn main() {}
