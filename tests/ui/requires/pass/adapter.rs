// A framework's adapter outside of the crate, in every form of a handler.

use pinpoint_iam::Permit;
use pinpoint_iam::mobiletargeting::GetApp;
use pinpoint_iam::requires;

mod adapter {
    use pinpoint_iam::web;

    pub struct Authorized<H, P, T = ()>(pub web::Authorized<H, P, T>);
    pub struct Prechecked<H, P>(pub web::Prechecked<H, P>);
    pub struct AfterBody<H, P, B, T = ()>(pub web::AfterBody<H, P, B, T>);
}

struct Path<T>(T);
struct Json<T>(T);

#[requires(mobileanalytics::PutEvents, adapter = adapter)]
async fn without_parameters() {}

#[requires(GetApp, adapter = crate::adapter)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApp, permit = proof, adapter = self::adapter)]
async fn with_permit(Path(application_id): Path<String>, other: u8) -> u8 {
    let _: Permit<GetApp> = proof;
    other
}

#[requires(GetApp, adapter = adapter)]
#[requires(GetCampaign)]
async fn several(Path((application_id, campaign_id)): Path<(String, String)>) {}

#[requires(GetCampaign, adapter = adapter)]
async fn after_body(Path(application_id): Path<String>, Json(campaign_id): Json<String>) -> String {
    application_id + &campaign_id
}

fn main() {
    let _: fn(adapter::Authorized<without_parameters, ()>) -> _ = without_parameters;
    let _: fn(adapter::Authorized<get_app, (Path<String>,)>) -> _ = get_app;
    let _: fn(adapter::Authorized<with_permit, (Path<String>,), Permit<GetApp>>, u8) -> _ =
        with_permit;
    let _: fn(adapter::Authorized<several, (Path<(String, String)>,), ((), ())>) -> _ = several;
    let _: fn(
        adapter::Prechecked<after_body, (Path<String>,)>,
        adapter::AfterBody<after_body, (Path<String>,), Json<String>>,
    ) -> _ = after_body;
}
