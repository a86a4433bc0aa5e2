//! The web settings of an authorizer.

use std::sync::Arc;

use super::{Authorizer, AuthorizerBuilder};
use crate::denial::{Denied, ErrorResponses, Rejection};
#[cfg(feature = "_web")]
use crate::web_context::{ContextProvider, Transport, TrustedProxies};

impl Denied {
    /// Returns the denial with the error responses of `authorizer`.
    pub(crate) fn for_authorizer(self, authorizer: &Authorizer) -> Self {
        self.responding_by(&authorizer.inner.error_responses)
    }
}

impl AuthorizerBuilder {
    /// Sets the responses to requests that are rejected or denied. The default is [`ErrorResponses::aws`].
    #[must_use]
    pub fn error_responses(mut self, answers: ErrorResponses) -> Self {
        self.error_responses = Arc::new(answers);
        self
    }
}

impl Authorizer {
    /// Returns the response to a request that was rejected or denied, in the format configured with
    /// [`AuthorizerBuilder::error_responses`].
    pub fn rejection(&self, denied: &Denied) -> Rejection {
        self.inner.error_responses.respond(denied)
    }
}

#[cfg(feature = "_web")]
impl AuthorizerBuilder {
    /// Sets the proxies that are trusted for `aws:SourceIp`. Without this, no proxy is, and the key is the address of
    /// the peer.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.network.trusted_proxies = Some(proxies);
        self
    }

    /// Sets whether requests use a secure transport. The default is [`Transport::Unknown`].
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.network.transport = transport;
        self
    }

    /// Adds condition keys of the application to every web request. All providers run if this is called several times.
    #[must_use]
    pub fn request_keys(mut self, keys: impl ContextProvider) -> Self {
        self.network.request_keys.push(Box::new(keys));
        self
    }
}
