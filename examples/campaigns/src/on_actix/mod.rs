//! The service on actix-web.

mod authentication;
mod extract;
mod log;
mod respond;
mod serve;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers, from_fn};
use actix_web::web::{self, PayloadConfig};
use actix_web::{App, Error, Result};
use pinpoint_iam::Authorizer;
use pinpoint_iam::web::actix::RoutesService;
use pinpoint_iam_sigv4::actix::SigV4;

use self::authentication::authenticate;
use self::log::log;
pub(crate) use self::serve::serve;
use crate::admin::{FRESHNESS, Freshness};
use crate::body::MAX_BODY_LENGTH;
use crate::callers::Callers;
use crate::error::ApiError;
use crate::prometheus::Prometheus;
use crate::records::store::Store;

/// Returns the service without its socket.
pub(crate) fn app(
    routes: RoutesService,
    callers: web::Data<Callers>,
    sigv4: SigV4,
    authorizer: Authorizer,
    store: Store,
    prometheus: Prometheus,
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
        .app_data(store)
        .app_data(prometheus)
        .app_data(PayloadConfig::new(MAX_BODY_LENGTH))
        .service(routes)
        .default_service(web::to(async || Err::<&str, _>(ApiError::no_such_path())))
        .wrap(ErrorHandlers::new().handler(StatusCode::METHOD_NOT_ALLOWED, method_not_allowed))
        .wrap(from_fn(authenticate))
        .wrap(sigv4)
        .wrap(from_fn(log))
}

/// Returns the service for administrators without its socket.
pub(crate) fn admin(
    authorizer: Authorizer,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let freshness = move || {
        let freshness = Freshness::of(&authorizer);
        async move { web::Json(freshness) }
    };
    App::new().route(FRESHNESS, web::get().to(freshness))
}

/// Adds a body to actix-web's response to a method that a path does not serve, which is empty.
fn method_not_allowed<B>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
    let error = ApiError::method_not_allowed();
    let response = response.error_response(error).map_into_right_body();
    Ok(ErrorHandlerResponse::Response(response))
}
