//! What stands around a service, and tells condition keys of its requests.

use std::fmt;
use std::net::IpAddr;

use crate::authorizer::{AuthorizerBuilder, BuildError};
use crate::context::Context;
use crate::web::{ContextBuilder, ContextProvider, RequestHead, TrustedProxies};

/// Whether requests come to a service by a secure transport: the condition key `aws:SecureTransport`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Not known; what depends on it is answered 503. A server cannot tell by itself what stands in front of it.
    #[default]
    Unknown,
    /// Always: the server itself ends TLS, and listens nowhere else.
    Secure,
    /// Never.
    Insecure,
    /// As the outermost of the [`TrustedProxies`] says, and not known for a request that comes from no proxy.
    FromProxy,
}

/// What stands around a service, and what requests bring that only the application knows.
#[derive(Default)]
pub(crate) struct NetworkConfig {
    trusted_proxies: Option<TrustedProxies>,
    transport: Transport,
    request_keys: Vec<Box<dyn ContextProvider>>,
}

impl NetworkConfig {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if self.transport == Transport::FromProxy && self.trusted_proxies.is_none() {
            return Err(BuildError::NoTrustedProxies);
        }
        Ok(())
    }

    /// Where the request comes from; `None` where it is not known.
    pub(super) fn source(&self, head: &dyn RequestHead) -> Option<IpAddr> {
        match &self.trusted_proxies {
            Some(proxies) => proxies.source(head),
            None => head.peer(),
        }
    }

    /// What the application adds.
    pub(super) fn added(&self, head: &dyn RequestHead) -> Context {
        let mut added = ContextBuilder::default();
        for keys in &self.request_keys {
            keys.add(head, &mut added);
        }
        added.into_context()
    }

    /// Whether the request comes by a secure transport; `None` where it is not known.
    pub(super) fn is_secure(&self, head: &dyn RequestHead) -> Option<bool> {
        match self.transport {
            Transport::Unknown => None,
            Transport::Secure => Some(true),
            Transport::Insecure => Some(false),
            Transport::FromProxy => self.trusted_proxies.as_ref()?.is_secure(head),
        }
    }
}

impl AuthorizerBuilder {
    /// Sets which proxies are believed about `aws:SourceIp`. Without this nobody is, and it is the address of the peer.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.web.surroundings.trusted_proxies = Some(proxies);
        self
    }

    /// Sets whether requests come by a secure transport; [`Transport::Unknown`] without this.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.web.surroundings.transport = transport;
        self
    }

    /// Adds condition keys of the application to every web request. Called several times, all are asked.
    #[must_use]
    pub fn request_keys(mut self, keys: impl ContextProvider) -> Self {
        self.web.surroundings.request_keys.push(Box::new(keys));
        self
    }
}

impl fmt::Debug for NetworkConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Surroundings")
            .field("trusted_proxies", &self.trusted_proxies)
            .field("transport", &self.transport)
            .field("request_keys", &self.request_keys.len())
            .finish()
    }
}
