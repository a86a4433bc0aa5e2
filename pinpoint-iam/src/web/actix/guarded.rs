//! Handlers whose extractors wait for the decision.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, Handler, HttpRequest};

use super::decision::DecisionStore;

/// Wraps a handler so that its extractors are not polled before the check is decided.
///
/// ```
/// use actix_web::web;
/// use pinpoint_iam::mobiletargeting::GetApp;
/// use pinpoint_iam::requires;
/// use pinpoint_iam::web::actix::{Path, guarded, pattern};
///
/// #[requires(GetApp)]
/// async fn get_app(Path(application_id): Path<String>) -> String {
///     application_id
/// }
///
/// # fn main() {
/// let route = web::resource(pattern(GetApp::ROUTE.path)).route(web::get().to(guarded(get_app)));
/// # drop(route);
/// # }
/// ```
pub const fn guarded<F>(handler: F) -> Guarded<F> {
    Guarded(handler)
}

/// The handler returned by [`guarded`].
#[derive(Clone, Copy, Debug)]
pub struct Guarded<F>(F);

/// The parameters of a handler, which are not extracted before the check is decided.
#[derive(Debug)]
pub struct Gated<P>(P);

impl<F: Handler<P>, P> Handler<Gated<P>> for Guarded<F> {
    type Output = F::Output;
    type Future = F::Future;

    fn call(&self, Gated(parameters): Gated<P>) -> F::Future {
        self.0.call(parameters)
    }
}

impl<P: FromRequest> FromRequest for Gated<P>
where
    P::Future: 'static,
{
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let keeper = DecisionStore::install(request);
        let parameters = P::from_request(request, payload);
        Box::pin(async move {
            keeper.made().await;
            parameters.await.map(Self).map_err(Into::into)
        })
    }
}
