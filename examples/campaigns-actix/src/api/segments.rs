//! Segments: the endpoints that a campaign addresses.

use actix_web::http::StatusCode;
use actix_web::web;
use campaigns_core::Store;
use campaigns_core::page::{Page, PageRequest};
use campaigns_core::segments::{self, Segment, WriteSegment};
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::Path;

use super::answer::Failure;
use super::extract::{InQuery, JsonBody};

/// Creates a segment.
#[requires(CreateSegment, request_tags = request.tags)]
pub(crate) async fn create_segment(
    Path(application_id): Path<String>,
    store: web::ThinData<Store>,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<(web::Json<Segment>, StatusCode), Failure> {
    let created = segments::create(&store, application_id, request).await?;
    Ok((web::Json(created), StatusCode::CREATED))
}

/// Lists the segments of an application.
#[requires(GetSegments)]
pub(crate) async fn get_segments(
    Path(application_id): Path<String>,
    InQuery(page): InQuery<PageRequest>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Page<Segment>>, Failure> {
    Ok(web::Json(
        segments::list(&store, application_id, page).await?,
    ))
}

/// Reads one segment.
#[requires(GetSegment)]
pub(crate) async fn get_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Segment>, Failure> {
    Ok(web::Json(
        segments::read(&store, application_id, segment_id).await?,
    ))
}

/// Updates a segment. Members that the request omits are unchanged.
#[requires(UpdateSegment, request_tags = request.tags)]
pub(crate) async fn update_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    store: web::ThinData<Store>,
    JsonBody(request): JsonBody<WriteSegment>,
) -> Result<web::Json<Segment>, Failure> {
    Ok(web::Json(
        segments::update(&store, application_id, segment_id, request).await?,
    ))
}

/// Deletes a segment. Its campaigns are kept with the state `DELETED`, as Pinpoint documents.
#[requires(DeleteSegment)]
pub(crate) async fn delete_segment(
    Path((application_id, segment_id)): Path<(String, String)>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Segment>, Failure> {
    Ok(web::Json(
        segments::delete(&store, application_id, segment_id).await?,
    ))
}
