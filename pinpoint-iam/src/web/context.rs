//! The condition keys of a web request.

use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::arn::Scope;
use crate::context::{ConditionKey, Context, ContextLookup, Lookup, Value};
use crate::request::{ContextOnDemand, MAX_VALUE_LENGTH, MOST_VALUES};
use crate::web_context::{NetworkConfig, RequestHead, RequestKey};

/// The value of a key, if it is known.
#[derive(Clone, Debug)]
enum Known {
    Absent,
    Unknown,
    One(Value),
    Several(Vec<Value>),
}

impl Known {
    fn one(value: impl Into<Value>) -> Self {
        Self::One(value.into())
    }

    fn one_or_unknown(value: Option<impl Into<Value>>) -> Self {
        value.map_or(Self::Unknown, Self::one)
    }

    fn as_lookup(&self) -> Lookup<'_> {
        match self {
            Self::Absent => Lookup::Absent,
            Self::Unknown => Lookup::Unknown,
            Self::One(value) => Lookup::Present(value),
            Self::Several(values) => Lookup::Multivalued(values),
        }
    }
}

/// The values for conditions that must be read before the request goes on. All others are computed on demand, because
/// most decisions need none.
#[derive(Clone, Debug)]
pub(super) struct RequestFacts {
    now: SystemTime,
    source: Option<IpAddr>,
    is_secure: Option<bool>,
    /// The keys that the application adds; `None` if it adds none to any request.
    added: Option<Box<Context>>,
}

/// The headers of a request, independent of the framework. Implemented for the header maps of the supported frameworks.
pub trait Headers: Sync {
    /// Returns every value of a header, in the order of the request.
    fn header(&self, name: &str) -> Vec<&[u8]>;
}

#[cfg(feature = "_http")]
impl Headers for http::HeaderMap {
    fn header(&self, name: &str) -> Vec<&[u8]> {
        let values = self.get_all(name).iter();
        values.map(|value| value.as_bytes()).collect()
    }
}

impl RequestFacts {
    pub(super) fn of(network: &NetworkConfig, head: &dyn RequestHead) -> Self {
        Self {
            now: SystemTime::now(),
            source: network.source(head),
            is_secure: network.is_secure(head),
            added: network.added(head),
        }
    }

    /// The condition keys of the request with these headers, for resources in `scope`.
    pub(super) const fn on_demand<'a>(
        &'a self,
        scope: &'a Scope,
        headers: &'a dyn Headers,
    ) -> OnDemand<'a> {
        OnDemand {
            facts: self,
            scope,
            headers,
            asked: OnceLock::new(),
        }
    }
}

/// The condition keys of a request. Each value is computed once, on first use.
pub(super) struct OnDemand<'a> {
    facts: &'a RequestFacts,
    scope: &'a Scope,
    headers: &'a dyn Headers,
    asked: OnceLock<Box<Asked>>,
}

/// The values computed so far, in the order of [`RequestKey::ALL`].
type Asked = [OnceLock<Known>; RequestKey::ALL.len()];

impl ContextLookup for OnDemand<'_> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        match RequestKey::of(key.folded()) {
            Some(key) => self.known(key).as_lookup(),
            None => match &self.facts.added {
                Some(added) => added.lookup(key),
                None => Lookup::Absent,
            },
        }
    }
}

impl ContextOnDemand for OnDemand<'_> {
    fn to_context(&self) -> Context {
        let added = self.facts.added.as_deref();
        let mut context = added.cloned().unwrap_or_default();
        for key in RequestKey::ALL {
            match self.known(key) {
                Known::Absent => {}
                Known::Unknown => context.insert_unknown(key.name()),
                Known::One(value) => context.insert(key.name(), value.clone()),
                Known::Several(values) => {
                    for value in values {
                        context.insert(key.name(), value.clone());
                    }
                }
            }
        }
        context
    }
}

impl OnDemand<'_> {
    fn known(&self, key: RequestKey) -> &Known {
        let asked = self.asked.get_or_init(Box::default);
        match asked.get(key as usize) {
            Some(place) => place.get_or_init(|| self.make(key)),
            // INVARIANT: the array has an element for each key.
            None => &Known::Unknown,
        }
    }

    fn make(&self, key: RequestKey) -> Known {
        let RequestFacts {
            now,
            source,
            is_secure,
            ..
        } = self.facts;
        match key {
            RequestKey::CurrentTime => Known::one(*now),
            RequestKey::EpochTime => match now.duration_since(SystemTime::UNIX_EPOCH) {
                Ok(since) => Known::one(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
                Err(_) => Known::Unknown,
            },
            RequestKey::RequestedRegion => match self.scope.region() {
                "" => Known::Absent,
                region => Known::one(region),
            },
            RequestKey::SourceIp => Known::one_or_unknown(*source),
            RequestKey::SecureTransport => Known::one_or_unknown(*is_secure),
            RequestKey::UserAgent => self.header("user-agent"),
            RequestKey::Referer => self.header("referer"),
        }
    }

    fn header(&self, name: &str) -> Known {
        let values = self.headers.header(name);
        let is_too_long = |value: &&[u8]| value.len() > MAX_VALUE_LENGTH;
        if values.len() > MOST_VALUES || values.iter().any(is_too_long) {
            return Known::Unknown;
        }
        let text = |value| Value::from(String::from_utf8_lossy(value).into_owned());
        match values.as_slice() {
            [] => Known::Absent,
            [value] => Known::One(text(value)),
            values => Known::Several(values.iter().copied().map(text).collect()),
        }
    }
}
