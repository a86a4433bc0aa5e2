//! The policies of a replay, and what it collects.

use pinpoint_iam::action::ServiceMetadata;

use crate::policies::Policies;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) old: Policies,
    pub(crate) new: Policies,
    pub(crate) services: Vec<&'static ServiceMetadata>,
    /// Whether the permissions that requests use are collected.
    pub(crate) collects_used: bool,
    /// The number of examples of each result that are kept.
    pub(crate) examples: usize,
}
