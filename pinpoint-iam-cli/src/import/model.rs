//! Service models in botocore's format, `service-2.json`: operations, their routes and the locations of their members.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The model of one version of an API.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    pub(super) metadata: Metadata,
    pub(super) operations: BTreeMap<String, Operation>,
    #[serde(default)]
    pub(super) shapes: BTreeMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) protocol: String,
    /// The first half of the header `X-Amz-Target`, for protocols that use it.
    pub(super) target_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation {
    pub(super) http: Http,
    pub(super) input: Option<Reference>,
    pub(super) documentation_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http {
    pub(super) method: String,
    pub(super) request_uri: String,
    pub(super) response_code: Option<u16>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    pub(super) shape: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Shape {
    #[serde(default)]
    pub(super) members: BTreeMap<String, Member>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member {
    /// `uri`, `querystring` or `header`. Absent for members of the body.
    pub(super) location: Option<String>,
    pub(super) location_name: Option<String>,
}

/// How requests name an operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// By method and path. The path parameters have the names that the model uses.
    Route {
        method: String,
        path: String,
        status: u16,
    },
    /// By the header `X-Amz-Target`.
    Target(String),
    /// In another way, which catalogs cannot express, such as the parameter `Action` of the query protocol.
    Other,
}

impl Model {
    /// Returns how requests name `operation`.
    pub(super) fn call(&self, name: &str, operation: &Operation) -> Call {
        match (
            self.metadata.protocol.as_str(),
            &self.metadata.target_prefix,
        ) {
            ("rest-json" | "rest-xml", _) => {
                let Http {
                    method,
                    request_uri,
                    response_code,
                } = &operation.http;
                let path = request_uri.split('?').next().unwrap_or_default();
                Call::Route {
                    method: method.clone(),
                    path: path.to_owned(),
                    status: response_code.unwrap_or(200),
                }
            }
            ("json", Some(prefix)) => Call::Target(format!("{prefix}.{name}")),
            _ => Call::Other,
        }
    }

    /// Returns the location of the first input member that `fits`, in the notation of catalogs. `None` for a path
    /// member.
    pub(super) fn place(
        &self,
        operation: &Operation,
        fits: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let input = self.shapes.get(&operation.input.as_ref()?.shape)?;
        let (name, member) = input.members.iter().find(|(name, _)| fits(name))?;
        let name = member.location_name.as_ref().unwrap_or(name);
        match member.location.as_deref() {
            None => Some(format!("$.{name}")),
            Some("querystring") => Some(format!("query:{name}")),
            Some(_) => None,
        }
    }
}
