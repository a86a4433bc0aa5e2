//! `#[requires]` on actix-web handlers.
//!
//! Add the [`Authorizer`] to the application's data, either as itself or as [`web::Data`]. If it is missing, or if both
//! types are present, every guarded handler responds 500 and logs the reason. An authentication middleware inserts a
//! [`Principal`] into the request's extensions.
//!
//! ```
//! use actix_web::web;
//! use pinpoint_iam::mobiletargeting::GetSegment;
//! use pinpoint_iam::web::actix::{Path, guarded, pattern};
//! use pinpoint_iam::{Authorizer, requires};
//!
//! #[requires(GetSegment)]
//! async fn get_segment(Path((application_id, segment_id)): Path<(String, String)>) -> String {
//!     format!("{segment_id} of {application_id}")
//! }
//!
//! fn routes(config: &mut web::ServiceConfig) {
//!     config.route(&pattern(GetSegment::ROUTE.path), web::get().to(guarded(get_segment)));
//! }
//!
//! fn configure(authorizer: Authorizer) -> impl FnOnce(&mut web::ServiceConfig) {
//!     |config| {
//!         config.app_data(authorizer).configure(routes);
//!     }
//! }
//! ```
//!
//! # Responses to denied callers
//!
//! actix-web creates all extractors of a handler, and then polls them together in the order of the parameters. The
//! check is the first, and usually it is already decided when it is created. For a denied caller, no later extractor is
//! then polled, and the extractor of the body does not even receive the body.
//!
//! If the decision has to wait for the tags of a resource, the other extractors run in the meantime. Until the
//! decision, the body yields no data, and for a denied caller it never does. However, an extractor that rejects the
//! query or a header would respond first. To prevent this, mount handlers
//!
//! - with [`routes!`](routes) or [`guarded`], so that no extractor is polled before the decision; or
//! - under the middleware [`denials_first`], which also supports handlers with a route macro, such as `#[get("/")]`.
//!   Other extractors may run, but a denied caller receives the denial.

mod after_body;
mod authorized;
mod before_body;
mod decision;
mod denials_first;
mod gate;
mod guarded;
mod path;
mod pattern;
mod permit;
mod principal_from;
mod public;
mod rejection;
mod request_guard;
mod routes;

use std::marker::PhantomData;
use std::net::IpAddr;

use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage, HttpRequest, web};

use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::denial::Denied;
use crate::principal::Principal;
use crate::source::resource_keys::FetchedKeys;
use crate::web::caller::{IdentifiedCaller, RequestCaller, Unidentified};
use crate::web::context::Headers;
use crate::web::policies::{CallerPolicies, RequestPolicies};
use crate::web::{Annotated, Extensions, RequestHead};

pub use self::before_body::BeforeBody;
pub use self::decision::CheckFuture;
pub use self::denials_first::denials_first;
pub use self::guarded::{Gated, Guarded, guarded};
pub use self::path::{Path, PathFuture};
pub use self::pattern::pattern;
pub use self::principal_from::principal_from;
pub use self::routes::{HandlerFor, Routes, RoutesService};
#[doc = include_str!("routes.md")]
pub use pinpoint_iam_macros::actix_routes as routes;

/// Returns the authorizer of the application.
///
/// Data of two types do not replace each other. With both, the authorizer of an outer scope could be used instead of
/// that of an inner one.
fn authorizer(request: &HttpRequest) -> Result<Authorizer, Denied> {
    let plain = request.app_data::<Authorizer>();
    let shared = request.app_data::<web::Data<Authorizer>>();
    match (plain, shared.map(web::Data::get_ref)) {
        (Some(authorizer), None) | (None, Some(authorizer)) => Ok(authorizer.clone()),
        (Some(_), Some(_)) => Err(Denied::misconfigured(
            "the application has an `Authorizer` and a `web::Data<Authorizer>`, which do not replace each other: use one \
             of the two types everywhere",
        )),
        (None, None) => Err(Denied::misconfigured(
            "the application has no authorizer: call `app_data(authorizer)`",
        )),
    }
}

/// Returns the caller of this request.
fn caller(authorizer: &Authorizer, request: &HttpRequest) -> Result<RequestCaller, Denied> {
    let unidentified = unidentified(authorizer, request);
    let identified = || {
        let extensions = HttpMessage::extensions(request);
        let identified = extensions.get::<IdentifiedCaller>()?;
        Some(identified.0.clone())
    };
    let principal = unidentified.principal().cloned().or_else(identified);
    unidentified.with_principal(principal, authorizer)
}

/// Reads everything but the caller from this request.
fn unidentified(authorizer: &Authorizer, request: &HttpRequest) -> Unidentified {
    let policies = policies(authorizer, request);
    let principal = principal(request);
    let scope = HttpMessage::extensions(request).get().cloned();
    let fetched = HttpMessage::extensions(request)
        .get::<FetchedKeys>()
        .cloned();
    Unidentified::of(authorizer, policies, principal, scope, fetched, request)
}

/// Returns the principal in the extensions.
fn principal(request: &HttpRequest) -> Option<Principal> {
    HttpMessage::extensions(request).get::<Principal>().cloned()
}

/// Returns the policies that all checks of this request use.
fn policies(authorizer: &Authorizer, request: &HttpRequest) -> CallerPolicies {
    let mut extensions = request.extensions_mut();
    match extensions.get_mut::<RequestPolicies>() {
        Some(policies) => policies.for_authorizer(authorizer),
        None => {
            let mut policies = RequestPolicies::of(authorizer);
            let of_caller = policies.for_authorizer(authorizer);
            extensions.insert(policies);
            of_caller
        }
    }
}

/// Stores the keys of resources that a check has fetched, for the other checks of the request.
fn keep_tags(caller: &RequestCaller, request: &HttpRequest) {
    if !caller.fetched.is_empty() {
        request.extensions_mut().insert(caller.fetched.clone());
    }
}

/// The caller and the parameters that the first half of the check of `H` has read, stored for the second half.
struct Kept<H, P> {
    caller: RequestCaller<Context>,
    parameters: P,
    check: PhantomData<fn() -> H>,
}

/// Stores the caller and the parameters for the check after the body.
fn keep<H: Annotated, P: 'static>(
    caller: RequestCaller,
    parameters: P,
    authorizer: &Authorizer,
    request: &HttpRequest,
) {
    let caller = caller.after_body(authorizer, request.headers());
    request.extensions_mut().insert(Kept::<H, P> {
        caller,
        parameters,
        check: PhantomData,
    });
}

/// Takes the stored values, if the check before the body has run.
fn kept<H: Annotated, P: 'static>(request: &HttpRequest) -> Option<(RequestCaller<Context>, P)> {
    let kept = request.extensions_mut().remove::<Kept<H, P>>()?;
    Some((kept.caller, kept.parameters))
}

impl Headers for HeaderMap {
    fn header(&self, name: &str) -> Vec<&[u8]> {
        let values = self.get_all(name);
        values.map(|value| value.as_bytes()).collect()
    }
}

impl RequestHead for HttpRequest {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn query(&self) -> Option<&str> {
        self.uri().query()
    }

    fn header(&self, name: &str) -> Vec<&[u8]> {
        self.headers().header(name)
    }

    fn peer(&self) -> Option<IpAddr> {
        Some(self.peer_addr()?.ip())
    }

    fn extensions(&self) -> Extensions<'_> {
        Extensions::actix(self)
    }
}
