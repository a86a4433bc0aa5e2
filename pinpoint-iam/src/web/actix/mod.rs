//! `#[requires]` on actix-web handlers.
//!
//! Add the [`Authorizer`] to the application's data, either as itself or as [`web::Data`]. If it is missing, or if both
//! types are present, every guarded handler responds 500 and logs the reason. An authentication middleware inserts a
//! [`Principal`](crate::Principal) into the request's extensions.
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

use std::net::IpAddr;

use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage, HttpRequest, web};

use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::web::adapter::{AdapterRequest, Headers, RequestState, StoredState};
use crate::web::{Extensions, RequestHead};

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

impl AdapterRequest for HttpRequest {
    fn headers(&self) -> &dyn Headers {
        Self::headers(self)
    }

    fn with_state<T>(&mut self, access: impl FnOnce(&mut RequestState) -> T) -> T {
        let mut extensions = self.extensions_mut();
        if !extensions.contains::<StoredState>() {
            extensions.insert(StoredState::default());
        }
        match extensions.get_mut::<StoredState>() {
            Some(StoredState(state)) => access(state),
            // INVARIANT: it was inserted above.
            None => access(&mut RequestState::default()),
        }
    }
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
