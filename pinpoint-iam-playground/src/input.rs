//! The state of the page, as its functions take it and as the page shares it.

use pinpoint_iam_tools::requests::Keys;
use serde::{Deserialize, Serialize};

/// A policy and what it is attached to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PolicyInput {
    /// The name, which is unique.
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) policy_type: PolicyType,
    /// The level of an organization, counted from the root.
    #[serde(default)]
    pub(crate) level: Option<u16>,
    /// The ARNs of the users and roles to which it is attached; all callers if there are none.
    #[serde(default)]
    pub(crate) principals: Vec<String>,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PolicyType {
    Identity,
    Boundary,
    Session,
    Resource,
    Scp,
    Rcp,
}

/// A request in its written form.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WrittenRequest {
    pub(crate) principal: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource_account: Option<String>,
    #[serde(default)]
    pub(crate) context: Keys,
    #[serde(default)]
    pub(crate) unknown_keys: Vec<String>,
}
