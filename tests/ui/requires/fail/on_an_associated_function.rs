//! rustc rejects an associated function before the attribute can, because the items of the check are not valid in an
//! `impl`. Its note contains the name of our macro `requires_without_guard_is_for_free_functions`.

use axum::extract::Path;
use pinpoint_iam::requires;

pub struct Campaigns;

impl Campaigns {
    #[requires(mobileanalytics::PutEvents)]
    pub async fn put_events() -> &'static str {
        ""
    }

    /// Not the first attribute of its function.
    #[must_use]
    #[requires(GetApp)]
    pub async fn get_app(Path(application_id): Path<String>) -> String {
        application_id
    }
}

pub trait Handlers {
    #[requires(GetApps)]
    fn get_apps() -> &'static str {
        ""
    }
}

fn main() {}
