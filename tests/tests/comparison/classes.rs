//! Classes of policies that once were undecided, or compared with too few requests.

use pinpoint_iam::Policy;
use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam_compare::{Comparer, Comparison, PolicySet, Verdict};
use pinpoint_iam_test_policies::comparison::{assert_confirmed, set};

fn document(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

fn compare(first: &str, second: &str) -> Comparison {
    let [first, second] = [("first", first), ("second", second)]
        .map(|(name, statements)| set(name, &document(statements)));
    let comparison = Comparer::new().compare(&first, &second);
    assert_confirmed(&comparison);
    comparison
}

/// Checks the verdict in both directions.
fn assert_verdict(first: &str, second: &str, expected: Verdict) {
    let forth = compare(first, second);
    assert_eq!(forth.verdict(), expected, "{forth:#?}");
    let mirrored = match expected {
        Verdict::Wider => Verdict::Narrower,
        Verdict::Narrower => Verdict::Wider,
        other => other,
    };
    let back = compare(second, first);
    assert_eq!(back.verdict(), mirrored, "{back:#?}");
}

const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

/// A request is denied however many alternatives of one statement match it.
#[test]
fn alternatives_of_one_statement_are_not_combined() {
    let words: Vec<String> = ('a'..='z')
        .map(|letter| format!("*{letter}x{letter}*"))
        .collect();
    let list = |prefix: &str| {
        let words = words.iter().map(|word| format!("\"{prefix}{word}\""));
        words.collect::<Vec<_>>().join(", ")
    };
    for denied in [
        format!(r#""Action": [{}], "Resource": "*""#, list("s3:")),
        format!(
            r#""Action": "s3:*", "Resource": [{}]"#,
            list("arn:aws:s3:::")
        ),
        format!(
            r#""Action": "*", "Resource": "*", "Condition": {{"StringLike": {{"app:k": [{}]}}}}"#,
            list("")
        ),
        format!(
            r#""Action": "*", "Resource": "*", "Condition": {{"ArnLike": {{"aws:PrincipalArn": [{}]}}}}"#,
            list("arn:aws:iam::*:role/")
        ),
    ] {
        let more = format!(r#"{ALL}, {{"Effect": "Deny", {denied}}}"#);
        assert_verdict(ALL, &more, Verdict::Narrower);
        let less = more.replace("*zxz*", "*zxzz*");
        assert_verdict(&more, &less, Verdict::Wider);
    }
}

/// Letters that only Unicode takes for equal are undecidable, so a `Deny` matches them and an `Allow` does not.
#[test]
fn alternatives_are_distinguished_by_the_way_of_comparing_letters() {
    let with = |effect: &str, operator: &str, value: &str| {
        format!(
            r#"{{"Effect": "{effect}", "Action": "*", "Resource": "*", "Condition": {{"{operator}": {{"app:k": "{value}"}}}}}}"#
        )
    };
    let kelvin = with("Deny", "StringEquals", "\u{212a}");
    let exact = format!("{ALL}, {}, {kelvin}", with("Deny", "StringLike", "?"));
    let folded = format!("{exact}, {}", with("Deny", "StringEqualsIgnoreCase", "kk"));
    let comparison = compare(&exact, &folded);
    assert_eq!(comparison.verdict(), Verdict::Narrower, "{comparison:#?}");
    let only_ascii = format!(
        "{ALL}, {}",
        ["kk", "kK", "Kk", "KK"]
            .map(|text| with("Deny", "StringEquals", text))
            .join(", ")
    );
    let folded = format!("{ALL}, {}", with("Deny", "StringEqualsIgnoreCase", "kk"));
    assert_verdict(&only_ascii, &folded, Verdict::Narrower);
}

/// A text that is not an ARN satisfies neither `ArnLike` nor `ArnNotLike`, so texts and ARNs are distinguished.
#[test]
fn texts_are_distinguished_from_arns_if_a_key_is_compared_as_both() {
    let statement = |conditions: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {{{conditions}}}}}"#
        )
    };
    let nothing = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;
    let not_like = r#""ArnNotLike": {"app:source": "arn:aws:sns:*:*:a"}"#;
    assert_verdict(
        nothing,
        &statement(&format!(
            r#"{not_like}, "StringNotLike": {{"app:source": ["x", "y*"]}}, "Null": {{"app:source": "false"}}"#
        )),
        Verdict::Wider,
    );
    assert_verdict(
        nothing,
        &statement(&format!(
            r#"{not_like}, "StringEquals": {{"app:source": ["x", "y"]}}"#
        )),
        Verdict::Equal,
    );
}

/// The caller's account is compared with a variable whose value another condition limits.
#[test]
fn keys_of_the_caller_are_compared_with_variables() {
    let statement = |conditions: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {{{conditions}}}}}"#
        )
    };
    let own = statement(r#""StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}"#);
    let turned = statement(r#""StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}"#);
    assert_verdict(&own, &turned, Verdict::Equal);
    let limited = |account: &str| {
        statement(&format!(
            r#""StringEquals": {{"aws:PrincipalAccount": "${{aws:ResourceAccount}}", "aws:ResourceAccount": "{account}"}}"#
        ))
    };
    let known = |account: &str| {
        statement(&format!(
            r#""StringEquals": {{"aws:PrincipalAccount": "{account}", "aws:ResourceAccount": "{account}"}}"#
        ))
    };
    assert_verdict(
        &limited("111122223333"),
        &known("111122223333"),
        Verdict::Equal,
    );
    assert_verdict(
        &limited("111122223333"),
        &known("444455556666"),
        Verdict::Incomparable,
    );
    assert_verdict(&own, &limited("111122223333"), Verdict::Narrower);
    let any = statement(r#""Null": {"aws:ResourceAccount": "false"}"#);
    assert_verdict(&own, &any, Verdict::Wider);
    let except = statement(
        r#""StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}, "StringNotEquals": {"aws:PrincipalAccount": "111122223333"}"#,
    );
    assert_verdict(&own, &except, Verdict::Narrower);
}

/// A KMS key's own policy must allow a request, other resources' policies need not.
#[test]
fn resources_whose_policy_must_allow_are_distinguished() {
    let allow = |principal: &str, action: &str| {
        let text = document(&format!(
            r#"{{"Effect": "Allow", {principal} "Action": "{action}", "Resource": "*"}}"#
        ));
        Policy::new("policy", Document::parse(&text).unwrap())
    };
    let sets = |action: &str, start: &str| {
        let nobody = PolicySet {
            resource: Some(allow(
                r#""Principal": {"AWS": "arn:aws:iam::444455556666:user/else"},"#,
                action,
            )),
            ..PolicySet::of_identity([allow("", action)])
        };
        let account = PolicySet {
            resource: Some(allow(
                r#""Principal": {"AWS": "arn:aws:iam::123456789012:root"},"#,
                action,
            )),
            ..nobody.clone()
        };
        let ana = pinpoint_iam::Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
        let comparison = Comparer::new().caller(ana).compare(&nobody, &account);
        assert_confirmed(&comparison);
        let found = comparison
            .newly_allowed
            .map(|difference| difference.witness.resource);
        assert!(
            found
                .as_ref()
                .is_some_and(|resource| resource.contains(start)),
            "{action}: {found:?}"
        );
    };
    sets("kms:Decrypt", ":key/");
    sets("kms:*", ":key/");
    sets("sts:AssumeRole", ":role/");
}

/// A cover names every part of a statement that makes a difference, and no action that makes none.
#[test]
fn covers_are_complete() {
    let before = r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}"#;
    let after = format!(
        r#"{before}, {{"Sid": "New", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:Delete*"],
            "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}}"#
    );
    let comparison = compare(before, &after);
    let difference = comparison.newly_allowed.unwrap();
    let [cover] = difference.cover.as_slice() else {
        panic!("{difference}");
    };
    assert_eq!(
        cover.actions,
        ["s3:Delete*", "s3:GetObject", "s3:PutObject"]
    );
    assert_eq!(cover.resources, ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]);
    assert_eq!(cover.statement.sid.as_deref(), Some("New"));
}

/// The same statements have other resources if a variable has another value.
#[test]
fn resources_depend_on_the_values_of_variables() {
    let deny = |folder: &str| {
        format!(r#"{{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b/{folder}*"}}"#)
    };
    let own = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/t}/z"}"#;
    for (both, added) in [("q", "r"), ("r", "q")] {
        let before = format!("{own}, {}", deny(both));
        let after = format!("{before}, {}", deny(added));
        assert_verdict(&before, &after, Verdict::Narrower);
    }
}

/// `NotResource` with two patterns is not the sum of the same with one of them.
#[test]
fn exceptions_are_not_compared_one_by_one() {
    let except = |effect: &str, patterns: &str| {
        format!(r#"{ALL}, {{"Effect": "{effect}", "Action": "*", "NotResource": [{patterns}]}}"#)
    };
    let (one, two) = (
        r#""arn:aws:s3:::a/*""#,
        r#""arn:aws:s3:::a/*", "arn:aws:s3:::b/*""#,
    );
    assert_verdict(&except("Deny", one), &except("Deny", two), Verdict::Wider);
    let only = |patterns: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "s3:*", "NotResource": [{patterns}]}}"#)
    };
    assert_verdict(&only(one), &only(two), Verdict::Narrower);
}

/// The same statements limit different callers, depending on the type of the policy: service-linked roles are exempt
/// from service control policies.
#[test]
fn equal_statements_of_different_types_are_not_common() {
    let policy = || {
        let text = document(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#);
        Policy::new("limit", Document::parse(&text).unwrap())
    };
    let [control, boundary] = [PolicyKind::ServiceControl, PolicyKind::Boundary]
        .map(|kind| PolicySet::of_policy(kind, policy()));
    let comparison = Comparer::new().compare(&control, &boundary);
    assert_confirmed(&comparison);
    assert_eq!(comparison.verdict(), Verdict::Narrower, "{comparison:#?}");
    let witness = comparison.no_longer_allowed.unwrap().witness;
    assert!(
        witness.principal_text.contains("aws-service-role/"),
        "{witness:#?}"
    );
}

/// A `Deny` of an organization that is common to both sides hides a difference only from the callers to whom it applies.
#[test]
fn denies_of_an_organization_do_not_hide_what_others_may_do() {
    let policy =
        |statement: &str| Policy::new("policy", Document::parse(&document(statement)).unwrap());
    let deny = || vec![vec![policy(ALL), policy(&ALL.replace("Allow", "Deny"))]];
    let allow = |member: &str| {
        policy(&format!(
            r#"{{"Effect": "Allow", {member} "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#
        ))
    };
    let granted = |sides: [PolicySet; 2]| {
        let [first, second] = &sides;
        let comparison = Comparer::new().compare(first, second);
        assert_confirmed(&comparison);
        let granted = comparison.newly_allowed;
        granted.map(|difference| difference.witness.principal_text)
    };
    // Identity-based policies: all roles except service-linked ones are denied.
    type Limit = fn(Vec<Vec<Policy>>) -> PolicySet;
    let limits: [Limit; 2] = [
        |service_control| PolicySet {
            service_control,
            ..PolicySet::default()
        },
        |resource_control| PolicySet {
            resource_control,
            ..PolicySet::default()
        },
    ];
    for limit in limits {
        let found = granted([Vec::new(), vec![allow("")]].map(|identity| PolicySet {
            identity,
            ..limit(deny())
        }));
        assert!(
            found
                .as_ref()
                .is_some_and(|caller| caller.contains(":role/aws-service-role/")),
            "{found:?}"
        );
    }
    // Resource-based policies: service control policies do not apply to services either, resource control policies do.
    let service = |name: &str| {
        allow(&format!(
            r#""Principal": {{"Service": "{name}.amazonaws.com"}},"#
        ))
    };
    for (limit, expected) in limits.into_iter().zip([Some("events.amazonaws.com"), None]) {
        let found = granted(["logs", "events"].map(|name| PolicySet {
            resource: Some(service(name)),
            ..limit(deny())
        }));
        assert_eq!(found.as_deref(), expected);
    }
}

/// A resource-based policy that lets an account decide does not cover its grant to one of the account's users.
#[test]
fn grants_of_resource_policies_do_not_cover_each_other() {
    let statement = |caller: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::123456789012:{caller}"}}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}}"#
        )
    };
    let [account, user] = ["root", "user/ana"].map(statement);
    let policies = |statements: &str| PolicySet {
        resource: Some(Policy::new(
            "bucket",
            Document::parse(&document(statements)).unwrap(),
        )),
        ..PolicySet::default()
    };
    for both in [format!("{account}, {user}"), format!("{user}, {account}")] {
        let comparison = Comparer::new().compare(&policies(&account), &policies(&both));
        assert_confirmed(&comparison);
        assert_eq!(comparison.verdict(), Verdict::Wider, "{comparison:#?}");
    }
}

/// Each level of an organization must allow a request: an `Allow` of one level does not cover those of another.
#[test]
fn levels_of_an_organization_do_not_cover_each_other() {
    let policy =
        |statement: &str| Policy::new("policy", Document::parse(&document(statement)).unwrap());
    let policies = |levels: [&str; 2]| PolicySet {
        identity: vec![policy(ALL)],
        service_control: levels.map(|level| vec![policy(level)]).into(),
        ..PolicySet::default()
    };
    let some = ALL.replace(r#""Action": "*""#, r#""Action": "s3:*""#);
    let all = policies([ALL, ALL]);
    for levels in [[ALL, &some], [&some, ALL]] {
        let comparison = Comparer::new().compare(&policies(levels), &all);
        assert_confirmed(&comparison);
        assert_eq!(comparison.verdict(), Verdict::Wider, "{comparison:#?}");
    }
}

/// One statement can name a user and the account of the user. Only the user needs no other policy.
#[test]
fn ways_of_naming_a_caller_are_distinguished() {
    let policies = |callers: &[&str]| {
        let callers = callers
            .iter()
            .map(|caller| format!(r#""arn:aws:iam::123456789012:{caller}""#));
        let statement = format!(
            r#"{{"Effect": "Allow", "Principal": {{"AWS": [{}]}}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}}"#,
            callers.collect::<Vec<_>>().join(", ")
        );
        PolicySet::of_policy(
            PolicyKind::Resource,
            Policy::new("bucket", Document::parse(&document(&statement)).unwrap()),
        )
    };
    for user in ["user/aaa", "user/ana", "user/zzz"] {
        let comparison = Comparer::new().compare(&policies(&["root"]), &policies(&["root", user]));
        assert_confirmed(&comparison);
        let granted = comparison.newly_allowed.expect(user).witness.principal_text;
        assert!(granted.ends_with(user), "{granted}");
    }
}

/// Two policies are never called equal if their requests could not all be compared.
#[test]
fn what_is_not_compared_is_reported() {
    const TAG: &str = "${aws:PrincipalTag/t}";
    let deny = |members: &str| format!(r#"{{"Effect": "Deny", "Action": "*", {members}}}"#);
    let deny_on = |resource: &str| deny(&format!(r#""Resource": "arn:aws:s3:::b/{resource}""#));
    let deny_if = |operator: &str, keys: &[(String, String)]| {
        let keys = keys
            .iter()
            .map(|(key, value)| format!(r#""{key}": "{value}""#));
        let keys = keys.collect::<Vec<_>>().join(", ");
        deny(&format!(
            r#""Resource": "*", "Condition": {{"{operator}": {{{keys}}}}}"#
        ))
    };
    let key = |key: &str, value: String| (key.to_owned(), value);
    let tag_like = |pattern: String| deny_if("StringLike", &[key("aws:PrincipalTag/t", pattern)]);
    let callers: Vec<String> = ('a'..='z')
        .map(|letter| {
            let role = format!("arn:aws:iam::*:role/*{letter}x{letter}*");
            deny_if("ArnLike", &[key("aws:PrincipalArn", role)])
        })
        .collect();
    let resources: Vec<String> = ('a'..='t')
        .map(|letter| deny_on(&format!("*{letter}x{letter}*")))
        .collect();
    let conditions: Vec<String> = (0..20)
        .flat_map(|first| (0..6).map(move |value| (first, value)))
        .map(|(first, value)| {
            let keys =
                (first..first + 6).map(|number| (format!("app:{number}"), format!("*{value}*")));
            deny_if("StringLike", &keys.collect::<Vec<_>>())
        })
        .collect();
    let position = "do not determine where its value starts";
    // The statements of both policies, one that only the second has, and the reported reason.
    let cases = [
        (
            callers.join(", "),
            deny_if(
                "ArnLike",
                &[key(
                    "aws:PrincipalArn",
                    "arn:aws:iam::*:role/*axa*x*".to_owned(),
                )],
            ),
            "the callers that the policies distinguish have too many combinations",
        ),
        (
            resources.join(", "),
            deny_on("*axa*x*"),
            "the resource patterns have too many combinations",
        ),
        (
            conditions.join(", "),
            deny_if(
                "StringLike",
                &(0..6)
                    .map(|number| (format!("app:{number}"), "*1*1*".to_owned()))
                    .collect::<Vec<_>>(),
            ),
            "the combinations of statements that can match together are too many",
        ),
        (
            deny_on(&format!("a{TAG}*")),
            deny_on(&format!("aa{TAG}*")),
            position,
        ),
        (
            format!(
                "{}, {}",
                deny_on(&format!("{TAG}/z")),
                tag_like(format!("x{TAG}*"))
            ),
            tag_like(format!("x{TAG}")),
            position,
        ),
    ];
    for (both, added, expected) in cases {
        let before = format!("{ALL}, {both}");
        let comparison = compare(&before, &format!("{before}, {added}"));
        assert_eq!(comparison.verdict(), Verdict::Undecided, "{comparison:#?}");
        let mut reasons = comparison.undecided.iter().map(|it| it.reason.as_str());
        assert!(
            reasons.any(|reason| reason.contains(expected)),
            "{expected}: {comparison:#?}"
        );
    }
}

/// A request without a resource is not covered by a pattern for all ARNs.
#[test]
fn requests_without_a_resource_are_distinguished() {
    let arns = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:*:*:*:*:*"}"#;
    assert_verdict(arns, ALL, Verdict::Wider);
}
