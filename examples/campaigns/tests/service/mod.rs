//! Tests the service from a user's perspective: the built program, its files, and real sockets.
//!
//! Each framework runs the suite in a test binary of its own.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

mod access;
mod decision_log;
mod every_route;
mod harness;
mod metrics;
mod operations;
mod process;
mod reload;
mod requests;
mod signed;
