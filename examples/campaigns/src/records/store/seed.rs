//! The records of a new database, with which the calls in the start message work immediately.

use std::collections::BTreeMap;

use super::Writing;
use crate::body::Tags;
use crate::error::ApiError;
use crate::records::applications::Application;
use crate::records::campaigns::Campaign;
use crate::records::journeys::Journey;
use crate::records::segments::Segment;
use crate::records::settings::Settings;

/// The demo's application.
pub(crate) const APPLICATION: &str = "demo";

/// The demo's campaign, which the policy for one campaign names.
pub(crate) const CAMPAIGN: &str = "welcome";

/// The other campaign.
const OTHER_CAMPAIGN: &str = "summer-sale";

/// The segment of both campaigns.
const SEGMENT: &str = "everyone";

/// The demo's journey, which the policy for one journey names.
const JOURNEY: &str = "onboarding";

/// Writes the demo's records to a new database.
pub(super) fn plant(transaction: &Writing) -> Result<(), ApiError> {
    transaction.put(&Application::new(
        APPLICATION.to_owned(),
        "Demo project".to_owned(),
        Tags::new(),
    )?)?;
    let segment = Segment::new(
        APPLICATION.to_owned(),
        SEGMENT.to_owned(),
        "Everyone".to_owned(),
    )?;
    transaction.put(&segment)?;
    transaction.put(&Campaign::new(
        CAMPAIGN.to_owned(),
        "Welcome".to_owned(),
        &segment,
    )?)?;
    transaction.put(&Campaign::new(
        OTHER_CAMPAIGN.to_owned(),
        "Summer sale".to_owned(),
        &segment,
    )?)?;
    transaction.put(&Journey {
        application_id: APPLICATION.to_owned(),
        id: JOURNEY.to_owned(),
        activities: BTreeMap::from([
            ("greeting".to_owned(), "MESSAGE".to_owned()),
            ("one-week".to_owned(), "WAIT".to_owned()),
        ]),
    })?;
    // A table exists only after it has been opened for writing, and a reader could not open it before.
    transaction.create::<Settings>()
}
