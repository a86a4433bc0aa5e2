//! The results of comparisons, as JSON.

use pinpoint_iam_compare::{Comparison, Difference, Undecided, Witness};
use serde_json::{Map, Value, json};

/// The result of a comparison, with the name of what was compared.
pub fn comparison(name: &str, result: &Comparison) -> Value {
    json!({
        "name": name,
        "verdict": result.verdict().name(),
        "newly_allowed": result.newly_allowed.as_ref().map(difference),
        "no_longer_allowed": result.no_longer_allowed.as_ref().map(difference),
        "undecided": undecided(&result.undecided),
    })
}

fn difference(found: &Difference) -> Value {
    let responsible: Vec<Value> = found
        .cover
        .iter()
        .map(|cover| {
            json!({
                "policy": cover.statement.policy,
                "line": cover.statement.line,
                "number": cover.statement.index + 1,
                "sid": cover.statement.sid,
                "effect": cover.statement.effect,
                "actions": cover.actions,
                "resources": cover.resources,
                "conditions": cover.conditions,
            })
        })
        .collect();
    json!({
        "witness": witness(&found.witness),
        "before": found.first.to_string(),
        "after": found.second.to_string(),
        "needs_delegation": found.needs_delegation,
        "responsible": responsible,
    })
}

/// The request of a difference.
pub fn witness(found: &Witness) -> Value {
    let context: Map<String, Value> = found
        .context
        .iter()
        .map(|(key, value)| (key.clone(), json!(value.as_slice())))
        .collect();
    json!({
        "principal": found.principal_text,
        "action": found.action,
        "resource": found.resource,
        "resource_account": found.resource_account,
        "context": context,
    })
}

/// The reasons why something is undecided.
pub fn undecided(reasons: &[Undecided]) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}
