//! The routes of the service and their requirements.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers, from_fn};
use actix_web::web::{self, PayloadConfig};
use actix_web::{App, Error, Result};
use campaigns_core::answer::ApiError;
use campaigns_core::body::MAX_BODY_LENGTH;
use campaigns_core::{Callers, Store};
use pinpoint_iam::Authorizer;
use pinpoint_iam::web::actix::{Routes, RoutesService, routes};

use crate::api::answer::Failure;
use crate::api::{applications, campaigns, journeys, metrics, reports, segments, settings};
use crate::authentication::authenticate;
use crate::log::log;

/// Returns every route of the service.
///
/// Methods and paths come from the catalog. A handler without `#[requires]` does not compile here.
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
        // The only path that is not in the catalog; see `api::reports`.
        "GET /v1/reports" => reports::get_reports,
    ]
}

/// Returns the service without its socket.
pub(crate) fn app(
    routes: RoutesService,
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
        .service(routes)
        .default_service(web::to(async || {
            Err::<&str, _>(Failure(ApiError::no_such_path()))
        }))
        .wrap(ErrorHandlers::new().handler(StatusCode::METHOD_NOT_ALLOWED, method_not_allowed))
        .wrap(from_fn(authenticate))
        .wrap(from_fn(log))
}

/// Adds a body to actix-web's response to a method that a path does not serve, which is empty.
fn method_not_allowed<B>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
    let failure = Failure(ApiError::method_not_allowed());
    let response = response.error_response(failure).map_into_right_body();
    Ok(ErrorHandlerResponse::Response(response))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::path::Path;
    use std::{env, fs, process};

    use actix_web::http::header::AUTHORIZATION;
    use actix_web::test::init_service;
    use campaigns_core::{Deployment, Settings};
    use pinpoint_iam::testing::{Sweep, SweepCaller};

    use super::*;

    /// Checks every route as it is served, for an unknown caller and for a caller without policies.
    #[tokio::test]
    async fn no_route_allows_unprivileged_callers() {
        let directory = env::temp_dir().join(format!("campaigns-actix-sweep-{}", process::id()));
        fs::create_dir_all(&directory).unwrap();
        let config = directory.join("callers.toml");
        let newcomer = "[[caller]]\nname = \"newcomer\"\ntoken = \"newcomer-0123456789\"\n\
            principal = \"arn:aws:iam::123456789012:user/newcomer\"\n";
        fs::write(&config, newcomer).unwrap();
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let deployment = Deployment::prepare(Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: directory.join("data"),
            config,
            policies: manifest.join("../campaigns/policies"),
        });
        let Deployment {
            authorizer,
            callers,
            store,
            ..
        } = deployment.unwrap();
        let scope = authorizer.scope().clone();
        let routes = routes();
        let table = routes.table().clone();
        let routes = routes.service().unwrap();
        let app = init_service(app(routes, web::Data::new(callers), authorizer, store)).await;

        let swept = Sweep::new(&table)
            .in_scope(scope)
            .run_on_actix(&app, |request, caller| {
                let token = "Bearer newcomer-0123456789";
                match caller {
                    SweepCaller::Unprivileged => request.insert_header((AUTHORIZATION, token)),
                    _ => request,
                }
                .to_request()
            })
            .await;
        fs::remove_dir_all(&directory).unwrap();
        let swept = swept.unwrap();
        assert_eq!(swept.calls(), 2 * table.iter().count());
        assert_eq!(swept.public().count(), 0);
    }
}
