//! The reference evaluator, which evaluates every statement of every policy as the rules are written.
//!
//! It is deliberately simple and slow. Tests and fuzzing compare other evaluators with it.
//! [Explanations](crate::eval::Explanation) are created from its results, so an explanation always agrees with the
//! decision.

use crate::eval::decision::Evaluation;
use crate::eval::explain::Explanation;
use crate::eval::walk::ReferenceEvaluation;
use crate::policy_stack::PolicyStack;
use crate::request::Request;

/// Decides `request` with the policies of `stack`.
pub fn decide(stack: &PolicyStack<'_>, request: &Request<'_>) -> Evaluation {
    ReferenceEvaluation::of(stack, request).answer()
}

/// Decides `request`, and reports for every statement whether it matches and why.
pub fn explain(stack: &PolicyStack<'_>, request: &Request<'_>) -> Explanation {
    let walk = ReferenceEvaluation::of(stack, request);
    Explanation::of(&walk, request, walk.answer())
}

/// Reports for every statement whether it matches and why, for a request with a different `answer` than that of the
/// policies.
pub(crate) fn explain_answer(
    stack: &PolicyStack<'_>,
    request: &Request<'_>,
    answer: Evaluation,
) -> Explanation {
    Explanation::of(&ReferenceEvaluation::of(stack, request), request, answer)
}

/// Explains an evaluation that was made before, with a limited size and at a limited cost.
pub(crate) fn explain_bounded(
    stack: &PolicyStack<'_>,
    request: &Request<'_>,
    answer: Evaluation,
) -> Explanation {
    Explanation::bounded(stack, request, answer)
}
