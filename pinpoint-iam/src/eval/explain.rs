//! Explanations of decisions, statement by statement.

use std::cell::OnceCell;
use std::fmt;
#[cfg(feature = "_web")]
use std::fmt::Write;

use pinpoint_iam_core::__private::{OneLine, Quoted};
use serde::Serialize;

use crate::eval::Truth;
use crate::eval::decision::{Decision, Evaluation};
use crate::eval::principal_element::PrincipalSpecificity;
use crate::eval::statement::{PrincipalPart, ResourcePart, StatementMatch, action_part};
use crate::eval::statement_id::StatementId;
use crate::eval::walk::{PolicyLayer, ReferenceEvaluation, layers};
use crate::pattern::{Case, Filled, Match};
use crate::policy::{
    ActionPattern, Effect, Lint, LintCode, Position, PrincipalElement, ResourceElement,
    ResourcePattern, Statement,
};
use crate::policy_stack::{Policy, PolicyStack, PolicyType};
use crate::request::Request;
use crate::resource::RequestedResource;

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
    /// The number of statements that are left out, because the explanation of a denial has a limited size. They do not
    /// apply to the action, or come after the first 100 that do.
    pub omitted: usize,
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
    /// If no pattern of `Action` or `Resource` matches: the patterns, up to a limit, and why each does not match.
    pub tried: Vec<TriedPattern>,
    /// The number of further patterns, which do not match either.
    pub not_listed: usize,
}

/// A pattern that does not match a request.
#[derive(Clone, Debug, Serialize)]
pub struct TriedPattern {
    /// The pattern; a long one is truncated.
    pub pattern: String,
    /// Why it does not match.
    pub why: String,
    /// The message of the lint, if the pattern cannot match any request.
    pub lint: Option<String>,
}

/// The maximum number of statements in the explanation of a denial.
const MOST_STATEMENTS: usize = 100;

/// The maximum number of statements that are compared with the action for the explanation of a denial.
const MOST_COMPARED: usize = 10_000;

/// The maximum number of patterns that are listed for an element.
const MOST_PATTERNS: usize = 8;

/// The maximum length in bytes of an explanation in a log.
#[cfg(feature = "_web")]
const LONGEST_IN_LOG: usize = 16_384;

impl Explanation {
    pub(crate) fn of(
        walk: &ReferenceEvaluation<'_>,
        request: &Request<'_>,
        answer: Evaluation,
    ) -> Self {
        Self::with_layers(request, answer, 0, || {
            let layers = walk.layers.iter();
            layers
                .map(|layer| layer_explanation(layer, request, Some))
                .collect()
        })
    }

    /// Explains an evaluation that was made before, with a limited number of statements: the cost does not depend on
    /// the size of the policies, except for one comparison of actions for each of the first 10,000 statements.
    pub(crate) fn bounded(
        stack: &PolicyStack<'_>,
        request: &Request<'_>,
        answer: Evaluation,
    ) -> Self {
        let total: usize = layers(stack)
            .iter()
            .flat_map(|(_, policies)| policies)
            .map(|policy| policy.document().statements().len())
            .sum();
        let cited = match &answer {
            Evaluation::Decided(Decision::Deny(by)) => by.statement().cloned(),
            Evaluation::Decided(Decision::Allow(by)) => by.statement().cloned(),
            Evaluation::Indeterminate(_) => None,
        };
        let has_boundary = stack.permissions_boundary.is_some();
        let (mut shown, mut compared, mut omitted) = (0, 0, 0);
        let walk = ReferenceEvaluation::through(
            stack,
            request,
            |_, statement, (policy, index), policy_type| {
                let is_cited = |cited: &StatementId| {
                    cited.index() == index
                        && cited.policy_type() == policy_type
                        && cited.policy().is(policy)
                };
                let is_shown = total <= MOST_STATEMENTS
                    || cited.as_ref().is_some_and(is_cited)
                    || shown < MOST_STATEMENTS && {
                        compared += 1;
                        compared <= MOST_COMPARED && action_part(statement, request).matches
                    };
                if !is_shown {
                    omitted += 1;
                    return None;
                }
                shown += 1;
                let matched =
                    StatementMatch::of(statement, index, policy_type, has_boundary, request);
                Some(matched)
            },
        );
        Self::with_layers(request, answer, omitted, || {
            let layers = walk.layers.iter();
            layers
                .map(|layer| {
                    let mut layer = layer_explanation(layer, request, Option::as_ref);
                    if omitted > 0 {
                        layer
                            .policies
                            .retain(|policy| !policy.statements.is_empty());
                    }
                    layer
                })
                .collect()
        })
    }

    fn with_layers(
        request: &Request<'_>,
        answer: Evaluation,
        omitted: usize,
        layers: impl FnOnce() -> Vec<LayerExplanation>,
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
            layers: layers(),
            omitted,
        }
    }

    /// The explanation for a log: on one line, and with a limited length.
    #[cfg(feature = "_web")]
    pub(crate) fn for_log(&self) -> String {
        let mut line = LogLine(String::new());
        // The only error is that the line is full.
        if write!(line, "{self}").is_err() {
            line.0.push('…');
        }
        line.0
    }
}

/// Replaces the line breaks of an explanation, whose other texts contain none, and stops at a length.
#[cfg(feature = "_web")]
struct LogLine(String);

#[cfg(feature = "_web")]
impl Write for LogLine {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (index, part) in text.split('\n').enumerate() {
            if index > 0 {
                self.0.push_str(" |");
            }
            let left = LONGEST_IN_LOG.saturating_sub(self.0.len());
            if part.len() > left {
                let fits =
                    |(start, character): &(usize, char)| start + character.len_utf8() <= left;
                let characters = part.char_indices().take_while(fits);
                self.0.extend(characters.map(|(_, character)| character));
                return Err(fmt::Error);
            }
            self.0.push_str(part);
        }
        Ok(())
    }
}

fn layer_explanation<'m, 'a: 'm, M>(
    layer: &'m PolicyLayer<'a, M>,
    request: &Request<'_>,
    shown: impl Fn(&'m M) -> Option<&'m StatementMatch<'a>>,
) -> LayerExplanation {
    let policy = |(policy, traces): &'m (&Policy, Vec<M>)| {
        let policy_lints = Lints::of(policy);
        PolicyExplanation {
            name: policy.name().to_owned(),
            statements: traces
                .iter()
                .filter_map(&shown)
                .map(|trace| {
                    statement_explanation(trace, layer.policy_type, request, &policy_lints)
                })
                .collect(),
        }
    };
    LayerExplanation {
        policy_type: layer.policy_type.name(),
        policies: layer.policies.iter().map(policy).collect(),
    }
}

/// The lints of a policy about patterns that match nothing. Computed when an explanation lists a pattern.
struct Lints<'p> {
    policy: &'p Policy,
    found: OnceCell<Vec<Lint>>,
}

impl<'p> Lints<'p> {
    const fn of(policy: &'p Policy) -> Self {
        Self {
            policy,
            found: OnceCell::new(),
        }
    }

    /// Returns the message of the lint about this pattern of the statement.
    fn about(&self, statement: &Statement, pattern: &str) -> Option<String> {
        let document = self.policy.document();
        // Explanations must be cheap, also for a large policy.
        if document.statements().len() > MOST_STATEMENTS {
            return None;
        }
        let lints = self.found.get_or_init(|| {
            let matches_nothing = |lint: &Lint| {
                matches!(
                    lint.code(),
                    LintCode::EarlyVariable
                        | LintCode::LeadingSlash
                        | LintCode::LiteralVariable
                        | LintCode::PrefixWildcard
                        | LintCode::ServiceShortForm
                )
            };
            let mut lints = document.lints();
            lints.retain(matches_nothing);
            lints
        });
        let positions = patterns(statement);
        let named = Quoted(pattern).to_string();
        let lint = lints.iter().find(|lint| {
            lint.message().contains(&named)
                && positions
                    .iter()
                    .any(|(text, position)| *text == pattern && *position == lint.position())
        })?;
        Some(format!("{}: {}", lint.code(), lint.message()))
    }
}

/// The patterns of actions and resources of a statement, with their positions.
fn patterns(statement: &Statement) -> Vec<(&str, Position)> {
    let actions = statement.action().patterns().iter();
    let actions = actions.map(|pattern| (pattern.as_str(), pattern.position()));
    let resources = statement.resource().into_iter();
    let resources = resources
        .flat_map(ResourceElement::patterns)
        .map(|pattern| (pattern.as_str(), pattern.position()));
    actions.chain(resources).collect()
}

fn statement_explanation(
    trace: &StatementMatch<'_>,
    policy_type: PolicyType,
    request: &Request<'_>,
    lints: &Lints<'_>,
) -> StatementExplanation {
    let statement = trace.statement;
    let mut parts = Vec::new();
    parts.extend(principal(trace, policy_type, request));
    parts.push(action(trace, request, lints));
    parts.extend(resource(trace, request, lints));
    parts.extend(statement.conditions().iter().zip(&trace.conditions).map(
        |(condition, outcome)| PartExplanation {
            element: "Condition",
            matches: outcome.truth,
            why: format!("`{}`: {}", condition.operator(), outcome.reason),
            tried: Vec::new(),
            not_listed: 0,
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
        tried: Vec::new(),
        not_listed: 0,
    })
}

fn action(trace: &StatementMatch<'_>, request: &Request<'_>, lints: &Lints<'_>) -> PartExplanation {
    let element = trace.statement.action();
    let is_negated = element.is_negated();
    let action = request.action();
    let patterns = match trace.action.by {
        None if !is_negated => element.patterns(),
        _ => &[],
    };
    PartExplanation {
        element: if is_negated { "NotAction" } else { "Action" },
        matches: trace.action.matches.into(),
        why: match trace.action.by {
            Some(pattern) => format!("{} covers `{action}`", Quoted(pattern.as_str())),
            None => format!("no pattern matches `{action}`"),
        },
        tried: tried(patterns, |pattern| TriedPattern {
            pattern: Quoted(pattern.as_str()).to_string(),
            why: why_other_action(pattern, request),
            lint: lints.about(trace.statement, pattern.as_str()),
        }),
        not_listed: patterns.len().saturating_sub(MOST_PATTERNS),
    }
}

fn tried<P>(patterns: &[P], explain: impl FnMut(&P) -> TriedPattern) -> Vec<TriedPattern> {
    patterns.iter().take(MOST_PATTERNS).map(explain).collect()
}

/// Why a pattern does not match the action of the request.
fn why_other_action(pattern: &ActionPattern, request: &Request<'_>) -> String {
    let prefix = request.action().prefix();
    match pattern.prefix() {
        Some(other) if other.contains(['*', '?']) => {
            "has a wildcard in its service prefix".to_owned()
        }
        Some(other) if !other.eq_ignore_ascii_case(prefix) => {
            format!("is for the service {}, not `{prefix}`", Quoted(other))
        }
        _ => "has another action name".to_owned(),
    }
}

/// Why a pattern does not match the resource of the request.
fn why_other_resource(pattern: &ResourcePattern, request: &Request<'_>) -> String {
    let RequestedResource::Arn(arn) = request.resource() else {
        return "is an ARN, and only `*` covers an action without resource types".to_owned();
    };
    let variables = pattern.variables();
    let mut without_value =
        variables.filter(|variable| variable.fill(request) == Filled::Unresolved);
    if pattern.matches(&request.resource(), request) == Match::Unresolved
        && let Some(variable) = without_value.next()
    {
        let key = Quoted(variable.key().as_str());
        return format!("contains a variable without a value: {key}");
    }
    let components = [
        ("partition", arn.partition()),
        ("service", arn.service()),
        ("region", arn.region()),
        ("account", arn.account()),
        ("resource", arn.resource()),
    ];
    // The components of a shorter ARN have several readings.
    if pattern.components().count() == components.len() {
        for (part, (name, value)) in pattern.components().zip(components) {
            if part.matches(value, Case::Sensitive, request) != Match::Yes {
                let part = Quoted(part.as_str());
                return format!("has another {name}: {part}, not {}", Quoted(value));
            }
        }
    }
    "does not match".to_owned()
}

fn resource(
    trace: &StatementMatch<'_>,
    request: &Request<'_>,
    lints: &Lints<'_>,
) -> Option<PartExplanation> {
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
    let patterns = match (trace.resource, element) {
        (ResourcePart::Decided { by: None, .. }, Some(element)) if !is_negated => {
            element.patterns()
        }
        _ => &[],
    };
    Some(PartExplanation {
        element: if is_negated {
            "NotResource"
        } else {
            "Resource"
        },
        matches: trace.resource.truth(trace.statement.effect()),
        why,
        tried: tried(patterns, |pattern| TriedPattern {
            pattern: Quoted(pattern.as_str()).to_string(),
            why: why_other_resource(pattern, request),
            lint: lints.about(trace.statement, pattern.as_str()),
        }),
        not_listed: patterns.len().saturating_sub(MOST_PATTERNS),
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
        match self.omitted {
            0 => Ok(()),
            1 => writeln!(formatter, "one further statement is omitted"),
            several => writeln!(formatter, "{several} further statements are omitted"),
        }
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
            for TriedPattern { pattern, why, lint } in &part.tried {
                write!(formatter, "          {pattern} {why}")?;
                match lint {
                    Some(lint) => writeln!(formatter, "; {lint}")?,
                    None => writeln!(formatter)?,
                }
            }
            if part.not_listed > 0 {
                writeln!(formatter, "          and {} more", part.not_listed)?;
            }
        }
        Ok(())
    }
}
