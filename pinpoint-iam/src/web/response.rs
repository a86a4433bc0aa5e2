//! Responses to requests that were rejected or denied, in the form of the crate `http`.

use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::denial::Rejection;

/// Marks a response as that of a denial, in its extensions. Applications cannot insert it.
#[derive(Clone, Copy)]
pub(super) struct OfDenial;

/// Returns the response, which contains only what the rejection contains. A header added by the framework would distinguish
/// it from the service's own responses.
pub(super) fn response<B: From<Vec<u8>>>(rejection: Rejection) -> Response<B> {
    let status = StatusCode::from_u16(rejection.status());
    let mut head = Response::new(());
    *head.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in rejection.headers() {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            head.headers_mut().append(name, value);
        }
    }
    head.extensions_mut().insert(OfDenial);
    head.map(|()| B::from(rejection.into_body()))
}
