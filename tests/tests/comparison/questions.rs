//! Assertions and further analyses: their results and texts.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::principal::PrincipalKind;
use pinpoint_iam::{Policy, Scope, mobiletargeting};
use pinpoint_iam_compare::{
    Comparer, PolicySet, Redundant, RedundantPart, Verdict, assert_equivalent, assert_no_new_access,
};
use pinpoint_iam_test_policies::comparison::{assert_confirmed, set};

const RELEASED: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "arn:aws:mobiletargeting:*:*:apps/*"}
  ]
}"#;

const TODAY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "arn:aws:mobiletargeting:*:*:apps/*"},
    {
      "Sid": "Clean",
      "Effect": "Allow",
      "Action": "mobiletargeting:DeleteCampaign",
      "Resource": "arn:aws:mobiletargeting:*:*:apps/*",
      "Condition": {"StringEquals": {"aws:ResourceTag/stage": "test"}}
    }
  ]
}"#;

/// Returns the message with which `assertion` fails.
pub(crate) fn failure(assertion: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(assertion)).err()?;
    payload.downcast_ref::<String>().cloned()
}

#[test]
fn a_failing_assertion_shows_who_what_where_and_why() {
    let (released, today) = (set("released.json", RELEASED), set("today.json", TODAY));
    assert_no_new_access(&today, &released);
    assert_equivalent(&today, &today);
    let comparer = Comparer::new().service(&mobiletargeting::SERVICE);
    let message = failure(|| comparer.assert_no_new_access(&released, &today)).unwrap();
    let expected = "\
the change allows new requests

  for example arn:aws:iam::123456789012:user/ana may call mobiletargeting:DeleteCampaign on arn:aws:mobiletargeting:us-east-1:123456789012:apps/a/campaigns/a with aws:ResourceTag/stage = `test`
    before: not allowed by any identity-based policy
    now:    allowed by `today.json`, line 5, statement 2 (`Clean`)

  responsible:
    Allow statement 2 of `today.json`, line 5 (`Clean`)
      actions: mobiletargeting:DeleteCampaign
      resources: arn:aws:mobiletargeting:*:*:apps/*
      conditions: aws:ResourceTag/stage StringEquals `test`
";
    assert_eq!(message, expected);
    let message = failure(|| assert_equivalent(&today, &released)).unwrap();
    assert!(
        message.starts_with("the change takes requests away\n\n  for example "),
        "{message}"
    );
}

/// An undecided comparison must not pass.
#[test]
fn an_assertion_fails_when_nothing_was_decided() {
    let stars = |end: &str| {
        let statements: Vec<String> = ('a'..='p')
            .map(|letter| {
                format!(
                    r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"StringLike": {{"app:k": "*{letter}*{}*{end}"}}}}}}"#,
                    letter.to_ascii_uppercase()
                )
            })
            .collect();
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "*", "Resource": "*"}}, {}]}}"#,
            statements.join(", ")
        )
    };
    let (first, second) = (set("first", &stars("")), set("second", &stars("x*")));
    let comparison = Comparer::new().compare(&first, &second);
    assert_confirmed(&comparison);
    assert!(!comparison.undecided.is_empty());
    let message = failure(|| assert_no_new_access(&second, &first)).unwrap();
    assert!(
        message.contains("it was not decided whether the policies differ"),
        "{message}"
    );
}

#[test]
fn who_can_lists_the_callers_that_policies_distinguish() {
    let policy = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:user/ana", "arn:aws:iam::444455556666:root"]},
         "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
        {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/secret"}
    ]}"#;
    let who = |resource| {
        let access = Comparer::new().who_can(&set("bucket", policy), "s3:GetObject", resource);
        assert!(access.undecided.is_empty(), "{access:?}");
        let mut callers: Vec<String> = access
            .requests
            .iter()
            .map(|request| request.principal_text.clone())
            .collect();
        callers.sort();
        callers.dedup();
        callers
    };
    assert_eq!(
        who("arn:aws:s3:::b/open"),
        [
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:iam::444455556666:root"
        ]
    );
    assert_eq!(
        who("arn:aws:s3:::b/secret"),
        ["arn:aws:iam::444455556666:root"]
    );
    assert_eq!(who("arn:aws:s3:::other"), [""; 0]);
}

#[test]
fn public_access_is_that_of_a_stranger() {
    let bucket = |principal: &str, condition: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::b/*" {condition}}}}}"#
        );
        Comparer::new()
            .public_access(&set("bucket", &text))
            .unwrap()
    };
    let public = bucket("\"*\"", "").unwrap();
    assert_eq!(public.witness.principal.kind(), PrincipalKind::Anonymous);
    assert!(public.witness.context.is_empty());
    let by_address = bucket(
        "\"*\"",
        r#", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
    )
    .unwrap();
    assert_eq!(by_address.witness.context.len(), 1);
    for (principal, condition) in [
        (r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, ""),
        (r#"{"Service": "sns.amazonaws.com"}"#, ""),
        (
            "\"*\"",
            r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
        ),
        (
            "\"*\"",
            r#", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}"#,
        ),
    ] {
        assert!(
            bucket(principal, condition).is_none(),
            "{principal} {condition}"
        );
    }
    // Identity-based policies do not grant a stranger anything.
    let own = set(
        "own",
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    );
    assert!(Comparer::new().public_access(&own).unwrap().is_none());
}

#[test]
fn parts_that_change_nothing_are_redundant() {
    let document = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:*", "s3:GetObject"], "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::c"]},
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/x*"},
            {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"Null": {"aws:username": ["true", "false"]}}},
            {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
        ]}"#,
    )
    .unwrap();
    let redundant = Comparer::new().redundant(&document, &PolicySet::default());
    let expected = [
        (0, RedundantPart::Action("s3:GetObject".to_owned())),
        (1, RedundantPart::Statement),
        (
            2,
            RedundantPart::Condition("Null".to_owned(), "aws:username".to_owned()),
        ),
        (3, RedundantPart::Statement),
    ];
    let expected: Vec<Redundant> = expected
        .into_iter()
        .map(|(statement, part)| Redundant { statement, part })
        .collect();
    assert_eq!(redundant, expected);
}

/// A boundary limits the effect of a change. A union of roles can be compared with a boundary like any two sets.
#[test]
fn all_types_of_policies_are_compared() {
    let allow = |action: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#
        );
        Policy::new(action, Document::parse(&text).unwrap())
    };
    let limited = |identity: &str, limit: &str, kind: PolicyKind| PolicySet {
        identity: vec![allow(identity)],
        ..PolicySet::of_policy(kind, allow(limit))
    };
    for kind in [
        PolicyKind::Boundary,
        PolicyKind::Session,
        PolicyKind::ServiceControl,
    ] {
        let compare = |first: (&str, &str), second: (&str, &str)| {
            let comparison = Comparer::new().compare(
                &limited(first.0, first.1, kind),
                &limited(second.0, second.1, kind),
            );
            assert_confirmed(&comparison);
            comparison.verdict()
        };
        // Policies of an organization do not limit service-linked roles.
        let [hidden, exchanged] = match kind {
            PolicyKind::ServiceControl => [Verdict::Wider, Verdict::Incomparable],
            _ => [Verdict::Equal, Verdict::Equal],
        };
        assert_eq!(
            compare(("s3:*", "s3:Get*"), ("*", "s3:Get*")),
            hidden,
            "{kind:?}"
        );
        assert_eq!(
            compare(("s3:*", "s3:Get*"), ("s3:*", "s3:*")),
            Verdict::Wider,
            "{kind:?}"
        );
        assert_eq!(
            compare(("s3:*", "*"), ("s3:*", "s3:Get*")),
            Verdict::Narrower,
            "{kind:?}"
        );
        assert_eq!(
            compare(("s3:*", "ec2:*"), ("ec2:*", "s3:*")),
            exchanged,
            "{kind:?}"
        );
        // A new limit removes permissions, regardless of the statements.
        let unlimited = PolicySet::of_identity([allow("s3:*")]);
        let comparison = Comparer::new().compare(&unlimited, &limited("s3:*", "s3:Get*", kind));
        assert_eq!(comparison.verdict(), Verdict::Narrower, "{kind:?}");
    }
    // The union of the two roles exceeds the boundary.
    let roles = PolicySet::of_identity([allow("s3:Get*"), allow("ec2:*")]);
    let boundary = PolicySet::of_identity([allow("s3:*")]);
    let comparison = Comparer::new().compare(&boundary, &roles);
    let difference = comparison.newly_allowed.unwrap();
    assert!(
        difference.witness.action.starts_with("ec2:"),
        "{difference}"
    );
}

/// A service with a catalog has no other actions, and these have no other resources.
#[test]
fn a_catalog_closes_a_service() {
    let allow = |members: &str| {
        set(
            "policy",
            &format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {members}}}}}"#
            ),
        )
    };
    let nothing = allow(r#""Action": "none:None", "Resource": "*""#);
    let with = Comparer::new().service(&mobiletargeting::SERVICE);
    for (members, closed, open) in [
        (
            r#""Action": "mobiletargeting:NoSuchAction", "Resource": "*""#,
            false,
            true,
        ),
        (
            r#""Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:*:*:app/*""#,
            false,
            true,
        ),
        (
            r#""Action": "mobiletargeting:GetCampaign", "Resource": "arn:aws:mobiletargeting:*:*:apps/*""#,
            true,
            true,
        ),
        (r#""Action": "s3:GetObject", "Resource": "*""#, true, true),
        // Only some of the actions have each type of resource.
        (
            r#""Action": "mobiletargeting:*", "Resource": "arn:aws:mobiletargeting:*:*:apps/*/campaigns/*""#,
            true,
            true,
        ),
        (
            r#""Action": "mobiletargeting:*", "Resource": "arn:aws:mobiletargeting:*:*:recommenders/*""#,
            true,
            true,
        ),
        (
            r#""Action": "mobiletargeting:*", "Resource": "arn:aws:mobiletargeting:*:*:templates/*/EMAIL""#,
            true,
            true,
        ),
    ] {
        let other = allow(members);
        let is_wider =
            |comparer: &Comparer| comparer.compare(&nothing, &other).newly_allowed.is_some();
        assert_eq!(is_wider(&with), closed, "{members}");
        assert_eq!(is_wider(&Comparer::new()), open, "{members}");
    }
}

/// A request is not made more readable with a region, if the resources of the catalog have none.
#[test]
fn a_readable_request_is_of_the_catalog() {
    let get_app = mobiletargeting::SERVICE.action("GetApp").unwrap();
    let scope = Scope::of_tenants("acme", "").with_account("tenant-7");
    let comparer = Comparer::new().action(get_app, get_app.resource_types, &scope);
    let allow = |action: &str| {
        set(
            "policy",
            &format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#
            ),
        )
    };
    let comparison = comparer.compare(&allow("none:None"), &allow("mobiletargeting:GetApp"));
    assert_confirmed(&comparison);
    let resource = comparison.newly_allowed.unwrap().witness.resource;
    let name = resource.strip_prefix("arn:acme:mobiletargeting::tenant-7:apps/");
    assert!(name.is_some_and(|name| !name.is_empty()), "{resource}");
}

/// Both date keys contain the same time.
#[test]
fn the_keys_of_the_time_agree() {
    let allow = |condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {{{condition}}}}}"#
        )
    };
    let document = |statements: &[String]| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
            statements.join(", ")
        )
    };
    let never = document(&[allow(
        r#""DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, "DateGreaterThan": {"aws:EpochTime": "1800000000"}"#,
    )]);
    let once = document(&[allow(
        r#""DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, "NumericLessThan": {"aws:EpochTime": "1800000000"}"#,
    )]);
    let nothing = document(&[r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#.to_owned()]);
    let compare = |second: &str| {
        let comparison = Comparer::new().compare(&set("first", &nothing), &set("second", second));
        assert_confirmed(&comparison);
        comparison.verdict()
    };
    assert_eq!(compare(&never), Verdict::Equal);
    assert_eq!(compare(&once), Verdict::Wider);
}
