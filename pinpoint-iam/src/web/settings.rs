//! What an authorizer is told about the web.

use std::sync::Arc;

use crate::authorizer::{Authorizer, AuthorizerBuilder, BuildError};
use crate::guard::Denied;
#[cfg(any(feature = "axum", feature = "actix"))]
use crate::web::network::NetworkConfig;
use crate::web::{ErrorResponses, Rejection};

/// What an authorizer is told about the web.
#[derive(Debug, Default)]
pub(crate) struct WebConfig {
    pub(crate) error_responses: Arc<ErrorResponses>,
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) surroundings: NetworkConfig,
}

impl WebConfig {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        #[cfg(any(feature = "axum", feature = "actix"))]
        self.surroundings.check()?;
        Ok(())
    }
}

impl AuthorizerBuilder {
    /// Sets how requests that are not let through are answered; [`ErrorResponses::aws`] without this.
    #[must_use]
    pub fn error_responses(mut self, answers: ErrorResponses) -> Self {
        self.web.error_responses = Arc::new(answers);
        self
    }
}

impl Authorizer {
    /// The answer to a request that was not let through, in the form that was chosen with
    /// [`AuthorizerBuilder::answers`].
    pub fn rejection(&self, denied: &Denied) -> Rejection {
        self.web().error_responses.respond(denied)
    }
}
