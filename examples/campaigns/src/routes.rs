//! The routes of the service and their requirements.

use crate::api::{
    applications, campaigns, journeys, metrics, process, reports, segments, settings,
};

/// Mounts the list on each framework, with its own `routes!`.
macro_rules! routes {
    ($($list:tt)*) => {
        /// Returns every route of the service, for axum.
        #[cfg(feature = "axum")]
        pub(crate) fn axum() -> pinpoint_iam::web::axum::Routes<crate::on_axum::AppState> {
            pinpoint_iam::web::axum::routes![$($list)*]
        }

        /// Returns every route of the service, for actix-web.
        #[cfg(feature = "actix")]
        pub(crate) fn actix() -> pinpoint_iam::web::actix::Routes {
            pinpoint_iam::web::actix::routes![$($list)*]
        }
    };
}

// Methods and paths come from the catalog. A handler without `#[requires]` does not compile here.
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
    process::get_metrics,
    // The only path that is not in a catalog; see `api::reports`.
    "GET /v1/reports" => reports::get_reports,
];

#[cfg(test)]
mod tests {
    use pinpoint_iam::web::{ActionRequirement, Requirement};

    #[test]
    fn every_route_can_be_served() {
        super::axum().check().unwrap();
        super::actix().check().unwrap();
    }

    #[test]
    fn every_handler_is_named_after_what_it_requires() {
        for route in super::axum().table().iter() {
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
