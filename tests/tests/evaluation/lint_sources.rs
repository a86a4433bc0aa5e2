//! `pinpoint-iam lint` with the table `sources` reports the condition keys that an authorizer with these sources reports.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::SystemTime;

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, MismatchLevel, Policy, Scope};
use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_lint::{Class, Config, Linter};

use crate::own_actions::shelf;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

const KEYS: &[&str] = &[
    "aws:CalledVia",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalOrgID",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag/team",
    "aws:RequestTag/team",
    "aws:ResourceTag/team",
    "aws:SorceIp",
    "aws:SourceIp",
    "aws:TagKeys",
    "aws:ViaAWSService",
    "aws:userid",
    "post:Weight",
    "saml:aud",
    "shelf:Copies",
    "SHELF:genre",
    "shelf:Gnere",
    "shelf:Rating/ana",
    "shelf:Rating/",
    "token.example.com:sub",
];

const ACTIONS: &[&str] = &[
    "*",
    "shelf:*",
    "shelf:LendBook",
    "shelf:ReadLoan",
    "shelf:ReadRules",
    "post:SendParcel",
    "mobiletargeting:GetApp",
];

/// The lists of the table: keys, absent keys, and whether the service runs outside AWS.
type Sources = (&'static [&'static str], &'static [&'static str], bool);

const SOURCES: &[Sources] = &[
    (&[], &[], false),
    (&[], &[], true),
    (
        &["shelf:GENRE", "aws:ResourceTag/"],
        &["aws:MultiFactorAuthPresent"],
        false,
    ),
    (
        &["shelf:Rating/${Reader}", "shelf:Gnere"],
        &["aws:CalledVia", "shelf:Copies"],
        false,
    ),
    (
        &["shelf:Rating/"],
        &["aws:Xyzzyxyzzy", "aws:ResourceTag/other"],
        true,
    ),
];

/// Statements that use a key, each on a line of its own.
fn document(effect: &str, key: &str) -> String {
    let mut statements = Vec::new();
    for action in ACTIONS {
        let mut push = |element: &str, resource: &str, condition: &str| {
            statements.push(format!(
                r#"{{"Effect": "{effect}", "{element}": "{action}", "Resource": "{resource}", "Condition": {condition}}}"#
            ));
        };
        let compared = format!(r#"{{"StringEquals": {{"{key}": "a"}}}}"#);
        push("Action", "*", &compared);
        push("NotAction", "*", &compared);
        push(
            "Action",
            "*",
            &format!(r#"{{"Null": {{"{key}": "true"}}}}"#),
        );
        let in_value = format!(r#"{{"StringEquals": {{"aws:username": "${{{key}}}"}}}}"#);
        push("Action", "*", &in_value);
        let in_resource = format!("arn:aws:shelf::1:books/${{{key}}}/*");
        push("Action", &in_resource, "{}");
    }
    let whole = |statements: &str| {
        format!("{{\"Version\": \"2012-10-17\", \"Statement\": [\n{statements}\n]}}")
    };
    // `NotAction` with `*` matches nothing, and some names are not those of policy variables.
    statements.retain(|statement| Document::parse(&whole(statement)).is_ok());
    whole(&statements.join(",\n"))
}

/// A line, a column, and whether it is an error there.
type Places = BTreeSet<(usize, usize, bool)>;

fn of_build((supplied, absent, is_outside_aws): Sources, text: &str, is_boundary: bool) -> Places {
    let mut store = PolicyStore::new();
    let policy = Policy::new("p", Document::parse(text).unwrap());
    let ana = store.identity(ANA).unwrap();
    match is_boundary {
        true => ana.set_permissions_boundary(policy),
        false => ana.attach(policy),
    }
    let mut builder = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .catalog(&shelf::SERVICE)
        .source(store)
        .supplied(supplied.iter().copied())
        .absent(absent.iter().copied())
        .catalog_mismatches(MismatchLevel::Warn)
        .warn_about_keys_without_source();
    if is_outside_aws {
        builder = builder.outside_aws();
    }
    let keys = builder.build().unwrap().keys_without_source();
    let places = keys.iter().map(|key| {
        let position = key.position();
        (position.line(), position.column(), key.is_in_deny())
    });
    places.collect()
}

fn of_lint(catalog: &Catalog, sources: Sources, text: &str, kind: PolicyKind) -> Places {
    let (keys, absent, is_outside_aws) = sources;
    let config =
        format!("[sources]\nkeys = {keys:?}\nabsent = {absent:?}\noutside-aws = {is_outside_aws}");
    let config = Config::parse(&config, SystemTime::UNIX_EPOCH).unwrap();
    let linter = Linter::new(catalog).with_sources(config.sources().unwrap());
    let findings = linter.lint(text, kind).findings;
    let places = findings.iter().filter_map(|finding| {
        let is_error = match finding.code {
            "key-without-source" => finding.class == Class::Error,
            // A global key that AWS does not define is an error of the linter in any statement.
            "invalid-global-condition-key" => {
                let line = text.lines().nth(finding.line - 1)?;
                line.contains("Deny") || kind == PolicyKind::Boundary
            }
            _ => return None,
        };
        Some((finding.line, finding.column, is_error))
    });
    places.collect()
}

#[test]
fn the_linter_reports_what_an_authorizer_with_these_sources_reports() {
    let file = SourceFile::new(
        "shelf.toml",
        include_str!("../../../catalog/tests/golden/shelf.toml"),
    );
    let own = Catalog::load([file]).unwrap();
    let catalog = own.beside(Catalog::builtin().unwrap());
    for (effect, kind) in [
        ("Allow", PolicyKind::IdentityManaged),
        ("Deny", PolicyKind::IdentityManaged),
        ("Allow", PolicyKind::Boundary),
    ] {
        let mut reported = 0;
        for key in KEYS {
            let text = document(effect, key);
            for sources in SOURCES {
                let expected = of_build(*sources, &text, kind == PolicyKind::Boundary);
                reported += expected.len();
                let found = of_lint(&catalog, *sources, &text, kind);
                let mut wrong = String::new();
                for place in expected.symmetric_difference(&found) {
                    let line = text.lines().nth(place.0 - 1).unwrap();
                    writeln!(wrong, "{place:?} {}: {line}", expected.contains(place)).unwrap();
                }
                assert!(wrong.is_empty(), "{sources:?} {kind}\n{wrong}");
            }
        }
        assert!(reported > 500, "{reported}");
    }
}
