//! What an authorizer is told about the web.

use std::sync::Arc;

use crate::authorizer::{Authorizer, AuthorizerBuilder, BuildError};
use crate::guard::Denied;
#[cfg(any(feature = "axum", feature = "actix"))]
use crate::web::surroundings::Surroundings;
use crate::web::{Answers, Rejection};

/// What an authorizer is told about the web.
#[derive(Debug, Default)]
pub(crate) struct WebSettings {
    pub(crate) answers: Arc<Answers>,
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) surroundings: Surroundings,
}

impl WebSettings {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        #[cfg(any(feature = "axum", feature = "actix"))]
        self.surroundings.check()?;
        Ok(())
    }
}

impl AuthorizerBuilder {
    /// Sets how requests that are not let through are answered; [`Answers::aws`] without this.
    #[must_use]
    pub fn answers(mut self, answers: Answers) -> Self {
        self.web.answers = Arc::new(answers);
        self
    }
}

impl Authorizer {
    /// The answer to a request that was not let through, in the form that was chosen with
    /// [`AuthorizerBuilder::answers`].
    pub fn rejection(&self, denied: &Denied) -> Rejection {
        self.web().answers.answer(denied)
    }
}
