use axum::extract::Path;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, public, requires, routes};

mod campaigns {
    use super::*;

    #[requires(GetCampaign)]
    pub async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
        format!("{application_id} {campaign_id}")
    }

    pub mod kpis {
        use super::*;

        #[requires(GetCampaignDateRangeKpi)]
        pub async fn read(
            Path((application_id, campaign_id, kpi_name)): Path<(String, String, String)>,
        ) -> String {
            format!("{application_id} {campaign_id} {kpi_name}")
        }
    }
}

use campaigns::kpis::read as read_kpi;

#[requires(GetApps)]
async fn get<T: Default + Send + 'static>() {
    drop(T::default());
}

#[requires(GetApp)]
async fn r#type(Path(application_id): Path<String>) -> String {
    application_id
}

#[public("load balancer health check")]
async fn health() {}

fn main() {
    let none: Routes<Authorizer> = routes![];
    none.check().unwrap();
    let routes: Routes<Authorizer> = routes![
        campaigns::get_campaign,
        read_kpi,
        "/v1/kpis/{application-id}/{campaign-id}/{kpi-name}" => crate::campaigns::kpis::read,
        get::<u8>,
        "/v2/apps" => get<u16>,
        "/v2/apps/{application-id}" => r#type,
        #[cfg(any())]
        nowhere,
        "GET /healthz" => health,
    ];
    routes.check().unwrap();
    assert_eq!(routes.table().iter().count(), 7);
}
