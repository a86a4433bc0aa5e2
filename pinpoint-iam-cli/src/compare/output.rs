//! Renders comparisons.

use std::fmt::Write as _;

use pinpoint_iam_compare::{Comparison, Difference, Undecided, Witness};
use serde_json::{Map, Value, json};

pub(super) fn comparison(name: &str, comparison: &Comparison) -> String {
    let mut output = format!("{name}: {}\n", comparison.verdict());
    for (title, difference) in [
        ("newly allowed", &comparison.newly_allowed),
        ("no longer allowed", &comparison.no_longer_allowed),
    ] {
        let Some(difference) = difference else {
            continue;
        };
        let _ = writeln!(output, "\n  {title}:");
        for line in difference.to_string().lines() {
            match line {
                "" => output.push('\n'),
                line => {
                    let _ = writeln!(output, "  {line}");
                }
            }
        }
    }
    for undecided in &comparison.undecided {
        let _ = writeln!(output, "  undecided: {undecided}");
    }
    output
}

pub(super) fn comparison_json(name: &str, comparison: &Comparison) -> Value {
    json!({
        "name": name,
        "verdict": comparison.verdict().name(),
        "newly_allowed": comparison.newly_allowed.as_ref().map(difference_json),
        "no_longer_allowed": comparison.no_longer_allowed.as_ref().map(difference_json),
        "undecided": undecided_json(&comparison.undecided),
    })
}

fn difference_json(difference: &Difference) -> Value {
    let responsible: Vec<Value> = difference
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
        "witness": witness_json(&difference.witness),
        "before": difference.first.to_string(),
        "after": difference.second.to_string(),
        "needs_delegation": difference.needs_delegation,
        "responsible": responsible,
    })
}

pub(super) fn witness_json(witness: &Witness) -> Value {
    let context: Map<String, Value> = witness
        .context
        .iter()
        .map(|(key, value)| (key.clone(), json!(value.as_slice())))
        .collect();
    json!({
        "principal": witness.principal_text,
        "action": witness.action,
        "resource": witness.resource,
        "resource_account": witness.resource_account,
        "context": context,
    })
}

pub(super) fn undecided_json(undecided: &[Undecided]) -> Vec<String> {
    undecided.iter().map(ToString::to_string).collect()
}
