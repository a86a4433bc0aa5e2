//! What is served, and what each of it requires.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, on};
use pinpoint_iam::Authorizer;
use pinpoint_iam::action::Route;
use pinpoint_iam::web::{ActionRequirement, Annotated, Declaration, Requirement};

use crate::api::answer::ApiError;
use crate::api::body::MAX_BODY_LENGTH;
use crate::api::{applications, campaigns, journeys, metrics, reports, segments, settings};
use crate::authentication::authenticate;
use crate::callers::Callers;
use crate::log::log;
use crate::store::Store;

/// What the handlers share.
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

/// A handler with its place and its guard.
pub(crate) struct GuardedRoute {
    /// The method and path.
    pub(crate) route: Route,
    /// What the caller must be allowed to do.
    pub(crate) declaration: &'static Declaration,
    handler: MethodRouter<AppState>,
}

/// Names a handler twice: as the function that answers and as the type that knows what it requires. A handler without
/// `#[requires]` has no such type, so it does not compile here.
macro_rules! guarded {
    ($handler:path) => {
        guarded!($handler, at route_of(<$handler as Annotated>::DECLARATION)?)
    };
    ($handler:path, at $route:expr) => {
        guard($route, <$handler as Annotated>::DECLARATION, $handler)?
    };
}

/// Every route of the service.
///
/// # Errors
///
/// One line, when a handler's action has no route in the catalog or one that cannot be served, and when two handlers have
/// the same route.
pub(crate) fn routes() -> Result<Vec<GuardedRoute>, String> {
    // The one path that no catalog knows; `api::reports` says why.
    let reports = Route {
        method: "GET",
        path: "/v1/reports",
        success_status: 200,
    };
    let routes = vec![
        guarded!(applications::create_app),
        guarded!(applications::get_apps),
        guarded!(applications::get_app),
        guarded!(applications::delete_app),
        guarded!(settings::get_application_settings),
        guarded!(settings::update_application_settings),
        guarded!(metrics::get_application_date_range_kpi),
        guarded!(campaigns::create_campaign),
        guarded!(campaigns::get_campaigns),
        guarded!(campaigns::get_campaign),
        guarded!(campaigns::update_campaign),
        guarded!(campaigns::delete_campaign),
        guarded!(metrics::get_campaign_date_range_kpi),
        guarded!(segments::create_segment),
        guarded!(segments::get_segments),
        guarded!(segments::get_segment),
        guarded!(segments::update_segment),
        guarded!(segments::delete_segment),
        guarded!(metrics::get_journey_date_range_kpi),
        guarded!(journeys::get_journey_execution_metrics),
        guarded!(journeys::get_journey_execution_activity_metrics),
        guarded!(reports::get_reports, at reports),
    ];
    all_differ(routes)
}

/// Holds the routes against each other: the router panics where two have the same method and path.
fn all_differ(routes: Vec<GuardedRoute>) -> Result<Vec<GuardedRoute>, String> {
    for (index, one) in routes.iter().enumerate() {
        let mut others = routes.iter().skip(index.saturating_add(1));
        let same = |other: &&GuardedRoute| {
            (other.route.method, other.route.path) == (one.route.method, one.route.path)
        };
        if let Some(other) = others.find(same) {
            let (one, other, route) = (
                one.declaration.handler,
                other.declaration.handler,
                one.route,
            );
            return Err(format!(
                "`{one}` and `{other}` are both served at `{route}`"
            ));
        }
    }
    Ok(routes)
}

/// The route that the catalog gives to the handler's action.
fn route_of(declaration: &Declaration) -> Result<Route, String> {
    let handler = declaration.handler;
    match declaration.requirement() {
        Some(Requirement::Action(ActionRequirement { action, .. })) => {
            action.route.ok_or_else(|| {
                format!("`{handler}` has no route: the catalog has none for `{action}`")
            })
        }
        _ => Err(format!(
            "`{handler}` requires several actions, so its route has to be said"
        )),
    }
}

fn guard<H, T>(
    route: Route,
    declaration: &'static Declaration,
    handler: H,
) -> Result<GuardedRoute, String>
where
    H: Handler<T, AppState>,
    T: 'static,
{
    let method = Method::from_bytes(route.method.as_bytes())
        .ok()
        .and_then(|method| MethodFilter::try_from(method).ok())
        .ok_or_else(|| format!("`{route}` cannot be served: the method is not known"))?;
    Ok(GuardedRoute {
        route,
        declaration,
        handler: on(method, handler),
    })
}

/// The service, without the socket.
pub(crate) fn router(routes: Vec<GuardedRoute>, callers: Arc<Callers>, state: AppState) -> Router {
    routes
        .into_iter()
        .fold(
            Router::new(),
            |router, GuardedRoute { route, handler, .. }| router.route(route.path, handler),
        )
        .fallback(async || ApiError::no_such_path())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(callers, authenticate))
        .layer(DefaultBodyLimit::max(MAX_BODY_LENGTH))
        .layer(from_fn(log))
        .with_state(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_handlers_for_one_route_are_named() {
        let twice = routes()
            .unwrap()
            .into_iter()
            .chain(routes().unwrap())
            .collect();
        let error = all_differ(twice).err().unwrap();
        assert_eq!(
            error,
            "`create_app` and `create_app` are both served at `POST /v1/apps`"
        );
    }

    #[test]
    fn every_route_is_named_after_what_it_requires() {
        for GuardedRoute {
            route, declaration, ..
        } in routes().unwrap()
        {
            let Some(Requirement::Action(ActionRequirement { action, .. })) =
                declaration.requirement()
            else {
                panic!("{route} requires several actions");
            };
            let name = declaration.handler.replace('_', "");
            assert!(
                action.name.eq_ignore_ascii_case(&name),
                "{route}: {name} requires {action}"
            );
        }
    }
}
