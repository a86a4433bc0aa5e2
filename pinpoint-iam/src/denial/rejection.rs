//! The response to a request that was rejected or denied, independent of the framework.

/// The response to a request that was rejected or denied: status, headers and body.
///
/// Created by the authorizer's [`ErrorResponses`](crate::web::ErrorResponses). The adapter of each framework writes it
/// unchanged, so both frameworks send the same response.
///
/// ```
/// use pinpoint_iam::web::Rejection;
///
/// let hidden = Rejection::new(404)
///     .with_header("content-type", "text/plain")
///     .with_body("no such campaign");
/// assert_eq!(hidden.status(), 404);
/// assert_eq!(Rejection::new(200).status(), 500); // a rejection never has a status of success
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Headers that determine where the body ends. The server writes them.
const FRAMING: [&str; 4] = [
    "connection",
    "content-length",
    "trailer",
    "transfer-encoding",
];

impl Rejection {
    /// The name of the header that carries the error type.
    pub const ERROR_TYPE_HEADER: &'static str = "x-amzn-errortype";

    /// Creates a response with this status, without headers and without a body.
    ///
    /// A status outside of 300 to 599 does not reject the request, and is replaced by 500.
    pub const fn new(status: u16) -> Self {
        let refuses = 300 <= status && status <= 599;
        Self {
            status: if refuses { status } else { 500 },
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header. The name is converted to lower case. A second header of the same name is added to the first.
    ///
    /// Invalid headers are ignored: a name that is not a token, a value with control characters or non-ASCII
    /// characters, and headers with the length of the body, which the server writes.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let value = value.trim_matches([' ', '\t']);
        if is_token(&name) && is_field_value(value) && !FRAMING.contains(&&*name) {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Returns the HTTP status: 300 to 599.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the headers in the order of writing, with names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the value of the first header of this name, ignoring case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the body without copying it.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

/// Whether `text` is a valid header name.
fn is_token(text: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(may_stand)
}

/// Whether `text` is a header value that both frameworks accept, without line breaks.
fn is_field_value(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_to_a_refusal_is_a_success() {
        for status in [0, 42, 100, 101, 200, 204, 206, 299, 600, 999, u16::MAX] {
            assert_eq!(Rejection::new(status).status(), 500, "{status}");
        }
        for status in [300, 302, 401, 403, 404, 503, 599] {
            assert_eq!(Rejection::new(status).status(), status);
        }
    }

    #[test]
    fn a_header_that_cannot_stand_in_a_response_is_left_out() {
        let rejection = Rejection::new(403)
            .with_header("X-Kept", " a\tb ")
            .with_header("x-kept", "c")
            .with_header("x split", "a")
            .with_header("", "a")
            .with_header("x-split", "a\r\nset-cookie: b")
            .with_header("x-letters", "ü")
            .with_header("Content-Length", "0")
            .with_header("transfer-encoding", "chunked");
        let headers: Vec<_> = rejection.headers().collect();
        assert_eq!(headers, [("x-kept", "a\tb"), ("x-kept", "c")]);
        assert_eq!(rejection.header("X-KEPT"), Some("a\tb"));
        assert_eq!(rejection.header("x-split"), None);
    }
}
