//! Guarded handlers in both frameworks.

#[macro_use]
mod actix_app;

mod actix_gate;
mod actix_handlers;
mod actix_routes;
mod after_body;
mod audit;
mod authentication;
mod axum_handlers;
mod between;
mod bindings;
mod body_sweeps;
mod bypass;
mod caller_parameter;
mod compositions;
mod decision_log_errors;
mod declarations;
mod dependents;
mod each;
mod error_responses;
mod explanations;
mod freshness;
mod functions;
mod in_handler;
mod joined_loads;
mod log;
mod metrics;
mod middleware;
mod on_demand;
mod one_state;
mod own_rows;
mod pages;
mod permits;
mod replay;
mod request_context;
mod request_keys;
mod resource_tags;
mod routes;
mod tenants;
mod testing;
mod tower_catalog;
mod tower_net;
