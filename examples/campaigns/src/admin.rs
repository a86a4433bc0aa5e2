//! What administrators see of the policies, on a port of its own.
//!
//! The port is not guarded by the policies: it must also respond when they have expired. Keep it on a loopback address.

use pinpoint_iam::Authorizer;
use serde::Serialize;

/// The path of [`Freshness`].
pub(crate) const FRESHNESS: &str = "/freshness";

/// The revision and the age of the policies, and how often they were fetched.
#[derive(Serialize)]
pub(crate) struct Freshness {
    revision: String,
    age_seconds: u64,
    /// `fresh`, `stale` or `expired`.
    state: String,
    fetches: Fetches,
}

/// The number of fetches by outcome.
#[derive(Serialize)]
struct Fetches {
    unchanged: u64,
    changed: u64,
    superseded: u64,
    unavailable: u64,
    rejected: u64,
}

impl Freshness {
    /// Returns the present values.
    pub(crate) fn of(authorizer: &Authorizer) -> Self {
        let freshness = authorizer.freshness();
        let counts = authorizer.refresh_counts();
        Self {
            revision: freshness.revision.to_string(),
            age_seconds: freshness.age.as_secs(),
            state: freshness.state.to_string(),
            fetches: Fetches {
                unchanged: counts.unchanged,
                changed: counts.changed,
                superseded: counts.superseded,
                unavailable: counts.unavailable,
                rejected: counts.rejected,
            },
        }
    }
}
