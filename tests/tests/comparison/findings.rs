//! The check that the linter finds nothing new in changed policies.

use pinpoint_iam::change::RejectedChange;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, BuildError, MismatchLevel, Policy, Scope};
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_compare::NoNewFindings;
use pinpoint_iam_lint::Class;

const READ: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*"}"#;
/// A security warning.
const PASS: &str = r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}"#;
const PASS_NAMED: &str =
    r#"{"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}"#;
/// An error: the action does not exist.
const NO_ACTION: &str =
    r#"{"Effect": "Allow", "Action": "mobiletargeting:GetApps2", "Resource": "*"}"#;
/// A warning: the condition always holds.
const ALWAYS: &str = r#"{"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*",
    "Condition": {"Null": {"aws:SourceIp": ["true", "false"]}}}"#;

/// Parts of a store, such as `user:ana`, `boundary:ana` and `group:g`, each with the statements of its policy. The policy
/// has the name of the user or group.
type Parts<'a> = &'a [(&'a str, &'a [&'a str])];

fn store(parts: Parts<'_>) -> PolicyStore {
    let mut store = PolicyStore::new();
    for (part, statements) in parts {
        let (kind, name) = part.split_once(':').unwrap();
        let arn = format!("arn:aws:iam::123456789012:user/{name}");
        let statements = statements.join(", ");
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
        let policy = Policy::new(name, Document::parse(&text).unwrap());
        match kind {
            "group" => store.group(name).attach(policy),
            "boundary" => store
                .identity(&arn)
                .unwrap()
                .set_permissions_boundary(policy),
            _ => store.identity(&arn).unwrap().attach(policy),
        }
    }
    store
}

fn check() -> NoNewFindings {
    NoNewFindings::new(Catalog::builtin().unwrap().clone())
}

/// Replaces policies, and returns the change if it is rejected.
fn replaced(check: NoNewFindings, before: Parts<'_>, after: Parts<'_>) -> Option<RejectedChange> {
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store(before))
        .warn_about_keys_without_source()
        .catalog_mismatches(MismatchLevel::Warn)
        .check_changes(check)
        .build()
        .unwrap();
    match authorizer.replace(store(after)) {
        Ok(()) => None,
        Err(BuildError::ChangeRejected(change)) => {
            authorizer.approve_change(change.id().as_str()).unwrap();
            authorizer.replace(store(after)).unwrap();
            Some(change)
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn changes_without_new_findings_are_accepted() {
    let cases: [(&str, Parts<'_>, Parts<'_>); 9] = [
        (
            "no finding",
            &[("user:ana", &[READ])],
            &[("user:ana", &[READ, READ])],
        ),
        (
            "nothing changes",
            &[("user:ana", &[PASS])],
            &[("user:ana", &[PASS])],
        ),
        (
            "another statement is added before it",
            &[("user:ana", &[PASS])],
            &[("user:ana", &[READ, PASS])],
        ),
        (
            "the finding is removed",
            &[("user:ana", &[PASS])],
            &[("user:ana", &[READ])],
        ),
        ("the policy is removed", &[("user:ana", &[PASS])], &[]),
        (
            "one of two findings is removed",
            &[("user:ana", &[PASS, PASS])],
            &[("user:ana", &[PASS])],
        ),
        (
            "the same policy is a policy of a group now",
            &[("user:ana", &[PASS])],
            &[("group:ana", &[PASS])],
        ),
        (
            "a warning",
            &[("user:ana", &[READ])],
            &[("user:ana", &[ALWAYS])],
        ),
        (
            "the findings of boundaries are compared with those of boundaries",
            &[("boundary:ana", &[NO_ACTION])],
            &[("boundary:ana", &[NO_ACTION, READ])],
        ),
    ];
    for (name, before, after) in cases {
        let change = replaced(check(), before, after);
        assert!(change.is_none(), "{name}: {change:?}");
    }
}

#[test]
fn new_findings_are_rejected_unless_they_are_approved() {
    const PASS_FINDING: &str = "security-warning[pass-role-with-star-in-resource]";
    let cases: [(&str, Parts<'_>, Parts<'_>, &str, usize); 9] = [
        (
            "a security warning",
            &[("user:ana", &[READ])],
            &[("user:ana", &[READ, PASS])],
            PASS_FINDING,
            1,
        ),
        (
            "an error",
            &[("user:ana", &[READ])],
            &[("user:ana", &[NO_ACTION])],
            "error[invalid-action]",
            1,
        ),
        (
            "a new policy",
            &[("user:ana", &[READ])],
            &[("user:ana", &[READ]), ("user:bob", &[PASS])],
            "policy `bob`: ",
            1,
        ),
        (
            "a policy of a group",
            &[("group:g", &[READ])],
            &[("group:g", &[PASS])],
            "policy `g`: ",
            1,
        ),
        (
            "a boundary",
            &[("boundary:ana", &[READ])],
            &[("boundary:ana", &[NO_ACTION])],
            "error[invalid-action]",
            1,
        ),
        (
            "a policy that was a boundary",
            &[("boundary:ana", &[NO_ACTION])],
            &[("user:ana", &[NO_ACTION])],
            "error[invalid-action]",
            1,
        ),
        (
            "the same finding once more",
            &[("user:ana", &[PASS])],
            &[("user:ana", &[PASS, PASS])],
            PASS_FINDING,
            1,
        ),
        (
            "the same finding in another statement",
            &[("user:ana", &[PASS])],
            &[("user:ana", &[PASS_NAMED])],
            "policy `ana`, statement `Pass`: ",
            1,
        ),
        (
            "the finding of another policy",
            &[("user:ana", &[PASS]), ("user:bob", &[READ])],
            &[("user:ana", &[READ]), ("user:bob", &[PASS])],
            "policy `bob`: ",
            1,
        ),
    ];
    for (name, before, after, expected, count) in cases {
        let change = replaced(check(), before, after);
        let change = change.unwrap_or_else(|| panic!("{name}: accepted"));
        let [reason] = change.reasons() else {
            panic!("{name}: {change}");
        };
        assert!(reason.reason().contains(expected), "{name}: {reason}");
        assert_eq!(
            reason.reason().matches("policy `").count(),
            count,
            "{name}: {reason}"
        );
    }
}

#[test]
fn a_less_severe_class_can_be_chosen() {
    let (before, after): (Parts<'_>, Parts<'_>) =
        (&[("user:ana", &[READ])], &[("user:ana", &[ALWAYS, PASS])]);
    for (least, expected) in [
        (Class::Suggestion, &["warning[", "security-warning["][..]),
        (Class::Warning, &["warning[", "security-warning["]),
        (Class::SecurityWarning, &["security-warning["]),
        (Class::Error, &[]),
    ] {
        let change = replaced(check().from_class(least), before, after);
        let reason = change.map_or_else(String::new, |change| change.to_string());
        for class in [" warning[", " security-warning["] {
            let is_expected = expected.contains(&class.trim_start());
            assert_eq!(reason.contains(class), is_expected, "{least}: {reason}");
        }
    }
}

/// An error shows three findings, and states how many there are.
#[test]
fn many_findings_are_counted() {
    let after: Parts<'_> = &[("user:ana", &[PASS; 5])];
    let change = replaced(check(), &[("user:ana", &[READ])], after).unwrap();
    let reason = change.reasons()[0].reason();
    assert_eq!(reason.matches("pass-role-with-star-in-resource").count(), 3);
    assert!(reason.ends_with("; and 2 more"), "{reason}");
}

#[test]
fn the_first_policies_are_compared_with_nothing() {
    let built = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store(&[("user:ana", &[PASS])]))
        .check_changes(check())
        .build();
    assert!(built.is_ok(), "{built:?}");
}
