//! Tags of resources, which a source has to fetch, and of requests, which the body contains.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use pinpoint_iam_core::__private::OneLine;

use crate::context::Context;
use crate::request::{MAX_VALUE_LENGTH, MOST_VALUES};

/// A source of tags of resources.
///
/// Called only if a decision depends on a tag, and at most once for each request and resource. See
/// [`AuthorizerBuilder::resource_tags`](crate::AuthorizerBuilder::resource_tags).
///
/// A request waits as long as the source does. Use a timeout in the source, and return [`TagsUnavailable`] when it
/// expires. Tags are not cached between requests; a slow source may use a cache of its own.
///
/// Closures implement this trait:
///
/// ```
/// use pinpoint_iam::Authorizer;
/// use pinpoint_iam::guard::{Tags, TagsUnavailable};
///
/// # async fn read(arn: &str) -> Result<Vec<(String, String)>, std::io::Error> { Ok(Vec::new()) }
/// let builder = Authorizer::builder().resource_tags(|arn: String| async move {
///     let rows = read(&arn).await.map_err(TagsUnavailable::new)?;
///     Ok(rows.into_iter().collect::<Tags>())
/// });
/// # drop(builder);
/// ```
pub trait ResourceTagSource: Send + Sync + 'static {
    /// Returns the tags of the resource with the ARN `arn`. Returns no tags for a resource that does not exist.
    ///
    /// # Errors
    ///
    /// Fails if the tags are unavailable. The request then gets 503.
    fn tags<'a>(&'a self, arn: &'a str) -> TagsFuture<'a>;
}

impl<F, T> ResourceTagSource for F
where
    F: Fn(String) -> T + Send + Sync + 'static,
    T: Future<Output = Result<Tags, TagsUnavailable>> + Send + 'static,
{
    fn tags<'a>(&'a self, arn: &'a str) -> TagsFuture<'a> {
        Box::pin(self(arn.to_owned()))
    }
}

/// The future that a [`ResourceTagSource`] returns.
pub type TagsFuture<'a> = Pin<Box<dyn Future<Output = Result<Tags, TagsUnavailable>> + Send + 'a>>;

/// The reason why tags are unavailable, for the log: one line, with control characters escaped. The caller does not see
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagsUnavailable(String);

impl TagsUnavailable {
    /// Creates the error with a message for the log.
    pub fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl fmt::Display for TagsUnavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the tags of the resource are unavailable: {}",
            OneLine(&self.0)
        )
    }
}

impl std::error::Error for TagsUnavailable {}

/// Tags of a resource or of a request.
///
/// ```
/// use pinpoint_iam::guard::Tags;
///
/// let tags: Tags = [("team", "red"), ("stage", "live")].into_iter().collect();
/// assert_eq!(tags.len(), 2);
/// ```
///
/// In IAM, keys that differ only in case are one key with several values. A condition that expects a single value then
/// does not match in an `Allow`, and matches in a `Deny`. Some tags are unknown to conditions, because matching them
/// could take long: keys and values of more than 2048 bytes, which AWS does not allow; all tags of a request with more
/// than 50 tags, the limit of AWS; and keys with more than 50 values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, Option<String>)>);

impl Tags {
    /// Creates an empty set of tags.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a tag.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.push((key.into(), Some(value.into())));
    }

    /// Adds the key of a tag whose value is not in the request, such as a tag to be removed.
    pub fn insert_key(&mut self, key: impl Into<String>) {
        self.0.push((key.into(), None));
    }

    /// Returns the number of tags.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no tags.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the condition keys of a resource with these tags: `aws:ResourceTag/key`.
    pub fn for_resource(&self) -> Context {
        let mut context = Context::new();
        self.write_resource_keys(&mut context);
        context
    }

    /// Adds the condition keys of a resource with these tags to `context`.
    pub(crate) fn write_resource_keys(&self, context: &mut Context) {
        self.write_keys("aws:ResourceTag/", context);
    }

    /// Returns the condition keys of a request with these tags: `aws:RequestTag/key`, and `aws:TagKeys` if there are
    /// any tags.
    pub fn for_request(&self) -> Context {
        if self.len() > MOST_VALUES {
            let mut context = Context::new();
            context.insert_unknown("aws:RequestTag/");
            context.insert_unknown("aws:TagKeys");
            return context;
        }
        let mut context = Context::new();
        self.write_keys("aws:RequestTag/", &mut context);
        if self.0.iter().any(|(key, _)| is_too_long(key)) {
            context.insert_unknown("aws:TagKeys");
        } else {
            for (key, _) in &self.0 {
                context.insert("aws:TagKeys", key.as_str());
            }
        }
        context
    }

    fn write_keys(&self, prefix: &str, context: &mut Context) {
        let folded = |key: &str| format!("{prefix}{key}").to_ascii_lowercase();
        let with_values = self.0.iter();
        let with_values = with_values.filter_map(|(key, value)| Some((key, value.as_deref()?)));
        // If one value of a key is unknown, the key is unknown, because its other values would be incomplete.
        let mut by_key: BTreeMap<String, Option<Vec<&str>>> = BTreeMap::new();
        for (key, value) in with_values {
            let known = by_key
                .entry(folded(key))
                .or_insert_with(|| Some(Vec::new()));
            match known {
                Some(values) if values.len() < MOST_VALUES && !is_too_long(value) => {
                    values.push(value);
                }
                _ => *known = None,
            }
        }
        for (key, values) in by_key {
            match values {
                Some(values) => {
                    for value in values {
                        context.insert(&key, value);
                    }
                }
                None => context.insert_unknown(&key),
            }
        }
    }
}

const fn is_too_long(text: &str) -> bool {
    text.len() > MAX_VALUE_LENGTH
}

impl<'a> Extend<&'a Self> for Tags {
    fn extend<I: IntoIterator<Item = &'a Self>>(&mut self, several: I) {
        for tags in several {
            self.0.extend(tags.0.iter().cloned());
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(tags: I) -> Self {
        let tags = tags.into_iter();
        Self(
            tags.map(|(key, value)| (key.into(), Some(value.into())))
                .collect(),
        )
    }
}
