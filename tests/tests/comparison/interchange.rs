//! Policies that can be replaced by each other, and the fixes of the linter that are proven to keep the meaning.

use std::collections::BTreeSet;

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_compare::{Comparer, Verdict};
use pinpoint_iam_lint::{Linter, rules};
use pinpoint_iam_test_policies::comparison::set;

fn text(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

fn document(statements: &str) -> Document {
    Document::parse(&text(statements)).unwrap()
}

fn are_interchangeable(kind: PolicyKind, first: &str, second: &str) -> bool {
    let comparer = Comparer::new().values_of_any_type();
    comparer.are_interchangeable(kind, &document(first), &document(second))
}

/// A statement without a principal, or with one if the kind of the policy needs it.
fn statement(kind: PolicyKind, members: &str) -> String {
    let principal = match kind {
        PolicyKind::Resource | PolicyKind::RoleTrust | PolicyKind::ResourceControl => {
            r#", "Principal": "*""#
        }
        _ => "",
    };
    let resource = match kind {
        PolicyKind::RoleTrust => "",
        _ => r#", "Resource": "*""#,
    };
    format!("{{{members}{principal}{resource}}}")
}

/// A `Deny` that changes nothing on its own denies what other policies allow.
#[test]
fn a_deny_matters_in_policies_of_every_kind() {
    for kind in PolicyKind::ALL {
        let allow = statement(*kind, r#""Effect": "Allow", "Action": "sts:AssumeRole""#);
        let deny = statement(*kind, r#""Effect": "Deny", "Action": "sts:TagSession""#);
        let both = format!("{allow}, {deny}");
        assert!(are_interchangeable(*kind, &both, &both), "{kind}");
        assert!(!are_interchangeable(*kind, &both, &allow), "{kind}");
        assert!(!are_interchangeable(*kind, &both, &deny), "{kind}");
        let twice = format!("{both}, {deny}");
        assert!(are_interchangeable(*kind, &both, &twice), "{kind}");
    }
}

/// Under another kind, a statement has no effect, and everything could replace it.
#[test]
fn documents_of_another_kind_are_not_interchangeable() {
    let of = |more: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"{more}}}"#
        )
    };
    let (with, without) = (of(r#", "Principal": "*""#), of(""));
    for kind in PolicyKind::ALL {
        let names_principals = statement(*kind, r#""Effect": "Deny""#).contains("Principal");
        assert_eq!(
            are_interchangeable(*kind, &with, &with),
            names_principals,
            "{kind}"
        );
        assert_eq!(
            are_interchangeable(*kind, &without, &without),
            !names_principals,
            "{kind}"
        );
    }
}

/// Policies of resources and organizations also limit callers that no identity-based policy covers.
#[test]
fn limits_of_every_caller_matter() {
    let deny = |principal: &str, condition: &str| {
        format!(
            r#"{{"Effect": "Deny", "Action": "s3:*", "Resource": "*"{principal}, "Condition": {{{condition}}}}}"#
        )
    };
    // A `*` is a plain character for `StringEquals`.
    let root = |kind: PolicyKind, operator: &str| {
        let condition = format!(r#""{operator}": {{"aws:PrincipalArn": "arn:aws:iam::*:root"}}"#);
        let principal = match kind {
            PolicyKind::ServiceControl => "",
            _ => r#", "Principal": "*""#,
        };
        deny(principal, &condition)
    };
    for kind in [
        PolicyKind::Resource,
        PolicyKind::ServiceControl,
        PolicyKind::ResourceControl,
    ] {
        let [like, equals] = ["StringLike", "StringEquals"].map(|operator| root(kind, operator));
        assert!(are_interchangeable(kind, &like, &like), "{kind}");
        assert!(!are_interchangeable(kind, &like, &equals), "{kind}");
    }
    let without_account = |null: &str| {
        let condition = format!(r#""Null": {{"aws:PrincipalAccount": {null}}}"#);
        deny(r#", "Principal": "*""#, &condition)
    };
    let kind = PolicyKind::ResourceControl;
    let (some, none) = (without_account(r#"["true"]"#), without_account("[]"));
    assert!(are_interchangeable(kind, &some, &some));
    assert!(!are_interchangeable(kind, &some, &none));
}

/// A boundary limits what a resource-based policy allows to a role, but not what it allows to one of its sessions.
#[test]
fn the_way_in_which_a_caller_is_named_matters() {
    let of = |principal: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
            "Condition": {{"ArnEquals": {{"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}}}}}"#
        )
    };
    // The ARN of a session does not contain the path of its role, so the condition names the role.
    let role = r#""arn:aws:iam::111122223333:role/app""#;
    let session = r#""arn:aws:sts::111122223333:assumed-role/app/s""#;
    let both = of(&format!(r#"{{"AWS": [{role}, {session}]}}"#));
    let only_role = of(&format!(r#"{{"AWS": [{role}]}}"#));
    let alone =
        Comparer::new().compare(&set("both", &text(&both)), &set("role", &text(&only_role)));
    assert_eq!(alone.verdict(), Verdict::Equal);
    let kind = PolicyKind::Resource;
    assert!(!are_interchangeable(kind, &both, &only_role));
    let reordered = of(&format!(r#"{{"AWS": [{session}, {role}, {session}]}}"#));
    assert!(are_interchangeable(kind, &both, &reordered));
}

/// The values of a key need not have the type that its operators compare.
#[test]
fn values_of_any_type_are_considered() {
    let allow = |condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {{{condition}}}}}"#
        )
    };
    let null = allow(r#""Null": {"acme:k": "false"}"#);
    for [first, second] in [
        [
            r#""Bool": {"acme:k": "true"}"#,
            r#""Bool": {"acme:k": "false"}"#,
        ],
        [
            r#""NumericLessThan": {"acme:k": "5"}"#,
            r#""NumericGreaterThanEquals": {"acme:k": "5"}"#,
        ],
        [
            r#""IpAddress": {"acme:k": "0.0.0.0/0"}"#,
            r#""IpAddress": {"acme:k": "::/0"}"#,
        ],
        [
            r#""ArnLike": {"acme:k": "arn:*:*:*:*:*"}"#,
            r#""ArnEquals": {"acme:k": "arn:aws:s3:::b"}"#,
        ],
    ] {
        let both = [allow(first), allow(second)].join(", ");
        let (first, second) = (set("both", &text(&both)), set("null", &text(&null)));
        let typed = Comparer::new().compare(&first, &second).verdict();
        assert_eq!(typed, Verdict::Equal, "{both}");
        let open = Comparer::new().values_of_any_type();
        assert_eq!(
            open.compare(&first, &second).verdict(),
            Verdict::Wider,
            "{both}"
        );
        assert!(!are_interchangeable(
            PolicyKind::IdentityManaged,
            &both,
            &null
        ));
    }
}

/// The path of a user may contain colons, which wildcards of strings match, but those of ARNs do not.
#[test]
fn paths_contain_colons() {
    let allow = |operator: &str| {
        text(&format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {{"{operator}": {{"aws:PrincipalArn": "arn:aws:iam::*:user/ana"}}}}}}"#
        ))
    };
    let (strings, arns) = (
        set("strings", &allow("StringLike")),
        set("arns", &allow("ArnLike")),
    );
    let comparison = Comparer::new().compare(&strings, &arns);
    assert_eq!(comparison.verdict(), Verdict::Narrower);
    let lost = comparison.no_longer_allowed.unwrap().witness.principal_text;
    assert!(
        lost.ends_with(":user/ana") && lost.matches(':').count() == 6,
        "{lost}"
    );
}

/// An action that is newer than the catalog is an action.
#[test]
fn actions_are_open() {
    let deny =
        |action: &str| format!(r#"{{"Effect": "Deny", "Action": {action}, "Resource": "*"}}"#);
    let kind = PolicyKind::IdentityManaged;
    let newer = deny(r#"["mobiletargeting:GetApp", "mobiletargeting:GetTelepathy"]"#);
    let known = deny(r#"["mobiletargeting:GetApp"]"#);
    assert!(!are_interchangeable(kind, &newer, &known));
    let closed = Comparer::new().service(&pinpoint_iam::mobiletargeting::SERVICE);
    assert!(closed.are_interchangeable(kind, &document(&newer), &document(&known)));
}

/// The rules whose fix is proven to keep the meaning of their example. `pinpoint-iam lint --fix` applies these only.
#[test]
fn fixes_that_keep_the_meaning() {
    let linter = Linter::new(Catalog::builtin().unwrap());
    let comparer = Comparer::new().values_of_any_type();
    let (mut proven, mut others) = (BTreeSet::new(), BTreeSet::new());
    for rule in rules() {
        let (text, kind) = (rule.example.document, rule.example.kind);
        for finding in linter.lint(text, kind).findings {
            let Some(fix) = finding.fix.filter(|_| finding.code == rule.code) else {
                continue;
            };
            let fixed = fix.apply(text, 0).unwrap();
            let is_proven = match (Document::parse(text), Document::parse(&fixed)) {
                (Ok(before), Ok(after)) => comparer.are_interchangeable(kind, &before, &after),
                _ => false,
            };
            match is_proven {
                true => proven.insert(rule.code),
                false => others.insert(rule.code),
            };
        }
    }
    assert_eq!(Vec::from_iter(&proven), PROVEN.iter().collect::<Vec<_>>());
    assert_eq!(Vec::from_iter(&others), OTHERS.iter().collect::<Vec<_>>());
}

const PROVEN: [&str; 21] = [
    "action-case",
    "document-id",
    "duplicate-value",
    "empty-object-condition",
    "empty-sid-value",
    "if-exists-of-set",
    "improve-ip-range",
    "invalid-date-value",
    "mapped-range",
    "missing-version",
    "null-resource",
    "null-with-qualifier",
    "old-version",
    "redundant-action",
    "redundant-condition-value-num",
    "redundant-key-due-to-wildcard-in-condition",
    "redundant-principal",
    "redundant-resource",
    "redundant-statement",
    "star-colon-star",
    "unsupported-sid",
];

const OTHERS: [&str; 14] = [
    "bool-without-if-exists",
    "forallvalues-with-single-valued-key",
    "invalid-arn-service-case",
    "invalid-effect",
    "invalid-principal-key",
    "invalid-region",
    "invalid-version",
    "null-with-if-exists",
    "private-ip-address-subset",
    "private-not-ip-address-subset",
    "set-of-single",
    "similar-service",
    "string-like-operator-with-arn-condition-keys",
    "wildcard-without-like-operator",
];
