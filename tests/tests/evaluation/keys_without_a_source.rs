//! Condition keys without a value: an authorizer takes them to be absent only if nothing could have supplied one.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{AllResources, Authorizer, Decision, Policy, Principal, Scope};

use crate::own_actions::shelf::{self, LendBook, ReadRules};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// The state in which a key without a value is found.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Absent,
    Unknown,
}

use State::{Absent, Unknown};

/// Allows everything, and denies it if `key` is `secret`.
fn authorizer(key: &str, services: &[&'static ServiceMetadata], absent: &[&str]) -> Authorizer {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
            {{"Effect": "Allow", "Action": "*", "Resource": "*"}},
            {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"StringEquals": {{"{key}": "secret"}}}}}}
        ]}}"#
    );
    let mut store = PolicyStore::new();
    store
        .identity(ANA)
        .unwrap()
        .attach(Policy::new("policy", Document::parse(&text).unwrap()));
    let builder = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .absent(absent.iter().copied());
    let builder = services
        .iter()
        .fold(builder, |builder, service| builder.catalog(service));
    builder.build().unwrap()
}

fn state(authorizer: &Authorizer, action: RequestedAction<'_>, context: &Context) -> State {
    let ana = Principal::from_arn(ANA).unwrap();
    let request = Request::new(&ana, action, RequestedResource::All, context);
    let decision = authorizer.decide(&request);
    let explained = authorizer.explain(&request);
    assert_eq!(
        decision.to_string(),
        explained.decision,
        "both evaluators agree"
    );
    match decision {
        Decision::Allow(_) => Absent,
        Decision::Deny(_) => Unknown,
    }
}

#[test]
fn a_key_is_unknown_if_its_service_may_send_it() {
    let registered: &[&'static ServiceMetadata] = &[&shelf::SERVICE];
    let typed = || RequestedAction::from(<LendBook as pinpoint_iam::TypedAction>::METADATA);
    let named = |name| RequestedAction::parse(name).unwrap();
    for (why, key, services, action, expected) in [
        (
            "the action has the key",
            "shelf:Genre",
            registered,
            named("shelf:LendBook"),
            Unknown,
        ),
        (
            "case does not matter",
            "SHELF:genre",
            registered,
            named("shelf:lendbook"),
            Unknown,
        ),
        (
            "a typed action knows its service",
            "shelf:Genre",
            &[],
            typed(),
            Unknown,
        ),
        (
            "no catalog is registered",
            "shelf:Genre",
            &[],
            named("shelf:LendBook"),
            Absent,
        ),
        (
            "only other actions have the key",
            "shelf:Genre",
            registered,
            named("shelf:ReadRules"),
            Absent,
        ),
        (
            "no action has the key",
            "shelf:genre-",
            registered,
            named("shelf:LendBook"),
            Absent,
        ),
        (
            "an action that the catalog does not know",
            "shelf:Genre",
            registered,
            named("shelf:BurnBook"),
            Unknown,
        ),
        (
            "a misspelled key",
            "shelf:Gnere",
            registered,
            named("shelf:ReadRules"),
            Unknown,
        ),
        (
            "a misspelled key of a typed action's service",
            "shelf:Gnere",
            &[],
            typed(),
            Unknown,
        ),
        (
            "a misspelled key, and an action of another service",
            "shelf:Gnere",
            registered,
            named("post:SendParcel"),
            Unknown,
        ),
        (
            "an action of another service",
            "shelf:Genre",
            registered,
            named("post:SendParcel"),
            Absent,
        ),
        (
            "a key with placeholders, for another action",
            "shelf:Notes/x/by.ana.name",
            registered,
            named("shelf:LendBook"),
            Absent,
        ),
        (
            "a placeholder without text",
            "shelf:Notes//by.ana.name",
            registered,
            named("shelf:LendBook"),
            Unknown,
        ),
        (
            "a service without a catalog",
            "post:Weight",
            registered,
            named("shelf:LendBook"),
            Absent,
        ),
    ] {
        let authorizer = authorizer(key, services, &[]);
        assert_eq!(
            state(&authorizer, action, &Context::new()),
            expected,
            "{why}: {key}"
        );
    }
}

fn context(genre: &str) -> Context {
    let mut context = Context::new();
    context.insert("shelf:Genre", genre);
    context
}

#[test]
fn a_value_or_a_declaration_makes_it_known() {
    let action = || RequestedAction::parse("shelf:LendBook").unwrap();
    let declared = authorizer("shelf:Genre", &[&shelf::SERVICE], &["Shelf:genre"]);
    assert_eq!(state(&declared, action(), &Context::new()), Absent);

    let supplied = authorizer("shelf:Genre", &[&shelf::SERVICE], &[]);
    let harmless = context("novel");
    assert_eq!(state(&supplied, action(), &harmless), Absent);
    let secret = context("secret");
    assert_eq!(state(&supplied, action(), &secret), Unknown);
}

/// A retry does not help, so the response is not 503.
#[test]
fn a_guard_responds_403() {
    let authorizer = authorizer("shelf:Genre", &[], &[]);
    let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let loan = shelf::Loan::new("b1", "print", "ana").unwrap();
    let denied = guard.check(LendBook, &loan).unwrap_err();
    assert_eq!(denied.status(), 403);
    assert_eq!(
        denied.reason().to_string(),
        "undecided without `shelf:Genre`"
    );
    assert!(guard.check(ReadRules, &AllResources).is_ok());

    // A key whose source failed is different.
    let mut failed = Context::new();
    failed.insert_unknown("shelf:Genre");
    let guard = authorizer.guard(&ana, &failed);
    assert_eq!(guard.check(LendBook, &loan).unwrap_err().status(), 503);
}
