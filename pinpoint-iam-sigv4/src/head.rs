//! The head of a request, independent of a framework.

use std::borrow::Cow;
use std::fmt;

use http::{Request, request};

/// What a signature covers of a request, except its body.
///
/// Adapters make it from their framework's request. The path, the query and the values of headers are those that were received, neither
/// decoded nor normalized.
///
/// ```
/// use pinpoint_iam_sigv4::RequestHead;
///
/// let head = RequestHead::new("GET", "/v1/apps", Some("page-size=10"))
///     .with_header("Host", b"pinpoint.example.com");
/// # drop(head);
/// ```
#[derive(Clone)]
pub struct RequestHead<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) authority: Option<&'a str>,
    /// Names in lower case, with values in order of arrival.
    headers: Vec<(Cow<'a, str>, &'a [u8])>,
}

impl<'a> RequestHead<'a> {
    /// A head without headers.
    pub const fn new(method: &'a str, path: &'a str, query: Option<&'a str>) -> Self {
        Self {
            method,
            path,
            query,
            authority: None,
            headers: Vec::new(),
        }
    }

    /// Sets the authority of the request's target: `:authority` of HTTP/2, or that of a target with scheme and host.
    ///
    /// It takes the place of a missing `Host`. A request whose `Host` differs from it is rejected.
    #[must_use]
    pub const fn with_authority(mut self, authority: Option<&'a str>) -> Self {
        self.authority = authority;
        self
    }

    /// Adds a header. Call it once for each line, in order of arrival.
    #[must_use]
    pub fn with_header(mut self, name: &'a str, value: &'a [u8]) -> Self {
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        self.headers.push((name, value));
        self
    }

    /// The values of the header `name`, which is in lower case.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(other, _)| other == name)
            .map(|(_, value)| *value)
    }

    /// The names of all headers in lower case. A name is repeated for each of its lines.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| &**name)
    }
}

/// Without the query and the values of headers, which contain signatures and tokens.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestHead")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("authority", &self.authority)
            .field("headers", &self.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<'a> From<&'a request::Parts> for RequestHead<'a> {
    fn from(parts: &'a request::Parts) -> Self {
        of_http(&parts.method, &parts.uri, &parts.headers)
    }
}

impl<'a, B> From<&'a Request<B>> for RequestHead<'a> {
    fn from(request: &'a Request<B>) -> Self {
        of_http(request.method(), request.uri(), request.headers())
    }
}

/// The head of a request of the crate `http`, with the target `uri`.
pub(crate) fn of_http<'a>(
    method: &'a http::Method,
    uri: &'a http::Uri,
    headers: &'a http::HeaderMap,
) -> RequestHead<'a> {
    let head = RequestHead::new(method.as_str(), uri.path(), uri.query())
        .with_authority(uri.authority().map(http::uri::Authority::as_str));
    headers.iter().fold(head, |head, (name, value)| {
        head.with_header(name.as_str(), value.as_bytes())
    })
}
