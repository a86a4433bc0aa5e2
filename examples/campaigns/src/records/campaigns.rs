//! Campaigns.

use pinpoint_iam::Resource as _;
use pinpoint_iam::mobiletargeting::resources;
use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::applications::Application;
use super::page::{Page, PageRequest};
use super::segments::Segment;
use super::store::{Look, Record, Store, TOP, Table};
use crate::body::{Opaque, Tags, checked_name, checked_tags, required_name};
use crate::clock;
use crate::deployment::scope;
use crate::error::ApiError;
use crate::identifier::new_id;

/// Pinpoint's `CampaignResponse`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Campaign {
    pub(crate) application_id: String,
    arn: String,
    creation_date: String,
    pub(crate) id: String,
    is_paused: bool,
    last_modified_date: String,
    name: String,
    pub(crate) segment_id: String,
    segment_version: u64,
    state: CampaignState,
    version: u64,
    #[serde(rename = "tags")]
    tags: Tags,
    #[serde(flatten)]
    content: Content,
}

/// Pinpoint's `CampaignState`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CampaignState {
    campaign_status: CampaignStatus,
}

/// The states of Pinpoint that a campaign can have here, where nothing is ever sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum CampaignStatus {
    Scheduled,
    Paused,
    Deleted,
}

/// The message, audience and schedule of a campaign. They are stored and returned, but never used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Content {
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_treatments: Option<Vec<Opaque>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_delivery_configuration: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holdout_percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hook: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_configuration: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_configuration: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    treatment_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    treatment_name: Option<String>,
}

impl Content {
    fn check(&self) -> Result<(), ApiError> {
        match self.holdout_percent {
            Some(101..) => Err(ApiError::bad_request(
                "`HoldoutPercent` is a number from 0 to 100",
            )),
            _ => Ok(()),
        }
    }

    /// Returns these members, and those of `before` where a member is missing.
    fn or(self, before: Self) -> Self {
        Self {
            additional_treatments: self.additional_treatments.or(before.additional_treatments),
            custom_delivery_configuration: self
                .custom_delivery_configuration
                .or(before.custom_delivery_configuration),
            description: self.description.or(before.description),
            holdout_percent: self.holdout_percent.or(before.holdout_percent),
            hook: self.hook.or(before.hook),
            limits: self.limits.or(before.limits),
            message_configuration: self.message_configuration.or(before.message_configuration),
            priority: self.priority.or(before.priority),
            schedule: self.schedule.or(before.schedule),
            template_configuration: self
                .template_configuration
                .or(before.template_configuration),
            treatment_description: self.treatment_description.or(before.treatment_description),
            treatment_name: self.treatment_name.or(before.treatment_name),
        }
    }
}

impl Record for Campaign {
    const TABLE: Table = TableDefinition::new("campaigns");
    const KIND: &'static str = "campaign";

    fn key(&self) -> (&str, &str) {
        (&self.application_id, &self.id)
    }
}

impl Campaign {
    /// Creates a new campaign for a segment of the same application.
    pub(crate) fn new(id: String, name: String, segment: &Segment) -> Result<Self, ApiError> {
        let arn = resources::Campaign::new(&segment.application_id, &id)
            .map_err(ApiError::internal)?
            .arn(&scope());
        let now = clock::now();
        Ok(Self {
            application_id: segment.application_id.clone(),
            arn,
            creation_date: now.clone(),
            id,
            is_paused: false,
            last_modified_date: now,
            name,
            segment_id: segment.id.clone(),
            segment_version: segment.version,
            state: CampaignState {
                campaign_status: CampaignStatus::Scheduled,
            },
            version: 1,
            tags: Tags::new(),
            content: Content::default(),
        })
    }

    /// Pauses or resumes the campaign.
    fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
        let status = if is_paused {
            CampaignStatus::Paused
        } else {
            CampaignStatus::Scheduled
        };
        self.state = CampaignState {
            campaign_status: status,
        };
    }

    /// Returns the campaign as it is sent after it, or its segment, has been deleted.
    pub(crate) fn deleted(mut self) -> Self {
        self.state = CampaignState {
            campaign_status: CampaignStatus::Deleted,
        };
        self.last_modified_date = clock::now();
        self
    }
}

/// Pinpoint's `WriteCampaignRequest`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WriteCampaign {
    is_paused: Option<bool>,
    name: Option<String>,
    segment_id: Option<String>,
    segment_version: Option<u64>,
    /// The tags, which policies may use in conditions.
    #[serde(rename = "tags")]
    pub(crate) tags: Option<Tags>,
    #[serde(flatten)]
    content: Content,
}

/// Returns the segment that a request names, in the requested version.
fn segment_of(
    transaction: &impl Look,
    application_id: &str,
    segment_id: &str,
    version: Option<u64>,
) -> Result<Segment, ApiError> {
    let mut segment: Segment = transaction
        .find(application_id, segment_id)?
        .ok_or_else(|| {
            ApiError::bad_request(format!(
                "the segment `{segment_id}` does not exist in this application"
            ))
        })?;
    let latest = segment.version;
    segment.version = version.unwrap_or(latest);
    if !(1..=latest).contains(&segment.version) {
        let message = format!(
            "the segment `{segment_id}` has no version {}; its latest is {latest}",
            segment.version
        );
        return Err(ApiError::bad_request(message));
    }
    Ok(segment)
}

/// Creates a campaign.
pub(crate) async fn create(
    store: &Store,
    application_id: String,
    request: WriteCampaign,
) -> Result<Campaign, ApiError> {
    let name = required_name(request.name)?;
    let tags = checked_tags(request.tags)?;
    request.content.check()?;
    let segment_id = request
        .segment_id
        .ok_or_else(|| ApiError::bad_request("`SegmentId` is missing"))?;
    store
        .write(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            let segment = segment_of(
                transaction,
                &application_id,
                &segment_id,
                request.segment_version,
            )?;
            let mut campaign = Campaign::new(new_id()?, name, &segment)?;
            campaign.pause(request.is_paused.unwrap_or(false));
            campaign.tags = tags;
            campaign.content = request.content;
            transaction.put(&campaign)?;
            Ok(campaign)
        })
        .await
}

/// Lists the campaigns of an application.
pub(crate) async fn list(
    store: &Store,
    application_id: String,
    page: PageRequest,
) -> Result<Page<Campaign>, ApiError> {
    store
        .read(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            transaction.page(&application_id, &page)
        })
        .await
}

/// Reads one campaign.
pub(crate) async fn read(
    store: &Store,
    application_id: String,
    campaign_id: String,
) -> Result<Campaign, ApiError> {
    store
        .read(move |transaction| transaction.get(&application_id, &campaign_id))
        .await
}

/// Updates a campaign. Members that the request omits are unchanged.
///
/// Tags are ignored, as Pinpoint has done in updates since 2023-05-22.
pub(crate) async fn update(
    store: &Store,
    application_id: String,
    campaign_id: String,
    request: WriteCampaign,
) -> Result<Campaign, ApiError> {
    let name = request.name.map(checked_name).transpose()?;
    request.content.check()?;
    store
        .write(move |transaction| {
            let mut campaign: Campaign = transaction.get(&application_id, &campaign_id)?;
            if request.segment_id.is_some() || request.segment_version.is_some() {
                let segment_id = request.segment_id.as_ref().unwrap_or(&campaign.segment_id);
                let segment = segment_of(
                    transaction,
                    &application_id,
                    segment_id,
                    request.segment_version,
                )?;
                campaign.segment_id = segment.id;
                campaign.segment_version = segment.version;
            }
            campaign.name = name.unwrap_or(campaign.name);
            campaign.content = request.content.or(campaign.content);
            campaign.pause(request.is_paused.unwrap_or(campaign.is_paused));
            campaign.version = campaign.version.saturating_add(1);
            campaign.last_modified_date = clock::now();
            transaction.put(&campaign)?;
            Ok(campaign)
        })
        .await
}

/// Deletes a campaign.
pub(crate) async fn delete(
    store: &Store,
    application_id: String,
    campaign_id: String,
) -> Result<Campaign, ApiError> {
    store
        .write(move |transaction| transaction.take::<Campaign>(&application_id, &campaign_id))
        .await
        .map(Campaign::deleted)
}
