//! Account details are rejected with a position, or every policy of every identity is loaded.

use std::collections::BTreeSet;

use crate::attached::{assert_has, list, text};
use crate::place::assert_source_error;
use pinpoint_iam::source::{AccountDetails, PolicySource};
use serde_json::Value;

/// Returns the inline and managed policies of a user, group or role, as decisions refer to them.
fn own(entry: &Value, word: &str, name: &str, inline: &str) -> Vec<String> {
    let name = text(entry, name);
    let inline = list(entry, inline).iter();
    let managed = list(entry, "AttachedManagedPolicies").iter();
    inline
        .map(|policy| format!("{word}/{name}/{}", text(policy, "PolicyName")))
        .chain(managed.map(|policy| text(policy, "PolicyArn").to_owned()))
        .collect()
}

fn of_groups(details: &Value, user: &Value) -> Vec<String> {
    let groups = list(user, "GroupList").iter();
    let group = |name: &Value| {
        let mut all = list(details, "GroupDetailList").iter();
        all.find(|group| group["GroupName"] == *name)
            .expect("every group of a user is listed")
    };
    groups
        .flat_map(|name| own(group(name), "group", "GroupName", "GroupPolicyList"))
        .collect()
}

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(input: &str) {
    let store = match AccountDetails::from_json("account.json", input).load() {
        Ok(store) => store,
        Err(error) => return assert_source_error(input, &error),
    };
    // A number that does not fit an `f64` is not a `Value`.
    let Ok(details) = serde_json::from_str::<Value>(input) else {
        assert!(serde_json::from_str::<&serde_json::value::RawValue>(input).is_ok());
        return;
    };
    assert_ne!(details["IsTruncated"], true);
    assert_eq!(details["Marker"], Value::Null);
    assert_eq!(details["NextToken"], Value::Null);
    let users = list(&details, "UserDetailList");
    let roles = list(&details, "RoleDetailList");
    assert_eq!(store.len(), users.len() + roles.len());
    for entry in users {
        let own = own(entry, "user", "UserName", "UserPolicyList");
        let names: BTreeSet<String> = own.into_iter().chain(of_groups(&details, entry)).collect();
        let boundary = entry["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str();
        assert_has(&store, text(entry, "Arn"), &names, boundary);
    }
    for entry in roles {
        let names = own(entry, "role", "RoleName", "RolePolicyList");
        let boundary = entry["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str();
        assert_has(
            &store,
            text(entry, "Arn"),
            &names.into_iter().collect(),
            boundary,
        );
    }
}
