//! A method of a trait can have a check if it has a body.

use pinpoint_iam::{Denied, Guard, requires};

trait Apps {
    #[requires(GetApp, guard = guard)]
    fn get_app(&self, guard: &Guard<'_>, application_id: &str) -> Result<(), Denied>;
}

fn main() {}
