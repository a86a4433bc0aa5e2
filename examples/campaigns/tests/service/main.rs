//! The service as a user has it: the built program, its files, and real sockets.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

mod access;
mod harness;
mod operations;
mod process;
mod requests;
