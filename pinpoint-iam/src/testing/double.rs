//! Authorizers with fixed decisions.

use crate::authorizer::Authorizer;
use crate::eval::{
    AllowReason, AllowedBy, Decision, DeniedBy, DenyReason, Evaluation, Policy, PolicyType,
    StatementId,
};
use crate::policy::Document;
use crate::request::Request;
use crate::testing::Recorder;

/// Returns a copy of `authorizer` that allows every request. **For tests only.**
///
/// Errors that precede the decision remain: a request without a principal still gets 401, an id that is not valid in an
/// ARN 400, and a resource of another account 403. [`Authorizer::explain`] still explains the policies.
#[must_use]
pub fn allow_all(authorizer: &Authorizer) -> Authorizer {
    #[cfg(any(feature = "axum", feature = "actix"))]
    tracing::warn!("this authorizer allows everything: it is for tests");
    authorizer.with_double(|double| double.verdict = Some(Verdict::Allow))
}

/// Returns a copy of `authorizer` that denies every request, including those of root users.
#[must_use]
pub fn deny_all(authorizer: &Authorizer) -> Authorizer {
    authorizer.with_double(|double| double.verdict = Some(Verdict::Deny))
}

/// Overrides and records decisions in tests.
#[derive(Clone, Default)]
pub(crate) struct DecisionOverride {
    verdict: Option<Verdict>,
    pub(super) recorders: Vec<Recorder>,
}

#[derive(Clone, Copy)]
enum Verdict {
    Allow,
    Deny,
}

impl DecisionOverride {
    /// Returns the evaluation for the caller, where `answer` is the result of the policies.
    pub(crate) fn answer(&self, request: &Request<'_>, answer: Evaluation) -> Evaluation {
        let answer = match self.verdict {
            None => answer,
            Some(verdict) => Evaluation::Decided(verdict.decision()),
        };
        for recorder in &self.recorders {
            recorder.note(request, &answer);
        }
        answer
    }
}

impl Verdict {
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
