//! Explanations of decisions, statement by statement.

use std::fmt;

use pinpoint_iam_core::__private::{OneLine, Quoted};
use serde::Serialize;

use crate::eval::Truth;
use crate::eval::decision::{Decision, Evaluation};
use crate::eval::principal_element::PrincipalSpecificity;
use crate::eval::statement::{PrincipalPart, ResourcePart, StatementMatch};
use crate::eval::walk::{PolicyLayer, ReferenceEvaluation};
use crate::policy::{Effect, PrincipalElement};
use crate::policy_stack::{Policy, PolicyType};
use crate::request::Request;

/// Why a request was decided as it was: every applicable statement, and which of its parts matched.
///
/// `Display` writes a tree, and serde serializes the same data. The reference evaluation that decides the request also
/// produces the explanation. It names policies and quotes their patterns, so show it only to users who may read the
/// policies.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The principal of the request.
    pub principal: String,
    /// The requested action.
    pub action: String,
    /// The requested resource.
    pub resource: String,
    /// Whether the request is allowed.
    pub allowed: bool,
    /// The decision as text, with the statement that caused it.
    pub decision: String,
    /// The missing condition keys; empty if the request is decided.
    pub needs: Vec<String>,
    /// The applicable policies, by type.
    pub layers: Vec<LayerExplanation>,
}

/// The policies of one type, or of one level of an organization.
#[derive(Clone, Debug, Serialize)]
pub struct LayerExplanation {
    /// The type of policy.
    pub policy_type: &'static str,
    /// The policies.
    pub policies: Vec<PolicyExplanation>,
}

/// One policy in a layer, with an explanation of each statement.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyExplanation {
    /// The name of the policy.
    pub name: String,
    /// The statements of the policy, in order.
    pub statements: Vec<StatementExplanation>,
}

/// One statement of a policy, with the result of each part.
#[derive(Clone, Debug, Serialize)]
pub struct StatementExplanation {
    /// The position in the document, counted from 1.
    pub number: usize,
    /// The `Sid`, if there is one.
    pub sid: Option<String>,
    /// The line of the document on which the statement starts.
    pub line: usize,
    /// `Allow` or `Deny`.
    pub effect: Effect,
    /// Whether the statement matches the request.
    pub matches: Truth,
    /// The result for each part: principal, action, resource, conditions.
    pub parts: Vec<PartExplanation>,
}

/// One part of a statement.
#[derive(Clone, Debug, Serialize)]
pub struct PartExplanation {
    /// The element: `Action`, `NotResource`, `Condition`.
    pub element: &'static str,
    /// Whether the part matches.
    pub matches: Truth,
    /// The reason, as a sentence.
    pub why: String,
}

impl Explanation {
    pub(crate) fn of(
        walk: &ReferenceEvaluation<'_>,
        request: &Request<'_>,
        answer: Evaluation,
    ) -> Self {
        let needs = match &answer {
            Evaluation::Indeterminate(keys) => keys.iter().map(ToString::to_string).collect(),
            Evaluation::Decided(_) => Vec::new(),
        };
        let decision = answer.into_decision();
        Self {
            principal: request.principal().to_string(),
            action: request.action().to_string(),
            resource: request.resource().to_string(),
            allowed: matches!(decision, Decision::Allow(_)),
            decision: decision.to_string(),
            needs,
            layers: walk
                .layers
                .iter()
                .map(|layer| layer_explanation(layer, request))
                .collect(),
        }
    }
}

fn layer_explanation(layer: &PolicyLayer<'_>, request: &Request<'_>) -> LayerExplanation {
    let policy = |(policy, traces): &(&Policy, Vec<StatementMatch<'_>>)| PolicyExplanation {
        name: policy.name().to_owned(),
        statements: traces
            .iter()
            .map(|trace| statement_explanation(trace, layer.policy_type, request))
            .collect(),
    };
    LayerExplanation {
        policy_type: layer.policy_type.name(),
        policies: layer.policies.iter().map(policy).collect(),
    }
}

fn statement_explanation(
    trace: &StatementMatch<'_>,
    policy_type: PolicyType,
    request: &Request<'_>,
) -> StatementExplanation {
    let statement = trace.statement;
    let mut parts = Vec::new();
    parts.extend(principal(trace, policy_type, request));
    parts.push(action(trace, request));
    parts.extend(resource(trace, request));
    parts.extend(statement.conditions().iter().zip(&trace.conditions).map(
        |(condition, outcome)| PartExplanation {
            element: "Condition",
            matches: outcome.truth,
            why: format!("`{}`: {}", condition.operator(), outcome.reason),
        },
    ));
    StatementExplanation {
        number: trace.index + 1,
        sid: statement
            .sid()
            .filter(|sid| !sid.is_empty())
            .map(str::to_owned),
        line: statement.position().line(),
        effect: statement.effect(),
        matches: trace.matches,
        parts,
    }
}

fn principal(
    trace: &StatementMatch<'_>,
    policy_type: PolicyType,
    request: &Request<'_>,
) -> Option<PartExplanation> {
    let element = trace.statement.principal();
    let why = match trace.principal {
        PrincipalPart::NotAsked => return None,
        PrincipalPart::NotNamed
            if trace.statement.effect() == Effect::Allow
                && element.is_some_and(PrincipalElement::is_negated) =>
        {
            "grants nothing, because AWS does not support it with `Allow`".to_owned()
        }
        PrincipalPart::NotNamed => format!("does not name `{}`", request.principal()),
        PrincipalPart::Named(closeness) => {
            let whom = match closeness {
                PrincipalSpecificity::Account => "the caller's account",
                PrincipalSpecificity::Role => "the role of the caller's session",
                PrincipalSpecificity::Caller
                    if element.is_some_and(PrincipalElement::is_everyone) =>
                {
                    "everyone, the caller among them"
                }
                PrincipalSpecificity::Caller => "the caller",
            };
            format!("names {whom}")
        }
        PrincipalPart::Undecidable if element.is_some() => {
            format!(
                "is not allowed in a policy of the type {policy_type}, so its meaning is undefined"
            )
        }
        PrincipalPart::Undecidable => {
            format!("is missing, and a {policy_type} must name its principals")
        }
    };
    let is_negated = element.is_some_and(|element| element.is_negated());
    Some(PartExplanation {
        element: if is_negated {
            "NotPrincipal"
        } else {
            "Principal"
        },
        matches: trace.principal.truth(trace.statement.effect()),
        why,
    })
}

fn action(trace: &StatementMatch<'_>, request: &Request<'_>) -> PartExplanation {
    let is_negated = trace.statement.action().is_negated();
    let action = request.action();
    PartExplanation {
        element: if is_negated { "NotAction" } else { "Action" },
        matches: trace.action.matches.into(),
        why: match trace.action.by {
            Some(pattern) => format!("{} covers `{action}`", Quoted(pattern.as_str())),
            None => format!("no pattern matches `{action}`"),
        },
    }
}

fn resource(trace: &StatementMatch<'_>, request: &Request<'_>) -> Option<PartExplanation> {
    let element = trace.statement.resource();
    let requested = request.resource();
    let why = match trace.resource {
        ResourcePart::NotAsked => return None,
        ResourcePart::Decided {
            by: Some(pattern), ..
        } => format!("{} covers `{requested}`", Quoted(pattern.as_str())),
        ResourcePart::Decided { by: None, .. } => format!("no pattern matches `{requested}`"),
        ResourcePart::Unknown(key) => format!("depends on `{key}`, which is unknown"),
        ResourcePart::Undecidable => "is missing".to_owned(),
        ResourcePart::LeftToItsService(pattern) => format!(
            "{} is a short form that only the service that stores the policy completes",
            Quoted(pattern.as_str())
        ),
    };
    let is_negated = element.is_some_and(|element| element.is_negated());
    Some(PartExplanation {
        element: if is_negated {
            "NotResource"
        } else {
            "Resource"
        },
        matches: trace.resource.truth(trace.statement.effect()),
        why,
    })
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.decision)?;
        writeln!(formatter, "  principal {}", self.principal)?;
        writeln!(formatter, "  action    {}", self.action)?;
        writeln!(formatter, "  resource  {}", self.resource)?;
        for layer in &self.layers {
            layer.fmt(formatter)?;
        }
        Ok(())
    }
}

impl fmt::Display for LayerExplanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = if self.policies.is_empty() {
            ": none"
        } else {
            ""
        };
        writeln!(formatter, "{}{none}", self.policy_type)?;
        for policy in &self.policies {
            writeln!(formatter, "  {}", OneLine(&policy.name))?;
            for statement in &policy.statements {
                statement.fmt(formatter)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for StatementExplanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sid = self
            .sid
            .as_deref()
            .map(|sid| format!(" {}", Quoted(sid)))
            .unwrap_or_default();
        let matches = match self.matches {
            Truth::True => "matches",
            Truth::False => "does not match",
            Truth::Unknown => "may match",
        };
        let effect = match self.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        writeln!(
            formatter,
            "    statement {}{sid}, line {}: {effect} {matches}",
            self.number, self.line
        )?;
        for part in &self.parts {
            let mark = match part.matches {
                Truth::True => '✔',
                Truth::False => '✘',
                Truth::Unknown => '?',
            };
            writeln!(formatter, "      {mark} {} {}", part.element, part.why)?;
        }
        Ok(())
    }
}
