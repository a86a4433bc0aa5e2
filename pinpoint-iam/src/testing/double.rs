//! Authorizers with fixed decisions.

use crate::authorizer::Authorizer;
use crate::eval::{
    AllowReason, AllowedBy, Decision, DeniedBy, DenyReason, Evaluation, Policy, PolicyType,
    StatementId,
};
use crate::policy::Document;

/// Returns a copy of `authorizer` that allows every request. **For tests only.**
///
/// Errors that precede the decision remain: a request without a principal still gets 401, an id that is not valid in an
/// ARN 400, and a resource of another account 403. [`Authorizer::explain`] still explains the policies.
#[must_use]
pub fn allow_all(authorizer: &Authorizer) -> Authorizer {
    #[cfg(feature = "_web")]
    tracing::warn!("this authorizer allows everything: it is for tests");
    authorizer.with_hooks(|hooks| hooks.replace_with(|| Verdict::Allow.evaluation()))
}

/// Returns a copy of `authorizer` that denies every request, including those of root users.
#[must_use]
pub fn deny_all(authorizer: &Authorizer) -> Authorizer {
    authorizer.with_hooks(|hooks| hooks.replace_with(|| Verdict::Deny.evaluation()))
}

#[derive(Clone, Copy)]
enum Verdict {
    Allow,
    Deny,
}

impl Verdict {
    fn evaluation(self) -> Evaluation {
        Evaluation::Decided(self.decision())
    }

    /// The overridden decision. Its policy name makes the override visible in every log.
    fn decision(self) -> Decision {
        let statement = |name: &str, document| {
            StatementId::new(PolicyType::Identity, Policy::new(name, document), 0)
        };
        match self {
            Self::Allow => Decision::Allow(AllowedBy {
                reason: AllowReason::Statement(statement(
                    "EVERYTHING-IS-ALLOWED-IN-THIS-TEST",
                    allow_everything(),
                )),
            }),
            Self::Deny => Decision::Deny(DeniedBy {
                reason: DenyReason::ExplicitDeny(statement(
                    "EVERYTHING-IS-DENIED-IN-THIS-TEST",
                    Document::deny_everything(),
                )),
            }),
        }
    }
}

fn allow_everything() -> Document {
    Document::parse(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    )
    .unwrap_or_else(|_| Document::deny_everything())
}
