//! Condition keys that no source of the service supplies.

use std::time::SystemTime;

use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_lint::{Class, Config, Finding, Linter};

const SHOP: &str = r#"
    format = 1
    [service]
    prefix = "shop"
    name = "Shop"
    [condition-keys."shop:Tier"]
    type = "String"
    summary = "The tier of the caller."
    [condition-keys."shop:Season/${Year}"]
    type = "String"
    summary = "The season of a year."
    [condition-keys."shop:Paid"]
    type = "Bool"
    summary = "Whether the order is paid."
    [actions.Buy]
    summary = "Buys."
    condition-keys = ["shop:Tier", "shop:Season/${Year}"]
    [actions.Ship]
    summary = "Ships."
    condition-keys = ["shop:Paid"]
"#;

fn findings(config: &str, kind: PolicyKind, statement: &str) -> Vec<Finding> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{{statement}}}}}"#);
    lint(config, kind, &text)
}

fn lint(config: &str, kind: PolicyKind, text: &str) -> Vec<Finding> {
    let own = Catalog::load([SourceFile::new("shop.toml", SHOP)]).unwrap();
    let catalog = own.beside(Catalog::builtin().unwrap());
    let config = Config::parse(config, SystemTime::UNIX_EPOCH).unwrap();
    let mut linter = Linter::new(&catalog);
    if let Some(sources) = config.sources() {
        linter = linter.with_sources(sources);
    }
    linter.lint(text, kind).findings
}

/// The classes of the findings about a key in a `Deny` of `shop:Buy`.
fn of_key(config: &str, key: &str) -> Vec<Class> {
    let statement = format!(
        r#""Effect": "Deny", "Action": "shop:Buy", "Resource": "*", "Condition": {{"StringEquals": {{"{key}": "a"}}}}"#
    );
    let mut found = findings(config, PolicyKind::IdentityManaged, &statement);
    found.retain(|finding| finding.code == "key-without-source");
    found.iter().map(|finding| finding.class).collect()
}

#[test]
fn keys_need_a_source() {
    let error = &[Class::Error][..];
    for (config, key, expected) in [
        // Without the table, nothing is known about the sources.
        ("", "shop:Tier", &[][..]),
        ("[sources]", "shop:Tier", error),
        ("[sources]\nkeys = ['shop:tier']", "shop:Tier", &[]),
        ("[sources]\nabsent = ['shop:Tier']", "shop:Tier", &[]),
        ("[sources]\nkeys = ['shop:Tiers']", "shop:Tier", error),
        ("[sources]", "shop:Season/2026", error),
        (
            "[sources]\nkeys = ['shop:Season/']",
            "shop:Season/2026",
            &[],
        ),
        (
            "[sources]\nkeys = ['shop:Season/2026']",
            "shop:Season/2026",
            &[],
        ),
        (
            "[sources]\nkeys = ['shop:Season/2025']",
            "shop:Season/2026",
            error,
        ),
        (
            "[sources]\nkeys = ['shop:Season/${Year}']",
            "shop:Season/2026",
            &[],
        ),
        // Requests for the action never have the key, and no catalog defines the key: other rules report this.
        ("[sources]", "shop:Paid", &[]),
        ("[sources]", "shop:Tear", &[]),
        // Services without a catalog, and identity providers.
        ("[sources]", "s3:prefix", &[]),
        ("[sources]", "saml:aud", &[]),
        ("[sources]", "token.actions.githubusercontent.com:sub", &[]),
        // Requests and principals have these.
        ("[sources]", "aws:SourceIp", &[]),
        ("[sources]", "aws:PrincipalTag/team", &[]),
        ("[sources]", "aws:userid", &[]),
        ("[sources]", "aws:RequestTag/team", &[]),
        ("[sources]", "aws:ResourceTag/team", error),
        (
            "[sources]\nkeys = ['aws:ResourceTag/']",
            "aws:ResourceTag/team",
            &[],
        ),
        ("[sources]", "aws:PrincipalOrgID", error),
        ("[sources]", "aws:MultiFactorAuthPresent", error),
        (
            "[sources]\noutside-aws = true",
            "aws:MultiFactorAuthPresent",
            error,
        ),
        ("[sources]", "aws:SourceVpc", error),
        ("[sources]\noutside-aws = true", "aws:SourceVpc", &[]),
        ("[sources]\noutside-aws = true", "aws:ViaAWSService", &[]),
    ] {
        assert_eq!(of_key(config, key), expected, "{config} {key}");
    }
}

#[test]
fn the_class_depends_on_what_the_statement_limits() {
    let of = |kind: PolicyKind, effect: &str| {
        let statement = format!(
            r#""Effect": "{effect}", "Action": "shop:Buy", "Resource": "*", "Condition": {{"StringEquals": {{"shop:Tier": "a"}}}}"#
        );
        let found = findings("[sources]", kind, &statement);
        let mut found = found.iter();
        let found = found.find(|finding| finding.code == "key-without-source");
        found.map(|finding| finding.class)
    };
    for (kind, effect, expected) in [
        (PolicyKind::IdentityManaged, "Allow", Class::Warning),
        (PolicyKind::IdentityManaged, "Deny", Class::Error),
        (PolicyKind::Boundary, "Allow", Class::Error),
        (PolicyKind::Session, "Allow", Class::Warning),
        (PolicyKind::ServiceControl, "Deny", Class::Error),
    ] {
        assert_eq!(of(kind, effect), Some(expected), "{kind} {effect}");
    }
}

/// Policy variables use keys as well. A key is reported once for each condition and each resource.
#[test]
fn variables_need_a_source() {
    let text = r#""Effect": "Allow", "Action": "mobiletargeting:GetApp",
        "Resource": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/${aws:PrincipalOrgID}${aws:PrincipalOrgID}",
        "Condition": {"StringEquals": {"aws:username": ["${aws:SourceIdentity}", "${aws:SourceIdentity}", "${aws:usrname}"]}}"#;
    let found = findings("[sources]", PolicyKind::IdentityManaged, text);
    let found: Vec<(usize, &str)> = found
        .iter()
        .filter(|finding| finding.code == "key-without-source")
        .map(|finding| (finding.line, finding.message.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (
                2,
                "no source supplies the condition key `aws:PrincipalOrgID`, so requests that depend on it are not allowed"
            ),
            (
                3,
                "no source supplies the condition key `aws:SourceIdentity`, so requests that depend on it are not allowed"
            ),
            (
                3,
                "no source supplies the condition key `aws:usrname`, so requests that depend on it are not allowed"
            ),
        ]
    );
}

/// A statement that cannot be read does not hide the keys of another.
#[test]
fn statements_are_checked_one_by_one() {
    let text = r#""Effect": "Deny", "Action": "shop:Buy", "Resource": "*", "Condition": {"StringEquals": {"shop:Tier": "a"}}
        }, {"Effect": "Denied", "Action": "shop:Buy", "Resource": "*""#;
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{{{text}}}]}}"#);
    let found = lint("[sources]", PolicyKind::IdentityManaged, &text);
    assert!(
        found
            .iter()
            .any(|finding| finding.code == "key-without-source")
    );
}

/// A service may have keys that no catalog defines.
#[test]
fn declared_keys_are_known() {
    let codes = |config: &str, key: &str| {
        let statement = format!(
            r#""Effect": "Deny", "Action": "shop:Buy", "Resource": "*", "Condition": {{"StringEquals": {{"{key}": "a"}}}}"#
        );
        let found = findings(config, PolicyKind::IdentityManaged, &statement);
        found.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    for (key, code) in [
        ("shop:Colour", "invalid-service-condition-key"),
        ("aws:Zzzzzzzzzzzzzz", "invalid-global-condition-key"),
    ] {
        assert_eq!(codes("[sources]", key), [code]);
        for list in ["keys", "absent"] {
            let config = format!("[sources]\n{list} = ['{key}']");
            assert_eq!(codes(&config, key), Vec::<&str>::new(), "{config}");
        }
    }
}
