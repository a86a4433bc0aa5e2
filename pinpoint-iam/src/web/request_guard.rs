//! The guard of a web request, as a parameter of a handler.

use std::fmt;

use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::guard::Guard;
use crate::guard::as_guard::AsGuard;
use crate::principal::Principal;
use crate::web::caller::Caller;

/// An extractor that provides the [`Guard`] of a web request, for calling functions with `#[requires(.., guard = ..)]`
/// in a handler.
///
/// The guard has the same information as the check of the handler: the principal, the condition keys of the request,
/// the tenant's scope and the fetched tags. It uses the same policies, even if they have been reloaded in the meantime,
/// so a request is never decided by a mixture of two states.
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
/// The extractor responds 401 if the request has no principal. It does not check anything by itself. It reads the
/// principal and the scope from the request's extensions, so place it before extractors that change them.
#[derive(Clone)]
pub struct RequestGuard {
    authorizer: Authorizer,
    caller: Caller<Context>,
}

impl RequestGuard {
    pub(super) const fn new(authorizer: Authorizer, caller: Caller<Context>) -> Self {
        Self { authorizer, caller }
    }

    /// Returns the guard.
    pub fn guard(&self) -> Guard<'_> {
        self.caller.guard(&self.authorizer)
    }

    /// Returns the caller.
    pub const fn principal(&self) -> &Principal {
        &self.caller.principal
    }

    /// Switches to the policies that are loaded now, and discards the tags of resources.
    ///
    /// For long-lived connections, such as WebSockets: call it before each message, so that a revoked permission does
    /// not last as long as the connection. The condition keys remain those of the request.
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
