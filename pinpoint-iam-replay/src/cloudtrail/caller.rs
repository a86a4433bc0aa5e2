//! The callers of events.

use std::collections::HashMap;

use pinpoint_iam::Principal;

use super::event::{UserIdentity, given};
use crate::reason::Reason;

/// The maximum number of callers that are kept.
const MOST_CALLERS: usize = 10_000;

/// Converts the callers of events, and keeps those that occur again.
#[derive(Debug)]
pub(super) struct Callers {
    /// Changes a caller.
    complete: fn(Principal) -> Principal,
    /// By everything that distinguishes callers.
    known: HashMap<String, Principal>,
    name: String,
}

impl Callers {
    pub(super) fn new(complete: fn(Principal) -> Principal) -> Self {
        Self {
            complete,
            known: HashMap::new(),
            name: String::new(),
        }
    }

    /// Returns the caller of an event.
    pub(super) fn caller(&mut self, identity: &UserIdentity<'_>) -> Result<Principal, Reason> {
        let kind = given(&identity.kind).unwrap_or_default();
        match kind {
            "Root" | "IAMUser" | "AssumedRole" => {}
            "AWSService" => return Err(Reason::new("the caller is a service of AWS")),
            "FederatedUser" => {
                return Err(Reason::new(
                    "the event does not contain the session policies of the federated user",
                ));
            }
            other => {
                return Err(Reason::with_detail(
                    "the event does not contain the ARN of the caller",
                    &other,
                ));
            }
        }
        let Some(arn) = given(&identity.arn) else {
            return Err(Reason::new(
                "the event does not contain the ARN of the caller",
            ));
        };
        let issuer = identity.session_context.as_ref();
        let issuer = issuer.and_then(|session| session.session_issuer.as_ref());
        let issuer = issuer.and_then(|issuer| given(&issuer.arn));
        let id = given(&identity.principal_id);
        self.name.clear();
        for part in [Some(kind), Some(arn), issuer, id] {
            let part = part.unwrap_or_default();
            // With the length, different parts have different texts.
            self.name.push_str(&part.len().to_string());
            self.name.push(':');
            self.name.push_str(part);
        }
        if let Some(known) = self.known.get(&self.name) {
            return Ok(known.clone());
        }
        let caller = caller(kind, arn, issuer, id)
            .ok_or_else(|| Reason::with_detail("the caller of the event is not valid", &arn))?;
        let caller = (self.complete)(caller);
        if self.known.len() >= MOST_CALLERS {
            self.known.clear();
        }
        self.known.insert(self.name.clone(), caller.clone());
        Ok(caller)
    }
}

/// Converts a caller; `None` if its parts contradict each other.
fn caller(kind: &str, arn: &str, issuer: Option<&str>, id: Option<&str>) -> Option<Principal> {
    use pinpoint_iam::principal::PrincipalKind;

    let principal = match (kind, issuer) {
        ("AssumedRole", Some(role)) => {
            // The ARN of the session does not contain the path of the role.
            let session = arn.rsplit('/').next()?;
            let principal = Principal::role_session(role, session).ok()?;
            (principal.arn() == Some(arn)).then_some(principal)?
        }
        _ => Principal::from_arn(arn).ok()?,
    };
    let expected = match kind {
        "Root" => PrincipalKind::Root,
        "IAMUser" => PrincipalKind::User,
        _ => PrincipalKind::RoleSession,
    };
    if principal.kind() != expected {
        return None;
    }
    // `AIDA..` for a user, and `AROA..:session` for a session.
    Some(match (expected, id) {
        (PrincipalKind::User, Some(id)) => principal.with_unique_id(id),
        (PrincipalKind::RoleSession, Some(id)) => {
            principal.with_unique_id(id.split(':').next().unwrap_or_default())
        }
        _ => principal,
    })
}
