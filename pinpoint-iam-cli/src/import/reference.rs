//! AWS's service reference, with one JSON file for each service.
//!
//! See [Simplified AWS service information for programmatic access](https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html).
//! Unknown members are ignored, because AWS adds members occasionally.

use serde::Deserialize;

/// A service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Reference {
    /// The prefix of its actions.
    pub(super) name: String,
    pub(super) actions: Vec<Action>,
    #[serde(default)]
    pub(super) resources: Vec<Resource>,
    #[serde(default)]
    pub(super) condition_keys: Vec<ConditionKey>,
    #[serde(default)]
    pub(super) operations: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Action {
    pub(super) name: String,
    #[serde(default)]
    pub(super) action_condition_keys: Vec<String>,
    pub(super) annotations: Option<Annotations>,
    #[serde(default)]
    pub(super) resources: Vec<ActionResource>,
}

/// A resource type of an action, by name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ActionResource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) condition_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Annotations {
    pub(super) properties: Option<Properties>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Properties {
    pub(super) is_list: bool,
    pub(super) is_permission_management: bool,
    pub(super) is_tagging_only: bool,
    pub(super) is_write: bool,
}

impl Properties {
    /// Returns the access level for the properties. Without a known property, it is `Read`.
    pub(super) fn access_level(&self) -> &'static str {
        let Self {
            is_list,
            is_permission_management,
            is_tagging_only,
            is_write,
        } = self;
        if *is_permission_management {
            "Permissions management"
        } else if *is_tagging_only {
            "Tagging"
        } else if *is_list {
            "List"
        } else if *is_write {
            "Write"
        } else {
            "Read"
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    #[serde(rename = "Name")]
    pub(super) name: String,
    #[serde(rename = "ARNFormats", default)]
    pub(super) arn_formats: Vec<String>,
    #[serde(rename = "ConditionKeys", default)]
    pub(super) condition_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ConditionKey {
    pub(super) name: String,
    #[serde(default)]
    pub(super) types: Vec<String>,
}

/// An API operation and the actions that authorize it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Operation {
    pub(super) name: String,
    #[serde(default)]
    pub(super) authorized_actions: Vec<AuthorizedAction>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AuthorizedAction {
    pub(super) name: String,
    pub(super) service: String,
}
