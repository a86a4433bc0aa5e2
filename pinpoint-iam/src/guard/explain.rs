//! Explanations of a guard's decisions.

use crate::denial::Denied;
use crate::eval::{Evaluation, Explanation};
use crate::guard::Guard;
use crate::request::{OwnedRequest, Request};

impl Guard<'_> {
    /// Adds to a denial what is needed to explain it later. Nothing is explained now.
    pub(super) fn explained(
        &self,
        denied: Denied,
        request: &Request<'_>,
        evaluation: Evaluation,
    ) -> Denied {
        let Some(request) = OwnedRequest::of(request) else {
            return denied;
        };
        let authorizer = self.authorizer.clone();
        // A clone is independent of reloads.
        let lease = self.state.lease().clone();
        denied.explained_by(move |resource| {
            let request = request.as_request(resource)?;
            Some(authorizer.explain_evaluation(&lease, &request, evaluation.clone()))
        })
    }

    /// Decides and explains a request.
    pub(super) fn explain_request(&self, request: &Request<'_>) -> Explanation {
        let evaluation = self.authorizer.answer_by(&self.state, request);
        self.authorizer
            .explain_evaluation(&self.state.lease(), request, evaluation)
    }
}
