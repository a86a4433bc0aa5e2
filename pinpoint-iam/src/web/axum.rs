//! `#[requires]` on axum handlers.
//!
//! The state that the router is given must hold an [`Authorizer`], by [`FromRef`]; a state without one does not
//! compile. An authentication middleware puts a [`Principal`] into the request's extensions. Both are read before
//! anything else of the request, and the body is not read at all for a caller that is refused.
//!
//! `aws:SourceIp` is the peer's address where the router is served with
//! [`into_make_service_with_connect_info::<SocketAddr>()`](axum::Router::into_make_service_with_connect_info), and not
//! known otherwise: a decision that depends on it is then answered 503.
//!
//! A handler without a `State` parameter under `#[axum::debug_handler]` is taken to have the state `()`, which holds
//! no authorizer; write `#[axum::debug_handler(state = AppState)]` there.

use std::net::SocketAddr;
use std::time::SystemTime;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, REFERER, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::guard::Denied;
use crate::principal::Principal;
use crate::web::{Authorized, Rejection, Requires};

impl<S, H, P> FromRequestParts<S> for Authorized<H, P>
where
    S: HoldsAuthorizer + Send + Sync,
    H: Requires<P>,
    P: BeforeBody<S> + Send,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Some(principal) = parts.extensions.get::<Principal>().cloned() else {
            return Err(refuse::<H, P>(&Denied::no_principal(), None));
        };
        let authorizer = state.authorizer();
        let context = context(&authorizer, parts);
        let parameters = match P::from_request_parts(parts, state).await {
            Ok(parameters) => parameters,
            Err(rejection) => {
                let response = rejection.into_response();
                // A path that is not UTF-8, say, names no resource: the answer is that of any other unusable id. What
                // an extractor refuses with another status is its own affair.
                return Err(if response.status() == StatusCode::BAD_REQUEST {
                    refuse::<H, P>(&Denied::unreadable(), Some(&principal))
                } else {
                    response
                });
            }
        };
        let guard = authorizer.guard(&principal, &context);
        match H::check(&guard, &parameters) {
            Ok(()) => Ok(Self::passed()),
            Err(denied) => Err(refuse::<H, P>(&denied, Some(&principal))),
        }
    }
}

/// A router's state that holds an [`Authorizer`].
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` holds no `Authorizer`",
    label = "needs an authorizer in the router's state",
    note = "implement `FromRef<{Self}>` for `Authorizer`",
    note = "`#[axum::debug_handler]` takes the state to be `()` where no parameter names it; write `#[axum::debug_handler(state = ..)]`"
)]
pub trait HoldsAuthorizer {
    /// The authorizer.
    fn authorizer(&self) -> Authorizer;
}

#[diagnostic::do_not_recommend]
impl<S> HoldsAuthorizer for S
where
    Authorizer: FromRef<S>,
{
    fn authorizer(&self) -> Authorizer {
        Authorizer::from_ref(self)
    }
}

/// Parameters that can be taken before the body is read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken before the body is read",
    label = "binds a placeholder of the action's ARN",
    note = "take what names the resource from the path, the query or a header"
)]
pub trait BeforeBody<S>: FromRequestParts<S> {}

#[diagnostic::do_not_recommend]
impl<S, P: FromRequestParts<S>> BeforeBody<S> for P {}

/// The condition keys that a request brings.
///
/// Tags of the resource and of the request, and whether the transport is secure, are not known here: a decision that
/// depends on them is refused.
fn context(authorizer: &Authorizer, parts: &Parts) -> Context {
    let mut context = Context::new();
    let now = SystemTime::now();
    context.insert("aws:CurrentTime", now);
    if let Ok(since) = now.duration_since(SystemTime::UNIX_EPOCH) {
        context.insert(
            "aws:EpochTime",
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        );
    }
    let region = authorizer.scope().region();
    if !region.is_empty() {
        context.insert("aws:RequestedRegion", region);
    }
    if let Some(ConnectInfo(address)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        context.insert("aws:SourceIp", address.ip().to_canonical());
    } else {
        context.insert_unknown("aws:SourceIp");
    }
    insert_header(&mut context, "aws:UserAgent", &parts.headers, &USER_AGENT);
    insert_header(&mut context, "aws:Referer", &parts.headers, &REFERER);
    for key in [
        "aws:SecureTransport",
        "aws:ResourceTag/",
        "aws:RequestTag/",
        "aws:TagKeys",
    ] {
        context.insert_unknown(key);
    }
    context
}

/// The longest header value that conditions are asked about, in bytes.
///
/// Matching costs the product of the lengths of value and pattern; a longer value is taken to be unknown, so that a
/// decision which depends on it is refused instead of being worked on for long.
const MAX_HEADER_VALUE: usize = 2048;

fn insert_header(context: &mut Context, key: &str, headers: &HeaderMap, name: &HeaderName) {
    if headers
        .get_all(name)
        .iter()
        .any(|value| value.len() > MAX_HEADER_VALUE)
    {
        context.insert_unknown(key);
        return;
    }
    for value in headers.get_all(name) {
        context.insert(key, String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
}

fn refuse<H: Requires<P>, P>(denied: &Denied, principal: Option<&Principal>) -> Response {
    let handler = H::REQUIREMENT.handler;
    match principal {
        Some(principal) => {
            tracing::info!(%principal, handler, reason = %denied.reason(), "request refused")
        }
        None => tracing::info!(handler, reason = %denied.reason(), "request refused"),
    }
    denied.into_response()
}

impl IntoResponse for &Denied {
    fn into_response(self) -> Response {
        let rejection = Rejection::of(self);
        let status = StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::FORBIDDEN);
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (
                HeaderName::from_static(Rejection::ERROR_TYPE_HEADER),
                HeaderValue::from_static(rejection.error_type()),
            ),
        ];
        (status, headers, rejection.body()).into_response()
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        (&self).into_response()
    }
}
