//! The bearer token of a request.

/// Returns the token of the `Authorization` header. If there are several headers, the caller is ambiguous, so the
/// request is treated as unauthenticated.
pub(crate) fn bearer_token<'v>(
    authorization: impl IntoIterator<Item = &'v [u8]>,
) -> Option<&'v str> {
    let mut values = authorization.into_iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    if !value.is_ascii() {
        return None;
    }
    let (scheme, token) = str::from_utf8(value).ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_of(values: &[&'static str]) -> Option<&'static str> {
        bearer_token(values.iter().map(|value| value.as_bytes()))
    }

    #[test]
    fn the_scheme_is_compared_without_case() {
        assert_eq!(token_of(&["Bearer abc"]), Some("abc"));
        assert_eq!(token_of(&["bearer  abc"]), Some("abc"));
    }

    #[test]
    fn other_headers_are_unauthenticated() {
        for values in [
            &[][..],
            &["abc"],
            &["Basic abc"],
            &["Bearer"],
            &["Bearer abc", "Bearer abc"],
            &["Bearer ü"],
        ] {
            assert_eq!(token_of(values), None, "{values:?}");
        }
    }
}
