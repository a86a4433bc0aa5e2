//! Sets of resources, for policies.

use std::fmt;
use std::marker::PhantomData;

use super::Resource;
use super::error::InvalidId;
use super::metadata::{ResourcePart, ResourceTypeMetadata};
use crate::arn::Scope;

/// The resources of one type whose first ids are fixed, for a policy: `Campaign::any_in("a1")`.
///
/// The type parameter is the resource type. It lets the compiler check the resources of a statement against its
/// actions.
///
/// In a policy, `*` matches any characters, including `/`: the pattern for all campaigns of a project, which ends in
/// `campaigns/*`, also covers the resources below a campaign, such as its metrics.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResourceSet<R> {
    pattern: Box<str>,
    resource_type: PhantomData<fn() -> R>,
}

impl<R: Resource> ResourceSet<R> {
    /// Every resource of the type.
    ///
    /// The generated `any` constructors call this function.
    pub fn any() -> Self {
        Self::new(R::TYPE.map_or_else(|| "*".to_owned(), ResourceTypeMetadata::open_pattern))
    }

    /// The resources of `resource_type` whose first ids, in the order of the constructor's arguments, are `values`.
    ///
    /// The generated `any_in` constructors call this function with the metadata of `R`.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first id that the constructor of the type would reject.
    #[doc(hidden)]
    pub fn any_in(
        resource_type: &ResourceTypeMetadata,
        values: &[&str],
    ) -> Result<Self, InvalidId> {
        resource_type.pattern(values).map(Self::new)
    }

    /// The pattern for the `Resource` element of a policy.
    ///
    /// Ids do not contain wildcards, so the only wildcards are those of the open ids. A `*` of the template itself, as
    /// in `apps/*`, is also a wildcard, because a policy cannot name that resource in any other way.
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
    /// The set that contains only this resource.
    fn from(resource: R) -> Self {
        Self::new(resource.part().map_or("*", ResourcePart::as_str).to_owned())
    }
}

impl<R> fmt::Debug for ResourceSet<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.pattern, formatter)
    }
}
