//! One question, in every form that can be passed to the engines.

use std::fmt;

use pinpoint_iam::context::Context;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::{InvalidId, RequestedResource};
use pinpoint_iam::{ActsOn, Arn, Authorizer, Guard, Principal, Request, Resource};

use super::{RequestContext, scope};
use crate::Failure;
use crate::engine::pinpoint::allows;

/// Decides one action on one resource.
type Decide = Box<dyn Fn(&Authorizer, &Principal, &Context) -> bool + Send + Sync>;

/// Checks one action on one resource.
type Check = Box<dyn Fn(&Guard<'_>) -> bool + Send + Sync>;

/// The question whether the caller may perform `action` on `resource`.
pub struct Question {
    /// The action as text, `mobiletargeting:GetCampaign`.
    pub action: String,
    /// The resource's ARN as text.
    pub resource: String,
    /// The values of its condition keys.
    pub context: RequestContext,
    typed: Decide,
    by_guard: Check,
    from_ids: Check,
}

impl Question {
    /// Creates the question whether `action` is allowed on the resource that `make` creates from `ids`.
    ///
    /// # Errors
    ///
    /// If an id is not valid in an ARN.
    pub fn new<const N: usize, A, R>(
        action: A,
        ids: [&str; N],
        make: fn(&[String; N]) -> Result<R, InvalidId>,
    ) -> Result<Self, InvalidId>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let ids = ids.map(str::to_owned);
        let resource = make(&ids)?;
        let same = resource.clone();
        Ok(Self {
            action: A::METADATA.to_string(),
            resource: resource.arn(&scope()),
            context: RequestContext::USUAL,
            typed: Box::new(move |authorizer, caller, context| {
                let resource = resource.requested(authorizer.scope());
                let request = Request::new(caller, A::METADATA.into(), resource, context);
                allows(authorizer, &request)
            }),
            by_guard: Box::new(move |guard| guard.check(action, &same).is_ok()),
            from_ids: Box::new(move |guard| {
                make(&ids).is_ok_and(|resource| guard.check(action, &resource).is_ok())
            }),
        })
    }

    /// Decides the question with an action known at compile time and a resource that is a struct.
    pub fn typed(&self, authorizer: &Authorizer, caller: &Principal, context: &Context) -> bool {
        (self.typed)(authorizer, caller, context)
    }

    /// Like [`typed`](Self::typed), through the guard.
    pub fn by_guard(&self, guard: &Guard<'_>) -> bool {
        (self.by_guard)(guard)
    }

    /// Like [`by_guard`](Self::by_guard), and the resource is first created from its ids.
    pub fn from_ids(&self, guard: &Guard<'_>) -> bool {
        (self.from_ids)(guard)
    }

    /// Parses the question into a request.
    ///
    /// # Errors
    ///
    /// If a text cannot be parsed.
    pub fn request<'a>(
        &'a self,
        caller: &'a Principal,
        context: &'a Context,
    ) -> Result<Request<'a>, Failure> {
        Ok(Request::new(
            caller,
            RequestedAction::parse(&self.action)?,
            RequestedResource::Arn(Arn::parse(&self.resource)?),
            context,
        ))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.action, self.resource)
    }
}
