//! A guard for fields of async-graphql, created from a typed action.

use async_graphql::{Context, Error, ErrorExtensions, Guard, Result};
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::web::RequestGuard;
use pinpoint_iam::{ActsOn, Denied, Resource};

/// Requires an action on a resource. Written by [`action!`](crate::action).
pub struct Requires<A, R> {
    action: A,
    resource: Result<R, InvalidId>,
}

impl<A: ActsOn<R>, R: Resource> Requires<A, R> {
    /// Requires `action` on `resource`. An action with a resource on which it does not act does not compile.
    pub fn new(action: A, resource: Result<R, InvalidId>) -> Self {
        Self { action, resource }
    }
}

impl<A, R> Guard for Requires<A, R>
where
    A: ActsOn<R> + Copy + Send + Sync,
    R: Resource + Send + Sync,
{
    async fn check(&self, context: &Context<'_>) -> Result<()> {
        let guard = guard(context)?;
        let resource = self.resource.as_ref();
        let resource = resource.map_err(|invalid| error(&invalid.clone().into()))?;
        let checked = guard.check(self.action, resource).await;
        checked.map_err(|denied| error(&denied))
    }
}

/// The guard of fields that have no guard of their own, if it is the guard of the object: it denies.
pub struct Missing;

impl Guard for Missing {
    async fn check(&self, _: &Context<'_>) -> Result<()> {
        let error = Error::new("The request could not be authorized.");
        Err(error.extend_with(|_, extensions| extensions.set("status", 500)))
    }
}

/// Returns the guard of the request. A request without one is denied.
///
/// # Errors
///
/// Fails if the endpoint has not added the guard.
pub fn guard<'c>(context: &Context<'c>) -> Result<&'c RequestGuard> {
    let guard = context.data_opt::<RequestGuard>();
    guard.ok_or_else(|| error(&Denied::unauthenticated()))
}

/// Returns the error for a denial: its message, and its status as the extension `status`.
pub fn error(denied: &Denied) -> Error {
    let rejection = denied.rejection();
    let error = Error::new(denied.to_string());
    error.extend_with(|_, extensions| extensions.set("status", rejection.status()))
}

/// Creates the guard of a field. The arguments of the field fill the ids of the resource by name:
///
/// `guard = "action!(GetCampaign, Campaign { application_id, campaign_id })"`. An argument with another name is written
/// `Campaign { application_id: app, campaign_id }`, and an action without resources `action!(GetReports)`.
///
/// A misspelled id, and an action that does not act on the resource, do not compile.
#[macro_export]
macro_rules! action {
    ($action:ident, $resource:ident { $($ids:tt)* }) => {
        $crate::guard::Requires::new(
            ::pinpoint_iam::mobiletargeting::$action,
            ::pinpoint_iam::mobiletargeting::$resource::from_ids(
                $crate::ids!($resource { $($ids)* }),
            ),
        )
    };
    ($action:ident) => {
        $crate::guard::Requires::new(
            ::pinpoint_iam::mobiletargeting::$action,
            ::core::result::Result::Ok(::pinpoint_iam::AllResources),
        )
    };
}

/// The ids of a resource.
#[doc(hidden)]
#[macro_export]
macro_rules! ids {
    ($resource:ident { $($id:ident $(: $value:expr)?),* $(,)? }) => {
        ::pinpoint_iam::mobiletargeting::ids::$resource {
            $($id: $crate::ids!(@ $id $(, $value)?)),*
        }
    };
    (@ $id:ident) => {
        $id.as_str()
    };
    (@ $id:ident, $value:expr) => {
        $value.as_str()
    };
}
