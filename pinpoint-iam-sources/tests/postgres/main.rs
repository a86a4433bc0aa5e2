//! Policies by principal from a real PostgreSQL server.
//!
//! Nothing here depends on timing: the tests wait until the source reports an event or the server reports a lock, and
//! simulate the clock of the authorizer. Without PostgreSQL they print that they are skipped, unless
//! `PINPOINT_IAM_POSTGRES` is `required`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod changes;
mod failures;
mod rules;
mod scale;
mod setup;
