//! The guard of a web request, as a parameter of a handler.

use std::fmt;

use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::expansion::AsGuard;
use crate::guard::Guard;
use crate::principal::Principal;
use crate::web::caller::Caller;

/// Makes the [`Guard`] of a web request: an extractor, for functions with `#[requires(.., guard = ..)]` that a handler calls.
///
/// The guard knows what the check of the handler knows: the principal, the condition keys of the request, the tenant's scope
/// and the tags that were fetched. It decides by the same policies, also where they were reloaded in the meantime, so that no
/// request is decided by a mixture of two states.
///
/// ```
/// use pinpoint_iam::web::RequestGuard;
/// use pinpoint_iam::{Denied, requires};
///
/// #[requires(GetCampaign, guard = guard)]
/// fn name_of(guard: &RequestGuard, application_id: &str, campaign_id: &str) -> Result<String, Denied> {
///     Ok(format!("{campaign_id} of {application_id}"))
/// }
///
/// # #[cfg(feature = "axum")]
/// # fn on_axum(router: axum::Router<pinpoint_iam::Authorizer>) -> axum::Router<pinpoint_iam::Authorizer> {
/// use axum::extract::Path;
///
/// #[requires(GetApp)]
/// async fn get_app(
///     Path(application_id): Path<String>,
///     guard: RequestGuard,
/// ) -> Result<String, Denied> {
///     name_of(&guard, &application_id, "c1")
/// }
/// # router.route("/apps/{application_id}", axum::routing::get(get_app))
/// # }
/// ```
///
/// As an extractor it responds 401 where the request has no principal. It checks nothing by itself. It takes principal and scope from the
/// request's extensions, so write it before an extractor that changes them.
#[derive(Clone)]
pub struct RequestGuard {
    authorizer: Authorizer,
    caller: Caller<Context>,
}

impl RequestGuard {
    pub(super) const fn new(authorizer: Authorizer, caller: Caller<Context>) -> Self {
        Self { authorizer, caller }
    }

    /// The guard.
    pub fn guard(&self) -> Guard<'_> {
        self.caller.guard(&self.authorizer)
    }

    /// The caller.
    pub const fn principal(&self) -> &Principal {
        &self.caller.principal
    }

    /// Decides by the policies that are loaded now, and forgets the tags of resources.
    ///
    /// For a connection that lasts, such as a WebSocket: call it before each message, so that a right which was withdrawn
    /// does not last as long as the connection. The condition keys stay those of the request.
    pub fn renew(&mut self) {
        self.caller.renew(&self.authorizer);
    }
}

impl AsGuard for RequestGuard {
    fn guard(&self) -> Guard<'_> {
        Self::guard(self)
    }
}

impl fmt::Debug for RequestGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestGuard")
            .field("principal", self.principal())
            .finish_non_exhaustive()
    }
}
