//! A function that cannot return an error cannot be guarded.

use pinpoint_iam::{Guard, requires};

#[requires(GetApp, guard = guard)]
fn nothing(guard: &Guard<'_>, application_id: &str) {}

#[requires(GetApp, guard = guard)]
fn option(guard: &Guard<'_>, application_id: &str) -> Option<String> {
    Some(application_id.to_owned())
}

#[requires(GetApp, guard = guard)]
async fn other_error(guard: &Guard<'_>, application_id: &str) -> Result<String, std::fmt::Error> {
    Ok(application_id.to_owned())
}

fn main() {}
