//! Proofs of authorization.

use std::fmt;
use std::marker::PhantomData;

use crate::action::{ActsOn, TypedAction};
use crate::arn::{Arn, Scope};
use crate::guard::Guard;
use crate::principal::Principal;
use crate::resource::{RequestedResource, Resource, ResourceMismatch, ResourceTypeMetadata};

/// Proof that a principal was authorized for the action `A` on one resource.
///
/// There is no other way to one than a check that has passed: `#[requires(.., permit = name)]`, [`Guard::authorize`], or
/// taking it as an extractor. A function with a parameter `&Permit<DeleteCampaign>` cannot be called without.
///
/// ```compile_fail
/// use pinpoint_iam::guard::Permit;
/// use pinpoint_iam::mobiletargeting::DeleteCampaign;
///
/// fn twice(permit: &Permit<DeleteCampaign>) -> Permit<DeleteCampaign> {
///     permit.clone() // a permit is for one check and one resource
/// }
/// ```
#[must_use = "a proof that nobody reads proves nothing"]
pub struct Permit<A> {
    principal: Principal,
    scope: Scope,
    resource_type: Option<&'static ResourceTypeMetadata>,
    resource: String,
    action: PhantomData<fn() -> A>,
}

impl<A: TypedAction> Permit<A> {
    pub(super) fn new(
        guard: &Guard<'_>,
        resource_type: Option<&'static ResourceTypeMetadata>,
        resource: &RequestedResource<'_>,
    ) -> Self {
        Self {
            principal: guard.principal().clone(),
            scope: guard.scope().clone(),
            resource_type,
            resource: resource.to_string(),
            action: PhantomData,
        }
    }

    /// Does not compile for an action that acts on several resource types: the parameters of a route do not say which
    /// of them they name.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) const fn assert_named_by_route() {
        let action = A::METADATA;
        assert!(
            action.resource_types.len() < 2 || action.whole_arn.is_some(),
            "the action acts on several resource types: use `#[requires(.., permit = name)]`"
        );
    }

    /// Who was authorized.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The ARN of the resource; `*` for an action that acts on no single one.
    pub fn arn(&self) -> &str {
        &self.resource
    }

    /// The type of the resource; `None` for an action that acts on no single one.
    pub const fn resource_type(&self) -> Option<&'static ResourceTypeMetadata> {
        self.resource_type
    }

    /// The resource.
    ///
    /// # Errors
    ///
    /// When the action acts on several resource types, and the resource is not an `R`.
    pub fn resource<R: Resource>(&self) -> Result<R, ResourceMismatch>
    where
        A: ActsOn<R>,
    {
        let arn = Arn::parse(&self.resource).map_err(ResourceMismatch::NotAnArn)?;
        R::from_arn(arn, &self.scope)
    }
}

impl<A: TypedAction> fmt::Debug for Permit<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Permit({} for {} on {})",
            A::METADATA,
            self.principal,
            self.resource
        )
    }
}
