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
/// A permit can only be obtained from a check that has passed: `#[requires(.., permit = name)]`, [`Guard::authorize`],
/// or as an extractor. A function with a parameter `&Permit<DeleteCampaign>` cannot be called without one.
///
/// A permit is for one principal and one resource, but its type contains neither. A function that receives a permit and
/// ids must use the ids of [`resource`](Self::resource) or check [`is_for`](Self::is_for), because the permit could
/// come from another request. A permit does not expire, so do not keep it after the request for which it was created.
///
/// As an extractor it reads the route's parameters by name, but a tuple in `Path` reads them by position. The
/// parameters that identify the resource must be in the order of the catalog's route; otherwise the response is 500.
/// The names in the handler's own tuple are unknown here, so read the ids from the permit.
///
/// ```compile_fail
/// use pinpoint_iam::guard::Permit;
/// use pinpoint_iam::mobiletargeting::DeleteCampaign;
///
/// fn twice(permit: &Permit<DeleteCampaign>) -> Permit<DeleteCampaign> {
///     permit.clone() // a permit is for one check and one resource
/// }
/// ```
#[must_use = "a permit has no effect unless it is used"]
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

    /// Does not compile for an action that acts on several resource types, because the parameters of a route do not
    /// determine which of them they identify, and for an action with dependent actions, whose resources are unknown.
    #[cfg(feature = "_web")]
    pub(crate) const fn assert_named_by_route() {
        let action = A::METADATA;
        assert!(
            action.resource_types.len() < 2 || action.whole_arn.is_some(),
            "the action acts on several resource types: use `#[requires(.., permit = name)]`"
        );
        assert!(
            action.dependent_actions.is_empty(),
            "the action has dependent actions: use `#[requires(.., dependents(..), permit = name)]`"
        );
    }

    /// Returns the authorized principal.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the ARN of the resource; `*` for an action without resource types.
    pub fn arn(&self) -> &str {
        &self.resource
    }

    /// Returns the type of the resource; `None` for an action without resource types.
    pub const fn resource_type(&self) -> Option<&'static ResourceTypeMetadata> {
        self.resource_type
    }

    /// Whether the permit is for this resource, in the scope of the check.
    ///
    /// ```
    /// # use pinpoint_iam::guard::{Denied, Guard, Permit};
    /// use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign};
    ///
    /// fn delete(campaign: &Campaign, permit: &Permit<DeleteCampaign>) -> bool {
    ///     permit.is_for(campaign) // && remove the campaign
    /// }
    ///
    /// # fn check(guard: &Guard<'_>) -> Result<(), Denied> {
    /// let (mine, other) = (Campaign::new("a1", "c1")?, Campaign::new("a1", "c2")?);
    /// let permit = guard.authorize(DeleteCampaign, &mine)?;
    /// assert!(delete(&mine, &permit));
    /// assert!(!delete(&other, &permit));
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_for<R: Resource>(&self, resource: &R) -> bool
    where
        A: ActsOn<R>,
    {
        resource.arn(&self.scope) == self.resource
    }

    /// Returns the resource.
    ///
    /// # Errors
    ///
    /// Fails if the action acts on several resource types, and the resource is not an `R`.
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
