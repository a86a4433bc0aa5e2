use axum::extract::Path;
use pinpoint_iam::{Denied, Guard, requires};

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[requires(GetCamp)]
async fn half_typed(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[requires(all(GetApp, GetCamp))]
async fn in_all(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

struct Applications;

impl Applications {
    #[requires(GetCamp, guard = guard)]
    fn half_typed(&self, guard: &Guard<'_>) -> Result<(), Denied> {
        Ok(())
    }

    #[requires(GetApp, guard = guard)]
    fn get(&self, guard: &Guard<'_>, application_id: &str) -> Result<(), Denied> {
        Ok(())
    }
}

fn main() {}
