//! Attempts to bypass the guard of a handler, or to gain access that the policies do not grant. None of them succeeds.

mod actix;
mod axum;
mod core;
