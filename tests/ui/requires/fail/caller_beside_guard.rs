use pinpoint_iam::{Denied, Guard, Principal, requires};

#[requires(GetApp, guard = guard, caller = caller)]
fn get_app(guard: &Guard<'_>, application_id: &str, caller: &Principal) -> Result<(), Denied> {
    Ok(())
}

fn main() {}
