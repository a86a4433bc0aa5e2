//! Tests the service from a user's perspective: the built program, its files, and real sockets.
//!
//! `campaigns-actix` runs the same suite: it includes these files, and names another program.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

mod access;
mod every_route;
mod harness;
mod operations;
mod process;
mod requests;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_campaigns");

/// The name of the program in its messages.
const NAME: &str = "campaigns";
