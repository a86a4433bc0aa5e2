//! Policy sources: what they accept and reject, with the error messages.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

mod account_details;
mod account_details_faults;
mod directory;
mod freshness;
mod on_demand;
mod random;
mod refresh;
mod reload;
mod temporary;
mod written;

use pinpoint_iam::context::Context;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::PolicySource;
use pinpoint_iam::{Arn, Authorizer, Decision, Principal, Scope};

/// Creates an authorizer with `source`, for resources of the account 111122223333.
fn authorizer(source: impl PolicySource + 'static) -> Authorizer {
    let scope = Scope::new("aws", "us-east-1", "111122223333");
    Authorizer::builder()
        .scope(scope)
        .source(source)
        .build()
        .unwrap()
}

/// Returns the decision about `action` (without its prefix) and `resource` (the part of the ARN after the fifth colon).
fn decide(
    authorizer: &Authorizer,
    principal: &Principal,
    action: &str,
    resource: &str,
) -> Decision {
    let arn = format!("arn:aws:mobiletargeting:us-east-1:111122223333:{resource}");
    let action = format!("mobiletargeting:{action}");
    let context = Context::new();
    let request = Request::new(
        principal,
        RequestedAction::parse(&action).unwrap(),
        RequestedResource::Arn(Arn::parse(&arn).unwrap()),
        &context,
    );
    authorizer.decide(&request)
}

fn user(name: &str) -> Principal {
    Principal::from_arn(&format!("arn:aws:iam::111122223333:user/{name}")).unwrap()
}

fn session(role: &str, session: &str) -> Principal {
    Principal::from_arn(&format!(
        "arn:aws:sts::111122223333:assumed-role/{role}/{session}"
    ))
    .unwrap()
}

/// Returns the error with which `source` cannot be loaded.
fn refusal(source: &impl PolicySource) -> String {
    source.load().unwrap_err().to_string()
}
