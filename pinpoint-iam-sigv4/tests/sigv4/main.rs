//! Tests of `pinpoint-iam-sigv4` through its public interface.
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

mod actix_server;
mod arbitrary;
mod axum_server;
mod mutations;
mod redaction;
mod request;
mod rules;
mod servers;
mod signer;
mod vectors;
