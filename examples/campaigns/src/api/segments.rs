//! Segments: the endpoints that a campaign addresses.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use campaigns_core::Store;
use campaigns_core::page::{Page, PageRequest};
use campaigns_core::segments::{self, Segment, WriteSegment};
use pinpoint_iam::requires;

use super::answer::Failure;
use super::extract::{InQuery, JsonBody};

/// Creates a segment.
#[requires(CreateSegment, request_tags = request.tags)]
pub(crate) async fn create_segment(
    Path(application_id): Path<String>,
    State(store): State<Store>,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<(StatusCode, Json<Segment>), Failure> {
    let created = segments::create(&store, application_id, request).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Lists the segments of an application.
#[requires(GetSegments)]
pub(crate) async fn get_segments(
    Path(application_id): Path<String>,
    InQuery(page): InQuery<PageRequest>,
    State(store): State<Store>,
) -> Result<Json<Page<Segment>>, Failure> {
    Ok(Json(segments::list(&store, application_id, page).await?))
}

/// Reads one segment.
#[requires(GetSegment)]
pub(crate) async fn get_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    State(store): State<Store>,
) -> Result<Json<Segment>, Failure> {
    Ok(Json(
        segments::read(&store, application_id, segment_id).await?,
    ))
}

/// Updates a segment. Members that the request omits are unchanged.
#[requires(UpdateSegment, request_tags = request.tags)]
pub(crate) async fn update_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    State(store): State<Store>,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<Json<Segment>, Failure> {
    Ok(Json(
        segments::update(&store, application_id, segment_id, request).await?,
    ))
}

/// Deletes a segment. Its campaigns are kept with the state `DELETED`, as Pinpoint documents.
#[requires(DeleteSegment)]
pub(crate) async fn delete_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    State(store): State<Store>,
) -> Result<Json<Segment>, Failure> {
    Ok(Json(
        segments::delete(&store, application_id, segment_id).await?,
    ))
}
