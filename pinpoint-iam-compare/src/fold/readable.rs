//! Requests that are easier to read than those of the search.

use pinpoint_iam::Arn;

use crate::callers::Caller;
use crate::result::Witness;

/// Returns readable ARNs for an action without a catalog.
pub(super) fn examples(action: &str, account: &str) -> Vec<String> {
    let service = service_of(action);
    match service.as_str() {
        "s3" => vec![
            "arn:aws:s3:::example".to_owned(),
            "arn:aws:s3:::example/key".to_owned(),
        ],
        "iam" => vec![format!("arn:aws:iam::{account}:user/example")],
        service => vec![format!("arn:aws:{service}:us-east-1:{account}:example")],
    }
}

/// Returns similar requests that are more readable, best first. They have not been confirmed yet.
pub(super) fn nicer(witness: &Witness, is_free: bool) -> Vec<Witness> {
    let Ok(arn) = Arn::parse(&witness.resource) else {
        return Vec::new();
    };
    let or = |text: &str, other: &str| {
        if text.is_empty() {
            other.to_owned()
        } else {
            text.to_owned()
        }
    };
    let service = service_of(&witness.action);
    let partition = or(arn.partition(), "aws");
    let service = or(arn.service(), &service);
    let region = or(arn.region(), "us-east-1");
    let account = or(arn.account(), &witness.resource_account);
    let name = match arn.resource() {
        "" => "example".to_owned(),
        start if start.ends_with(['/', ':']) => format!("{start}example"),
        name => name.to_owned(),
    };
    let mut all = Vec::new();
    for (region, account) in [
        (region.as_str(), account.as_str()),
        (arn.region(), account.as_str()),
        (region.as_str(), arn.account()),
        (arn.region(), arn.account()),
    ] {
        let resource = format!("arn:{partition}:{service}:{region}:{account}:{name}");
        let witness = Witness {
            resource,
            ..witness.clone()
        };
        if is_free
            && !account.is_empty()
            && account != witness.resource_account
            && let Some(caller) = Caller::anybody(account)
        {
            all.push(Witness {
                principal: caller.bare,
                principal_text: caller.text,
                resource_account: account.to_owned(),
                ..witness.clone()
            });
        }
        all.push(witness);
    }
    all
}

/// Returns the service prefix of an action, in lower case.
pub(super) fn service_of(action: &str) -> String {
    action
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}
