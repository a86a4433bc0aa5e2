//! The routes of the service and their requirements.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn, from_fn_with_state};
use campaigns_core::answer::ApiError;
use campaigns_core::body::MAX_BODY_LENGTH;
use campaigns_core::{Callers, Store};
use pinpoint_iam::web::RouteFaults;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, routes};

use crate::api::answer::Failure;
use crate::api::{applications, campaigns, journeys, metrics, reports, segments, settings};
use crate::authentication::authenticate;
use crate::log::log;

/// The state that the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    /// The policies.
    pub(crate) authorizer: Authorizer,
    /// The records.
    pub(crate) store: Store,
}

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.authorizer.clone()
    }
}

impl FromRef<AppState> for Store {
    fn from_ref(state: &AppState) -> Self {
        state.store.clone()
    }
}

/// Returns every route of the service.
///
/// Methods and paths come from the catalog. A handler without `#[requires]` does not compile here.
pub(crate) fn routes() -> Routes<AppState> {
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
///
/// # Errors
///
/// Every route that cannot be served, such as two handlers for one path.
pub(crate) fn router(
    routes: Routes<AppState>,
    callers: Arc<Callers>,
    state: AppState,
) -> Result<Router, RouteFaults> {
    let router = routes
        .router()?
        .fallback(async || Failure(ApiError::no_such_path()))
        .method_not_allowed_fallback(async || Failure(ApiError::method_not_allowed()))
        .layer(from_fn_with_state(callers, authenticate))
        .layer(DefaultBodyLimit::max(MAX_BODY_LENGTH))
        .layer(from_fn(log))
        .with_state(state);
    Ok(router)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::path::Path;
    use std::{env, fs, process};

    use axum::http::HeaderValue;
    use axum::http::header::AUTHORIZATION;
    use campaigns_core::{Deployment, Settings};
    use pinpoint_iam::testing::Sweep;
    use pinpoint_iam::web::{ActionRequirement, Requirement};

    use super::*;

    /// Checks every route as it is served, for an unknown caller and for a caller without policies.
    #[tokio::test]
    async fn no_route_allows_unprivileged_callers() {
        let directory = env::temp_dir().join(format!("campaigns-sweep-{}", process::id()));
        fs::create_dir_all(&directory).unwrap();
        let config = directory.join("callers.toml");
        let newcomer = "[[caller]]\nname = \"newcomer\"\ntoken = \"newcomer-0123456789\"\n\
            principal = \"arn:aws:iam::123456789012:user/newcomer\"\n";
        fs::write(&config, newcomer).unwrap();
        let deployment = Deployment::prepare(Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: directory.join("data"),
            config,
            policies: Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"),
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
        let state = AppState { authorizer, store };
        let router = router(routes, Arc::new(callers), state).unwrap();

        let swept = Sweep::new(&table)
            .in_scope(scope)
            .run_on_axum(&router, |request| {
                let token = HeaderValue::from_static("Bearer newcomer-0123456789");
                request.headers_mut().insert(AUTHORIZATION, token);
            })
            .await;
        drop(router);
        fs::remove_dir_all(&directory).unwrap();
        let swept = swept.unwrap();
        assert_eq!(swept.calls(), 2 * table.iter().count());
        assert_eq!(swept.public().count(), 0);
    }

    #[test]
    fn every_route_can_be_served() {
        routes().check().unwrap();
    }

    #[test]
    fn every_handler_is_named_after_what_it_requires() {
        for route in routes().table().iter() {
            let Some(Requirement::Action(ActionRequirement { action, .. })) =
                route.declaration.requirement()
            else {
                panic!("{route} requires several actions");
            };
            let name = route.declaration.handler.replace('_', "");
            assert!(
                action.name.eq_ignore_ascii_case(&name),
                "{route}: {name} requires {action}"
            );
        }
    }
}
