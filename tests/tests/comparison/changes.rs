//! The check that changed policies allow nothing new.

use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Arn, Authorizer, BuildError, MismatchLevel, Policy, Principal, Scope};
use pinpoint_iam_compare::NoNewAccess;

const WORKER: &str = "arn:aws:iam::123456789012:role/worker";

const GET: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}"#;
const ALL: &str = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;
const NO_PUT: &str = r#"{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}"#;
const OF_TEAM: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
    "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}}"#;
const OF_PATH: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
    "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/staff/*"}}}"#;
const WITHOUT_ARN: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
    "Condition": {"Null": {"aws:PrincipalArn": "true"}}}"#;

fn policy(statements: &str) -> Policy {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    Policy::new("policy", Document::parse(&text).unwrap())
}

/// Describes a store: a key `user:ana`, `boundary:ana`, `group:g`, `tag:ana`, and statements or a value.
fn store(parts: &[(&str, &str)]) -> PolicyStore {
    let mut store = PolicyStore::new();
    let mut boundaries: Vec<(&str, Policy)> = Vec::new();
    for (part, content) in parts {
        let (kind, name) = part.split_once(':').unwrap();
        let arn = match name {
            "worker" => WORKER.to_owned(),
            _ => format!("arn:aws:iam::123456789012:user/{name}"),
        };
        match kind {
            "group" => store.group(name).attach(policy(content)),
            "tag" => store.identity(&arn).unwrap().set_tag("team", content),
            "id" => store.identity(&arn).unwrap().set_unique_id(content),
            "boundary" => {
                // The same text is the same boundary.
                let known = boundaries.iter().find(|(text, _)| text == content);
                let boundary = known.map_or_else(|| policy(content), |(_, known)| known.clone());
                boundaries.push((content, boundary.clone()));
                store
                    .identity(&arn)
                    .unwrap()
                    .set_permissions_boundary(boundary);
            }
            _ if content.is_empty() => drop(store.identity(&arn).unwrap()),
            _ => store.identity(&arn).unwrap().attach(policy(content)),
        }
    }
    store
}

/// Returns the error with which a change is rejected, or an empty text.
fn reason(before: PolicyStore, after: PolicyStore) -> String {
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(before)
        .warn_about_keys_without_source()
        .catalog_mismatches(MismatchLevel::Warn)
        .check_changes(NoNewAccess::new())
        .build()
        .unwrap();
    match authorizer.replace(after) {
        Ok(()) => String::new(),
        Err(BuildError::ChangeRejected(change)) => {
            let [reason] = change.reasons() else {
                panic!("{change}");
            };
            assert!(reason.can_be_approved());
            // The approved change is accepted.
            authorizer.approve_change(change.id().as_str()).unwrap();
            reason.to_string()
        }
        Err(error) => panic!("{error}"),
    }
}

type Parts<'a> = &'a [(&'a str, &'a str)];

#[test]
fn changes_that_allow_nothing_new_are_accepted() {
    let both = format!("{GET}, {NO_PUT}");
    let cases: [(Parts<'_>, Parts<'_>); 12] = [
        (&[("user:ana", GET)], &[("user:ana", GET)]),
        (&[("user:ana", ALL)], &[("user:ana", GET)]),
        (&[("user:ana", ALL)], &[("user:ana", "")]),
        (&[("user:ana", ALL)], &[]),
        (
            &[("user:ana", ALL)],
            &[("user:ana", ALL), ("boundary:ana", GET)],
        ),
        (
            &[("user:ana", ALL), ("boundary:ana", ALL)],
            &[("user:ana", ALL), ("boundary:ana", GET)],
        ),
        // Without groups and roles, only the policies of the user matter.
        (&[("user:ana", &both)], &[("user:ana", GET)]),
        (
            &[("user:ana", GET), ("boundary:ana", GET)],
            &[("user:ana", ALL), ("boundary:ana", GET)],
        ),
        (
            &[("user:ana", GET), ("tag:ana", "red")],
            &[("user:ana", GET), ("tag:ana", "blue")],
        ),
        (&[("group:g", ALL)], &[("group:g", GET)]),
        (&[("group:g", ALL), ("group:h", GET)], &[("group:h", GET)]),
        (
            &[("user:worker", ALL), ("user:ana", "")],
            &[("user:worker", GET)],
        ),
    ];
    for (before, after) in cases {
        assert_eq!(
            reason(store(before), store(after)),
            "",
            "{before:?} {after:?}"
        );
    }
}

#[test]
fn changes_that_may_allow_something_new_are_rejected() {
    let both = format!("{GET}, {NO_PUT}");
    let all_but_put = format!("{ALL}, {NO_PUT}");
    let other_get = format!("{GET}  ");
    let cases: [(&str, Parts<'_>, Parts<'_>, &str); 17] = [
        (
            "a policy",
            &[("user:ana", GET)],
            &[("user:ana", ALL)],
            "user/ana: ",
        ),
        (
            "an attachment",
            &[("user:ana", "")],
            &[("user:ana", GET)],
            "user/ana: ",
        ),
        ("a new user", &[], &[("user:ana", GET)], "user/ana: "),
        ("a new role", &[], &[("user:worker", GET)], "role/worker: "),
        (
            "a `Deny`",
            &[("user:ana", &all_but_put)],
            &[("user:ana", ALL)],
            "s3:PutObject",
        ),
        (
            "a boundary",
            &[("user:ana", ALL), ("boundary:ana", GET)],
            &[("user:ana", ALL)],
            "user/ana: ",
        ),
        (
            "a wider boundary",
            &[("user:ana", ALL), ("boundary:ana", GET)],
            &[("user:ana", ALL), ("boundary:ana", ALL)],
            "user/ana: ",
        ),
        (
            "a group",
            &[("group:g", GET)],
            &[("group:g", ALL)],
            "the group `g`: ",
        ),
        ("a new group", &[], &[("group:g", GET)], "the group `g`: "),
        (
            "a `Deny` that only limits a group",
            &[("user:ana", &both), ("group:g", ALL)],
            &[("user:ana", GET), ("group:g", ALL)],
            "user/ana (with what other policies allow): ",
        ),
        (
            "a `Deny` of a group that is removed",
            &[("user:ana", ALL), ("group:g", NO_PUT)],
            &[("user:ana", ALL)],
            "the group `g` (with what other policies allow): ",
        ),
        (
            "a boundary that limits a group",
            &[("boundary:ana", GET), ("group:g", ALL)],
            &[("user:ana", ""), ("group:g", ALL)],
            "user/ana: the permissions boundary is removed",
        ),
        (
            "a user whose boundary limits a group",
            &[("boundary:ana", GET), ("group:g", ALL)],
            &[("group:g", ALL)],
            "user/ana: the permissions boundary is removed",
        ),
        (
            "a wider boundary that limits a group",
            &[("boundary:ana", GET), ("group:g", ALL)],
            &[("boundary:ana", ALL), ("group:g", ALL)],
            "the permissions boundary of arn:aws:iam::123456789012:user/ana: ",
        ),
        (
            "boundaries that become the same",
            &[
                ("boundary:ana", GET),
                ("user:worker", GET),
                ("boundary:worker", &other_get),
            ],
            &[
                ("boundary:ana", GET),
                ("user:worker", GET),
                ("boundary:worker", GET),
            ],
            "get the same permissions boundary",
        ),
        (
            "a tag",
            &[("tag:ana", "blue"), ("group:g", OF_TEAM)],
            &[("tag:ana", "red"), ("group:g", OF_TEAM)],
            "the value of aws:principaltag/team changes",
        ),
        (
            "a path that was unknown",
            &[("group:g", OF_PATH)],
            &[("user:staff/ana", ""), ("group:g", OF_PATH)],
            "the value of aws:principalarn changes",
        ),
    ];
    for (name, before, after, expected) in cases {
        let reason = reason(store(before), store(after));
        assert!(
            reason.starts_with("they may allow new requests: "),
            "{name}: {reason}"
        );
        assert!(reason.contains(expected), "{name}: {reason}");
    }
}

/// The check compares callers with an ARN: no other caller gets anything from groups and roles.
#[test]
fn callers_without_an_arn_get_nothing_from_groups() {
    let before = store(&[("group:g", GET)]);
    let mut after = before.clone();
    after.group("h").attach(policy(WITHOUT_ARN));
    let context = Context::new();
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(after.clone())
        .build()
        .unwrap();
    for caller in [
        Principal::web_identity("accounts.google.com").unwrap(),
        Principal::saml("arn:aws:iam::123456789012:saml-provider/idp").unwrap(),
        Principal::service("sns.amazonaws.com"),
        Principal::anonymous(),
    ] {
        let caller = caller.with_groups(["g", "h"]);
        let request = Request::new(
            &caller,
            RequestedAction::parse("s3:GetObject").unwrap(),
            RequestedResource::Arn(Arn::parse("arn:aws:s3:::b/k").unwrap()),
            &context,
        );
        assert!(!authorizer.decide(&request).is_allowed(), "{caller}");
    }
    assert_eq!(reason(before, after), "");
}

#[test]
fn a_change_that_is_not_decided_is_rejected() {
    // Too many combinations to be examined.
    let statements = (0..40).map(|number| {
        let conditions: Vec<String> = (0..6)
            .map(|key| format!(r#""app:k{key}": "*{}*{}*{number}*""#, number % 7, number % 5))
            .collect();
        format!(
            r#"{{"Effect": "{}", "Action": "s3:*Object*{number}*", "Resource": "arn:aws:s3:::*{number}*/*${{app:k{}}}*",
                "Condition": {{"StringLike": {{{}}}}}}}"#,
            if number % 2 == 0 { "Allow" } else { "Deny" },
            number % 3,
            conditions.join(", ")
        )
    });
    let statements: Vec<String> = statements.collect();
    let before = store(&[("user:ana", &statements.join(", "))]);
    let after = store(&[("user:ana", &statements[1..].join(", "))]);
    let reason = reason(before, after);
    assert!(
        reason.contains("it is not decided what is newly allowed: "),
        "{reason}"
    );
}

#[test]
fn the_first_differences_are_shown() {
    let users: Vec<String> = (0..5).map(|number| format!("user:u{number}")).collect();
    let users: Vec<(&str, &str)> = users.iter().map(|user| (user.as_str(), GET)).collect();
    let reason = reason(PolicyStore::new(), store(&users));
    assert!(reason.ends_with("; and 2 more"), "{reason}");
    let may = "arn:aws:iam::123456789012:user/u0: ";
    assert!(
        reason.starts_with(&format!("they may allow new requests: {may}")),
        "{reason}"
    );
}
