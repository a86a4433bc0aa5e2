//! Handlers that a macro generates are guarded like others.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

macro_rules! handlers {
    ($($name:ident: $action:ident, $id:ident = $expression:expr;)*) => {
        $(
            #[requires($action, $id = $expression)]
            async fn $name(Path((application_id, other_id)): Path<(String, String)>) -> String {
                format!("{application_id} {other_id}")
            }
        )*
    };
}

macro_rules! plain {
    ($name:ident, $action:ident) => {
        #[requires($action)]
        async fn $name(Path((application_id, journey_id)): Path<(String, String)>) -> String {
            format!("{application_id} {journey_id}")
        }
    };
}

handlers! {
    get_campaign: GetCampaign, campaign_id = "c1";
    get_segment: GetSegment, segment_id = { let s = String::from("s"); s + "1" };
}
plain!(get_journey, GetJourney);

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/campaign", get(get_campaign))
        .route("/segment", get(get_segment))
        .route("/journey", get(get_journey));
}
