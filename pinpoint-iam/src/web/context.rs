//! The condition keys that a web request brings.

use std::fmt;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::arn::Scope;
use crate::authorizer::{Authorizer, AuthorizerBuilder, BuildError};
use crate::context::Context;
use crate::request::{MAX_VALUE_LENGTH, MakesContext};
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

/// How many keys a request has at most, without those of the application.
const KEYS: usize = 7;

/// What the condition keys of a request are made from, as far as it cannot wait until one of them is asked for.
///
/// Most requests are decided without any. Tags are the guard's affair.
#[derive(Clone, Debug)]
pub(super) struct RequestFacts {
    source: Option<IpAddr>,
    is_secure: Option<bool>,
    added: AddedKeys,
    made: OnceLock<Context>,
}

/// The headers of a request, whatever the framework.
pub(super) trait Headers: Sync {
    /// Every value of a header, in the order of the request.
    fn header(&self, name: &str) -> Vec<&[u8]>;
}

impl RequestFacts {
    pub(super) fn of(authorizer: &Authorizer, head: &dyn RequestHead) -> Self {
        let surroundings = &authorizer.web().surroundings;
        let mut added = AddedKeys::default();
        for keys in &surroundings.request_keys {
            keys.add(head, &mut added);
        }
        Self {
            source: match &surroundings.trusted_proxies {
                Some(proxies) => proxies.source(head),
                None => head.peer(),
            },
            is_secure: surroundings.is_secure(head),
            added,
            made: OnceLock::new(),
        }
    }

    /// The condition keys of the request with these headers, to resources in `scope`.
    pub(super) const fn context<'a>(
        &'a self,
        scope: &'a Scope,
        headers: &'a dyn Headers,
    ) -> ContextOnDemand<'a> {
        ContextOnDemand {
            facts: self,
            scope,
            headers,
        }
    }
}

/// The condition keys of a request, made when a decision asks for the first of them.
pub(super) struct ContextOnDemand<'a> {
    facts: &'a RequestFacts,
    scope: &'a Scope,
    headers: &'a dyn Headers,
}

impl MakesContext for ContextOnDemand<'_> {
    fn context(&self) -> &Context {
        self.facts.made.get_or_init(|| self.make())
    }
}

impl ContextOnDemand<'_> {
    fn make(&self) -> Context {
        let mut context = Context::with_capacity(KEYS);
        let now = SystemTime::now();
        context.insert("aws:CurrentTime", now);
        if let Ok(since) = now.duration_since(SystemTime::UNIX_EPOCH) {
            context.insert(
                "aws:EpochTime",
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            );
        }
        let region = self.scope.region();
        if !region.is_empty() {
            context.insert("aws:RequestedRegion", region);
        }
        match self.facts.source {
            Some(address) => context.insert("aws:SourceIp", address),
            None => context.insert_unknown("aws:SourceIp"),
        }
        match self.facts.is_secure {
            Some(is_secure) => context.insert("aws:SecureTransport", is_secure),
            None => context.insert_unknown("aws:SecureTransport"),
        }
        insert_header(&mut context, "aws:UserAgent", self.headers, "user-agent");
        insert_header(&mut context, "aws:Referer", self.headers, "referer");
        self.facts.added.write(&mut context);
        context
    }
}

fn insert_header(context: &mut Context, key: &str, headers: &dyn Headers, name: &str) {
    let values = headers.header(name);
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
