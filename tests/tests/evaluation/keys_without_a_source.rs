//! Condition keys without a value: an authorizer takes them to be absent only if nothing could have supplied one.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::sync::Mutex;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
use pinpoint_iam::{
    AllResources, Authorizer, AuthorizerBuilder, BuildError, Decision, MismatchLevel, Policy,
    Principal, Scope,
};

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
        .absent(absent.iter().copied())
        .catalog_mismatches(MismatchLevel::Warn)
        .warn_about_keys_without_source();
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

/// A catalog may list keys of services without a catalog. They are keys of the actions for which it lists them.
#[test]
fn a_key_of_another_service_is_unknown_if_the_action_has_it() {
    use pinpoint_iam_keys::archive;
    let registered: &[&'static ServiceMetadata] = &[&archive::SERVICE];
    let typed = RequestedAction::from(<archive::GetLink as pinpoint_iam::TypedAction>::METADATA);
    let named = |name| RequestedAction::parse(name).unwrap();
    for (services, action, expected) in [
        (registered, named("archive:GetLink"), Unknown),
        (registered, named("archive:GetFolder"), Absent),
        (registered, named("post:SendParcel"), Absent),
        (registered, typed, Unknown),
        (&[], typed, Unknown),
        (&[], named("archive:GetLink"), Absent),
    ] {
        let authorizer = authorizer("CRM:region", services, &[]);
        assert_eq!(
            state(&authorizer, action, &Context::new()),
            expected,
            "{action}"
        );
    }
    let source = denying(r#"{"StringEquals": {"crm:Region": "secret"}}"#);
    let error = builder(source)
        .catalog(&archive::SERVICE)
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains(
            "no source supplies the condition key `crm:Region` of requests for `archive:GetLink`"
        ),
        "{error}"
    );
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

/// Allows everything, and denies it under `condition`.
fn denying(condition: &str) -> PolicyStore {
    let text = format!(
        r#"{{
            "Version": "2012-10-17",
            "Statement": [
                {{"Effect": "Allow", "Action": "*", "Resource": "*"}},
                {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}
            ]
        }}"#
    );
    let mut store = PolicyStore::new();
    let document = Document::parse(&text).unwrap();
    let ana = store.identity(ANA).unwrap();
    ana.attach(Policy::new("p", document));
    store
}

fn builder(source: impl PolicySource + 'static) -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .catalog(&shelf::SERVICE)
        .source(source)
}

fn decide(authorizer: &Authorizer, principal: &Principal) -> State {
    let (action, context) = (
        RequestedAction::parse("shelf:ReadRules").unwrap(),
        Context::new(),
    );
    let request = Request::new(principal, action, RequestedResource::All, &context);
    let decision = authorizer.decide(&request);
    let explained = authorizer.explain(&request).decision;
    assert_eq!(decision.to_string(), explained, "both evaluators agree");
    match decision {
        Decision::Allow(_) => Absent,
        Decision::Deny(_) => Unknown,
    }
}

/// The table of global keys in the guide: the state without and with the preset for services outside AWS.
#[test]
fn global_keys_have_the_states_that_the_guide_lists() {
    let guide = include_str!("../../../docs/guide/src/conditions.md");
    let (_, table) = guide
        .split_once("| Global key | Supplied by | Without a value | `.outside_aws()` |")
        .unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, keys, _, without, outside, _] = cells[..] else {
            panic!("{row}")
        };
        for key in keys.split(", ") {
            count += 1;
            let key = key.trim_matches('`').replace('…', "team");
            // A condition that holds for every value, and not for an absent key.
            let exists = format!(r#"{{"Null": {{"{key}": "false"}}}}"#);
            let state = |is_outside: bool| {
                let mut builder = builder(denying(&exists)).warn_about_keys_without_source();
                if is_outside {
                    builder = builder.outside_aws();
                }
                // An action that can have tags, on a resource.
                let (ana, context) = (Principal::from_arn(ANA).unwrap(), Context::new());
                let action = RequestedAction::parse("shelf:BurnBook").unwrap();
                let arn = pinpoint_iam::Arn::parse("arn:aws:shelf::123456789012:books/b1").unwrap();
                let ana = ana.with_keys(Context::new());
                let request = Request::new(&ana, action, RequestedResource::Arn(arn), &context);
                match builder.build().unwrap().decide(&request) {
                    Decision::Allow(_) => "absent",
                    Decision::Deny(by) => match by.to_string().starts_with("undecided") {
                        true => "unknown",
                        false => "false",
                    },
                }
            };
            assert_eq!(state(false), without, "{key}");
            let outside = if outside.is_empty() { without } else { outside };
            assert_eq!(state(true), outside.trim_matches('`'), "{key}, outside AWS");
        }
    }
    let expected = pinpoint_iam_lint::global_condition_keys().count();
    assert_eq!(count, expected, "every global key is in the table");
}

#[test]
fn a_misspelled_global_key_is_unknown() {
    let condition = r#"{"StringEquals": {"aws:SorceIp": "10.0.0.1"}}"#;
    let authorizer = builder(denying(condition)).warn_about_keys_without_source();
    let ana = Principal::from_arn(ANA).unwrap();
    assert_eq!(decide(&authorizer.build().unwrap(), &ana), Unknown);
    let declared = builder(denying(condition)).absent(["AWS:sorceip"]);
    assert_eq!(decide(&declared.build().unwrap(), &ana), Absent);
    let false_outside = r#"{"Bool": {"aws:ViaAWSService": "true"}}"#;
    let authorizer = builder(denying(false_outside)).outside_aws();
    assert_eq!(decide(&authorizer.build().unwrap(), &ana), Absent);
}

/// Keys of identity providers come from the principal only.
#[test]
fn keys_of_identity_providers_are_absent_for_other_principals() {
    const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/token.Example.com";
    let mut context = Context::new();
    context.insert("token.example.com:sub", "novel");
    for key in [
        "token.example.com:sub",
        "saml:aud",
        "accounts.google.com:sub",
    ] {
        let source = denying(&format!(r#"{{"StringEquals": {{"{key}": "secret"}}}}"#));
        let authorizer = builder(source).build().unwrap();
        let ana = Principal::from_arn(ANA).unwrap();
        assert_eq!(decide(&authorizer, &ana), Absent, "{key}");
        let federated = ana.with_key(key, "secret");
        assert_eq!(decide(&authorizer, &federated), Unknown, "{key}");
    }
    // A value in the context is not trusted, and does not make the key absent.
    let source = denying(r#"{"StringEquals": {"token.example.com:sub": "secret"}}"#);
    let authorizer = builder(source).build().unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    let action = RequestedAction::parse("shelf:ReadRules").unwrap();
    let request = Request::new(&ana, action, RequestedResource::All, &context);
    assert!(matches!(authorizer.decide(&request), Decision::Deny(_)));
    // Callers from the provider have policies of the trusted role only, so the key is looked up directly.
    let caller = Principal::web_identity(PROVIDER).unwrap();
    let request = Request::new(&caller, action, RequestedResource::All, &context);
    assert!(matches!(authorizer.decide(&request), Decision::Deny(_)));
}

#[test]
fn a_policy_that_denies_by_a_key_without_a_source_does_not_load() {
    for (condition, message) in [
        (
            r#"{"StringEquals": {"shelf:Genre": "secret"}}"#,
            "policy `p`, line 5, column 99: no source supplies the condition key `shelf:Genre` of requests for \
             `shelf:LendBook`; insert it in `.request_keys(..)` and declare it: `.supplied([\"shelf:Genre\"])`, \
             or declare that it is absent: `.absent([\"shelf:Genre\"])`",
        ),
        (
            r#"{"StringEquals": {"SHELF:type": "secret"}}"#,
            "policy `p`, line 5, column 99: no source supplies the condition key `SHELF:type` of the resource \
             type `Loan`; add `.resource_keys(|resource: Loan| async move { .. })`, or declare that it is absent: \
             `.absent([\"SHELF:type\"])`",
        ),
        (
            r#"{"IpAddress": {"aws:SorceIp": "10.0.0.0/8"}}"#,
            "policy `p`, line 5, column 96: AWS has no condition key `aws:SorceIp`; did you mean `aws:SourceIp`?",
        ),
        (
            r#"{"StringEquals": {"aws:ResourceTag/team": "red"}}"#,
            "policy `p`, line 5, column 99: no source supplies the condition key `aws:ResourceTag/team`; add \
             `.resource_tags(|arn: String| async move { .. })`, or declare that it is absent: \
             `.absent([\"aws:ResourceTag/team\"])`",
        ),
        (
            r#"{"Bool": {"aws:MultiFactorAuthPresent": "false"}}"#,
            "policy `p`, line 5, column 91: no source supplies the condition key `aws:MultiFactorAuthPresent`; \
             insert it in `.request_keys(..)` and declare it: `.supplied([\"aws:MultiFactorAuthPresent\"])`, or \
             declare that it is absent: `.absent([\"aws:MultiFactorAuthPresent\"])`",
        ),
        (
            r#"{"Bool": {"aws:ViaAWSService": "false"}}"#,
            "policy `p`, line 5, column 91: no source supplies the condition key `aws:ViaAWSService`; insert it \
             in `.request_keys(..)` and declare it: `.supplied([\"aws:ViaAWSService\"])`, or, if the service does \
             not run on AWS, call `.outside_aws()`",
        ),
        (
            r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            "policy `p`, line 5, column 102: no source supplies the condition key `aws:PrincipalOrgID`; add it to \
             principals with `Principal::with_key` and declare it: `.supplied([\"aws:PrincipalOrgID\"])`, or \
             declare that it is absent: `.absent([\"aws:PrincipalOrgID\"])`",
        ),
        (
            r#"{"StringEquals": {"aws:username": "${shelf:Genre}"}}"#,
            "policy `p`, line 5, column 99: no source supplies the condition key `shelf:Genre` of requests for \
             `shelf:LendBook`; insert it in `.request_keys(..)` and declare it: `.supplied([\"shelf:Genre\"])`, \
             or declare that it is absent: `.absent([\"shelf:Genre\"])`",
        ),
    ] {
        let error = builder(denying(condition)).build().unwrap_err();
        assert_eq!(error.to_string(), message);
        // The same key in an `Allow` grants nothing.
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement":
                {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#
        );
        let mut store = PolicyStore::new();
        let document = Document::parse(&text).unwrap();
        store
            .identity(ANA)
            .unwrap()
            .attach(Policy::new("p", document.clone()));
        let authorizer = builder(store.clone()).build().unwrap();
        assert_eq!(authorizer.keys_without_source().len(), 1, "{condition}");
        // In a boundary it denies.
        let ana = store.identity(ANA).unwrap();
        ana.set_permissions_boundary(Policy::new("limit", document));
        let error = builder(store).build().unwrap_err();
        assert!(
            error.to_string().starts_with("policy `limit`, line 2"),
            "{error}"
        );
    }
    for condition in [
        r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
        r#"{"StringEquals": {"aws:PrincipalTag/team": "red", "aws:RequestTag/x": "y", "aws:userid": "A"}}"#,
        r#"{"StringEquals": {"post:Weight": "1", "saml:aud": "x"}}"#,
    ] {
        let authorizer = builder(denying(condition)).build().unwrap();
        assert_eq!(authorizer.keys_without_source(), [], "{condition}");
    }
}

#[test]
fn a_source_or_a_declaration_is_not_reported() {
    let genre = r#"{"StringEquals": {"shelf:Genre": "secret"}}"#;
    let of_loan = r#"{"StringEquals": {"shelf:type": "secret", "aws:ResourceTag/team": "red"}}"#;
    assert!(
        builder(denying(genre))
            .supplied(["SHELF:genre"])
            .build()
            .is_ok()
    );
    assert!(
        builder(denying(genre))
            .absent(["shelf:Genre"])
            .build()
            .is_ok()
    );
    let none = || async { Err(pinpoint_iam::guard::KeysUnavailable::new("never called")) };
    let authorizer = builder(denying(of_loan)).resource_keys(move |_: shelf::Loan| none());
    assert!(authorizer.build().is_ok());
    let authorizer = builder(denying(of_loan)).supplied(["shelf:", "aws:ResourceTag/"]);
    assert!(
        authorizer.build().is_err(),
        "`shelf:` is not a prefix that ends in `/`"
    );

    // The application might supply it.
    let authorizer = builder(denying(genre))
        .request_keys(
            |_: &dyn pinpoint_iam::web::RequestHead, _: &mut pinpoint_iam::web::ContextBuilder| {},
        )
        .build()
        .unwrap();
    assert_eq!(authorizer.keys_without_source().len(), 1);

    // Both at once is a contradiction.
    let error = builder(denying(genre))
        .absent(["shelf:TYPE"])
        .resource_keys(move |_: shelf::Loan| none())
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`absent` declares the condition key `shelf:type`, and `resource_keys` supplies it: remove one of them"
    );
}

/// The new policies are rejected, and the old ones stay.
#[test]
fn a_reload_rejects_policies_with_keys_without_a_source() {
    struct Source(Mutex<PolicyStore>, bool);

    impl PolicySource for &'static Source {
        fn load(&self) -> Result<PolicyStore, SourceError> {
            Ok(self.0.lock().unwrap().clone())
        }

        fn is_from_aws_account(&self) -> bool {
            self.1
        }
    }

    let harmless = denying(r#"{"StringEquals": {"aws:username": "ben"}}"#);
    let faulty = denying(r#"{"StringEquals": {"aws:username": "ana", "shelf:Genre": "secret"}}"#);
    let ana = Principal::from_arn(ANA).unwrap();
    let source: &Source = Box::leak(Box::new(Source(Mutex::new(harmless.clone()), false)));
    let authorizer = builder(source).build().unwrap();
    assert_eq!(decide(&authorizer, &ana), Absent);
    *source.0.lock().unwrap() = faulty.clone();
    let error = authorizer.reload().unwrap_err();
    assert!(matches!(&error, BuildError::KeysWithoutSource(keys) if keys.keys().len() == 1));
    assert_eq!(error.to_string().lines().count(), 1);
    assert_eq!(decide(&authorizer, &ana), Absent);
    assert_eq!(authorizer.keys_without_source(), []);

    // Documents from an AWS account only cause warnings.
    let source: &Source = Box::leak(Box::new(Source(Mutex::new(harmless), true)));
    let authorizer = builder(source).build().unwrap();
    *source.0.lock().unwrap() = faulty;
    authorizer.reload().unwrap();
    let warnings = authorizer.keys_without_source();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].is_in_deny());
    assert_eq!(
        (warnings[0].policy(), warnings[0].key()),
        ("p", "shelf:Genre")
    );
}
