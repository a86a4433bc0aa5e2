//! Sets of resources, for policies.

use std::fmt;
use std::marker::PhantomData;

use super::Resource;
use super::error::InvalidId;
use super::metadata::{ResourcePart, ResourceTypeMetadata};
use crate::arn::Scope;

/// The resources of one type whose first ids are given, for a policy: `Campaign::any_in("a1")`.
///
/// The type parameter remembers the resource type, so that a statement built in Rust can be checked against its
/// actions by the compiler.
///
/// In a policy `*` stands for any characters, `/` among them: the pattern for all campaigns of a project, which ends in
/// `campaigns/*`, covers what stands below a campaign too, such as its metrics.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResourceSet<R> {
    pattern: Box<str>,
    resource_type: PhantomData<fn() -> R>,
}

impl<R: Resource> ResourceSet<R> {
    /// Every resource of the type.
    ///
    /// This is what the generated `any` constructors call.
    pub fn any() -> Self {
        Self::new(R::TYPE.map_or_else(|| "*".to_owned(), ResourceTypeMetadata::open_pattern))
    }

    /// The resources of `resource_type` whose first ids, in the order of the constructor's arguments, are `values`.
    ///
    /// The generated `any_in` constructors call this, with the metadata of `R`.
    ///
    /// # Errors
    ///
    /// Names the first id that the constructor of the type would refuse.
    #[doc(hidden)]
    pub fn any_in(
        resource_type: &ResourceTypeMetadata,
        values: &[&str],
    ) -> Result<Self, InvalidId> {
        resource_type.pattern(values).map(Self::new)
    }

    /// The pattern for the `Resource` element of a policy.
    ///
    /// Ids hold no wildcards, so the only ones in it are those that stand for the ids left open. A template's own `*`,
    /// as in `apps/*`, is one too: in a policy there is no other way to name that resource.
    pub fn arn_pattern(&self, scope: &Scope) -> String {
        match R::TYPE {
            Some(metadata) => format!("{}{}", metadata.prefix(scope), self.pattern),
            None => self.pattern.to_string(),
        }
    }

    fn new(pattern: String) -> Self {
        Self {
            pattern: pattern.into_boxed_str(),
            resource_type: PhantomData,
        }
    }
}

impl<R: Resource> From<R> for ResourceSet<R> {
    /// The set of this one resource.
    fn from(resource: R) -> Self {
        Self::new(resource.part().map_or("*", ResourcePart::as_str).to_owned())
    }
}

impl<R> fmt::Debug for ResourceSet<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.pattern, formatter)
    }
}
