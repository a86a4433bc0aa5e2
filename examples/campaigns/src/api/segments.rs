//! Segments: the endpoints that a campaign addresses.

use pinpoint_iam::requires;

use super::extract::{InQuery, JsonBody, Path};
use super::respond::{Created, Json};
use crate::error::ApiError;
use crate::records::page::{Page, PageRequest};
use crate::records::segments::{self, Segment, WriteSegment};
use crate::records::store::Store;

/// Creates a segment.
#[requires(mobiletargeting::CreateSegment, request_tags = request.tags, dependents(mobiletargeting::TagResource))]
pub(crate) async fn create_segment(
    Path(application_id): Path<String>,
    store: Store,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<Created<Segment>, ApiError> {
    let created = segments::create(&store, application_id, request).await?;
    Ok(Created(created))
}

/// Lists the segments of an application.
#[requires(mobiletargeting::GetSegments)]
pub(crate) async fn get_segments(
    Path(application_id): Path<String>,
    InQuery(page): InQuery<PageRequest>,
    store: Store,
) -> Result<Json<Page<Segment>>, ApiError> {
    Ok(Json(segments::list(&store, application_id, page).await?))
}

/// Reads one segment.
#[requires(mobiletargeting::GetSegment)]
pub(crate) async fn get_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    store: Store,
) -> Result<Json<Segment>, ApiError> {
    Ok(Json(
        segments::read(&store, application_id, segment_id).await?,
    ))
}

/// Updates a segment. Members that the request omits are unchanged.
#[requires(mobiletargeting::UpdateSegment, request_tags = request.tags)]
pub(crate) async fn update_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    store: Store,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<Json<Segment>, ApiError> {
    Ok(Json(
        segments::update(&store, application_id, segment_id, request).await?,
    ))
}

/// Deletes a segment. Its campaigns are kept with the state `DELETED`, as Pinpoint documents.
#[requires(mobiletargeting::DeleteSegment)]
pub(crate) async fn delete_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    store: Store,
) -> Result<Json<Segment>, ApiError> {
    Ok(Json(
        segments::delete(&store, application_id, segment_id).await?,
    ))
}
