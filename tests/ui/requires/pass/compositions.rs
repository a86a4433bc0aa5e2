//! `all` and `any` combine actions, each with its own arguments.

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use pinpoint_iam::mobiletargeting::App;
use pinpoint_iam::{Authorizer, requires};

#[derive(serde::Deserialize)]
struct Wanted {
    segment: String,
}

#[requires(all(GetCampaign, GetApp))]
async fn by_name(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[requires(any(GetCampaign, GetSegment(segment_id = wanted.segment), mobileanalytics::PutEvents,))]
async fn own_arguments(
    Path((application_id, campaign_id)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> String {
    application_id + &campaign_id + &wanted.segment
}

#[requires(
    all(GetCampaign, any(GetSegment, all(GetApp, GetApps))),
    application_id = path.0,
    campaign_id = path.1,
    segment_id = path.1,
)]
async fn shared_arguments(Path(path): Path<(String, String)>) -> String {
    path.0
}

#[requires(all(GetApp(application_id = from), DeleteApp), application_id = to)]
async fn shared_and_own(Path((from, to)): Path<(String, String)>) -> String {
    from + &to
}

#[requires(any(GetApp, GetCampaigns, mobileanalytics::PutEvents), resource = App::new(id)?)]
async fn shared_resource(Path(id): Path<String>) -> String {
    id
}

#[requires(any(
    any(GetApp, GetApnsChannel, GetApnsSandboxChannel, GetApnsVoipChannel, GetBaiduChannel),
    all(GetEmailChannel, GetEventStream, GetGcmChannel, GetSmsChannel, GetVoiceChannel),
    GetAdmChannel,
    GetCampaigns,
    GetChannels,
    GetExportJobs,
    GetImportJobs,
    GetSegments,
))]
async fn many(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", get(by_name))
        .route("/2", get(own_arguments))
        .route("/3", get(shared_arguments))
        .route("/4", get(shared_and_own))
        .route("/5", get(shared_resource))
        .route("/6", get(many));
}
