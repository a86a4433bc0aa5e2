//! Layers of tower, for services and routers that are not made of guarded handlers.
//!
//! - [`CatalogLayer`] checks every request to a service by its method and path, with the routes of catalogs. It denies all
//!   other paths. The service can be anything that implements tower's `Service`, such as a proxy.
//! - [`RequireCheckLayer`] is a safety net around a router that mixes guarded handlers with others. It replaces the response
//!   to a request that was not checked.
//! - [`PublicLayer`] marks the routes of such a router that need no check.
//!
//! All of them can be layers of an axum router, of tonic's routes in one, and of `tower::ServiceBuilder`. The body of a
//! response must be one that can be created from bytes, such as axum's.
//!
//! Check with `#[requires]` where you can: it knows the body and the handler.

mod catalog;
mod public;
mod require_check;
mod routes;

use std::mem;
use std::pin::Pin;

pub use self::catalog::{CatalogLayer, CatalogLayerBuilder, CatalogService};
pub use self::public::{PublicLayer, PublicService};
pub use self::require_check::{RequireCheckLayer, RequireCheckService};
pub use self::routes::InvalidRoutes;

/// The future of a response.
type ResponseFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Returns the service that is ready, and leaves a clone in its place.
fn take_ready<S: Clone>(service: &mut S) -> S {
    let clone = service.clone();
    mem::replace(service, clone)
}
