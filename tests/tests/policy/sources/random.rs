//! No text in a source causes a panic, and every error has a position in the text.

use pinpoint_iam::source::{AccountDetails, Directory, PolicySource, SourceError};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value};

use super::temporary::TemporaryDirectory;

const ACCOUNT: &str = include_str!("../../../fixtures/account-details/account.json");
const URL_ENCODED: &str = include_str!("../../../fixtures/account-details/url-encoded.json");

/// Names with a meaning for a source, and some that are similar.
const NAMES: [&str; 40] = [
    "UserDetailList",
    "GroupDetailList",
    "RoleDetailList",
    "Policies",
    "IsTruncated",
    "Marker",
    "UserName",
    "GroupName",
    "RoleName",
    "UserId",
    "RoleId",
    "Arn",
    "UserPolicyList",
    "GroupPolicyList",
    "RolePolicyList",
    "PolicyName",
    "PolicyDocument",
    "GroupList",
    "AttachedManagedPolicies",
    "PolicyArn",
    "PermissionsBoundary",
    "PermissionsBoundaryType",
    "PermissionsBoundaryArn",
    "Tags",
    "Key",
    "Value",
    "AssumeRolePolicyDocument",
    "DefaultVersionId",
    "PolicyVersionList",
    "Document",
    "VersionId",
    "IsDefaultVersion",
    "Statement",
    "Effect",
    "users",
    "roles",
    "groups",
    "policies",
    "boundary",
    "arn:aws:iam::1:user/a",
];

/// Strings with a meaning for a source, and some that are similar.
const TEXTS: [&str; 16] = [
    "",
    "ana",
    "a\u{0}b",
    "arn:aws:iam::1:user/ana",
    "arn:aws:iam::1:group/ana",
    "arn:aws:iam::1:role/ana",
    "arn:aws:iam::1:policy/ana",
    "arn:aws:iam:::",
    "arn:::::user/",
    "v1",
    "Policy",
    "%7B%7D",
    "%",
    "%7B%FF",
    "+",
    "%7B%22Statement%22:%7B%22Effect%22:%22Deny%22,%22Action%22:%22*%22,%22Resource%22:%22*%22%7D%7D",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(&TEXTS[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => any_text(),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        4 => any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((any_name(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Adds the paths of `value` and every value within it.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                pointers(element, &format!("{here}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{here}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Returns the account with some of its values replaced.
fn account_with(changes: &[(Index, Value)]) -> String {
    let mut account: Value = serde_json::from_str(ACCOUNT).unwrap();
    for (index, change) in changes {
        let mut all = Vec::new();
        pointers(&account, "", &mut all);
        let pointer = &all[index.index(all.len())];
        *account.pointer_mut(pointer).unwrap() = change.clone();
    }
    serde_json::to_string_pretty(&account).unwrap()
}

/// Returns `text` with some of its characters replaced.
fn edited(text: &str, edits: &[(Index, usize, String)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (index, removed, inserted) in edits {
        let start = index.index(characters.len() + 1);
        let end = (start + removed).min(characters.len());
        characters.splice(start..end, inserted.chars());
    }
    characters.into_iter().collect()
}

fn any_edits() -> impl Strategy<Value = Vec<(Index, usize, String)>> {
    let piece = prop_oneof![
        "[\\[\\]{}\",:%\\\\0-9a-f \n]{0,3}".boxed(),
        any::<String>().boxed(),
    ];
    proptest::collection::vec((any::<Index>(), 0..4_usize, piece), 1..4)
}

/// Checks that an error has a position in the text.
fn check(text: &str, result: Result<(), SourceError>) -> Result<(), TestCaseError> {
    let Err(error) = result else {
        return Ok(());
    };
    prop_assert!(!error.to_string().contains('\n'), "{error}");
    let Some((line, column)) = error.position() else {
        return Err(TestCaseError::fail(format!("no place: {error}")));
    };
    let lines: Vec<&str> = text.split('\n').collect();
    prop_assert!((1..=lines.len()).contains(&line), "{error}");
    let width = lines[line - 1].chars().count();
    prop_assert!((1..=width + 1).contains(&column), "{error}");
    Ok(())
}

fn check_account(text: &str) -> Result<(), TestCaseError> {
    let result = AccountDetails::from_json("account.json", text).load();
    check(text, result.map(drop))
}

fn check_attachments(text: &str) -> Result<(), TestCaseError> {
    let files = TemporaryDirectory::with(&[("attachments.json", text)]);
    let result = Directory::open(files.path()).unwrap().load();
    check(text, result.map(drop))
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_rejected(text in any::<String>()) {
        check_account(&text)?;
        check_attachments(&text)?;
    }

    #[test]
    fn any_json_is_parsed_or_rejected(value in any_json()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        check_account(&text)?;
        check_attachments(&text)?;
    }

    #[test]
    fn an_account_with_other_values_is_parsed_or_rejected(
        changes in proptest::collection::vec((any::<Index>(), any_json()), 1..4)
    ) {
        check_account(&account_with(&changes))?;
    }

    #[test]
    fn an_edited_account_is_parsed_or_rejected(edits in any_edits()) {
        check_account(&edited(ACCOUNT, &edits))?;
        check_account(&edited(URL_ENCODED, &edits))?;
    }

    /// If any member is omitted, either the source is rejected or no principal loses a policy.
    #[test]
    fn no_policy_is_left_out(index in any::<Index>()) {
        let mut account: Map<String, Value> = serde_json::from_str(ACCOUNT).unwrap();
        let policies = account["Policies"].as_array_mut().unwrap();
        let left_out = policies.remove(index.index(policies.len()));
        let text = serde_json::to_string(&account).unwrap();
        let loaded = AccountDetails::from_json("account.json", text).load();
        prop_assert_eq!(loaded.is_ok(), left_out["PolicyName"] == "unattached");
    }
}
