//! The suite in `service/`, on actix-web.

mod service;

/// The web framework under test.
const FRAMEWORK: &str = "actix";
