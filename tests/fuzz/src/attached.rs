//! Who has which policies, read a second time and in the plainest way.

use std::collections::BTreeSet;

use pinpoint_iam::Principal;
use pinpoint_iam::source::PolicyStore;
use serde_json::Value;

/// The elements of the list that `object` has as its member `name`; none where it has no such member.
pub fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object[name].as_array().map_or(&[], Vec::as_slice)
}

/// The string that `object` has as its member `name`.
///
/// # Panics
///
/// When it has none.
pub fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name]
        .as_str()
        .expect("a source accepts only text here")
}

/// The user, or some session of the role, that has the ARN `arn`.
///
/// # Panics
///
/// When `arn` is neither a user's nor a role's.
pub fn owner(arn: &str) -> Principal {
    let (front, path) = arn.split_once('/').expect("an ARN of a user or role");
    let name = path.rsplit('/').next().unwrap_or_default();
    // The path of an identity does not tell two of them apart.
    let without_path = format!("{front}/{name}");
    Principal::from_arn(&without_path)
        .or_else(|_| Principal::role_session(&without_path, "session"))
        .expect("an ARN of a user or role")
}

/// `store` knows for the identity with the ARN `arn` exactly the policies `names` and the boundary.
///
/// # Panics
///
/// When it is not so.
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
