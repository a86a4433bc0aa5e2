//! Campaigns.

use pinpoint_iam::requires;

use super::extract::{InQuery, JsonBody, Path};
use super::respond::{Created, Json};
use crate::error::ApiError;
use crate::records::campaigns::{self, Campaign, WriteCampaign};
use crate::records::page::{Page, PageRequest};
use crate::records::store::Store;

/// Creates a campaign.
#[requires(mobiletargeting::CreateCampaign, request_tags = request.tags, dependents(mobiletargeting::TagResource))]
pub(crate) async fn create_campaign(
    Path(application_id): Path<String>,
    store: Store,
    JsonBody(request): JsonBody<WriteCampaign>,
) -> Result<Created<Campaign>, ApiError> {
    let created = campaigns::create(&store, application_id, request).await?;
    Ok(Created(created))
}

/// Lists the campaigns of an application.
#[requires(mobiletargeting::GetCampaigns)]
pub(crate) async fn get_campaigns(
    Path(application_id): Path<String>,
    InQuery(page): InQuery<PageRequest>,
    store: Store,
) -> Result<Json<Page<Campaign>>, ApiError> {
    Ok(Json(campaigns::list(&store, application_id, page).await?))
}

/// Reads one campaign.
#[requires(mobiletargeting::GetCampaign)]
pub(crate) async fn get_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    store: Store,
) -> Result<Json<Campaign>, ApiError> {
    Ok(Json(
        campaigns::read(&store, application_id, campaign_id).await?,
    ))
}

/// Updates a campaign. Members that the request omits are unchanged.
#[requires(mobiletargeting::UpdateCampaign, request_tags = request.tags)]
pub(crate) async fn update_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    store: Store,
    JsonBody(request): JsonBody<WriteCampaign>,
) -> Result<Json<Campaign>, ApiError> {
    Ok(Json(
        campaigns::update(&store, application_id, campaign_id, request).await?,
    ))
}

/// Deletes a campaign.
#[requires(mobiletargeting::DeleteCampaign)]
pub(crate) async fn delete_campaign(
    Path((application_id, campaign_id)): Path<(String, String)>,
    store: Store,
) -> Result<Json<Campaign>, ApiError> {
    Ok(Json(
        campaigns::delete(&store, application_id, campaign_id).await?,
    ))
}
