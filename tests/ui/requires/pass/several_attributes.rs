//! The requirements of several attributes on one handler must all be met, in any order among other attributes.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::web::{Annotated, Requirement};
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign)]
#[tracing::instrument]
#[pinpoint_iam::requires(DeleteCampaign, permit = delete)]
#[allow(unused_mut)]
#[requires(any(GetReports, GetApp))]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{application_id} {campaign_id} {delete:?}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
    let Some(Requirement::All([_, Requirement::Action(delete), Requirement::Any([_, _])])) =
        get_campaign::declaration().requirement()
    else {
        panic!("{:?}", get_campaign::declaration());
    };
    assert_eq!(delete.action.name, "DeleteCampaign");
}
