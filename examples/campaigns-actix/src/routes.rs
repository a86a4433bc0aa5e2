//! What is served, and what each of it requires.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers, from_fn};
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use actix_web::{App, Error, Result};
use campaigns_core::answer::ApiError;
use campaigns_core::body::MAX_BODY_LENGTH;
use campaigns_core::{Callers, Store};
use pinpoint_iam::Authorizer;
use pinpoint_iam::web::actix::{Routes, routes};

use crate::api::answer::Failure;
use crate::api::{applications, campaigns, journeys, metrics, reports, segments, settings};
use crate::authentication::authenticate;
use crate::log::log;

/// Every route of the service.
///
/// Method and path are those of the catalog. A handler without `#[requires]` does not compile here.
pub(crate) fn routes() -> Routes {
    routes![
        applications::create_app,
        applications::get_apps,
        applications::get_app,
        applications::delete_app,
        settings::get_application_settings,
        settings::update_application_settings,
        metrics::get_application_date_range_kpi,
        campaigns::create_campaign,
        campaigns::get_campaigns,
        campaigns::get_campaign,
        campaigns::update_campaign,
        campaigns::delete_campaign,
        metrics::get_campaign_date_range_kpi,
        segments::create_segment,
        segments::get_segments,
        segments::get_segment,
        segments::update_segment,
        segments::delete_segment,
        metrics::get_journey_date_range_kpi,
        journeys::get_journey_execution_metrics,
        journeys::get_journey_execution_activity_metrics,
        // The one path that no catalog knows; `api::reports` says why.
        "GET /v1/reports" => reports::get_reports,
    ]
}

/// The service, without the socket.
pub(crate) fn app(
    routes: impl FnOnce(&mut ServiceConfig),
    callers: web::Data<Callers>,
    authorizer: Authorizer,
    store: Store,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(authorizer)
        .app_data(callers)
        .app_data(web::ThinData(store))
        .app_data(PayloadConfig::new(MAX_BODY_LENGTH))
        .configure(routes)
        .default_service(web::to(async || {
            Err::<&str, _>(Failure(ApiError::no_such_path()))
        }))
        .wrap(ErrorHandlers::new().handler(StatusCode::METHOD_NOT_ALLOWED, method_not_allowed))
        .wrap(from_fn(authenticate))
        .wrap(from_fn(log))
}

/// actix-web's own answer to a method that a path does not serve is empty.
fn method_not_allowed<B>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
    let failure = Failure(ApiError::method_not_allowed());
    let response = response.error_response(failure).map_into_right_body();
    Ok(ErrorHandlerResponse::Response(response))
}
