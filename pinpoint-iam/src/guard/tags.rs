//! Tags: of resources, which somebody has to fetch, and of requests, which stand in the body.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use pinpoint_iam_core::internal::OneLine;

use crate::context::Context;
use crate::request::{DeferredTags, MAX_VALUE_LENGTH, MOST_VALUES};
use crate::resource::RequestedResource;

/// Where the tags of resources come from.
///
/// Asked only when a decision depends on a tag, and at most once for each request and resource. See
/// [`AuthorizerBuilder::resource_tags`](crate::AuthorizerBuilder::resource_tags).
///
/// A request waits for as long as the source does: put a timeout into the source, and answer [`TagsUnavailable`] when it is
/// over. Nothing is kept from one request to the next; a source that is slow may keep what it read.
///
/// A closure is a source:
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
    /// The tags of the resource with the ARN `arn`; none for one that does not exist.
    ///
    /// # Errors
    ///
    /// When the tags cannot be had. The request is then answered 503.
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

/// What a [`ResourceTagSource`] answers.
pub type TagsFuture<'a> = Pin<Box<dyn Future<Output = Result<Tags, TagsUnavailable>> + Send + 'a>>;

/// Why tags could not be had. For the log, on one line: control characters are escaped. The caller is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagsUnavailable(String);

impl TagsUnavailable {
    /// For the log: what went wrong.
    pub fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl fmt::Display for TagsUnavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the tags of the resource cannot be had: {}",
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
/// Keys that differ in case only are one key with several values, as they are for IAM: a condition that expects one value
/// then does not match in an `Allow`, and matches in a `Deny`. A key or value of more than 2048 bytes, of which AWS has none,
/// is not known to conditions, because matching it could take long. For the same reason nothing is known of the tags of a request with
/// more than 50 of them, as many as AWS allows, and a key with more than 50 values is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, Option<String>)>);

impl Tags {
    /// No tags.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a tag.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.push((key.into(), Some(value.into())));
    }

    /// Adds the key of a tag whose value the request does not tell, as those that are to be removed.
    pub fn insert_key(&mut self, key: impl Into<String>) {
        self.0.push((key.into(), None));
    }

    /// The number of tags.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The condition keys of a resource with these tags: `aws:ResourceTag/key`.
    pub fn for_resource(&self) -> Context {
        self.as_keys("aws:ResourceTag/")
    }

    /// The condition keys of a request with these tags: `aws:RequestTag/key`, and `aws:TagKeys` where there are any.
    pub fn for_request(&self) -> Context {
        if self.len() > MOST_VALUES {
            let mut context = Context::new();
            context.insert_unknown("aws:RequestTag/");
            context.insert_unknown("aws:TagKeys");
            return context;
        }
        let mut context = self.as_keys("aws:RequestTag/");
        if self.0.iter().any(|(key, _)| is_too_long(key)) {
            context.insert_unknown("aws:TagKeys");
        } else {
            for (key, _) in &self.0 {
                context.insert("aws:TagKeys", key.as_str());
            }
        }
        context
    }

    fn as_keys(&self, prefix: &str) -> Context {
        let mut context = Context::new();
        let folded = |key: &str| format!("{prefix}{key}").to_ascii_lowercase();
        let with_values = self.0.iter();
        let with_values = with_values.filter_map(|(key, value)| Some((key, value.as_deref()?)));
        // What other values an unknown key has would be half of the truth.
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
        context
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

/// The tags that were fetched for one request, by the ARN of their resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct FetchedTags(Vec<(String, Context)>);

impl FetchedTags {
    /// Nothing was fetched.
    pub(crate) const NONE: &'static Self = &Self(Vec::new());

    /// Whether nothing was fetched.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn insert(&mut self, arn: String, tags: &Tags) {
        self.0.push((arn, tags.for_resource()));
    }

    /// What is known of the tags of `resource`.
    pub(super) fn of(&self, resource: &RequestedResource<'_>) -> DeferredTags<'_> {
        if self.0.is_empty() {
            return DeferredTags::Unknown;
        }
        let arn = resource.to_string();
        self.0
            .iter()
            .find(|(fetched, _)| *fetched == arn)
            .map_or(DeferredTags::Unknown, |(_, tags)| DeferredTags::Known(tags))
    }
}
