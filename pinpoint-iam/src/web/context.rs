//! The condition keys that a web request brings.

use std::fmt;
use std::time::SystemTime;

use crate::arn::Scope;
use crate::authorizer::{Authorizer, AuthorizerBuilder, BuildError};
use crate::context::Context;
use crate::request::MAX_VALUE_LENGTH;
use crate::web::{AddedKeys, RequestHead, RequestKeys, TrustedProxies};

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

/// What stands around a service, and what requests bring that only the application knows.
#[derive(Default)]
pub(crate) struct Surroundings {
    trusted_proxies: Option<TrustedProxies>,
    transport: Transport,
    request_keys: Vec<Box<dyn RequestKeys>>,
}

impl Surroundings {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if self.transport == Transport::AsProxySays && self.trusted_proxies.is_none() {
            return Err(BuildError::NoTrustedProxies);
        }
        Ok(())
    }

    fn is_secure(&self, head: &dyn RequestHead) -> Option<bool> {
        match self.transport {
            Transport::Unknown => None,
            Transport::Secure => Some(true),
            Transport::Plain => Some(false),
            Transport::AsProxySays => self.trusted_proxies.as_ref()?.is_secure(head),
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
    pub fn request_keys(mut self, keys: impl RequestKeys) -> Self {
        self.web.surroundings.request_keys.push(Box::new(keys));
        self
    }
}

/// How many keys [`of`] writes at most, without those of the application.
const KEYS: usize = 7;

/// The condition keys of a request. Tags are the guard's affair.
pub(crate) fn of(authorizer: &Authorizer, scope: &Scope, head: &dyn RequestHead) -> Context {
    let surroundings = &authorizer.web().surroundings;
    let mut context = Context::with_capacity(KEYS);
    let now = SystemTime::now();
    context.insert("aws:CurrentTime", now);
    if let Ok(since) = now.duration_since(SystemTime::UNIX_EPOCH) {
        context.insert(
            "aws:EpochTime",
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        );
    }
    let region = scope.region();
    if !region.is_empty() {
        context.insert("aws:RequestedRegion", region);
    }
    let source = match &surroundings.trusted_proxies {
        Some(proxies) => proxies.source(head),
        None => head.peer(),
    };
    match source {
        Some(address) => context.insert("aws:SourceIp", address),
        None => context.insert_unknown("aws:SourceIp"),
    }
    match surroundings.is_secure(head) {
        Some(is_secure) => context.insert("aws:SecureTransport", is_secure),
        None => context.insert_unknown("aws:SecureTransport"),
    }
    insert_header(&mut context, "aws:UserAgent", head, "user-agent");
    insert_header(&mut context, "aws:Referer", head, "referer");
    let mut added = AddedKeys::default();
    for keys in &surroundings.request_keys {
        keys.add(head, &mut added);
    }
    added.write(&mut context);
    context
}

fn insert_header(context: &mut Context, key: &str, head: &dyn RequestHead, name: &str) {
    let values = head.header(name);
    if values.iter().any(|value| value.len() > MAX_VALUE_LENGTH) {
        context.insert_unknown(key);
        return;
    }
    for value in values {
        context.insert(key, String::from_utf8_lossy(value).into_owned());
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Surroundings")
            .field("trusted_proxies", &self.trusted_proxies)
            .field("transport", &self.transport)
            .field("request_keys", &self.request_keys.len())
            .finish()
    }
}
