//! The service as a user has it: the built program, its files, and real sockets.

mod access;
mod harness;
mod operations;
mod process;
mod requests;
