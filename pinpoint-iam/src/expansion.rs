//! What the expansions of macros call, and nobody else.
//!
//! The traits stand in front of others for the sake of the message: what does not fit is then reported in the words of
//! the attribute, at the user's own tokens.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use crate::action::{ActsOn, TypedAction};
use crate::context::Context;
use crate::guard::{self, Denied, Guard, Pending, Permit, Tags};
#[cfg(feature = "include-policy")]
use crate::policy::Document;
use crate::resource::{InvalidId, Resource};

/// A value that fills a placeholder of an ARN: what the attribute is given for it, as a text.
///
/// The text is `AsRef<str>`'s where the value has it, and `Display`'s otherwise. Expansions call `__id` on `&&Id(..)`, so
/// that the compiler tries the traits in this order: [`IdByReference`], [`IdByDisplay`], [`NoId`]. The
/// constructor of the resource checks the text, whichever it is.
#[derive(Debug)]
pub struct Id<'a, T: ?Sized>(pub &'a T);

/// Of a value that is a text.
pub trait IdByReference<'a> {
    /// The text.
    fn __id(&self) -> &'a str;
}

impl<'a, T: AsRef<str> + ?Sized> IdByReference<'a> for &Id<'a, T> {
    fn __id(&self) -> &'a str {
        self.0.as_ref()
    }
}

/// Of a value that is written as a text, such as a number.
pub trait IdByDisplay {
    /// The text.
    fn __id(&self) -> String;
}

impl<T: Display + ?Sized> IdByDisplay for Id<'_, T> {
    fn __id(&self) -> String {
        self.0.to_string()
    }
}

/// Of a value that cannot be written as a text: the error of the compiler.
pub trait NoId {
    /// The text of a value of the type that the method is called for.
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

/// A value that can be written as the text of an id.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot fill a placeholder of an ARN",
    label = "expected a text, or a value with `Display` such as a number",
    note = "implement `Display` or `AsRef<str>` for it, or give a text in the attribute, as in `placeholder = expression`",
    note = "where it is an `Option`, write `placeholder = value.as_ref().ok_or_else(pinpoint_iam::Denied::unreadable)?`"
)]
pub trait Text {
    /// The text.
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> Text for T {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// Makes a reference of whatever stands before the dot: of a resource, and of a reference to one.
pub trait Borrowed {
    /// The reference.
    fn __borrowed(&self) -> &Self {
        self
    }
}

impl<T: ?Sized> Borrowed for T {}

/// A resource that the action `A` acts on.
///
/// `Legal` is there to be read: it is the type, or the tuple of types, that the catalog lists for the action.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit `{A}`",
    label = "the action acts on `{Legal}`"
)]
pub trait ResourceOf<A, Legal> {
    /// Asks the guard about the action on this resource.
    ///
    /// # Errors
    ///
    /// As [`Guard::check`].
    fn check(&self, guard: &Guard<'_>, action: A) -> Result<(), Denied>;

    /// Asks the guard, and answers the proof.
    ///
    /// # Errors
    ///
    /// As [`Guard::authorize`].
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

/// What a check answers.
pub type Checked<T = ()> = Result<T, Denied>;

/// Asks the guard about an action on the resource that ids make, and refuses where they make none.
///
/// # Errors
///
/// As [`Guard::check`], and when the ids make no resource.
pub fn check<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resource: Result<R, InvalidId>,
) -> Result<(), Denied> {
    guard.check(action, &resource?)
}

/// Asks the guard about an action on the resource that ids make, and answers the proof.
///
/// # Errors
///
/// As [`Guard::authorize`], and when the ids make no resource.
pub fn authorize<A: ActsOn<R>, R: Resource>(
    guard: &Guard<'_>,
    action: A,
    resource: Result<R, InvalidId>,
) -> Result<Permit<A>, Denied> {
    guard.authorize(action, &resource?)
}

/// Does not compile where a macro has read another catalog than the one that a module was generated from.
///
/// # Panics
///
/// With `message`, where the fingerprint of the module is not that of the file. Expansions call this in constants only.
#[track_caller]
pub const fn assert_same_catalog(module: u64, file: u64, message: &'static str) {
    assert!(module == file, "{}", message);
}

/// The tags that a request carries.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell the tags of a request",
    label = "expected tags, such as `HashMap<String, String>`, or an `Option` of them",
    note = "for keys without values give a `Vec<String>`; for anything else make a `pinpoint_iam::guard::Tags`"
)]
pub trait RequestTags {
    /// Adds them to `tags`.
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

/// The condition keys of the tags that an expression gives.
pub fn request_tags(given: &(impl RequestTags + ?Sized)) -> Context {
    let mut tags = Tags::new();
    given.add_to(&mut tags);
    tags.for_request()
}

/// The condition keys of a request without tags: none.
pub fn no_request_tags() -> &'static Context {
    static NONE: Context = Context::new();
    &NONE
}

/// A value that holds the guard of a function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no guard",
    label = "expected a `Guard`, or a reference to one",
    note = "`Authorizer::guard` makes a guard of a principal and the context of its request"
)]
pub trait AsGuard {
    /// The guard.
    fn guard(&self) -> Guard<'_>;
}

impl AsGuard for Guard<'_> {
    fn guard(&self) -> Guard<'_> {
        self.borrowed()
    }
}

#[diagnostic::do_not_recommend]
impl<T: AsGuard + ?Sized> AsGuard for &T {
    fn guard(&self) -> Guard<'_> {
        (**self).guard()
    }
}

#[diagnostic::do_not_recommend]
impl<T: AsGuard + ?Sized> AsGuard for &mut T {
    fn guard(&self) -> Guard<'_> {
        (**self).guard()
    }
}

/// The guard that an expression gives.
pub fn guard(given: &(impl AsGuard + ?Sized)) -> Guard<'_> {
    given.guard()
}

/// What a function returns when its caller is refused.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that the caller was refused",
    label = "expected `Result<_, E>`, where `E: From<Denied>`",
    note = "the check returns its error before the body of the function begins"
)]
pub trait DenialOutput {
    /// The refusal.
    fn denial(denied: Denied) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Denied>> DenialOutput for Result<T, E> {
    fn denial(denied: Denied) -> Self {
        Err(denied.into())
    }
}

/// Refuses the caller of a function.
pub fn deny<R: DenialOutput>(denied: Denied) -> R {
    R::denial(denied)
}

/// What a check before the body says where the rest follows behind it: only what is sure refuses.
///
/// # Errors
///
/// Those of `outcome`, unless it waits for the body.
pub fn before_body<T>(outcome: Result<T, Denied>) -> Result<(), Denied> {
    match outcome {
        Err(denied) if denied.pending() != Some(&Pending::Body) => Err(denied),
        _ => Ok(()),
    }
}

/// Asks about an action on a resource that only the body names.
///
/// # Errors
///
/// As `Guard::foresee`.
pub fn precheck<A: TypedAction>(guard: &Guard<'_>, action: A) -> Result<(), Denied> {
    guard.precheck(action)
}

/// Checks in an `async` function, where resource tags can be waited for.
///
/// # Errors
///
/// Those of `check`.
pub async fn check_with_tags<T>(
    guard: &Guard<'_>,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Result<T, Denied> {
    guard::check_with_tags(guard.borrowed(), &mut guard.fetched_tags().clone(), check).await
}

/// Shows tokens to rust-analyzer, which sets `rust_analyzer`, and to nobody else.
///
/// Here and not in expansions, because a crate that is checked for the names of conditions would be warned of that one.
#[cfg(rust_analyzer)]
#[doc(hidden)]
#[macro_export]
macro_rules! __for_completion {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Shows tokens to rust-analyzer, and to nobody else.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
#[macro_export]
macro_rules! __for_completion {
    ($($tokens:tt)*) => {};
}

/// The items beside a handler: its type, with the visibility in braces, and what is implemented for it.
///
/// In an `impl` or `trait` they cannot stand, and the attribute cannot know where it is. The compiler names the macro that an item
/// comes from.
#[doc(hidden)]
#[macro_export]
macro_rules! __requires_without_guard_is_for_free_functions {
    ($(#[$attribute:meta])* {$($visibility:tt)*} $name:ident $($implementations:tt)*) => {
        $(#[$attribute])* $($visibility)* struct $name {}

        $($implementations)*
    };
}

pub use crate::__for_completion as for_completion;
pub use crate::__private::{Generated, GuardedAccess, PublicAccess};
pub use crate::__requires_without_guard_is_for_free_functions as requires_without_guard_is_for_free_functions;
pub use crate::guard::Checks;

/// The document of an `include_policy!`, from the text that the macro has checked.
///
/// The macro has read the text with the same reader, so that it is a document. If the two should ever differ, what comes
/// of it lets nobody in.
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
