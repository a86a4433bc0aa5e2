//! Traits that only generated code and the attributes may implement.

use axum::extract::Path;
use pinpoint_iam::action::{ActsOn, TypedAction};
use pinpoint_iam::guard::{Denied, Guard};
use pinpoint_iam::mobiletargeting::{Action, App};
use pinpoint_iam::requires;
use pinpoint_iam::web::{Annotated, Declaration, Prechecks, PublicHandler, Requires, RequiresAfterBody};

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

impl Requires<()> for get_app {
    fn check(_: &Guard<'_>, (): &()) -> Result<(), Denied> {
        Ok(())
    }
}

impl Prechecks<()> for get_app {
    fn precheck(_: &Guard<'_>, (): &()) -> Result<(), Denied> {
        Ok(())
    }
}

impl RequiresAfterBody<(), String> for get_app {
    fn check_after_body(_: &Guard<'_>, (): &(), _: &String) -> Result<(), Denied> {
        Ok(())
    }
}

impl PublicHandler for get_app {}

struct Other;

impl Annotated for Other {
    fn declaration() -> &'static Declaration {
        get_app::declaration()
    }
}

#[derive(Clone, Copy)]
struct GetNothing;

impl TypedAction for GetNothing {
    type Enumeration = Action;
    const INDEX: usize = 0;
}

impl ActsOn<App> for GetNothing {}

fn main() {}
