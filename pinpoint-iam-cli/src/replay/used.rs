//! The permissions that requests have used, and the smallest policies that would have sufficed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use pinpoint_iam::Scope;
use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam_docs::{LeastPrivilege, LeastPrivilegeError};
use pinpoint_iam_replay::{UsedAction, UsedByCaller, UsedPermissions};
use serde_json::{Map, Value, json};

use super::text::{MOST_ROWS, shown};

/// Appends the text.
pub(super) fn human(
    output: &mut String,
    used: &UsedPermissions,
    services: &[&'static ServiceMetadata],
) {
    for (title, actions) in [
        (
            "actions that NEW grants and no request has used",
            used.unused().collect::<Vec<_>>(),
        ),
        (
            "actions that NEW grants and undecided records may have used",
            used.possibly_used().collect(),
        ),
    ] {
        if actions.is_empty() {
            continue;
        }
        let _ = writeln!(output, "\n{title}:");
        for action in actions.iter().take(MOST_ROWS) {
            let _ = writeln!(output, "  {action}");
        }
        let more = actions.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            let _ = writeln!(output, "  and {more} more");
        }
    }
    for (caller, by_caller) in used.callers.by_name.iter().take(MOST_ROWS) {
        for (scope, actions) in &by_caller.scopes {
            let _ = writeln!(
                output,
                "\nthe smallest policy for {} in {}:",
                shown(caller),
                shown(scope)
            );
            let (documents, notes) = texts(scope, actions, services);
            for line in documents.iter().flat_map(|document| document.lines()) {
                let _ = writeln!(output, "  {line}");
            }
            for note in notes {
                let _ = writeln!(output, "  note: {}", shown(&note));
            }
        }
        if by_caller.uncovered > 0 {
            let note = uncovered(by_caller.uncovered);
            let _ = writeln!(output, "\nnote: {}: {note}", shown(caller));
        }
    }
    let more = used.callers.by_name.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        let _ = writeln!(
            output,
            "\nand the policies of {more} more callers, which `--format json` contains"
        );
    }
}

/// Returns the policies of a caller in one scope, and what could be narrowed or why there are none.
pub(super) fn texts(
    scope: &str,
    actions: &BTreeMap<String, UsedAction>,
    services: &[&'static ServiceMetadata],
) -> (Vec<String>, Vec<String>) {
    match policies(scope, actions, services) {
        Ok(policies) => {
            let documents = policies.documents().iter();
            let documents = documents.map(|document| format!("{document:#}"));
            (documents.collect(), remarks(&policies))
        }
        Err(error) => (Vec::new(), vec![format!("there is none: {error}")]),
    }
}

/// The note about requests that the policies of a caller do not cover.
pub(super) fn uncovered(requests: u64) -> String {
    format!(
        "{requests} allowed requests are not in the policies, because no catalog describes the action or the resource"
    )
}

/// Returns the result for JSON.
pub(super) fn json(used: &UsedPermissions, services: &[&'static ServiceMetadata]) -> Value {
    let unused: Vec<&str> = used.unused().collect();
    let callers = used.callers.by_name.iter();
    let callers: Map<String, Value> = callers
        .map(|(caller, by_caller)| (caller.clone(), caller_json(by_caller, services)))
        .collect();
    json!({
        "unused_actions": unused,
        "possibly_used_actions": used.possibly_used().collect::<Vec<_>>(),
        "callers": callers,
        "has_other_callers": used.callers.others != UsedByCaller::default(),
    })
}

fn caller_json(by_caller: &UsedByCaller, services: &[&'static ServiceMetadata]) -> Value {
    let scopes = by_caller.scopes.iter();
    let scopes: Map<String, Value> = scopes
        .map(|(scope, actions)| {
            let requests = actions.iter();
            let requests: BTreeMap<&str, u64> = requests
                .map(|(action, used)| (action.as_str(), used.requests))
                .collect();
            let (documents, remarks, error) = match policies(scope, actions, services) {
                Ok(policies) => {
                    let documents = policies.documents().iter();
                    let documents: Vec<Value> = documents.map(|document| json!(document)).collect();
                    (documents, remarks(&policies), None)
                }
                Err(error) => (Vec::new(), Vec::new(), Some(error.to_string())),
            };
            let value = json!({
                "actions": requests,
                "documents": documents,
                "remarks": remarks,
                "error": error,
            });
            (scope.clone(), value)
        })
        .collect();
    json!({ "scopes": scopes, "uncovered": by_caller.uncovered })
}

/// What could be narrowed. The log is the reason for every resource that is not.
fn remarks(policies: &LeastPrivilege) -> Vec<String> {
    let remarks = policies.remarks().iter();
    remarks
        .map(|remark| {
            let remark = remark.split(", and `dependent_resource`").next();
            remark.unwrap_or_default().to_owned()
        })
        .collect()
}

/// The smallest policies for the actions that a caller has used. An id is fixed if all actions have used the same value.
fn policies(
    scope: &str,
    actions: &BTreeMap<String, UsedAction>,
    services: &[&'static ServiceMetadata],
) -> Result<LeastPrivilege, LeastPrivilegeError> {
    let mut parts = scope.splitn(3, ':');
    let mut part = || parts.next().unwrap_or_default();
    let scope = Scope::new(part(), part(), part());
    let mut builder = LeastPrivilege::builder(&scope).services(services.iter().copied());
    let mut ids: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
    let mut needed = BTreeSet::new();
    for (name, used) in actions {
        let Some(action) = find(services, name) else {
            continue;
        };
        builder = builder.action(action);
        needed.extend(action.dependent_actions.iter().map(|one| one.action));
        for (id, values) in &used.ids {
            let known = ids.entry(id).or_insert_with(|| Some(BTreeSet::new()));
            match (known.as_mut(), &values.0) {
                (Some(known), Some(values)) => known.extend(values.iter().map(String::as_str)),
                _ => *known = None,
            }
        }
    }
    for (id, values) in ids {
        let values: Vec<&str> = values.into_iter().flatten().collect();
        if let [one] = values.as_slice() {
            builder = builder.only(id, one);
        }
    }
    for (name, used) in actions {
        if find(services, name).is_none() && needed.contains(name.as_str()) {
            for arn in used.resources.0.iter().flatten() {
                builder = builder.dependent_resource(name, arn);
            }
        }
    }
    builder.build()
}

fn find(services: &[&'static ServiceMetadata], name: &str) -> Option<&'static ActionMetadata> {
    let (prefix, name) = name.split_once(':')?;
    let mut services = services.iter();
    let service = services.find(|service| service.prefix == prefix)?;
    service.action(name)
}
