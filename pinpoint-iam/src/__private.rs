//! Private API for generated code: the expansions of macros, and the modules that build scripts generate from catalogs.
//!
//! Some traits only wrap other traits to improve compiler messages: errors then use the terms of the attribute, and
//! point at the user's own tokens.

use std::any::TypeId;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use crate::action::{ActionMetadata, ActsOn, TypedAction};
use crate::context::{ConditionKey, Context, ContextLookup, Lookup};
use crate::denial::{Denied, Pending};
use crate::guard::{self, Guard, KeyedRow, Permit, Resources};
#[cfg(feature = "include-policy")]
use crate::policy::Document;
#[cfg(feature = "_web")]
use crate::principal::Principal;
use crate::resource::{AllResources, InvalidId, Resource, ResourceTypeMetadata};
use crate::source::resource_tags::Tags;
#[cfg(feature = "_web")]
use crate::web::{Caller, log_denial};

/// A value for a placeholder of an ARN, given in the attribute, that can be converted to text.
///
/// The text comes from `AsRef<str>` if the value implements it, otherwise from `Display`. Expansions call `__id` on
/// `&&Id(..)`, so that the compiler tries the traits in this order: [`IdByReference`], [`IdByDisplay`], [`NoId`]. The
/// constructor of the resource validates the text in each case.
#[derive(Debug)]
pub struct Id<'a, T: ?Sized>(pub &'a T);

/// For a value that implements `AsRef<str>`.
pub trait IdByReference<'a> {
    /// Returns the text.
    fn __id(&self) -> &'a str;
}

impl<'a, T: AsRef<str> + ?Sized> IdByReference<'a> for &Id<'a, T> {
    fn __id(&self) -> &'a str {
        self.0.as_ref()
    }
}

/// For a value that implements `Display`, such as a number.
pub trait IdByDisplay {
    /// Returns the text.
    fn __id(&self) -> String;
}

impl<T: Display + ?Sized> IdByDisplay for Id<'_, T> {
    fn __id(&self) -> String {
        self.0.to_string()
    }
}

/// For a value that cannot be converted to text. Causes the compile error.
pub trait NoId {
    /// The type of the value for which the method is called.
    type Value: ?Sized;

    /// Does not compile.
    fn __id(self) -> String
    where
        Self::Value: Text;
}

impl<T: ?Sized> NoId for Id<'_, T> {
    type Value = T;

    fn __id(self) -> String
    where
        T: Text,
    {
        self.0.text()
    }
}

/// A value that can be converted to the text of an id.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot fill a placeholder of an ARN",
    label = "expected `AsRef<str>` or `Display`",
    note = "implement `Display` or `AsRef<str>` for the type, or write a string in the attribute: `placeholder = expression`",
    note = "for an `Option`, write `placeholder = value.as_ref().ok_or_else(pinpoint_iam::Denied::unreadable)?`"
)]
pub trait Text {
    /// Returns the text.
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> Text for T {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// Borrows the receiver, which may be a resource or a reference to one.
pub trait Borrowed {
    /// Returns the reference.
    fn __borrowed(&self) -> &Self {
        self
    }
}

impl<T: ?Sized> Borrowed for T {}

/// A resource that the action `A` acts on.
///
/// `Legal` appears only in messages: the type, or the tuple of types, that the catalog lists for the action.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource of `{A}`",
    label = "expected a resource of type `{Legal}`"
)]
pub trait ResourceOf<A, Legal> {
    /// Checks the action on this resource with the guard.
    ///
    /// # Errors
    ///
    /// Those of [`Guard::check`].
    fn check(&self, guard: &Guard<'_>, action: A) -> Result<(), Denied>;

    /// Like [`check`](Self::check), but returns the proof.
    ///
    /// # Errors
    ///
    /// Those of [`Guard::authorize`].
    fn authorize(&self, guard: &Guard<'_>, action: A) -> Result<Permit<A>, Denied>;
}

#[diagnostic::do_not_recommend]
impl<A: ActsOn<R>, Legal, R: Resource> ResourceOf<A, Legal> for R {
    fn check(&self, guard: &Guard<'_>, action: A) -> Result<(), Denied> {
        guard.check(action, self)
    }

    fn authorize(&self, guard: &Guard<'_>, action: A) -> Result<Permit<A>, Denied> {
        guard.authorize(action, self)
    }
}

/// Returns the principal of the caller that a parameter identifies.
#[cfg(feature = "_web")]
pub fn caller(given: &(impl Caller + ?Sized)) -> Option<Principal> {
    given.principal()
}

/// The result of a check.
pub type Checked<T = ()> = Result<T, Denied>;

/// Checks an action on the resource constructed from ids, and fails if the ids are not valid.
///
/// # Errors
///
/// Those of [`Guard::check`], and an error if the ids are not valid.
pub fn check<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resource: Result<R, InvalidId>,
) -> Result<(), Denied> {
    guard.check(action, &resource?)
}

/// Like [`check`], but returns the proof.
///
/// # Errors
///
/// Those of [`Guard::authorize`], and an error if the ids are not valid.
pub fn authorize<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resource: Result<R, InvalidId>,
) -> Result<Permit<A>, Denied> {
    guard.authorize(action, &resource?)
}

/// Fails to compile if a macro has read another catalog than the one from which a module was generated.
///
/// # Panics
///
/// Panics with `other` if the fingerprints of the module and the file differ, and with `missing` if there is no generated
/// module. Expansions call this only in constants.
#[expect(clippy::panic, reason = "constants only: this is a compile error")]
#[track_caller]
pub const fn assert_same_catalog(
    module: Option<u64>,
    file: u64,
    other: &'static str,
    missing: &'static str,
) {
    match module {
        Some(module) => assert!(module == file, "{}", other),
        None => panic!("{}", missing),
    }
}

/// A collection in `each(..)`, which may be behind references. An iterator has to be collected.
pub trait List {
    /// Returns the collection.
    fn __list(&self) -> &Self {
        self
    }
}

impl<C: ?Sized> List for C where for<'c> &'c C: IntoIterator {}

/// Creates the resources of a list, without duplicates.
///
/// # Errors
///
/// Returns the first error of `resource`, and an error if the list is too long.
pub fn resources<'c, C, R>(
    list: &'c C,
    resource: impl Fn(<&'c C as IntoIterator>::Item) -> Result<R, Denied>,
) -> Result<Resources<R>, Denied>
where
    C: ?Sized,
    &'c C: IntoIterator,
    R: Resource,
{
    Resources::of(list, resource)
}

/// Requires that an action is allowed on all resources of a list.
///
/// # Errors
///
/// Those of [`Guard::check`].
pub fn each<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resources: Resources<R>,
) -> Result<(), Denied> {
    guard.authorize_each(action, &resources).map(drop)
}

/// Like [`each`], but returns the proofs.
///
/// # Errors
///
/// Those of [`Guard::authorize`].
pub fn authorize_each<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resources: Resources<R>,
) -> Result<Vec<Permit<A>>, Denied> {
    guard.authorize_each(action, &resources)
}

/// Returns the proofs for those resources of a list on which an action is allowed.
///
/// # Errors
///
/// Those of [`Guard::authorize`], except denials.
pub fn authorize_each_allowed<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resources: Resources<R>,
) -> Result<Vec<Permit<A>>, Denied> {
    guard.authorize_each_allowed(action, &resources)
}

/// Returns the proofs for the resources of a list that precede the first one on which an action is denied.
///
/// # Errors
///
/// Those of [`Guard::authorize`], except denials.
pub fn authorize_each_until_denied<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resources: Resources<R>,
) -> Result<Vec<Permit<A>>, Denied> {
    guard.authorize_each_until_denied(action, &resources)
}

/// The tags of a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as request tags",
    label = "expected `HashMap<String, String>`, `BTreeMap<String, String>` or an `Option` of them",
    note = "for keys without values use `Vec<String>`; for other types convert to `pinpoint_iam::guard::Tags`"
)]
pub trait RequestTags {
    /// Adds the tags to `tags`.
    fn add_to(&self, tags: &mut Tags);
}

impl RequestTags for Tags {
    fn add_to(&self, tags: &mut Tags) {
        tags.extend([self]);
    }
}

impl<T: RequestTags + ?Sized> RequestTags for &T {
    fn add_to(&self, tags: &mut Tags) {
        (**self).add_to(tags);
    }
}

impl<T: RequestTags> RequestTags for Option<T> {
    fn add_to(&self, tags: &mut Tags) {
        if let Some(some) = self {
            some.add_to(tags);
        }
    }
}

impl<K: AsRef<str>, V: AsRef<str>, S> RequestTags for HashMap<K, V, S> {
    fn add_to(&self, tags: &mut Tags) {
        for (key, value) in self {
            tags.insert(key.as_ref(), value.as_ref());
        }
    }
}

impl<K: AsRef<str>, V: AsRef<str>> RequestTags for BTreeMap<K, V> {
    fn add_to(&self, tags: &mut Tags) {
        for (key, value) in self {
            tags.insert(key.as_ref(), value.as_ref());
        }
    }
}

impl<K: AsRef<str>> RequestTags for [K] {
    fn add_to(&self, tags: &mut Tags) {
        for key in self {
            tags.insert_key(key.as_ref());
        }
    }
}

impl<K: AsRef<str>> RequestTags for Vec<K> {
    fn add_to(&self, tags: &mut Tags) {
        self.as_slice().add_to(tags);
    }
}

/// Returns the condition keys for the tags that an expression returns.
pub fn request_tags(given: &(impl RequestTags + ?Sized)) -> Context {
    let mut tags = Tags::new();
    given.add_to(&mut tags);
    tags.for_request()
}

/// Returns the condition keys for a request without tags: none.
pub fn no_request_tags() -> &'static Context {
    static NONE: Context = Context::new();
    &NONE
}

/// Whether a request has tags, given their condition keys.
pub fn has_tags(tags: &Context) -> bool {
    !matches!(
        tags.lookup(&ConditionKey::new("aws:TagKeys")),
        Lookup::Absent
    )
}

/// Requires an action and its dependent actions, and returns the proof of the action.
///
/// # Errors
///
/// Those of [`Checks::all`].
pub fn with_dependents<T>(
    action: impl FnOnce() -> Result<T, Denied>,
    dependents: &[&dyn Fn() -> Result<(), Denied>],
) -> Result<T, Denied> {
    let both = (action, || guard::all_of(dependents));
    both.all().map(|(proof, ())| proof)
}

/// Checks a dependent action on the resource that `action` creates.
///
/// # Errors
///
/// Those of [`Guard::check`].
pub fn check_created<D: TypedAction, A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    _: D,
    created: &'static ResourceTypeMetadata,
    _: A,
    resource: &R,
) -> Result<(), Denied> {
    guard.check_created(D::METADATA, created, A::METADATA, resource)
}

/// Checks a dependent action on the resource that `action` creates, which shares no ids with the resource of `action`.
///
/// # Errors
///
/// Those of [`Guard::check`].
pub fn check_created_anew<D: TypedAction, A: TypedAction>(
    guard: &Guard<'_>,
    _: D,
    created: &'static ResourceTypeMetadata,
    _: A,
) -> Result<(), Denied> {
    guard.check_created(D::METADATA, created, A::METADATA, &AllResources)
}

/// The ARN that an expression returns for a dependent action, if the request names a resource.
#[derive(Debug)]
pub struct NamedArn(Option<String>);

/// Returns the ARN for a dependent action.
pub fn named_arn(given: &(impl ArnText + ?Sized)) -> NamedArn {
    NamedArn(given.arn_text().map(str::to_owned))
}

/// Checks a dependent action of a service without a catalog. It is not needed if the request names no resource.
///
/// # Errors
///
/// Those of [`Guard::check`], and an error if the text is not an ARN.
pub fn check_outside(
    guard: &Guard<'_>,
    action: &'static ActionMetadata,
    NamedArn(arn): &NamedArn,
) -> Result<(), Denied> {
    match arn {
        Some(arn) => guard.check_outside(action, arn),
        None => Ok(()),
    }
}

/// A whole ARN, given in the attribute for a dependent action of a service without a catalog.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the text of an ARN",
    label = "expected a string, or an `Option` of one",
    note = "`None` means that the request names no resource, so that the action is not needed"
)]
pub trait ArnText {
    /// Returns the text; `None` if the request names no resource.
    fn arn_text(&self) -> Option<&str>;
}

impl ArnText for str {
    fn arn_text(&self) -> Option<&str> {
        Some(self)
    }
}

impl ArnText for String {
    fn arn_text(&self) -> Option<&str> {
        Some(self)
    }
}

impl<T: ArnText + ?Sized> ArnText for &T {
    fn arn_text(&self) -> Option<&str> {
        (**self).arn_text()
    }
}

impl<T: ArnText + ?Sized> ArnText for Box<T> {
    fn arn_text(&self) -> Option<&str> {
        (**self).arn_text()
    }
}

impl<T: ArnText + ?Sized + ToOwned> ArnText for Cow<'_, T> {
    fn arn_text(&self) -> Option<&str> {
        (**self).arn_text()
    }
}

impl<T: ArnText> ArnText for Option<T> {
    fn arn_text(&self) -> Option<&str> {
        self.as_ref()?.arn_text()
    }
}

/// The keys of the row of a handler's own resource.
///
/// # Errors
///
/// Fails if the ids of the row are not valid.
pub fn own_row<R: KeyedRow + ?Sized, A: ActsOn<R::Resource>>(
    row: &R,
    _: A,
) -> Result<OwnRow, Denied> {
    let row = OwnRow::of(row)?;
    row.ok_or_else(|| Denied::misconfigured("the row has no resource"))
}

/// The keys of a request that the attribute supplies.
pub fn handler_keys(
    write: impl FnOnce(&mut KeyWriter) -> Result<(), Denied>,
) -> Result<Context, Denied> {
    let mut writer = KeyWriter::default();
    write(&mut writer)?;
    Ok(writer.into_context())
}

/// The types of condition keys in the catalog.
pub mod key_types {
    /// `String`, `ARN` and `Binary`.
    #[derive(Debug)]
    pub enum String {}
    /// `Numeric`.
    #[derive(Debug)]
    pub enum Numeric {}
    /// `Bool`.
    #[derive(Debug)]
    pub enum Bool {}
    /// `Date`.
    #[derive(Debug)]
    pub enum Date {}
    /// `IPAddress`.
    #[derive(Debug)]
    pub enum IpAddress {}
    /// A list.
    #[derive(Debug)]
    pub struct ListOf<T>(std::marker::PhantomData<T>);
}

/// A value for a condition key of the type `T`, given in the attribute.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of a condition key of type `{T}`",
    label = "expected a value of type `{T}`, or an `Option` of one",
    note = "`String` takes strings, `Numeric` integers, `Bool` a `bool`, `Date` a `SystemTime`, `IpAddress` an `IpAddr`, and `ListOf` a list"
)]
pub trait KeyValue<T> {
    /// Adds the value to `keys`.
    fn write(&self, name: &str, keys: &mut KeyWriter);
}

macro_rules! key_values {
    ($($key_type:ty: $($value:ty),+;)+) => {
        $($(
            impl KeyValue<$key_type> for $value {
                fn write(&self, name: &str, keys: &mut KeyWriter) {
                    keys.value(name, Some(self.clone()));
                }
            }

            impl KeyValue<key_types::ListOf<$key_type>> for [$value] {
                fn write(&self, name: &str, keys: &mut KeyWriter) {
                    keys.list(name, Some(self.to_vec()));
                }
            }
        )+)+
    };
}

key_values! {
    key_types::String: String;
    key_types::Numeric: i64, i32, u32;
    key_types::Bool: bool;
    key_types::Date: std::time::SystemTime;
    key_types::IpAddress: std::net::IpAddr, std::net::Ipv4Addr, std::net::Ipv6Addr;
}

impl<T, V: KeyValue<T> + ?Sized> KeyValue<T> for &V {
    fn write(&self, name: &str, keys: &mut KeyWriter) {
        (**self).write(name, keys);
    }
}

impl KeyValue<key_types::ListOf<key_types::String>> for [&str] {
    fn write(&self, name: &str, keys: &mut KeyWriter) {
        keys.list(name, Some(self.to_vec()));
    }
}

impl KeyValue<key_types::String> for str {
    fn write(&self, name: &str, keys: &mut KeyWriter) {
        keys.value(name, Some(self));
    }
}

impl<T, V: KeyValue<T>> KeyValue<T> for Option<V> {
    fn write(&self, name: &str, keys: &mut KeyWriter) {
        if let Some(value) = self {
            value.write(name, keys);
        }
    }
}

impl<T, V> KeyValue<key_types::ListOf<T>> for Vec<V>
where
    [V]: KeyValue<key_types::ListOf<T>>,
{
    fn write(&self, name: &str, keys: &mut KeyWriter) {
        self.as_slice().write(name, keys);
    }
}

/// Adds a value that an expression of the attribute returns.
pub fn write_key<T, V: KeyValue<T> + ?Sized>(value: &V, name: &str, keys: &mut KeyWriter) {
    value.write(name, keys);
}

/// Returns the guard that an expression provides.
pub fn guard(given: &(impl AsGuard + ?Sized)) -> Guard<'_> {
    given.guard()
}

/// The return type of a function whose caller may be denied.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned if the request is denied",
    label = "expected `Result<_, E>`, where `E: From<Denied>`",
    note = "the check runs before the body of the function and returns its error"
)]
pub trait DenialOutput {
    /// Converts the denial.
    fn denial(denied: Denied) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Denied>> DenialOutput for Result<T, E> {
    fn denial(denied: Denied) -> Self {
        Err(denied.into())
    }
}

/// Logs the denial, and returns it from a function.
pub fn deny<R: DenialOutput>(denied: Denied, function: &str) -> R {
    #[cfg(feature = "_web")]
    log_denial(&denied, None, function);
    #[cfg(not(feature = "_web"))]
    let _ = function;
    R::denial(denied)
}

/// Keeps only definite denials from a check before the body. The rest is decided after the body.
///
/// # Errors
///
/// Those of `outcome`, unless it waits for the body.
pub fn before_body<T>(outcome: Result<T, Denied>) -> Result<(), Denied> {
    match outcome {
        Err(denied) if denied.pending() != Some(&Pending::Body) => Err(denied),
        _ => {
            #[cfg(any(feature = "decision-log", feature = "metrics"))]
            crate::repetition::announce();
            Ok(())
        }
    }
}

/// Checks an action on a resource that only the body identifies.
///
/// # Errors
///
/// Those of `Guard::precheck`.
pub fn precheck<A: TypedAction>(guard: &Guard<'_>, action: A) -> Result<(), Denied> {
    guard.precheck(action)
}

/// Runs a check in an `async` function, which can wait for keys of resources.
///
/// # Errors
///
/// Those of `check`.
pub async fn check_with_keys<T>(
    guard: &Guard<'_>,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Result<T, Denied> {
    guard::check_with_keys(guard.borrowed(), &mut guard.fetched().clone(), check).await
}

/// Passes tokens only to rust-analyzer, which sets `rust_analyzer`.
///
/// This macro is not part of the expansions, because rustc's lint for unexpected `cfg` names would warn in the user's
/// crate.
#[cfg(rust_analyzer)]
#[doc(hidden)]
#[macro_export]
macro_rules! __for_completion {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Passes tokens only to rust-analyzer.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
#[macro_export]
macro_rules! __for_completion {
    ($($tokens:tt)*) => {};
}

/// The items that `#[requires]` adds next to a handler: its type, with the visibility in braces, and the
/// implementations.
///
/// They are not allowed in an `impl` or `trait`, and the attribute cannot detect that it is in one. The compiler then
/// names this macro in its error, because the item comes from it.
#[doc(hidden)]
#[macro_export]
macro_rules! __requires_without_guard_is_for_free_functions {
    ($(#[$attribute:meta])* {$($visibility:tt)*} $name:ident $($implementations:tt)*) => {
        $(#[$attribute])* $($visibility)* struct $name {}

        $($implementations)*
    };
}

pub use crate::__for_completion as for_completion;
pub use crate::__requires_without_guard_is_for_free_functions as requires_without_guard_is_for_free_functions;
pub use crate::guard::Checks;
pub use crate::guard::as_guard::AsGuard;
pub use crate::source::resource_keys::{KeyWriter, OwnRow};
pub use pinpoint_iam_core::__private::{
    Generated, GuardedAccess, PublicAccess, Seal, assert_generated_by, serde,
};

/// Parses the document of an `include_policy!`, whose text the macro has checked.
///
/// This cannot fail, because the macro has parsed the text with the same parser. As a fallback, an invalid text becomes
/// a document that denies everything.
#[cfg(feature = "include-policy")]
pub fn document(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|_| Document::deny_everything())
}

#[cfg(all(test, feature = "include-policy"))]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_document_after_all_denies_everything() {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        assert_eq!(document(text).to_string(), text);
        for text in ["", "{", &text.replace("Allow", "allow")] {
            assert_eq!(document(text), Document::deny_everything(), "{text}");
        }
    }
}

/// Whether `F` is the type of `function`.
pub fn is_function<F: 'static, G: 'static>(_: &G) -> bool {
    TypeId::of::<F>() == TypeId::of::<G>()
}
