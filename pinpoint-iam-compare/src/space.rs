//! The requests to compare.

use pinpoint_iam::Principal;

use crate::catalog::ClosedService;

/// The requests to compare.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    /// The callers to consider. Empty for all callers.
    pub(crate) callers: Vec<Principal>,
    /// The services with a catalog.
    pub(crate) services: Vec<ClosedService>,
    /// The patterns of the actions to consider. Empty for all actions.
    pub(crate) actions: Vec<String>,
    /// The ARNs of the resources to consider. Empty for all resources.
    pub(crate) resources: Vec<String>,
    /// Whether the callers are known to have no tags and to belong to no organization.
    pub(crate) callers_are_strangers: bool,
    /// Whether condition keys may have values of other types than those that their operators compare.
    pub(crate) has_values_of_any_type: bool,
}
