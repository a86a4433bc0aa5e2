//! Segments: which endpoints a campaign is for.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use pinpoint_iam::mobiletargeting::resources;
use pinpoint_iam::{Resource as _, requires};
use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::answer::ApiError;
use super::applications::Application;
use super::body::{JsonBody, Opaque, Tags, checked_name, checked_tags, required_name};
use super::campaigns::Campaign;
use super::page::{Page, PageRequest};
use crate::clock;
use crate::deployment::scope;
use crate::identifier::new_id;
use crate::store::{Look as _, Record, Store, TOP, Table};

/// Pinpoint's `SegmentResponse`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Segment {
    pub(crate) application_id: String,
    arn: String,
    creation_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<Opaque>,
    pub(crate) id: String,
    last_modified_date: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment_groups: Option<Opaque>,
    segment_type: SegmentType,
    #[serde(rename = "tags")]
    tags: Tags,
    pub(crate) version: u64,
}

/// How Pinpoint fills a segment; nothing is imported here.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum SegmentType {
    Dimensional,
}

impl Record for Segment {
    const TABLE: Table = TableDefinition::new("segments");
    const KIND: &'static str = "segment";

    fn key(&self) -> (&str, &str) {
        (&self.application_id, &self.id)
    }
}

impl Segment {
    /// A new segment.
    pub(crate) fn new(application_id: String, id: String, name: String) -> Result<Self, ApiError> {
        let arn = resources::Segment::new(&application_id, &id)
            .map_err(ApiError::internal)?
            .arn(&scope());
        let now = clock::now();
        Ok(Self {
            application_id,
            arn,
            creation_date: now.clone(),
            dimensions: None,
            id,
            last_modified_date: now,
            name,
            segment_groups: None,
            segment_type: SegmentType::Dimensional,
            tags: Tags::new(),
            version: 1,
        })
    }
}

/// Pinpoint's `WriteSegmentRequest`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WriteSegment {
    dimensions: Option<Opaque>,
    name: Option<String>,
    segment_groups: Option<Opaque>,
    #[serde(rename = "tags")]
    tags: Option<Tags>,
}

/// Creates a segment.
#[requires(CreateSegment, request_tags = request.tags)]
pub(crate) async fn create_segment(
    Path(application_id): Path<String>,
    State(store): State<Store>,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<(StatusCode, Json<Segment>), ApiError> {
    let name = required_name(request.name)?;
    let tags = checked_tags(request.tags)?;
    let created = store
        .write(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            let mut segment = Segment::new(application_id, new_id()?, name)?;
            segment.dimensions = request.dimensions;
            segment.segment_groups = request.segment_groups;
            segment.tags = tags;
            transaction.put(&segment)?;
            Ok(segment)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Lists the segments of an application.
#[requires(GetSegments)]
pub(crate) async fn get_segments(
    Path(application_id): Path<String>,
    page: PageRequest,
    State(store): State<Store>,
) -> Result<Json<Page<Segment>>, ApiError> {
    store
        .read(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            transaction.page(&application_id, &page)
        })
        .await
        .map(Json)
}

/// Reads one segment.
#[requires(GetSegment)]
pub(crate) async fn get_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    State(store): State<Store>,
) -> Result<Json<Segment>, ApiError> {
    store
        .read(move |transaction| transaction.get(&application_id, &segment_id))
        .await
        .map(Json)
}

/// Changes a segment; what the request leaves out stays.
///
/// Tags are left alone: Pinpoint has ignored them in updates since 2023-05-22.
#[requires(UpdateSegment, request_tags = request.tags)]
pub(crate) async fn update_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    State(store): State<Store>,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<Json<Segment>, ApiError> {
    let name = request.name.map(checked_name).transpose()?;
    store
        .write(move |transaction| {
            let mut segment: Segment = transaction.get(&application_id, &segment_id)?;
            segment.name = name.unwrap_or(segment.name);
            segment.dimensions = request.dimensions.or(segment.dimensions);
            segment.segment_groups = request.segment_groups.or(segment.segment_groups);
            segment.version = segment.version.saturating_add(1);
            segment.last_modified_date = clock::now();
            transaction.put(&segment)?;
            Ok(segment)
        })
        .await
        .map(Json)
}

/// Deletes a segment. Its campaigns stay, with the state `DELETED`, as Pinpoint documents it.
#[requires(DeleteSegment)]
pub(crate) async fn delete_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    State(store): State<Store>,
) -> Result<Json<Segment>, ApiError> {
    store
        .write(move |transaction| {
            let segment: Segment = transaction.take(&application_id, &segment_id)?;
            for campaign in transaction.all::<Campaign>(&application_id)? {
                if campaign.segment_id == segment.id {
                    transaction.put(&campaign.deleted())?;
                }
            }
            Ok(segment)
        })
        .await
        .map(Json)
}
