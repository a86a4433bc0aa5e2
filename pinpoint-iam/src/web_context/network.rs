//! The network around a service, which determines condition keys of its requests.

use std::fmt;
use std::net::IpAddr;

use crate::context::Context;
use crate::web_context::{ContextBuilder, ContextProvider, RequestHead, TrustedProxies};

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
    pub(crate) trusted_proxies: Option<TrustedProxies>,
    pub(crate) transport: Transport,
    pub(crate) request_keys: Vec<Box<dyn ContextProvider>>,
}

impl NetworkConfig {
    /// Whether the transport is as proxies say, and no proxy is trusted.
    pub(crate) fn lacks_trusted_proxies(&self) -> bool {
        self.transport == Transport::FromProxy && self.trusted_proxies.is_none()
    }

    /// The address that the request comes from; `None` if it is unknown.
    pub(crate) fn source(&self, head: &dyn RequestHead) -> Option<IpAddr> {
        match &self.trusted_proxies {
            Some(proxies) => proxies.source(head),
            None => head.peer(),
        }
    }

    /// The condition keys that the application adds; `None` if it adds none to any request.
    pub(crate) fn added(&self, head: &dyn RequestHead) -> Option<Box<Context>> {
        if self.request_keys.is_empty() {
            return None;
        }
        let mut added = ContextBuilder::default();
        for keys in &self.request_keys {
            keys.add(head, &mut added);
        }
        Some(Box::new(added.into_context()))
    }

    /// Whether the request uses a secure transport; `None` if this is unknown.
    pub(crate) fn is_secure(&self, head: &dyn RequestHead) -> Option<bool> {
        match self.transport {
            Transport::Unknown => None,
            Transport::Secure => Some(true),
            Transport::Insecure => Some(false),
            Transport::FromProxy => self.trusted_proxies.as_ref()?.is_secure(head),
        }
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
