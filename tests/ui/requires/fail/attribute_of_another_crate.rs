//! An attribute with the same name from another crate would be removed together with its check.

use axum::extract::Path;

mod acl {
    pub use tracing::instrument as requires;
}

use acl::requires;

#[pinpoint_iam::requires(GetApp)]
#[requires(GetApps)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

struct Apps;

impl Apps {
    #[pinpoint_iam::requires(GetApp, guard = guard)]
    #[requires(GetApps)]
    fn read(guard: &pinpoint_iam::Guard<'_>, application_id: &str) -> Result<(), pinpoint_iam::Denied> {
        Ok(())
    }
}

fn main() {}
