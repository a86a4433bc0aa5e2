//! iam-rs, which reads the same JSON.

use iam_rs::{
    Arn, Context, ContextValue, Decision, EvaluationOptions, IAMPolicy, IAMRequest,
    PolicyEvaluator, Principal, PrincipalId,
};

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::{Engine, ask};
use pinpoint_iam_benches::workload::{CALLER, Question, TEAM, Workload};

/// The iam-rs engine, without its limit of 1,000 statements.
pub struct Iam {
    evaluator: PolicyEvaluator,
    requests: Vec<IAMRequest>,
}

impl Iam {
    /// Loads the policies and creates the requests.
    ///
    /// # Errors
    ///
    /// If a policy or an ARN cannot be parsed.
    pub fn load(workload: &Workload) -> Result<Self, Failure> {
        Ok(Self {
            evaluator: evaluator(&workload.documents)?,
            requests: workload
                .questions
                .iter()
                .map(request)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Creates the evaluator for the given documents.
///
/// # Errors
///
/// If a document cannot be parsed.
pub fn evaluator(documents: &[String]) -> Result<PolicyEvaluator, Failure> {
    let policies = documents
        .iter()
        .map(|document| IAMPolicy::from_json(document))
        .collect::<Result<Vec<_>, _>>()?;
    let options = EvaluationOptions {
        max_statements: usize::MAX,
        ..EvaluationOptions::default()
    };
    Ok(PolicyEvaluator::with_policies(policies).with_options(options))
}

fn request(question: &Question) -> Result<IAMRequest, Failure> {
    let facts = &question.context;
    let mut context = Context::new();
    for (key, value) in [
        (
            "aws:PrincipalTag/team",
            ContextValue::String(TEAM.to_owned()),
        ),
        (
            "aws:MultiFactorAuthPresent",
            ContextValue::Boolean(facts.multi_factor),
        ),
        (
            "aws:MultiFactorAuthAge",
            ContextValue::Number(i32::try_from(facts.multi_factor_age)?.into()),
        ),
        (
            "aws:UserAgent",
            ContextValue::String(facts.user_agent.to_owned()),
        ),
        (
            "aws:SourceIp",
            ContextValue::String(facts.source.to_string()),
        ),
        (
            "aws:CurrentTime",
            ContextValue::String(facts.now_text().to_owned()),
        ),
    ] {
        context.insert(key.to_owned(), value);
    }
    let arn = Arn::parse(&question.resource).map_err(|error| error.to_string())?;
    Ok(IAMRequest::new_with_context(
        Principal::Aws(PrincipalId::String(CALLER.to_owned())),
        question.action.as_str(),
        arn,
        context,
    ))
}

impl Engine for Iam {
    fn name(&self) -> &'static str {
        "iam-rs 0.8"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        ask(&self.requests, first, count, |request| {
            self.evaluator
                .evaluate(request)
                .is_ok_and(|result| result.decision == Decision::Allow)
        })
    }
}
