//! A `pub` handler may have a parameter of a private type, as without the attribute.

#[allow(private_interfaces)]
mod handlers {
    use axum::Router;
    use axum::extract::Path;
    use axum::routing::get;
    use pinpoint_iam::{Authorizer, requires};

    #[derive(serde::Deserialize)]
    struct CampaignPath {
        application_id: String,
        campaign_id: String,
    }

    #[requires(GetCampaign)]
    pub async fn get_campaign(
        Path(CampaignPath {
            application_id,
            campaign_id,
        }): Path<CampaignPath>,
    ) -> String {
        application_id + &campaign_id
    }

    pub fn router() -> Router<Authorizer> {
        Router::new().route("/", get(get_campaign))
    }
}

fn main() {
    let _ = handlers::router();
}
