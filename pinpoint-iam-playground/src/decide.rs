//! The decision about a request.

use pinpoint_iam::decision_log::{Record, RecordedRequest};
use pinpoint_iam::eval::Explanation;
use pinpoint_iam_tools::editor::{Span, Text};
use pinpoint_iam_tools::requests::{Answer, Expectation, Question, deciding};
use pinpoint_iam_tools::{parts, principals};
use serde::{Deserialize, Serialize};

use crate::input::{PolicyInput, WrittenRequest};
use crate::policies::Policies;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    pub(crate) policies: Vec<PolicyInput>,
    pub(crate) request: RequestInput,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequestInput {
    Written(WrittenRequest),
    /// A record of a decision log, whose condition keys have the recorded values.
    Record(String),
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    result: &'static str,
    allowed: bool,
    explanation: Explanation,
    /// The statement that allows or denies the request.
    statement: Option<Statement>,
}

#[derive(Debug, Serialize)]
struct Statement {
    /// The position of the policy in the input, counted from 0.
    policy: usize,
    /// The position in the policy, counted from 1.
    number: usize,
    sid: Option<String>,
    range: Option<Span>,
}

pub(crate) fn decide(input: &Input) -> Result<Output, String> {
    let policies = Policies::parse(&input.policies)?;
    let answer = match &input.request {
        RequestInput::Written(request) => written(&policies, request)?,
        RequestInput::Record(line) => recorded(&policies, line)?,
    };
    let statement = deciding(&answer.evaluation).and_then(|statement| {
        let policy = policies.index_of(statement.policy().name())?;
        let text = &input.policies.get(policy)?.text;
        let range = parts::statement(text, statement.index());
        Some(Statement {
            policy,
            number: statement.index() + 1,
            sid: statement.sid().map(str::to_owned),
            range: range.map(|range| Text::new(text.clone()).span(&range)),
        })
    });
    Ok(Output {
        result: Expectation::of(&answer.evaluation).name(),
        allowed: answer.explanation.allowed,
        explanation: answer.explanation,
        statement,
    })
}

pub(crate) fn written(policies: &Policies<'_>, request: &WrittenRequest) -> Result<Answer, String> {
    let principal = principals::parse(&request.principal)?;
    let set = policies.of(&principal)?;
    let question = Question {
        principal: &principal,
        action: &request.action,
        resource: &request.resource,
        resource_account: request.resource_account.as_deref(),
        keys: &request.context,
        unknown_keys: &request.unknown_keys,
    };
    question.ask(&set.stack())
}

fn recorded(policies: &Policies<'_>, line: &str) -> Result<Answer, String> {
    let record = Record::parse(line)
        .map_err(|error| format!("this is not a record of a decision log: {error}"))?;
    let request = RecordedRequest::of(&record).map_err(|error| error.to_string())?;
    let mut set = policies.of(request.principal())?;
    // Session policies are part of a record.
    if let Some(session) = request.principal().session_policies() {
        set.session
            .get_or_insert_default()
            .extend(session.iter().cloned());
    }
    Ok(Answer::of(&set.stack(), &request.as_request()))
}
