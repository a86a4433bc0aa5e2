//! Condition keys that the application adds.

use std::collections::BTreeMap;

use crate::context::{Context, TagKey, Value};
use crate::request::{MAX_VALUE_LENGTH, MOST_VALUES};
use crate::web::RequestHead;
use crate::web::context::RequestKey;

/// Adds condition keys of the application to every request. Given to
/// [`AuthorizerBuilder::request_keys`](crate::AuthorizerBuilder::request_keys).
///
/// A function or closure is one:
///
/// ```
/// use pinpoint_iam::Authorizer;
/// use pinpoint_iam::web::{ContextBuilder, RequestHead};
///
/// /// What our authentication has put into the request.
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
/// What has to be waited for is fetched by a middleware, which puts it into the request's extensions.
pub trait ContextProvider: Send + Sync + 'static {
    /// Adds the keys of one request.
    ///
    /// Called before the check of a handler, for every request that has a principal. A key that cannot be told is
    /// [unknown](ContextBuilder::insert_unknown), so that what depends on it is refused; left out, it would be absent, and a
    /// `Deny` on it would not match.
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
/// Some keys are not the application's to tell, and left out: those that this crate takes from the request itself
/// (`aws:SourceIp`, `aws:SecureTransport`, `aws:UserAgent`, `aws:Referer`, `aws:RequestedRegion`, `aws:CurrentTime`,
/// `aws:EpochTime`), and tags of resources and requests, which have ways of their own. Keys of the principal
/// (`aws:Principal…`, `aws:username`, `aws:userid`, `aws:FederatedProvider`) are told by the [`Principal`](crate::Principal): one that is added
/// here is not known, and a decision that depends on it is refused.
#[derive(Debug, Default)]
pub struct ContextBuilder {
    /// By the name in lower case; `None` for what is not known.
    keys: BTreeMap<String, Option<Added>>,
    /// Whether more keys were added than there may be.
    are_too_many: bool,
}

/// What was added to a key.
#[derive(Debug, Default)]
struct Added {
    values: Vec<Value>,
    /// Whether the values came as a list, so that the key is multivalued even with one of them.
    is_list: bool,
}

/// How many keys an application may add to one request. Whoever lets a caller name them cannot be made to keep any number.
const MOST_KEYS: usize = 200;

impl ContextBuilder {
    /// Adds one value to `key`, which is single-valued unless AWS documents it as multivalued. A second one makes the key
    /// multivalued.
    ///
    /// A text of more than 2048 bytes makes the key unknown, because matching it could take long, and so do more than 50 values.
    /// With more than 200 different keys nothing is known of any key that the application could add.
    pub fn insert(&mut self, key: &str, value: impl Into<Value>) {
        self.extend(key, [value]);
    }

    /// Adds all `values` to `key`, which is multivalued even if there is one; none of them makes the key present without
    /// values.
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

    /// Says that `key` is not known, whatever values it has; one that ends in `/` stands for every key that starts so.
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

    pub(super) fn into_context(self) -> Context {
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
