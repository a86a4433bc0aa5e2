//! What an authorizer is told about the web.

use std::fmt;
use std::sync::Arc;

use crate::authorizer::{Authorizer, AuthorizerBuilder, BuildError};
use crate::guard::Denied;
use crate::web::{Answers, Rejection, RequestKeys, TrustedProxies};

/// What an authorizer is told about the web.
#[derive(Default)]
pub(crate) struct WebSettings {
    pub(crate) answers: Arc<Answers>,
    pub(crate) trusted_proxies: Option<TrustedProxies>,
    pub(crate) transport: Transport,
    pub(crate) request_keys: Vec<Box<dyn RequestKeys>>,
}

/// Whether requests come to a service by a secure transport: the condition key `aws:SecureTransport`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Not known; what depends on it is answered 503. A server cannot tell by itself what stands in front of it.
    #[default]
    Unknown,
    /// Always: the server itself ends TLS, and listens nowhere else.
    Secure,
    /// Never.
    Plain,
    /// As the outermost of the [`TrustedProxies`] says, and not known for a request that comes from no proxy.
    AsProxySays,
}

impl WebSettings {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if self.transport == Transport::AsProxySays && self.trusted_proxies.is_none() {
            return Err(BuildError::NoTrustedProxies);
        }
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

    /// Sets which proxies are believed about `aws:SourceIp`. Without this nobody is, and it is the address of the peer.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.web.trusted_proxies = Some(proxies);
        self
    }

    /// Sets whether requests come by a secure transport; [`Transport::Unknown`] without this.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.web.transport = transport;
        self
    }

    /// Adds condition keys of the application to every web request. Called several times, all are asked.
    #[must_use]
    pub fn request_keys(mut self, keys: impl RequestKeys) -> Self {
        self.web.request_keys.push(Box::new(keys));
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

impl fmt::Debug for WebSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WebSettings")
            .field("answers", &self.answers)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("transport", &self.transport)
            .field("request_keys", &self.request_keys.len())
            .finish()
    }
}
