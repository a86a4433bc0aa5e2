//! The comparison of two versions.

use pinpoint_iam_compare::{Comparer, PolicySet, Witness};
use pinpoint_iam_tools::requests::KeyValues;
use pinpoint_iam_tools::{comparisons, principals};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::input::{PolicyInput, WrittenRequest};
use crate::policies::Policies;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    before: Vec<PolicyInput>,
    after: Vec<PolicyInput>,
    /// The caller, whose policies are compared.
    principal: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Output {
    comparison: Value,
    /// The requests that show the differences, to be decided on both versions.
    newly_allowed: Option<WrittenRequest>,
    no_longer_allowed: Option<WrittenRequest>,
}

pub(crate) fn compare(input: &Input) -> Result<Output, String> {
    let principal = principals::parse(&input.principal)?;
    let set = |inputs: &[PolicyInput]| -> Result<PolicySet, String> {
        Policies::parse(inputs)?.of(&principal)
    };
    let before = set(&input.before).map_err(|error| format!("before: {error}"))?;
    let after = set(&input.after).map_err(|error| format!("after: {error}"))?;
    let result = Comparer::new()
        .caller(principal.clone())
        .compare(&before, &after);
    let request = |witness: &Witness| written(witness, &input.principal);
    Ok(Output {
        newly_allowed: { result.newly_allowed.as_ref() }.map(|found| request(&found.witness)),
        no_longer_allowed: { result.no_longer_allowed.as_ref() }
            .map(|found| request(&found.witness)),
        comparison: comparisons::comparison("policies", &result),
    })
}

fn written(witness: &Witness, principal: &str) -> WrittenRequest {
    let keys = witness.context.iter();
    WrittenRequest {
        principal: principal.to_owned(),
        action: witness.action.clone(),
        resource: witness.resource.clone(),
        resource_account: Some(witness.resource_account.clone()),
        context: keys
            .map(|(key, value)| (key.clone(), KeyValues::from(value)))
            .collect(),
        unknown_keys: Vec::new(),
    }
}
