//! Condition keys that the application adds.

use std::collections::BTreeMap;

use crate::context::{Context, TagKey, Value};
use crate::request::{MAX_VALUE_LENGTH, MOST_VALUES};
use crate::web_context::{RequestHead, RequestKey};

/// Adds condition keys of the application to every request. Passed to
/// [`AuthorizerBuilder::request_keys`](crate::AuthorizerBuilder::request_keys).
///
/// Functions and closures implement this trait:
///
/// ```
/// use pinpoint_iam::Authorizer;
/// use pinpoint_iam::web::{ContextBuilder, RequestHead};
///
/// /// Inserted into the request by our authentication middleware.
/// #[derive(Clone)]
/// struct Session {
///     second_factor: bool,
/// }
///
/// let builder = Authorizer::builder().request_keys(|request: &dyn RequestHead, keys: &mut ContextBuilder| {
///     let session = request.extension::<Session>();
///     keys.insert("aws:MultiFactorAuthPresent", session.is_some_and(|session| session.second_factor));
///     keys.insert("example:Method", request.method());
/// });
/// # drop(builder);
/// ```
///
/// The provider cannot wait. If a value has to be fetched, let a middleware fetch it and insert it into the request's
/// extensions.
pub trait ContextProvider: Send + Sync + 'static {
    /// Adds the keys of one request.
    ///
    /// Called before the check of a handler, for every request that has a principal. Mark a key whose value is
    /// unavailable as [unknown](ContextBuilder::insert_unknown), so that requests that depend on it are denied. If it
    /// were omitted, the key would be absent, and a `Deny` on it would not match.
    fn add(&self, request: &dyn RequestHead, keys: &mut ContextBuilder);
}

impl<F> ContextProvider for F
where
    F: Fn(&dyn RequestHead, &mut ContextBuilder) + Send + Sync + 'static,
{
    fn add(&self, request: &dyn RequestHead, keys: &mut ContextBuilder) {
        self(request, keys);
    }
}

/// The condition keys that an application adds to one request.
///
/// Some keys are ignored here, because the crate takes them from the request itself (`aws:SourceIp`,
/// `aws:SecureTransport`, `aws:UserAgent`, `aws:Referer`, `aws:RequestedRegion`, `aws:CurrentTime`, `aws:EpochTime`) or
/// because they have an API of their own (tags of resources and requests). Keys of the principal (`aws:Principal…`,
/// `aws:username`, `aws:userid`, `aws:FederatedProvider`) come only from the [`Principal`](crate::Principal). If one is
/// added here, it becomes unknown, and requests that depend on it are denied.
#[derive(Debug, Default)]
pub struct ContextBuilder {
    /// By name in lower case; `None` for an unknown value.
    keys: BTreeMap<String, Option<Added>>,
    /// Whether more keys were added than allowed.
    are_too_many: bool,
}

/// The values that were added to a key.
#[derive(Debug, Default)]
struct Added {
    values: Vec<Value>,
    /// Whether the values were added as a list. The key is then multivalued even with a single value.
    is_list: bool,
}

/// The maximum number of keys that an application may add to one request. It bounds memory if callers can choose names.
const MOST_KEYS: usize = 200;

impl ContextBuilder {
    /// Adds one value to `key`, which is single-valued unless AWS documents it as multivalued. A second value makes the
    /// key multivalued.
    ///
    /// A text of more than 2048 bytes makes the key unknown, because matching it could take long. More than 50 values
    /// also make it unknown. With more than 200 different keys, every key that the application could add is unknown.
    pub fn insert(&mut self, key: &str, value: impl Into<Value>) {
        self.extend(key, [value]);
    }

    /// Adds all `values` to `key`, which is multivalued even if there is only one. An empty list makes the key present
    /// without values.
    pub fn insert_all<V: Into<Value>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        self.extend(key, values);
        if let Some(Some(added)) = self.entry(key) {
            added.is_list = true;
        }
    }

    fn extend<V: Into<Value>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        let Some(added) = self.entry(key) else { return };
        for value in values {
            let value = value.into();
            let is_too_long = matches!(&value, Value::Text(text) if text.len() > MAX_VALUE_LENGTH);
            match added {
                Some(added) if !is_too_long && added.values.len() < MOST_VALUES => {
                    added.values.push(value);
                }
                _ => {
                    *added = None;
                    return;
                }
            }
        }
    }

    /// Marks `key` as unknown, even if it has values. A key that ends in `/` stands for all keys with this prefix.
    pub fn insert_unknown(&mut self, key: &str) {
        if let Some(added) = self.entry(key) {
            *added = None;
        }
    }

    fn entry(&mut self, key: &str) -> Option<&mut Option<Added>> {
        let folded = key.to_ascii_lowercase();
        if RequestKey::of(&folded).is_some() || TagKey::of(&folded).is_some() {
            tracing::warn!(key, "the application cannot add this condition key");
            return None;
        }
        if self.keys.len() >= MOST_KEYS && !self.keys.contains_key(&folded) {
            self.are_too_many = true;
            return None;
        }
        Some(
            self.keys
                .entry(folded)
                .or_insert_with(|| Some(Added::default())),
        )
    }

    pub(crate) fn into_context(self) -> Context {
        if self.are_too_many {
            return Context::unknown();
        }
        let mut context = Context::new();
        for (key, added) in self.keys {
            match added {
                Some(added) if added.is_list => context.insert_all(&key, added.values),
                Some(added) => {
                    for value in added.values {
                        context.insert(&key, value);
                    }
                }
                None => context.insert_unknown(&key),
            }
        }
        context
    }
}
