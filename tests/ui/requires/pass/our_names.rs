//! Parameters may have the names that the expansion uses.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign, application_id = guard, campaign_id = format!("{parameters}{resource}"))]
async fn get_campaign(
    Path((guard, parameters, resource)): Path<(String, String, String)>,
) -> String {
    format!("{guard} {parameters} {resource}")
}

#[requires(DeleteCampaign, resource = guard(resource, parameters)?)]
async fn delete_campaign(Path((resource, parameters)): Path<(String, String)>) -> String {
    format!("{parameters} {resource}")
}

mod constants {
    use axum::extract::Path;
    use pinpoint_iam::requires;

    #[expect(non_upper_case_globals, reason = "named like what the expansion binds")]
    pub const guard: () = ();
    #[expect(non_upper_case_globals, reason = "named like what the expansion binds")]
    pub const parameters: () = ();

    #[requires(GetApp)]
    pub async fn get_app(Path(application_id): Path<String>) -> String {
        let ((), ()) = (guard, parameters);
        application_id
    }
}

fn guard(application_id: &str, campaign_id: &str) -> Result<Campaign, InvalidId> {
    Campaign::new(application_id, campaign_id)
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/", get(get_campaign).delete(delete_campaign))
        .route("/app", get(constants::get_app));
}
