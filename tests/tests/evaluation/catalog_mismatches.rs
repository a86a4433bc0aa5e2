//! Policies that are loaded at run time are compared with the registered catalogs.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

use std::sync::Mutex;

use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, BuildError, MismatchLevel, Policy, Principal, Scope,
};

use crate::own_actions::shelf;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// What happens to a policy with a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Level {
    /// It is rejected.
    Error,
    /// It is loaded, with a warning.
    Warning,
    /// It agrees with the catalogs.
    Fine,
}

use Level::{Error, Fine, Warning};

fn document(statement: &str) -> Document {
    let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\":\n{statement}}}");
    Document::parse(&text).unwrap()
}

fn with_identity(document: Document) -> PolicyStore {
    let mut store = PolicyStore::new();
    let ana = store.identity(ANA).unwrap();
    ana.attach(Policy::new("p", document));
    store
}

fn with_boundary(document: Document) -> PolicyStore {
    let mut store = PolicyStore::new();
    let ana = store.identity(ANA).unwrap();
    ana.set_permissions_boundary(Policy::new("p", document));
    store
}

fn builder(source: impl PolicySource + 'static) -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .catalog(&shelf::SERVICE)
        .supplied(["shelf:Genre", "shelf:Copies", "shelf:genre-", "shelf:type"])
        .source(source)
}

/// The level of the only mismatch in a store, and its message.
fn report(builder: AuthorizerBuilder) -> (Level, String) {
    let level = |disables_limit| match disables_limit {
        true => Error,
        false => Warning,
    };
    match builder.build() {
        Err(BuildError::CatalogMismatches(error)) => {
            let [mismatch] = error.mismatches() else {
                panic!("{error}")
            };
            assert_eq!(error.to_string(), mismatch.to_string());
            (level(mismatch.disables_limit()), mismatch.to_string())
        }
        Err(other) => panic!("{other}"),
        Ok(authorizer) => match &*authorizer.catalog_mismatches() {
            [] => (Fine, String::new()),
            [mismatch] => (level(mismatch.disables_limit()), mismatch.to_string()),
            several => panic!("{several:?}"),
        },
    }
}

/// A statement, in which `@` is before the expected position; its level; and the message.
const CASES: &[(&str, Level, &str)] = &[
    // Actions that do not exist.
    (
        r#"{"Effect": "Deny", "Action": @"shelf:LendBok", "Resource": "*"}"#,
        Error,
        "unknown action `shelf:LendBok`; did you mean `shelf:LendBook`?",
    ),
    (
        r#"{"Effect": "Allow", "Action": @"shelf:LendBok", "Resource": "*"}"#,
        Warning,
        "unknown action `shelf:LendBok`; did you mean `shelf:LendBook`?",
    ),
    (
        r#"{"Effect": "Deny", "Action": ["SHELF:lendbook", @"shelf:Teleport"], "Resource": "*"}"#,
        Error,
        "unknown action `shelf:Teleport`; see the actions in the catalog of `shelf`",
    ),
    (
        r#"{"Effect": "Deny", "Action": @"shelf:GiveBook", "Resource": "*"}"#,
        Error,
        "unknown action `shelf:GiveBook`; it was renamed to `shelf:LendBook`",
    ),
    (
        r#"{"Effect": "Deny", "Action": @"shelf:GetCampaign", "Resource": "*"}"#,
        Error,
        "unknown action `shelf:GetCampaign`; write `mobiletargeting:GetCampaign`",
    ),
    (
        r#"{"Effect": "Deny", "Action": @"shelf:Burn*", "Resource": "*"}"#,
        Error,
        "`shelf:Burn*` does not match any action; see the actions in the catalog of `shelf`",
    ),
    (
        r#"{"Effect": "Allow", "Action": @"shelf:Burn*", "Resource": "*"}"#,
        Warning,
        "`shelf:Burn*` does not match any action; see the actions in the catalog of `shelf`",
    ),
    // An exemption that exempts nothing, in an `Allow` that therefore allows too much.
    (
        r#"{"Effect": "Allow", "NotAction": @"shelf:LendBok", "Resource": "*"}"#,
        Error,
        "unknown action `shelf:LendBok`; did you mean `shelf:LendBook`?",
    ),
    // The built-in catalogs are registered, too.
    (
        r#"{"Effect": "Deny", "Action": @"mobiletargeting:DeleteAp", "Resource": "*"}"#,
        Error,
        "unknown action `mobiletargeting:DeleteAp`; did you mean `mobiletargeting:DeleteApp`?",
    ),
    // Nothing is known about other services, whatever their name resembles.
    (
        r#"{"Effect": "Deny", "Action": "post:SendParcel", "Resource": "*"}"#,
        Fine,
        "",
    ),
    (
        r#"{"Effect": "Deny", "Action": "shelfs:LendBok", "Resource": "*"}"#,
        Fine,
        "",
    ),
    (
        r#"{"Effect": "Deny", "Action": "shel*:LendBok", "Resource": "*"}"#,
        Fine,
        "",
    ),
    (
        r#"{"Effect": "Deny", "Action": ["shelf:*", "*"], "Resource": "*"}"#,
        Fine,
        "",
    ),
    // ARNs that match nothing.
    (
        r#"{"Effect": "Deny", "Action": "shelf:LendBook", "Resource": @"arn:aws:shelf::123456789012:book/b1"}"#,
        Error,
        "`arn:aws:shelf::123456789012:book/b1` does not match any resource of the statement's actions; they act on \
         `arn:${Partition}:shelf::${Account}:books/${BookId}/PRINT/loans/${ReaderId}`",
    ),
    (
        r#"{"Effect": "Allow", "Action": "shelf:ReadRules", "Resource": @"arn:aws:shelf::123456789012:books/*"}"#,
        Warning,
        "`arn:aws:shelf::123456789012:books/*` does not match any resource of the statement's actions; write `*`; the \
         actions do not support resource-level permissions",
    ),
    // The action is fixed to another kind of book.
    (
        r#"{"Effect": "Deny", "Action": "shelf:LendBook", "Resource": @"arn:*:shelf::*:books/b1/AUDIO/*"}"#,
        Error,
        "`arn:*:shelf::*:books/b1/AUDIO/*` does not match any resource of the statement's actions; they act on \
         `arn:${Partition}:shelf::${Account}:books/${BookId}/PRINT/loans/${ReaderId}`",
    ),
    (
        r#"{"Effect": "Deny", "Action": ["shelf:*", "s3:*"], "Resource": ["arn:aws:s3:::b", @"arn:aws:shelf::123456789012:/books/*"]}"#,
        Error,
        "`arn:aws:shelf::123456789012:/books/*` does not match any resource of the statement's actions; remove the `/` \
         after the account; they act on \
         `arn:${Partition}:shelf::${Account}:books/${BookId}/${Kind}/loans/${ReaderId}` or \
         `arn:${Partition}:shelf::${Account}:books/${BookId}/PRINT/loans/${ReaderId}`",
    ),
    (
        r#"{"Effect": "Allow", "Action": "shelf:LendBook", "NotResource": @"arn:aws:shelf::*:book/*"}"#,
        Error,
        "`arn:aws:shelf::*:book/*` does not match any resource of the statement's actions, so it exempts nothing; they \
         act on `arn:${Partition}:shelf::${Account}:books/${BookId}/PRINT/loans/${ReaderId}`",
    ),
    // The components before the resource match nothing, whatever the resource is.
    (
        r#"{"Effect": "Deny", "Action": "shelf:LendBook", "Resource": @"arn:aws:shelf:us-east-1:123456789012:books/*"}"#,
        Error,
        "`arn:aws:shelf:us-east-1:123456789012:books/*` does not match any resource of the statement's actions; they act on \
         `arn:${Partition}:shelf::${Account}:books/${BookId}/PRINT/loans/${ReaderId}`",
    ),
    (
        r#"{"Effect": "Deny", "Action": "shelf:LendBook", "Resource": @"arn:aws:shelve::123456789012:books/*"}"#,
        Error,
        "`arn:aws:shelve::123456789012:books/*` does not match any resource of the statement's actions; did you mean the \
         service `shelf`? they act on `arn:${Partition}:shelf::${Account}:books/${BookId}/PRINT/loans/${ReaderId}`",
    ),
    // The same resource after two starts, of which one matches.
    (
        r#"{"Effect": "Deny", "Action": "shelf:LendBook", "Resource": ["arn:aws:shelf::*:books/b1/*", @"arn:gcp:shelf::*:books/b1/*"]}"#,
        Error,
        "`arn:gcp:shelf::*:books/b1/*` does not match any resource of the statement's actions; they act on \
         `arn:${Partition}:shelf::${Account}:books/${BookId}/PRINT/loans/${ReaderId}`",
    ),
    (
        r#"{"Effect": "Deny", "Action": "shelf:LendBook", "Resource": "arn:aws:shelf::*:books/${aws:username}/*"}"#,
        Fine,
        "",
    ),
    (
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::shelf/*"}"#,
        Fine,
        "",
    ),
    // Condition keys that no catalog defines.
    (
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {@"shelf:Gnere": "x"}}}"#,
        Error,
        "unknown condition key `shelf:Gnere`; did you mean `shelf:Genre`?",
    ),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {@"SHELF:weather": "x"}}}"#,
        Warning,
        "unknown condition key `SHELF:weather`; see the condition keys in the catalog of `shelf`",
    ),
    (
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {@"aws:username": "${shelf:Gnere}"}}}"#,
        Error,
        "unknown condition key `shelf:Gnere`; did you mean `shelf:Genre`?",
    ),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": @"arn:aws:shelf::*:books/${shelf:Gnere}/*"}"#,
        Warning,
        "unknown condition key `shelf:Gnere`; did you mean `shelf:Genre`?",
    ),
    (
        r#"{"Effect": "Allow", "Action": "*", "NotResource": @"arn:aws:shelf::*:books/${shelf:Gnere}/*"}"#,
        Error,
        "unknown condition key `shelf:Gnere`; did you mean `shelf:Genre`?",
    ),
    (
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"post:Weight": "1"}}}"#,
        Fine,
        "",
    ),
    // Condition keys that no action of the statement has.
    (
        r#"{"Effect": "Deny", "Action": "shelf:ReadRules", "Resource": "*", "Condition": {"StringEquals": {@"shelf:Genre": "x"}}}"#,
        Error,
        "requests for the statement's actions never have `shelf:Genre`, so it denies nothing; remove the condition, or \
         list actions that support the key",
    ),
    (
        r#"{"Effect": "Allow", "Action": "shelf:ReadRules", "Resource": "*", "Condition": {"StringEquals": {@"shelf:Genre": "x"}}}"#,
        Warning,
        "requests for the statement's actions never have `shelf:Genre`, so it allows nothing; remove the condition, or \
         list actions that support the key",
    ),
    (
        r#"{"Effect": "Allow", "Action": "shelf:ReadRules", "Resource": "*", "Condition": {"StringNotEquals": {@"shelf:Genre": "x"}}}"#,
        Warning,
        "requests for the statement's actions never have `shelf:Genre`, so the condition always holds; remove the \
         condition, or list actions that support the key",
    ),
    // Actions of other services never have the key.
    (
        r#"{"Effect": "Deny", "Action": ["shelf:ReadRules", "post:*"], "Resource": "*", "Condition": {"NumericLessThan": {@"shelf:Copies": "3"}}}"#,
        Error,
        "requests for the statement's actions never have `shelf:Copies`, so it denies nothing; remove the condition, or \
         list actions that support the key",
    ),
    (
        r#"{"Effect": "Deny", "NotAction": "shelf:LendBook", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {@"shelf:Genre": "x"}}}"#,
        Error,
        "requests for the statement's actions never have `shelf:Genre`, so it denies nothing; remove the condition, or \
         list actions that support the key",
    ),
    // No action has the key.
    (
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {@"shelf:genre-": "x"}}}"#,
        Error,
        "requests for the statement's actions never have `shelf:genre-`, so it denies nothing; remove the condition, or \
         list actions that support the key",
    ),
    (
        r#"{"Effect": "Deny", "Action": "mobiletargeting:GetApp", "Resource": "*", "Condition": {"StringEquals": {@"aws:RequestTag/team": "x"}}}"#,
        Error,
        "requests for the statement's actions never have `aws:RequestTag/team`, so it denies nothing; remove the \
         condition, or list actions that support the key",
    ),
    // Other actions may have tags.
    (
        r#"{"Effect": "Deny", "Action": ["mobiletargeting:GetApp", "post:*"], "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "x"}}}"#,
        Fine,
        "",
    ),
    // One action has the key, or the type of its resource.
    (
        r#"{"Effect": "Deny", "Action": ["shelf:ReadRules", "shelf:LendBook"], "Resource": "*", "Condition": {"StringEquals": {"shelf:Genre": "x"}}}"#,
        Fine,
        "",
    ),
    (
        r#"{"Effect": "Deny", "Action": "shelf:ReadLoan", "Resource": "*", "Condition": {"StringEquals": {"shelf:type": "x"}}}"#,
        Fine,
        "",
    ),
    // The conditions are made for requests without the key.
    (
        r#"{"Effect": "Deny", "Action": "shelf:ReadRules", "Resource": "*", "Condition": {"Null": {"shelf:Genre": "true"}, "StringEqualsIfExists": {"shelf:Genre": "x"}}}"#,
        Fine,
        "",
    ),
    // The other actions are not known, so that there is only one mismatch.
    (
        r#"{"Effect": "Deny", "Action": ["shelf:ReadRules", @"shelf:LendBok"], "Resource": "*", "Condition": {"StringEquals": {"shelf:Genre": "x"}}}"#,
        Error,
        "unknown action `shelf:LendBok`; did you mean `shelf:LendBook`?",
    ),
];

#[test]
fn a_mismatch_that_may_disable_a_limit_is_an_error() {
    for (marked, level, message) in CASES {
        let statement = marked.replace('@', "");
        let expected = match marked.find('@') {
            Some(at) => format!("policy `p`, line 2, column {}: {message}", at + 1),
            None => String::new(),
        };
        let (reported, text) = report(builder(with_identity(document(&statement))));
        assert_eq!((reported, &text), (*level, &expected), "{statement}");

        // In a boundary, every mismatch changes a limit.
        let (reported, text) = report(builder(with_boundary(document(&statement))));
        let in_boundary = if *level == Fine { Fine } else { Error };
        assert_eq!(
            (reported, text),
            (in_boundary, expected),
            "boundary: {statement}"
        );
    }
}

#[test]
fn the_level_can_be_set() {
    let in_deny = r#"{"Effect": "Deny", "Action": "shelf:LendBok", "Resource": "*"}"#;
    let in_allow = r#"{"Effect": "Allow", "Action": "shelf:LendBok", "Resource": "*"}"#;
    for (level, denies, allows) in [
        (MismatchLevel::Warn, true, true),
        (MismatchLevel::RejectDisabledLimits, false, true),
        (MismatchLevel::RejectAll, false, false),
    ] {
        for (statement, loads) in [(in_deny, denies), (in_allow, allows)] {
            for is_from_aws in [false, true] {
                let source = Source(Mutex::new(with_identity(document(statement))), is_from_aws);
                let built = builder(source).catalog_mismatches(level).build();
                assert_eq!(built.is_ok(), loads, "{level:?}: {statement}");
            }
        }
    }
}

/// An application may have keys of its own.
#[test]
fn a_declared_key_need_not_be_in_the_catalog() {
    let own = r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"shelf:Own": "x"}}}"#;
    let builder = || builder(with_identity(document(own)));
    assert_eq!(report(builder()).0, Error);
    assert_eq!(report(builder().absent(["SHELF:own"])).0, Fine);
    assert_eq!(report(builder().supplied(["shelf:Own"])).0, Fine);
}

#[test]
fn a_service_without_a_registered_catalog_is_not_checked() {
    let statement = r#"{"Effect": "Deny", "Action": "shelf:LendBok", "Resource": "*"}"#;
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(with_identity(document(statement)))
        .build()
        .unwrap();
    assert_eq!(authorizer.catalog_mismatches(), []);
}

/// A policy is checked once, even if several users have it; and as a boundary, if one of them has it as a boundary.
#[test]
fn each_policy_is_reported_once() {
    let statement =
        r#"{"Effect": "Allow", "Action": ["shelf:LendBok", "shelf:ReadRulse"], "Resource": "*"}"#;
    let policy = Policy::new("p", document(statement));
    let mut store = PolicyStore::new();
    for name in ["ana", "ben"] {
        let user = store.identity(&format!("arn:aws:iam::123456789012:user/{name}"));
        user.unwrap().attach(policy.clone());
    }
    store.group("readers").attach(policy.clone());
    let authorizer = builder(store.clone()).build().unwrap();
    let lines: Vec<String> = authorizer
        .catalog_mismatches()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "policy `p`, line 2, column 32: unknown action `shelf:LendBok`; did you mean `shelf:LendBook`?",
            "policy `p`, line 2, column 49: unknown action `shelf:ReadRulse`; did you mean `shelf:ReadRules`?",
        ]
    );
    store
        .identity(ANA)
        .unwrap()
        .set_permissions_boundary(policy);
    let error = builder(store).build().unwrap_err().to_string();
    assert_eq!(error.lines().collect::<Vec<_>>(), lines);
}

/// The policies of a source that a test replaces, and whether they are from an AWS account.
struct Source(Mutex<PolicyStore>, bool);

impl PolicySource for Source {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn is_from_aws_account(&self) -> bool {
        self.1
    }
}

impl PolicySource for &'static Source {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        (**self).load()
    }

    fn is_from_aws_account(&self) -> bool {
        self.1
    }
}

/// The trap: without the check, the misspelled `Deny` would allow what it is written to deny.
#[test]
fn a_reload_rejects_a_deny_that_denies_nothing_and_keeps_the_policies() {
    let policies = |denied: &str| {
        let mut store = with_identity(document(
            r#"{"Effect": "Allow", "Action": "shelf:*", "Resource": "*"}"#,
        ));
        let statement =
            format!(r#"{{"Effect": "Deny", "Action": "shelf:{denied}", "Resource": "*"}}"#);
        let ana = store.identity(ANA).unwrap();
        ana.attach(Policy::new("limits", document(&statement)));
        store
    };
    let ana = Principal::from_arn(ANA).unwrap();
    let may_read = |authorizer: &Authorizer| {
        let action = RequestedAction::parse("shelf:ReadRules").unwrap();
        let context = Context::new();
        let request = Request::new(&ana, action, RequestedResource::All, &context);
        authorizer.decide(&request).is_allowed()
    };

    let source: &Source = Box::leak(Box::new(Source(Mutex::new(policies("ReadRules")), false)));
    let authorizer = builder(source).build().unwrap();
    assert!(!may_read(&authorizer));
    *source.0.lock().unwrap() = policies("ReadRulse");
    let error = authorizer.reload().unwrap_err();
    assert!(
        matches!(&error, BuildError::CatalogMismatches(_)),
        "{error}"
    );
    assert!(
        error.to_string().starts_with(
            "policy `limits`, line 2, column 30: unknown action `shelf:ReadRulse`; did you mean"
        ),
        "{error}"
    );
    assert!(!may_read(&authorizer), "the old policies are in use");
    assert_eq!(authorizer.catalog_mismatches(), []);
    *source.0.lock().unwrap() = policies("Read*");
    authorizer.reload().unwrap();
    assert!(!may_read(&authorizer));

    // Documents from an AWS account only cause warnings.
    let source: &Source = Box::leak(Box::new(Source(Mutex::new(policies("ReadRulse")), true)));
    let authorizer = builder(source).build().unwrap();
    assert!(may_read(&authorizer));
    assert_eq!(authorizer.catalog_mismatches().len(), 1);
    assert!(authorizer.catalog_mismatches()[0].disables_limit());
    *source.0.lock().unwrap() = policies("ReadRules");
    authorizer.reload().unwrap();
    assert_eq!(
        authorizer.catalog_mismatches(),
        [],
        "the warnings are those of the last load"
    );
}
