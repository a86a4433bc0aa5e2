//! The network around a service, which determines condition keys of its requests.

use std::fmt;
use std::net::IpAddr;

use crate::authorizer::{AuthorizerBuilder, BuildError};
use crate::context::Context;
use crate::web::{ContextBuilder, ContextProvider, RequestHead, TrustedProxies};

/// Whether requests reach a service over a secure transport: the condition key `aws:SecureTransport`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Unknown. Requests whose decision depends on it get 503. A server cannot detect by itself whether TLS ends
    /// upstream.
    #[default]
    Unknown,
    /// Always. The server itself terminates TLS and does not listen for plain connections.
    Secure,
    /// Never.
    Insecure,
    /// As reported by the outermost of the [`TrustedProxies`], and unknown for a request that does not come from a
    /// proxy.
    FromProxy,
}

/// The network around a service, and the condition keys that the application adds to requests.
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

    /// The address that the request comes from; `None` if it is unknown.
    pub(super) fn source(&self, head: &dyn RequestHead) -> Option<IpAddr> {
        match &self.trusted_proxies {
            Some(proxies) => proxies.source(head),
            None => head.peer(),
        }
    }

    /// The condition keys that the application adds.
    pub(super) fn added(&self, head: &dyn RequestHead) -> Context {
        let mut added = ContextBuilder::default();
        for keys in &self.request_keys {
            keys.add(head, &mut added);
        }
        added.into_context()
    }

    /// Whether the request uses a secure transport; `None` if this is unknown.
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
    /// Sets the proxies that are trusted for `aws:SourceIp`. Without this, no proxy is, and the key is the address of
    /// the peer.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.web.surroundings.trusted_proxies = Some(proxies);
        self
    }

    /// Sets whether requests use a secure transport. The default is [`Transport::Unknown`].
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.web.surroundings.transport = transport;
        self
    }

    /// Adds condition keys of the application to every web request. All providers run if this is called several times.
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
