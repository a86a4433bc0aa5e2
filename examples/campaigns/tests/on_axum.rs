//! The suite in `service/`, on axum.

mod service;

/// The web framework under test.
const FRAMEWORK: &str = "axum";
