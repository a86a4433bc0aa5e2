//! Sessions whose ARN does not tell the path of their role.

use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope};

/// An account with one role under a path, which may read campaigns unless its role stands under `contractors`.
fn authorizer(role_arn: &str) -> Result<Authorizer, Box<dyn std::error::Error>> {
    let document = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/contractors/*"}}}
        ]}"#,
    )?;
    let mut store = PolicyStore::new();
    store
        .identity(role_arn)?
        .attach(Policy::new("reader", document));
    let scope = Scope::new("aws", "us-east-1", "123456789012");
    Ok(Authorizer::builder().scope(scope).source(store).build()?)
}

fn may_read(
    authorizer: &Authorizer,
    principal: &Principal,
) -> Result<bool, Box<dyn std::error::Error>> {
    let context = Context::new();
    let campaign = Campaign::new("a1", "c1")?;
    Ok(authorizer
        .guard(principal, &context)
        .check(GetCampaign, &campaign)
        .is_ok())
}

#[test]
fn the_source_knows_the_path_of_a_role() -> Result<(), Box<dyn std::error::Error>> {
    let session = Principal::from_arn("arn:aws:sts::123456789012:assumed-role/worker/night")?;
    let contractors = authorizer("arn:aws:iam::123456789012:role/contractors/worker")?;
    let employees = authorizer("arn:aws:iam::123456789012:role/employees/worker")?;
    assert!(
        !may_read(&contractors, &session)?,
        "the deny names the path of the role"
    );
    assert!(may_read(&employees, &session)?);
    Ok(())
}

#[test]
fn a_path_that_came_with_the_session_stays() -> Result<(), Box<dyn std::error::Error>> {
    let session =
        Principal::role_session("arn:aws:iam::123456789012:role/contractors/worker", "night")?;
    let employees = authorizer("arn:aws:iam::123456789012:role/employees/worker")?;
    assert!(!may_read(&employees, &session)?);
    Ok(())
}

#[test]
fn a_role_has_no_region() {
    assert!(
        Principal::role_session("arn:aws:iam:us-east-1:123456789012:role/worker", "night").is_err()
    );
}
