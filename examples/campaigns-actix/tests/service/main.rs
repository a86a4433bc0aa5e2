//! Runs the test suite of `campaigns` with this program.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

#[path = "../../../campaigns/tests/service/access.rs"]
mod access;
#[path = "../../../campaigns/tests/service/every_route.rs"]
mod every_route;
#[path = "../../../campaigns/tests/service/harness.rs"]
mod harness;
#[path = "../../../campaigns/tests/service/operations.rs"]
mod operations;
#[path = "../../../campaigns/tests/service/process.rs"]
mod process;
#[path = "../../../campaigns/tests/service/requests.rs"]
mod requests;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_campaigns-actix");

/// The name of the program in its messages.
const NAME: &str = "campaigns-actix";
