//! The check neither uses nor affects the items that the body of a function declares.

use pinpoint_iam::{Denied, Guard, requires};

fn name(id: &str) -> String {
    format!("c{id}")
}

#[requires(GetCampaign, campaign_id = name(id), guard = guard)]
fn shadowing(guard: &Guard<'_>, application_id: &str, id: &str) -> std::result::Result<(), Denied> {
    #![allow(dead_code, non_upper_case_globals, unused_macros)]

    const application_id: u8 = 1;
    const __guard: u8 = 1;
    const denied: u8 = application_id;
    mod pinpoint_iam {}
    mod core {}
    fn name() {}
    struct Result;
    struct Err;
    trait Extra {
        fn check(&self) {}
    }
    impl<T> Extra for T {}
    Extra::check(guard);
    Ok(())
}

macro_rules! guarded {
    ($name:ident, $guard:ident, $id:ident) => {
        #[requires(GetApp, application_id = $id, guard = $guard)]
        fn $name($guard: &Guard<'_>, $id: &str) -> Result<usize, Denied> {
            Ok($id.len())
        }
    };
}

guarded!(by_macro, cx, app);

fn main() {}
