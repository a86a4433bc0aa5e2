//! A second and simpler implementation of which identity has which policies.

use std::collections::BTreeSet;

use pinpoint_iam::Principal;
use pinpoint_iam::source::PolicyStore;
use serde_json::Value;

/// Returns the elements of the list `name` in `object`, or an empty slice if the member does not exist.
pub fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object[name].as_array().map_or(&[], Vec::as_slice)
}

/// Returns the string `name` in `object`.
///
/// # Panics
///
/// If the member does not exist.
pub fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name]
        .as_str()
        .expect("a source accepts only text here")
}

/// Returns the user with the ARN `arn`, or a session of the role with that ARN.
///
/// # Panics
///
/// If `arn` is neither that of a user nor that of a role.
pub fn owner(arn: &str) -> Principal {
    let (front, path) = arn.split_once('/').expect("an ARN of a user or role");
    let name = path.rsplit('/').next().unwrap_or_default();
    // Identities cannot differ only in their path.
    let without_path = format!("{front}/{name}");
    Principal::from_arn(&without_path)
        .or_else(|_| Principal::role_session(&without_path, "session"))
        .expect("an ARN of a user or role")
}

/// Checks that the identity with the ARN `arn` has exactly the policies `names` and the given boundary in `store`.
///
/// # Panics
///
/// If it does not.
pub fn assert_has(
    store: &PolicyStore,
    arn: &str,
    names: &BTreeSet<String>,
    boundary: Option<&str>,
) {
    let found = store.policies(&owner(arn));
    let found_names: BTreeSet<String> = found
        .identity()
        .iter()
        .map(|policy| policy.name().to_owned())
        .collect();
    assert_eq!(&found_names, names, "the policies of {arn}");
    assert_eq!(found.identity().len(), names.len(), "the policies of {arn}");
    let found_boundary = found.permissions_boundary().map(|policy| policy.name());
    assert_eq!(found_boundary, boundary, "the boundary of {arn}");
}
