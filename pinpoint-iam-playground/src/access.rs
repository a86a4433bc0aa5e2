//! Who can do what.

use pinpoint_iam::Scope;
use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::resource::{Field, ResourceTypeMetadata};
use pinpoint_iam_docs::{AccessMatrix, Page, RouteVerdict, json};
use pinpoint_iam_tools::principals;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogs::Catalogs;
use crate::input::{PolicyInput, WrittenRequest};
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

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    /// The page with the matrix as its only table.
    page: Value,
    /// For each row and each principal, a request whose explanation shows the reason of the verdict.
    requests: Vec<Vec<WrittenRequest>>,
}

pub(crate) fn access(catalogs: &mut Catalogs, input: &Input) -> Result<Output, String> {
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
    let rows = service.actions.iter().zip(matrix.rows());
    let requests = rows.map(|(action, (_, verdicts))| {
        let cells = input.principals.iter().zip(verdicts);
        cells
            .map(|(principal, verdict)| request(principal, action, verdict, &scope))
            .collect()
    });
    let requests = requests.collect();
    let page = Page::new("Who can do what").with_table(matrix.table("access", "Access"));
    Ok(Output {
        page: serde_json::from_str(&json(&page)).map_err(|error| error.to_string())?,
        requests,
    })
}

/// A request of a cell: on the first type of resource, and with the condition keys unknown on which the verdict depends.
fn request(
    principal: &str,
    action: &'static ActionMetadata,
    verdict: &RouteVerdict,
    scope: &Scope,
) -> WrittenRequest {
    let resource_type = action.resource_types.first();
    let keys = match verdict {
        RouteVerdict::Depends(dependence) => dependence.keys().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    WrittenRequest {
        principal: principal.to_owned(),
        action: action.to_string(),
        resource: resource_type
            .and_then(|resource_type| example(action, resource_type, scope))
            .unwrap_or_else(|| "*".to_owned()),
        resource_account: Some(scope.account().to_owned()),
        context: Default::default(),
        unknown_keys: keys,
    }
}

/// An ARN of a resource type. The ids are the names of their placeholders; if a format does not accept them, they are
/// `*`.
fn example(
    action: &ActionMetadata,
    resource_type: &ResourceTypeMetadata,
    scope: &Scope,
) -> Option<String> {
    let pinned = |field: &Field| {
        let mut pinned = action.pinned.iter();
        let found = pinned.find(|(placeholder, _)| *placeholder == field.placeholder);
        found.map(|(_, value)| *value)
    };
    let named = |field: &Field| pinned(field).or(Some(field.placeholder));
    resource_type
        .arn_pattern(scope, named)
        .or_else(|_| resource_type.arn_pattern(scope, pinned))
        .ok()
}
