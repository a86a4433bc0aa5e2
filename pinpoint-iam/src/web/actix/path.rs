//! Path parameters that can be destructured.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

/// The path parameters, extracted as by [`web::Path`], in a type that can be destructured in a pattern.
///
/// The field of [`web::Path`] is private. A pattern therefore cannot name its parts, and names are needed to bind the
/// placeholders of an ARN.
///
/// ```
/// use pinpoint_iam::requires;
/// use pinpoint_iam::web::actix::Path;
///
/// #[requires(GetCampaign)]
/// async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
///     format!("{campaign_id} of {application_id}")
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Error;
    type Future = PathFuture<T>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> PathFuture<T> {
        PathFuture(web::Path::from_request(request, payload))
    }
}

/// The future of [`Path`]. It is ready on the first poll.
#[must_use = "futures do nothing unless polled"]
pub struct PathFuture<T: DeserializeOwned>(<web::Path<T> as FromRequest>::Future);

impl<T: DeserializeOwned> Future for PathFuture<T> {
    type Output = Result<Path<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map_ok(|path| Path(path.into_inner()))
    }
}

// The parameters are moved and never pinned.
impl<T: DeserializeOwned> Unpin for PathFuture<T> {}
