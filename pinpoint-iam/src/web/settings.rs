//! HTTP configuration of an `Authorizer`.

use std::sync::Arc;

use crate::authorizer::{Authorizer, AuthorizerBuilder, BuildError};
use crate::guard::Denied;
#[cfg(any(feature = "axum", feature = "actix"))]
use crate::web::network::NetworkConfig;
use crate::web::{ErrorResponses, Rejection};

/// HTTP configuration of an [`Authorizer`].
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
    /// Sets the responses to requests that are rejected or denied. The default is [`ErrorResponses::aws`].
    #[must_use]
    pub fn error_responses(mut self, answers: ErrorResponses) -> Self {
        self.web.error_responses = Arc::new(answers);
        self
    }
}

impl Authorizer {
    /// Returns the response to a request that was rejected or denied, in the format configured with
    /// [`AuthorizerBuilder::error_responses`].
    pub fn rejection(&self, denied: &Denied) -> Rejection {
        self.web().error_responses.respond(denied)
    }
}
