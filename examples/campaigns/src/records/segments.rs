//! Segments: the endpoints that a campaign addresses.

use pinpoint_iam::Resource as _;
use pinpoint_iam::mobiletargeting::resources;
use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::applications::Application;
use super::campaigns::Campaign;
use super::page::{Page, PageRequest};
use super::store::{Look as _, Record, Store, TOP, Table};
use crate::body::{Opaque, Tags, checked_name, checked_tags, required_name};
use crate::clock;
use crate::deployment::scope;
use crate::error::ApiError;
use crate::identifier::new_id;

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

/// The origin of a segment's endpoints in Pinpoint. Nothing is imported here.
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
    /// Creates a new segment.
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
    /// The tags, which policies may use in conditions.
    #[serde(rename = "tags")]
    pub(crate) tags: Option<Tags>,
}

/// Creates a segment.
pub(crate) async fn create(
    store: &Store,
    application_id: String,
    request: WriteSegment,
) -> Result<Segment, ApiError> {
    let name = required_name(request.name)?;
    let tags = checked_tags(request.tags)?;
    store
        .write(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            let mut segment = Segment::new(application_id, new_id()?, name)?;
            segment.dimensions = request.dimensions;
            segment.segment_groups = request.segment_groups;
            segment.tags = tags;
            transaction.put(&segment)?;
            Ok(segment)
        })
        .await
}

/// Lists the segments of an application.
pub(crate) async fn list(
    store: &Store,
    application_id: String,
    page: PageRequest,
) -> Result<Page<Segment>, ApiError> {
    store
        .read(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            transaction.page(&application_id, &page)
        })
        .await
}

/// Reads one segment.
pub(crate) async fn read(
    store: &Store,
    application_id: String,
    segment_id: String,
) -> Result<Segment, ApiError> {
    store
        .read(move |transaction| transaction.get(&application_id, &segment_id))
        .await
}

/// Updates a segment. Members that the request omits are unchanged.
///
/// Tags are ignored, as Pinpoint has done in updates since 2023-05-22.
pub(crate) async fn update(
    store: &Store,
    application_id: String,
    segment_id: String,
    request: WriteSegment,
) -> Result<Segment, ApiError> {
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
}

/// Deletes a segment. Its campaigns are kept with the state `DELETED`, as Pinpoint documents.
pub(crate) async fn delete(
    store: &Store,
    application_id: String,
    segment_id: String,
) -> Result<Segment, ApiError> {
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
}
