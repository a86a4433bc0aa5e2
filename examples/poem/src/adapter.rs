//! An adapter for poem.
//!
//! The [`Authorizer`] is in poem's data, and an authentication middleware inserts a `Principal` into the extensions of
//! the request. [`endpoint`] mounts a handler, and [`Routes`](crate::routes::Routes) mounts handlers on the routes of the catalog.

use std::future::Future;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use pinpoint_iam::action::TypedAction;
use pinpoint_iam::web::adapter::{
    self, AdapterRequest, Check, Handover, Headers, PermitCheck, Precheck, Remainder, RequestState,
};
use pinpoint_iam::web::{
    self, Extensions, Prechecks, Rejection, RequestHead, Requires, RequiresAfterBody,
};
use pinpoint_iam::{Authorizer, Denied};
use poem::http::{self, StatusCode};
use poem::{
    Body, Endpoint, Error, FromRequest, IntoResponse, PathPattern, Request, RequestBody, Response,
    Result,
};

/// The first parameter of a handler with `#[requires]`.
pub struct Authorized<H, P, T = ()>(pub web::Authorized<H, P, T>);

/// The first parameter of a handler whose check continues after the body.
pub struct Prechecked<H, P>(pub web::Prechecked<H, P>);

/// The last parameter of a handler whose check continues after the body.
pub struct AfterBody<H, P, B, T = ()>(pub web::AfterBody<H, P, B, T>);

/// The guard of the request, for checks in a handler.
pub struct RequestGuard(pub web::RequestGuard);

/// A check of `A` on the resource that the parameters of the path identify.
pub struct Permit<A>(pub pinpoint_iam::Permit<A>);

/// The state of a request's checks, and the rest of a check after the body. poem does not change the extensions of a
/// request after its parameters are extracted.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<(RequestState, http::Extensions)>>);

impl Shared {
    fn with<T>(&self, access: impl FnOnce(&mut (RequestState, http::Extensions)) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A request, for the checks.
struct Head<'r> {
    request: &'r Request,
    shared: Shared,
}

impl<'r> Head<'r> {
    fn of(request: &'r Request) -> Self {
        let shared = request.data().cloned().unwrap_or_default();
        Self { request, shared }
    }

    fn authorizer(&self, place: &str) -> Result<Authorizer> {
        let authorizer = self.request.data::<Authorizer>().cloned();
        let missing = "the application has no authorizer: add it with `.data(authorizer)`";
        authorizer.ok_or_else(|| respond(adapter::misconfigured(missing, place)))
    }
}

impl RequestHead for Head<'_> {
    fn method(&self) -> &str {
        self.request.method().as_str()
    }

    fn path(&self) -> &str {
        self.request.original_uri().path()
    }

    fn query(&self) -> Option<&str> {
        self.request.original_uri().query()
    }

    fn header(&self, name: &str) -> Vec<&[u8]> {
        self.request.headers().header(name)
    }

    fn peer(&self) -> Option<IpAddr> {
        Some(self.request.remote_addr().as_socket_addr()?.ip())
    }

    fn extensions(&self) -> Extensions<'_> {
        Extensions::http(self.request.extensions())
    }
}

impl AdapterRequest for Head<'_> {
    fn headers(&self) -> &dyn Headers {
        self.request.headers()
    }

    fn with_state<T>(&mut self, access: impl FnOnce(&mut RequestState) -> T) -> T {
        self.shared.with(|(state, _)| access(state))
    }
}

/// Converts a denial to poem's error, whose response it is.
pub fn respond(denied: Denied) -> Error {
    let rejection: Rejection = denied.rejection();
    let status = StatusCode::from_u16(rejection.status());
    let mut response =
        Response::builder().status(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in rejection.headers() {
        response = response.header(name, value);
    }
    Error::from_response(response.body(Body::from(rejection.into_body())))
}

/// The parameters that a check reads. poem passes them no body.
pub trait Parameters: Send + Sync + Sized {
    /// Extracts them from the head of the request.
    fn extract(request: &Request) -> impl Future<Output = Result<Self>> + Send;
}

/// Returns the denial if the ids of the resource cannot be read, or else poem's error.
fn rejected(error: Error, rejected: impl FnOnce(u16) -> Option<Denied>) -> Error {
    rejected(error.status().as_u16()).map_or(error, respond)
}

impl<'a, H: Requires<P, T>, P: Parameters, T: Send> FromRequest<'a> for Authorized<H, P, T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let mut head = Head::of(request);
        let authorizer = head.authorizer(H::declaration().handler)?;
        let check = Check::<H, P, T>::new(authorizer, &mut head).map_err(respond)?;
        let parameters = P::extract(request).await;
        let parameters = parameters.map_err(|error| rejected(error, |to| check.rejected(to)))?;
        let decided = check.decide(&mut head, parameters).await;
        decided.map(Self).map_err(respond)
    }
}

impl<'a, H: Prechecks<P>, P: Parameters + 'static> FromRequest<'a> for Prechecked<H, P> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let mut head = Head::of(request);
        let authorizer = head.authorizer(H::declaration().handler)?;
        let check = Precheck::<H, P>::new(authorizer, &mut head).map_err(respond)?;
        let parameters = P::extract(request).await;
        let parameters = parameters.map_err(|error| rejected(error, |to| check.rejected(to)))?;
        let (prechecked, remainder) = check.decide(&mut head, parameters).await.map_err(respond)?;
        let handover = Handover::new(remainder);
        head.shared.with(|(_, stored)| stored.insert(handover));
        Ok(Self(prechecked))
    }
}

impl<'a, H, P, B, T> FromRequest<'a> for AfterBody<H, P, B, T>
where
    H: RequiresAfterBody<P, B, T>,
    P: Parameters + 'static,
    B: FromRequest<'a> + Send + Sync,
    T: Send,
{
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        let head = Head::of(request);
        let authorizer = head.authorizer(H::declaration().handler)?;
        let stored = head
            .shared
            .with(|(_, stored)| stored.remove::<Handover<H, P>>());
        let remainder = stored.and_then(|stored| stored.take());
        let remainder =
            remainder.ok_or_else(|| respond(Remainder::<H, P>::missing(&authorizer)))?;
        let value = B::from_request(request, body).await?;
        remainder.finish(value).await.map(Self).map_err(respond)
    }
}

impl<'a> FromRequest<'a> for RequestGuard {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let mut head = Head::of(request);
        let authorizer = head.authorizer("an extractor of `RequestGuard`")?;
        let guard = adapter::request_guard(authorizer, &mut head).await;
        guard.map(Self).map_err(respond)
    }
}

impl<'a, A: TypedAction> FromRequest<'a> for Permit<A> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let mut head = Head::of(request);
        let authorizer = head.authorizer("an extractor of `Permit`")?;
        let check = PermitCheck::<A>::new(authorizer, &mut head).map_err(respond)?;
        let pattern = request
            .data::<PathPattern>()
            .map_or("", |pattern| &*pattern.0);
        let names = pattern
            .split('/')
            .filter_map(|segment| segment.strip_prefix(':'));
        let parameters: Option<Vec<(&str, &str)>> = names
            .map(|name| Some((name, request.raw_path_param(name)?)))
            .collect();
        let parameters = parameters.ok_or_else(|| respond(check.unreadable()))?;
        let permit = check.decide(&mut head, parameters.into_iter()).await;
        permit.map(Self).map_err(respond)
    }
}

/// An asynchronous function whose parameters are extracted one after the other.
pub trait Handler<A>: Send + Sync + 'static {
    /// Extracts the parameters, and calls the function.
    fn run(
        &self,
        request: &Request,
        body: &mut RequestBody,
    ) -> impl Future<Output = Result<Response>> + Send;
}

macro_rules! several {
    ($($one:ident)*) => {
        impl<$($one: for<'a> FromRequest<'a> + Send + Sync),*> Parameters for ($($one,)*) {
            async fn extract(_request: &Request) -> Result<Self> {
                Ok(($($one::from_request_without_body(_request).await?,)*))
            }
        }

        impl<F, O, R, $($one: for<'a> FromRequest<'a> + Send),*> Handler<($($one,)*)> for F
        where
            F: Fn($($one),*) -> O + Send + Sync + 'static,
            O: Future<Output = R> + Send,
            R: IntoResponse,
        {
            #[allow(non_snake_case)]
            async fn run(&self, _request: &Request, _body: &mut RequestBody) -> Result<Response> {
                $(let $one = $one::from_request(_request, _body).await?;)*
                Ok(self($($one),*).await.into_response())
            }
        }
    };
}

several!();
several!(A1);
several!(A1 A2);
several!(A1 A2 A3);
several!(A1 A2 A3 A4);

/// Returns the endpoint of a function. A handler with `#[requires]` needs this, or [`Routes`](crate::routes::Routes).
pub fn endpoint<A: Send + Sync + 'static>(handler: impl Handler<A>) -> impl Endpoint + 'static {
    Function(handler, PhantomData)
}

struct Function<F, A>(F, PhantomData<fn() -> A>);

impl<F: Handler<A>, A: 'static> Endpoint for Function<F, A> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        request.set_data(Shared::default());
        let (request, mut body) = request.split();
        self.0.run(&request, &mut body).await
    }
}
