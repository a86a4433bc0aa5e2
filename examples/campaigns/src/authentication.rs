//! Who calls: from the bearer token of a request to the principal that the guard reads.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;

use crate::callers::Callers;

/// Puts the caller's principal into the request's extensions.
///
/// Without a token, or with one that nobody has, there is no principal, and the guard of the handler answers 401.
pub(crate) async fn authenticate(
    State(callers): State<Arc<Callers>>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = bearer_token(request.headers()).and_then(|token| callers.find(token));
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller.principal().clone());
    }
    next.run(request).await
}

/// The token of the one `Authorization` header; with several it is unclear who calls, so nobody does.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_of(values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, axum::http::HeaderValue::from_static(value));
        }
        bearer_token(&headers).map(str::to_owned)
    }

    #[test]
    fn the_scheme_is_compared_without_case() {
        assert_eq!(token_of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(token_of(&["bearer  abc"]).as_deref(), Some("abc"));
    }

    #[test]
    fn everything_else_is_nobody() {
        for values in [
            &[][..],
            &["abc"],
            &["Basic abc"],
            &["Bearer"],
            &["Bearer abc", "Bearer abc"],
        ] {
            assert_eq!(token_of(values), None, "{values:?}");
        }
    }
}
