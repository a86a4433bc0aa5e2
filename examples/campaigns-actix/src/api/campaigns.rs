//! Campaigns.

use actix_web::http::StatusCode;
use actix_web::web;
use campaigns_core::Store;
use campaigns_core::campaigns::{self, Campaign, WriteCampaign};
use campaigns_core::page::{Page, PageRequest};
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::Path;

use super::answer::Failure;
use super::extract::{InQuery, JsonBody};

/// Creates a campaign.
#[requires(CreateCampaign, request_tags = request.tags)]
pub(crate) async fn create_campaign(
    Path(application_id): Path<String>,
    store: web::ThinData<Store>,
    JsonBody(request): JsonBody<WriteCampaign>,
) -> Result<(web::Json<Campaign>, StatusCode), Failure> {
    let created = campaigns::create(&store, application_id, request).await?;
    Ok((web::Json(created), StatusCode::CREATED))
}

/// Lists the campaigns of an application.
#[requires(GetCampaigns)]
pub(crate) async fn get_campaigns(
    Path(application_id): Path<String>,
    InQuery(page): InQuery<PageRequest>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Page<Campaign>>, Failure> {
    Ok(web::Json(
        campaigns::list(&store, application_id, page).await?,
    ))
}

/// Reads one campaign.
#[requires(GetCampaign)]
pub(crate) async fn get_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Campaign>, Failure> {
    Ok(web::Json(
        campaigns::read(&store, application_id, campaign_id).await?,
    ))
}

/// Updates a campaign. Members that the request omits are unchanged.
#[requires(UpdateCampaign, request_tags = request.tags)]
pub(crate) async fn update_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    store: web::ThinData<Store>,
    JsonBody(request): JsonBody<WriteCampaign>,
) -> Result<web::Json<Campaign>, Failure> {
    Ok(web::Json(
        campaigns::update(&store, application_id, campaign_id, request).await?,
    ))
}

/// Deletes a campaign.
#[requires(DeleteCampaign)]
pub(crate) async fn delete_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Campaign>, Failure> {
    Ok(web::Json(
        campaigns::delete(&store, application_id, campaign_id).await?,
    ))
}
