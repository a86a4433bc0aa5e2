//! Names and errors that are logged remain on one line, regardless of their contents.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::Path;

use pinpoint_iam::context::Context;
use pinpoint_iam::guard::TagsUnavailable;
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{PolicyStore, SourceError};
use pinpoint_iam::{Authorizer, Policy, Principal, Scope};

/// A text that breaks lines, clears a terminal and changes the text direction.
const NASTY: &str = "a\r\nb\u{1b}[2J\u{85}\u{2028}\u{202e}c";
const SHOWN: &str = r"a\u{d}\u{a}b\u{1b}[2J\u{85}\u{2028}\u{202e}c";

const DENY: &str =
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;

fn authorizer() -> Authorizer {
    let mut store = PolicyStore::new();
    store
        .identity("arn:aws:iam::123456789012:user/ana")
        .unwrap()
        .attach(Policy::new(NASTY, Document::parse(DENY).unwrap()));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

#[test]
fn names_of_policies_stay_on_their_line() {
    let authorizer = authorizer();
    let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    let denied = guard.check(GetApp, &App::new("a1").unwrap()).unwrap_err();
    let expected = format!("statement 1 of the identity-based policy `{SHOWN}`");
    assert!(denied.reason().to_string().contains(&expected));
    let action = RequestedAction::parse("mobiletargeting:GetApp").unwrap();
    let request = Request::new(&ana, action, RequestedResource::All, &context);
    assert!(authorizer.decide(&request).to_string().contains(&expected));
    let explanation = authorizer.explain(&request).to_string();
    assert!(
        explanation.contains(&format!("\n  {SHOWN}\n")),
        "{explanation}"
    );
    assert_eq!(
        format!("{:?}", Policy::new(NASTY, Document::parse(DENY).unwrap())),
        format!("Policy({SHOWN})")
    );
}

#[test]
fn callers_and_errors_stay_on_their_line() {
    let service = Principal::service(NASTY);
    assert_eq!(service.to_string(), SHOWN);
    assert_eq!(format!("{service:?}"), format!("Principal({SHOWN})"));
    let error = TagsUnavailable::new(NASTY).to_string();
    assert!(error.ends_with(&format!(": {SHOWN}")), "{error}");
    let error = SourceError::of_file(Path::new(NASTY), NASTY).with_others(vec![SourceError::at(
        Path::new(NASTY),
        1,
        2,
        NASTY,
    )]);
    assert_eq!(
        error.to_string(),
        format!("{SHOWN}: {SHOWN}; {SHOWN}:1:2: {SHOWN}")
    );
}
