//! Condition keys of resources, which sources supply.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use pinpoint_iam_core::__private::{OneLine, Seal};

use crate::arn::{Arn, Scope};
use crate::context::{Context, Value, is_named};
use crate::request::{DeferredKeys, MAX_VALUE_LENGTH, MOST_VALUES};
use crate::resource::{InvalidId, RequestedResource, Resource, ResourcePart, ResourceTypeMetadata};
use crate::source::resource_tags::{ResourceTagSource, Tags, TagsUnavailable};

/// A resource type with condition keys of its own.
///
/// Implemented by generated code for the resource types for which the catalog lists keys. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "the resource type `{Self}` has no condition keys",
    label = "its keys cannot be supplied",
    note = "the catalog lists the keys of a resource type: `condition-keys = [..]`"
)]
pub trait KeyedResource: Resource {
    /// The struct of the resource type's keys, such as `DocumentKeys`.
    type Keys: ResourceKeys<Resource = Self>;

    /// Only generated code implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;
}

/// The condition keys of one resource.
///
/// Implemented by generated structs with one field for each key that the catalog lists for the resource type. They do
/// not implement `Default`, so if a key is added to the catalog, code does not compile until it supplies the key.
pub trait ResourceKeys: fmt::Debug + Send + Sync + Sized + 'static {
    /// The resource type.
    type Resource: KeyedResource<Keys = Self>;

    /// Only generated code implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Adds every key to `keys`.
    #[doc(hidden)]
    fn write(self, keys: &mut KeyWriter);
}

/// A source of the condition keys of one resource type.
///
/// Called only if a decision depends on one of the keys, and at most once for each request and resource. See
/// [`AuthorizerBuilder::resource_key_source`](crate::AuthorizerBuilder::resource_key_source); closures are passed to
/// [`resource_keys`](crate::AuthorizerBuilder::resource_keys) and
/// [`resource_keys_batch`](crate::AuthorizerBuilder::resource_keys_batch).
///
/// A request waits as long as the source does. Use a timeout in the source, and return [`KeysUnavailable`] when it
/// expires. Keys are not cached between requests.
pub trait ResourceKeySource<R: KeyedResource>: Send + Sync + 'static {
    /// Returns the keys of `resources` in `scope`, each with its resource, in any order.
    ///
    /// The keys of a resource that the result does not contain, or contains more than once, are unknown, so that requests
    /// that depend on them are denied.
    ///
    /// # Errors
    ///
    /// Fails if the keys are unavailable. The request then gets 503.
    fn keys<'a>(&'a self, resources: Vec<R>, scope: &'a Scope) -> KeysFuture<'a, R>;
}

/// The future that a [`ResourceKeySource`] returns.
pub type KeysFuture<'a, R> = Pin<
    Box<
        dyn Future<Output = Result<Vec<(R, <R as KeyedResource>::Keys)>, KeysUnavailable>>
            + Send
            + 'a,
    >,
>;

/// The reason why the keys of a resource are unavailable, for the log: one line, with control characters escaped. The
/// caller does not see it.
///
/// Every error converts to it, so that sources can use `?`. Therefore the type does not implement
/// [`Error`](std::error::Error) itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysUnavailable(String);

impl KeysUnavailable {
    /// Creates the error with a message for the log.
    pub fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl<E: std::error::Error> From<E> for KeysUnavailable {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for KeysUnavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the condition keys of the resource are unavailable: {}",
            OneLine(&self.0)
        )
    }
}

/// Converts the fields of generated structs to condition keys.
///
/// A text of more than 2048 bytes makes its key unknown, because matching it could take long. More than 50 values also
/// make it unknown.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct KeyWriter {
    context: Context,
    /// Whether a name does not belong to the key for which it was given.
    is_invalid: bool,
}

impl KeyWriter {
    /// Adds a key with one value; `None` if it is absent.
    pub fn value<V: Into<Value>>(&mut self, key: &str, value: Option<V>) {
        match value.map(Into::into) {
            None => {}
            Some(value) if is_too_long(&value) => self.context.insert_unknown(key),
            Some(value) => self.context.insert(key, value),
        }
    }

    /// Adds a key with a list of values; `None` if it is absent.
    pub fn list<V: Into<Value>>(&mut self, key: &str, values: Option<Vec<V>>) {
        let Some(values) = values else { return };
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if values.len() > MOST_VALUES || values.iter().any(is_too_long) {
            self.context.insert_unknown(key);
        } else {
            self.context.insert_all(key, values);
        }
    }

    /// Returns the keys.
    pub(crate) fn into_context(self) -> Context {
        // Otherwise, a misspelled name would make the intended key absent.
        match self.is_invalid {
            true => Context::unknown(),
            false => self.context,
        }
    }

    /// Adds the tags of the resource.
    pub fn tags(&mut self, tags: &Tags) {
        tags.write_resource_keys(&mut self.context);
    }

    /// Adds keys with the complete names of a key with placeholders, each with one value.
    pub fn filled_values<V: Into<Value>>(&mut self, key: &str, values: Vec<(String, V)>) {
        for (name, value) in values {
            self.check_name(key, &name);
            self.value(&name, Some(value));
        }
    }

    /// Adds keys with the complete names of a key with placeholders, each with a list of values.
    pub fn filled_lists<V: Into<Value>>(&mut self, key: &str, lists: Vec<(String, Vec<V>)>) {
        for (name, values) in lists {
            self.check_name(key, &name);
            self.list(&name, Some(values));
        }
    }

    fn check_name(&mut self, key: &str, name: &str) {
        self.is_invalid |= !is_named(key, &name.to_ascii_lowercase());
    }
}

fn is_too_long(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.len() > MAX_VALUE_LENGTH)
}

/// Returns the condition keys of a resource.
fn context_of(keys: impl ResourceKeys) -> Context {
    let mut writer = KeyWriter::default();
    keys.write(&mut writer);
    writer.into_context()
}

/// A source for one resource type, with the type erased.
trait ErasedSource: Send + Sync {
    /// Returns the keys of the resources with these ARNs.
    fn fetch<'a>(&'a self, arns: &'a [&'a str], scope: &'a Scope) -> ErasedFuture<'a>;
}

type ErasedFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<(String, Context)>, KeysUnavailable>> + Send + 'a>>;

struct Typed<R, S>(S, std::marker::PhantomData<fn() -> R>);

impl<R: KeyedResource, S: ResourceKeySource<R>> ErasedSource for Typed<R, S> {
    fn fetch<'a>(&'a self, arns: &'a [&'a str], scope: &'a Scope) -> ErasedFuture<'a> {
        let resource = |arn: &&str| R::from_arn(Arn::parse(arn).ok()?, scope).ok();
        let resources: Vec<R> = arns.iter().filter_map(resource).collect();
        let keys = self.0.keys(resources, scope);
        Box::pin(async move {
            let rows = keys.await?.into_iter();
            Ok(rows
                .map(|(resource, keys)| (resource.arn(scope), context_of(keys)))
                .collect())
        })
    }
}

/// A closure that returns the keys of one resource.
pub(crate) struct OneByOne<F>(pub(crate) F);

impl<R, F, T> ResourceKeySource<R> for OneByOne<F>
where
    R: KeyedResource,
    F: Fn(R) -> T + Send + Sync + 'static,
    T: Future<Output = Result<R::Keys, KeysUnavailable>> + Send + 'static,
{
    fn keys<'a>(&'a self, resources: Vec<R>, _: &'a Scope) -> KeysFuture<'a, R> {
        Box::pin(async move {
            let mut rows = Vec::with_capacity(resources.len());
            for resource in resources {
                let keys = self.0(resource.clone()).await?;
                rows.push((resource, keys));
            }
            Ok(rows)
        })
    }
}

/// A closure that returns the keys of several resources.
pub(crate) struct Batch<F>(pub(crate) F);

impl<R, F, T, I> ResourceKeySource<R> for Batch<F>
where
    R: KeyedResource,
    F: Fn(Vec<R>) -> T + Send + Sync + 'static,
    T: Future<Output = Result<I, KeysUnavailable>> + Send + 'static,
    I: IntoIterator<Item = (R, R::Keys)>,
{
    fn keys<'a>(&'a self, resources: Vec<R>, _: &'a Scope) -> KeysFuture<'a, R> {
        let rows = self.0(resources);
        Box::pin(async move { Ok(rows.await?.into_iter().collect()) })
    }
}

/// A value that contains the condition keys of one resource, such as the row of a database that a handler has loaded.
///
/// `#[requires(GetDocument, keys = document)]` takes the keys from the parameter `document`, so that nothing is read
/// twice:
///
/// ```
/// use pinpoint_iam::guard::{KeyedRow, Tags};
/// use pinpoint_iam::mobiletargeting::{App, AppKeys};
/// use pinpoint_iam::resource::InvalidId;
///
/// struct Row {
///     id: String,
///     team: String,
/// }
///
/// impl KeyedRow for Row {
///     type Resource = App;
///
///     fn resource(&self) -> Result<App, InvalidId> {
///         App::new(&self.id)
///     }
///
///     fn keys(&self) -> AppKeys {
///         AppKeys { tags: [("team", self.team.as_str())].into_iter().collect() }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not contain the condition keys of a resource",
    label = "expected a type that implements `KeyedRow`",
    note = "implement `pinpoint_iam::guard::KeyedRow`, or supply the keys with `AuthorizerBuilder::resource_keys`"
)]
pub trait KeyedRow {
    /// The resource type.
    type Resource: KeyedResource;

    /// Returns the resource to which the keys belong. If the check is about another one, the response is 500.
    ///
    /// # Errors
    ///
    /// Fails if the ids are not valid in the resource's ARN.
    fn resource(&self) -> Result<Self::Resource, InvalidId>;

    /// Returns the keys.
    fn keys(&self) -> <Self::Resource as KeyedResource>::Keys;
}

impl<T: KeyedRow + ?Sized> KeyedRow for Arc<T> {
    type Resource = T::Resource;

    fn resource(&self) -> Result<Self::Resource, InvalidId> {
        (**self).resource()
    }

    fn keys(&self) -> <Self::Resource as KeyedResource>::Keys {
        (**self).keys()
    }
}

impl<T: KeyedRow + ?Sized> KeyedRow for &T {
    type Resource = T::Resource;

    fn resource(&self) -> Result<Self::Resource, InvalidId> {
        (**self).resource()
    }

    fn keys(&self) -> <Self::Resource as KeyedResource>::Keys {
        (**self).keys()
    }
}

/// The keys of a [`KeyedRow`].
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct OwnRow {
    pub(crate) resource_type: &'static ResourceTypeMetadata,
    pub(crate) part: ResourcePart,
    pub(crate) keys: Context,
}

impl OwnRow {
    /// Reads the keys of a row.
    pub(crate) fn of<R: KeyedRow + ?Sized>(row: &R) -> Result<Option<Self>, InvalidId> {
        let resource = row.resource()?;
        let typed = R::Resource::TYPE.zip(resource.part());
        Ok(typed.map(|(resource_type, part)| Self {
            resource_type,
            part: part.clone(),
            keys: context_of(row.keys()),
        }))
    }

    /// Whether the row is that of `resource`.
    pub(crate) fn is_of(&self, resource: &RequestedResource<'_>, scope: &Scope) -> bool {
        self.resource_type.requested(&self.part, scope) == *resource
    }
}

/// Where the value of a resource's key comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// The source of tags.
    Tags,
    /// The source of the keys of this resource type.
    Type(&'static ResourceTypeMetadata),
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tags, Self::Tags) => true,
            (Self::Type(one), Self::Type(other)) => std::ptr::eq(*one, *other),
            _ => false,
        }
    }
}

impl Eq for Origin {}

/// Keys of one resource that a check needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NeededKeys {
    pub(crate) origin: Origin,
    pub(crate) arn: String,
}

/// The error of a source of keys.
#[derive(Clone, Debug)]
pub(crate) enum SourceFailure {
    Tags(TagsUnavailable),
    Keys(KeysUnavailable),
}

/// The sources of the keys of resources.
#[derive(Default)]
pub(crate) struct ResourceKeySources {
    tags: Option<Box<dyn ResourceTagSource>>,
    types: Vec<(&'static ResourceTypeMetadata, Box<dyn ErasedSource>)>,
}

impl ResourceKeySources {
    pub(crate) fn set_tags(&mut self, source: impl ResourceTagSource) {
        self.tags = Some(Box::new(source));
    }

    /// Adds the source of the keys of `R`, and replaces an earlier one.
    pub(crate) fn set<R: KeyedResource>(&mut self, source: impl ResourceKeySource<R>) {
        // INVARIANT: a resource type with keys has metadata.
        let Some(resource_type) = R::TYPE else { return };
        self.types
            .retain(|(other, _)| !std::ptr::eq(*other, resource_type));
        let source = Typed(source, std::marker::PhantomData);
        self.types.push((resource_type, Box::new(source)));
    }

    /// The resource types whose keys have a source.
    pub(crate) fn resource_types(&self) -> impl Iterator<Item = &'static ResourceTypeMetadata> {
        self.types.iter().map(|(resource_type, _)| *resource_type)
    }

    /// Whether there is a source.
    pub(crate) fn has(&self, origin: Origin) -> bool {
        match origin {
            Origin::Tags => self.tags.is_some(),
            Origin::Type(wanted) => self.source(wanted).is_some(),
        }
    }

    fn source(&self, wanted: &'static ResourceTypeMetadata) -> Option<&dyn ErasedSource> {
        let mut types = self.types.iter();
        let (_, source) = types.find(|(resource_type, _)| std::ptr::eq(*resource_type, wanted))?;
        Some(&**source)
    }

    /// Fetches the keys of several resources, which must have the same origin.
    ///
    /// # Errors
    ///
    /// Fails if the source fails, and if it omits or repeats a resource: a row that is missing is not a resource without
    /// keys, and of two rows, such as those of a join, neither is known to be the right one.
    pub(crate) async fn fetch(
        &self,
        origin: Origin,
        arns: &[&str],
        scope: &Scope,
        fetched: &mut FetchedKeys,
    ) -> Result<(), SourceFailure> {
        match (origin, &self.tags) {
            (Origin::Tags, Some(source)) => {
                for arn in arns {
                    let tags = source.tags(arn).await.map_err(SourceFailure::Tags)?;
                    fetched.insert(origin, (*arn).to_owned(), tags.for_resource());
                }
            }
            (Origin::Tags, None) => {}
            (Origin::Type(resource_type), _) => {
                let Some(source) = self.source(resource_type) else {
                    return Ok(());
                };
                let rows = source.fetch(arns, scope);
                let rows = rows.await.map_err(SourceFailure::Keys)?;
                let mut by_arn: BTreeMap<String, Context> = BTreeMap::new();
                for (arn, keys) in rows {
                    if by_arn.insert(arn.clone(), keys).is_some() && arns.contains(&&*arn) {
                        return Err(incomplete("several rows", &arn));
                    }
                }
                for arn in arns {
                    let keys = by_arn.remove(*arn);
                    let keys = keys.ok_or_else(|| incomplete("no row", arn))?;
                    fetched.insert(origin, (*arn).to_owned(), keys);
                }
            }
        }
        Ok(())
    }
}

/// The error of a source that returned another number of rows than one.
fn incomplete(rows: &str, arn: &str) -> SourceFailure {
    let error = format!("the source returned {rows} for `{arn}`");
    SourceFailure::Keys(KeysUnavailable::new(error))
}

/// The keys of resources that were fetched for one request, by the ARN of the resource. Most requests fetch none, and move
/// this value often, so it is small without any.
#[derive(Clone, Debug, Default)]
pub(crate) struct FetchedKeys(Option<Box<KeysByArn>>);

type KeysByArn = BTreeMap<String, Vec<(Origin, Context)>>;

impl FetchedKeys {
    pub(crate) const NONE: &'static Self = &Self(None);

    /// Whether no keys were fetched.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds the keys of a resource.
    pub(crate) fn insert(&mut self, origin: Origin, arn: String, keys: Context) {
        let by_arn = self.0.get_or_insert_default();
        by_arn.entry(arn).or_default().push((origin, keys));
    }

    /// Adds what other checks have fetched.
    #[cfg(feature = "_web")]
    pub(crate) fn extend(&mut self, others: Self) {
        for (arn, keys) in others.0.into_iter().flat_map(|by_arn| *by_arn) {
            for (origin, keys) in keys {
                if self.find(origin, &arn).is_none() {
                    self.insert(origin, arn.clone(), keys);
                }
            }
        }
    }

    /// Returns the keys, if they were fetched.
    #[cfg(feature = "_web")]
    pub(crate) fn get(&self, needed: &NeededKeys) -> Option<&Context> {
        self.find(needed.origin, &needed.arn)
    }

    fn find(&self, origin: Origin, arn: &str) -> Option<&Context> {
        let mut keys = self.0.as_ref()?.get(arn)?.iter();
        let (_, keys) = keys.find(|(from, _)| *from == origin)?;
        Some(keys)
    }

    /// Whether the keys were fetched.
    pub(crate) fn contains(&self, needed: &NeededKeys) -> bool {
        self.find(needed.origin, &needed.arn).is_some()
    }

    /// Returns what was fetched about `resource`.
    pub(crate) fn about(&self, resource: &RequestedResource<'_>) -> FetchedAbout<'_> {
        let Some(by_arn) = &self.0 else {
            return FetchedAbout(&[]);
        };
        // Most ARNs fit, so that the memory does not grow.
        let mut arn = String::with_capacity(128);
        let _ = write!(arn, "{resource}");
        FetchedAbout(by_arn.get(&arn).map_or(&[], Vec::as_slice))
    }
}

/// The keys of one resource that were fetched for one request.
#[derive(Clone, Copy)]
pub(crate) struct FetchedAbout<'f>(&'f [(Origin, Context)]);

impl<'f> FetchedAbout<'f> {
    /// Returns the keys with this origin.
    pub(crate) fn of(self, origin: Origin) -> DeferredKeys<'f> {
        let mut keys = self.0.iter();
        let found = keys.find(|(from, _)| *from == origin);
        found.map_or(DeferredKeys::Unknown, |(_, keys)| DeferredKeys::Known(keys))
    }
}
