//! Who can do what.

use pinpoint_iam::Scope;
use pinpoint_iam_docs::{AccessMatrix, Page, json};
use pinpoint_iam_tools::principals;
use serde::Deserialize;
use serde_json::Value;

use crate::catalogs::Catalogs;
use crate::input::PolicyInput;
use crate::policies::Policies;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    #[serde(default)]
    catalog: Option<String>,
    policies: Vec<PolicyInput>,
    /// The ARNs of users and roles.
    principals: Vec<String>,
    /// The prefix of the service whose actions are the rows.
    service: String,
    scope: ScopeInput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeInput {
    partition: String,
    region: String,
    account: String,
}

pub(crate) fn access(catalogs: &mut Catalogs, input: &Input) -> Result<Value, String> {
    let mut principals = Vec::new();
    for arn in &input.principals {
        principals.push((arn.clone(), principals::parse(arn)?));
    }
    let store = Policies::parse(&input.policies)?.store(&principals)?;
    let services = catalogs.metadata(input.catalog.as_deref())?;
    let service = services
        .iter()
        .find(|service| service.prefix == input.service)
        .ok_or_else(|| {
            format!(
                "no catalog contains the service `{}`",
                input.service.escape_debug()
            )
        })?;
    let ScopeInput {
        partition,
        region,
        account,
    } = &input.scope;
    let scope = Scope::new(partition, region, account);
    let mut builder = AccessMatrix::builder(&scope).actions(service.actions);
    for (arn, principal) in &principals {
        builder = builder.principal(arn, principal);
    }
    let matrix = builder.build(&store).map_err(|error| error.to_string())?;
    let page = Page::new("Who can do what").with_table(matrix.table("access", "Access"));
    serde_json::from_str(&json(&page)).map_err(|error| error.to_string())
}
