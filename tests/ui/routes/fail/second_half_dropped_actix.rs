//! If the check needs the body, an attribute below `#[requires]` may rewrite the function so that only the half of the
//! check before the body is left.

use pinpoint_iam::web::actix::{Routes, routes};
use pinpoint_iam::web::{AfterBody, Authorized, Prechecked};

mod guarded {
    use pinpoint_iam::web::actix::Path;

    #[pinpoint_iam::requires(CreateCampaign, request_tags = Some(tags), dependents = none)]
    pub async fn create_campaign(
        Path(application_id): Path<String>,
        actix_web::web::Json(tags): actix_web::web::Json<Vec<String>>,
    ) -> String {
        format!("{application_id} {}", tags.len())
    }
}

mod first_half {
    use super::*;
    use guarded::*;

    async fn create_campaign(_: Prechecked<create_campaign, (pinpoint_iam::web::actix::Path<String>,)>) {}

    pub fn routes() -> Routes {
        routes![create_campaign]
    }
}

mod first_half_as_a_whole {
    use super::*;
    use guarded::*;

    async fn create_campaign(_: Authorized<create_campaign, (pinpoint_iam::web::actix::Path<String>,)>) {}

    pub fn routes() -> Routes {
        routes![create_campaign]
    }
}

/// The body is available, but its contents were not checked.
mod first_half_and_the_body {
    use super::*;
    use guarded::*;

    async fn create_campaign(
        _: Prechecked<create_campaign, (pinpoint_iam::web::actix::Path<String>,)>,
        _: actix_web::web::Json<Vec<String>>,
    ) {
    }

    pub fn routes() -> Routes {
        routes![create_campaign]
    }
}

mod second_half {
    use super::*;
    use guarded::*;

    type Body = actix_web::web::Json<Vec<String>>;

    async fn create_campaign(
        _: actix_web::http::Method,
        _: AfterBody<create_campaign, (pinpoint_iam::web::actix::Path<String>,), Body>,
    ) {
    }

    pub fn routes() -> Routes {
        routes![create_campaign]
    }
}

fn main() {
    let _ = first_half::routes();
    let _ = first_half_as_a_whole::routes();
    let _ = first_half_and_the_body::routes();
    let _ = second_half::routes();
}
