//! A body with one line is the user's own block, so the compiler does not suggest to remove its braces.

#![deny(warnings)]

use pinpoint_iam::{Denied, Guard, requires};

pub struct App(String);

#[requires(GetApp, guard = guard)]
pub fn one_line(guard: &Guard<'_>, application_id: &str) -> Result<App, Denied> { Ok(App(application_id.to_owned())) }

#[requires(GetApp, guard = guard)]
pub async fn one_expression(guard: &Guard<'_>, application_id: &str) -> Result<(), Denied> {
    Ok(())
}

impl App {
    #[requires(GetApp, guard = guard, application_id = self.0)]
    pub fn name(&self, guard: &Guard<'_>) -> Result<&str, Denied> { Ok(&self.0) }
}

fn main() {}
