//! The verification of requests.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pinpoint_iam::Principal;
use subtle::ConstantTimeEq;

use crate::canonical::{Malformed, PathEncoding, Query, write_header_value, write_path};
use crate::date::Moment;
use crate::hash::{PayloadHash, sign};
use crate::presented::{
    ALGORITHM, Location, Presented, TERMINATOR, header, is_signature_parameter, is_token_parameter,
    repeated_header, single,
};
use crate::{AccessKey, Credentials, Error, ErrorKind, RequestHead};

/// The value of `x-amz-content-sha256` for a payload that is not signed.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The rules by which signatures of one service are verified.
///
/// The rules never depend on the request: what a client cannot satisfy by default has to be allowed here.
///
/// ```
/// use std::time::Duration;
///
/// use pinpoint_iam_sigv4::Verifier;
///
/// let verifier = Verifier::new("us-east-1", "mobiletargeting")
///     .with_clock_window(Duration::from_secs(15 * 60))
///     .with_body_limit(256 * 1024)
///     .reject_anonymous();
/// # drop(verifier);
/// ```
#[derive(Clone)]
pub struct Verifier {
    region: Box<str>,
    service: Box<str>,
    path_encoding: PathEncoding,
    normalizes_paths: bool,
    allows_unsigned_payload: bool,
    rejects_anonymous: bool,
    token_is_added_after_signing: bool,
    unsigned_headers: Vec<Box<str>>,
    required_headers: Vec<Box<str>>,
    window: Duration,
    body_limit: usize,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Verifier {
    /// Verifies signatures whose scope is `region` and `service`, such as `us-east-1` and `mobiletargeting`.
    ///
    /// `service` is the signing name of the service, which clients take from the service's model.
    pub fn new(region: &str, service: &str) -> Self {
        Self {
            region: region.into(),
            service: service.into(),
            path_encoding: PathEncoding::Double,
            normalizes_paths: false,
            allows_unsigned_payload: false,
            rejects_anonymous: false,
            token_is_added_after_signing: false,
            unsigned_headers: Vec::new(),
            required_headers: Vec::new(),
            window: Duration::from_secs(5 * 60),
            body_limit: 2 * 1024 * 1024,
            clock: Arc::new(SystemTime::now),
        }
    }

    /// Sets the encoding of paths; [`PathEncoding::Double`] without it.
    #[must_use]
    pub const fn with_path_encoding(mut self, encoding: PathEncoding) -> Self {
        self.path_encoding = encoding;
        self
    }

    /// Verifies the signature of the normalized path: without empty segments and `.`, and with each `..` applied.
    ///
    /// AWS's clients normalize paths before they sign them, but send them as they are. For a path that is normalized already, this makes
    /// no difference. Other paths are rejected by default, because a signature for `/apps/b` would otherwise be accepted for
    /// `/apps/a/../b`, which a router may see as another route.
    ///
    /// **Only for servers that normalize the path before they route the request.**
    #[must_use]
    pub const fn with_normalized_paths(mut self) -> Self {
        self.normalizes_paths = true;
        self
    }

    /// Accepts requests that sign `UNSIGNED-PAYLOAD` instead of the hash of their body, as clients of Amazon S3 do over TLS.
    ///
    /// The body is then handed on as it arrives: without a hash, and without [the limit](Self::with_body_limit).
    #[must_use]
    pub const fn allow_unsigned_payload(mut self) -> Self {
        self.allows_unsigned_payload = true;
        self
    }

    /// Rejects requests without a signature with `MissingAuthenticationTokenException`.
    ///
    /// By default they are passed on without a principal, and `#[requires]` responds 401.
    #[must_use]
    pub const fn reject_anonymous(mut self) -> Self {
        self.rejects_anonymous = true;
        self
    }

    /// Accepts session tokens that the client has added after it signed the request. A few services ask for it, such as AWS IoT. See
    /// [temporary credentials](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
    ///
    /// The header `x-amz-security-token` then does not have to be signed, and the query parameter `X-Amz-Security-Token` must not be.
    /// The token has to be the right one for the access key in either case.
    #[must_use]
    pub const fn with_token_added_after_signing(mut self) -> Self {
        self.token_is_added_after_signing = true;
        self
    }

    /// Accepts a header `x-amz-…` that is not signed, such as `x-amz-cf-id`, which Amazon CloudFront adds to requests.
    ///
    /// All other headers whose names start with `x-amz-` must be signed if they are present. The headers of the signature itself cannot be
    /// exempted.
    #[must_use]
    pub fn allow_unsigned_header(mut self, name: &str) -> Self {
        self.unsigned_headers.push(name.to_ascii_lowercase().into());
        self
    }

    /// Requires that the header `name` is signed if it is present, such as `content-type`.
    #[must_use]
    pub fn require_signed_header(mut self, name: &str) -> Self {
        self.required_headers.push(name.to_ascii_lowercase().into());
        self
    }

    /// Sets the difference that is allowed between the date of a signature and the clock; five minutes without it.
    #[must_use]
    pub const fn with_clock_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Sets the length in bytes up to which bodies are read to be hashed; 2 MiB without it.
    #[must_use]
    pub const fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Replaces the clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The length in bytes up to which an adapter reads bodies.
    pub const fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Reads the signature of a request, and checks everything about it for which neither the key nor the body is needed.
    ///
    /// `Ok(None)` is a request without a signature. A request with an `Authorization` header of another scheme, such as `Bearer`, is one as
    /// well.
    ///
    /// # Errors
    ///
    /// If the signature is incomplete, malformed or ambiguous, has another scope, does not cover all headers that it must cover, or
    /// is too old or too new.
    pub fn read(&self, head: &RequestHead<'_>) -> Result<Option<SignedRequest>, Error> {
        let query = Query::parse(head.query.unwrap_or_default());
        let Some(presented) = Presented::read(head, &query)? else {
            return if self.rejects_anonymous {
                Err(Error::new(
                    ErrorKind::MissingAuthenticationToken,
                    "Missing Authentication Token",
                ))
            } else {
                Ok(None)
            };
        };
        let now = Moment::from((self.clock)());
        self.check_scope(&presented)?;
        self.check_time(&presented, now)?;
        check_head(head, &query)?;
        let host = host(head)?;
        self.check_signed_headers(head, &presented)?;
        let payload = self.payload(&presented)?;

        let mut canonical = Vec::with_capacity(512);
        canonical.extend_from_slice(head.method.as_bytes());
        canonical.push(b'\n');
        write_path(
            &mut canonical,
            head.path,
            self.path_encoding,
            self.normalizes_paths,
        )
        .map_err(|Malformed| malformed_percent("path"))?;
        canonical.push(b'\n');
        let is_presigned = presented.location != Location::Header;
        query.write(&mut canonical, |name| {
            is_presigned
                && (is_signature_parameter(name)
                    || (self.token_is_added_after_signing && is_token_parameter(name)))
        });
        canonical.push(b'\n');
        for name in &presented.signed_headers {
            canonical.extend_from_slice(name.as_bytes());
            canonical.push(b':');
            if name == header::HOST {
                write_header_value(&mut canonical, host.as_bytes());
            } else {
                write_values(&mut canonical, head, name)?;
            }
            canonical.push(b'\n');
        }
        canonical.push(b'\n');
        canonical.extend_from_slice(presented.signed_headers.join(";").as_bytes());
        canonical.push(b'\n');

        Ok(Some(SignedRequest {
            presented,
            payload,
            canonical,
            now,
        }))
    }

    fn check_scope(&self, presented: &Presented) -> Result<(), Error> {
        let scope = &presented.scope;
        if *scope.region != *self.region {
            return Err(Error::invalid(format!(
                "Credential should be scoped to a valid region: '{}'.",
                self.region
            )));
        }
        if *scope.service != *self.service {
            return Err(Error::invalid(format!(
                "Credential should be scoped to correct service: '{}'.",
                self.service
            )));
        }
        if scope.terminator != TERMINATOR {
            return Err(Error::invalid(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}'."
            )));
        }
        if presented.date.to_basic().get(..8) != Some(&scope.date) {
            return Err(Error::invalid(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.",
            ));
        }
        Ok(())
    }

    fn check_time(&self, presented: &Presented, now: Moment) -> Result<(), Error> {
        let date = presented.date;
        let window = i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX);
        if date.seconds_since(now) > window {
            return Err(Error::invalid(format!(
                "Signature not yet current: {} is still later than {}",
                date.to_basic(),
                now.plus(window).to_basic()
            )));
        }
        let validity = match presented.location {
            Location::Header => window,
            Location::Query { expires } => expires,
        };
        if now.seconds_since(date) > validity {
            return Err(Error::invalid(format!(
                "Signature expired: {} is now earlier than {}",
                date.to_basic(),
                now.plus(validity.saturating_neg()).to_basic()
            )));
        }
        Ok(())
    }

    /// Checks that the client has signed all headers that have to be signed.
    fn check_signed_headers(
        &self,
        head: &RequestHead<'_>,
        presented: &Presented,
    ) -> Result<(), Error> {
        let is_signed = |name: &str| presented.signed_headers.iter().any(|signed| signed == name);
        let must_be_signed = |name: &str| match name {
            header::SECURITY_TOKEN => !self.token_is_added_after_signing,
            header::AMZ_DATE | header::CONTENT_SHA256 => true,
            header::DATE if presented.uses_date_header => true,
            _ => {
                let is_in = |names: &[Box<str>]| names.iter().any(|other| **other == *name);
                is_in(&self.required_headers)
                    || (name.starts_with("x-amz-") && !is_in(&self.unsigned_headers))
            }
        };
        let unsigned = head
            .names()
            .find(|name| must_be_signed(name) && !is_signed(name));
        let unsigned = if is_signed(header::HOST) {
            unsigned
        } else {
            Some(header::HOST)
        };
        unsigned.map_or(Ok(()), |name| {
            Err(Error::invalid(format!(
                "'{name}' must be a signed header in the AWS signature."
            )))
        })
    }

    fn payload(&self, presented: &Presented) -> Result<Payload, Error> {
        match presented.content_sha256.as_deref() {
            Some(UNSIGNED_PAYLOAD) if self.allows_unsigned_payload => Ok(Payload::Unsigned),
            Some(UNSIGNED_PAYLOAD) => Err(Error::invalid(
                "The payload of the request must be signed: UNSIGNED-PAYLOAD is not allowed.",
            )),
            Some(hash) if is_hash(hash) => Ok(Payload::Stated(hash.to_owned())),
            Some(_) => Err(Error::invalid(
                "The value of x-amz-content-sha256 must be the SHA-256 of the payload in lower-case hexadecimal digits.",
            )),
            // Amazon S3 signs this for presigned requests, and does not write it anywhere.
            None if self.allows_unsigned_payload
                && self.path_encoding == PathEncoding::Single
                && presented.location != Location::Header =>
            {
                Ok(Payload::Unsigned)
            }
            None => Ok(Payload::NotStated),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verifier")
            .field("region", &self.region)
            .field("service", &self.service)
            .field("path_encoding", &self.path_encoding)
            .field("normalizes_paths", &self.normalizes_paths)
            .field("allows_unsigned_payload", &self.allows_unsigned_payload)
            .field("rejects_anonymous", &self.rejects_anonymous)
            .field("window", &self.window)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

/// What a request has signed of its payload.
enum Payload {
    /// Nothing.
    Unsigned,
    /// The hash that the request states.
    Stated(String),
    /// The hash of the body, which the request does not state.
    NotStated,
}

/// A request with a signature that has not been verified yet.
pub struct SignedRequest {
    presented: Presented,
    payload: Payload,
    /// The canonical request without its last line, the hash of the payload.
    canonical: Vec<u8>,
    now: Moment,
}

impl SignedRequest {
    /// The access key that the request names.
    pub const fn access_key(&self) -> &AccessKey {
        &self.presented.key
    }

    /// Whether the body has to be read and hashed. It does not if the payload is [not signed](Verifier::allow_unsigned_payload).
    pub const fn needs_body(&self) -> bool {
        !matches!(self.payload, Payload::Unsigned)
    }

    /// Checks what can be checked before the body is read: the session token and the expiry of the credentials and, if the
    /// request states the hash of its body, the signature.
    ///
    /// It spares the service the bodies of most requests that will be rejected. It never replaces [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// If the request is certain to be rejected.
    pub fn verify_before_body(&self, credentials: &Credentials) -> Result<(), Error> {
        credentials.check(&self.presented.key, self.now)?;
        match &self.payload {
            Payload::Unsigned => self.verify_signature(credentials, UNSIGNED_PAYLOAD),
            Payload::Stated(hash) => self.verify_signature(credentials, hash),
            Payload::NotStated => Ok(()),
        }
    }

    /// Verifies the request, and returns its caller.
    ///
    /// `body` is the hash of the body; it can be `None` only if the body is not [needed](Self::needs_body).
    ///
    /// # Errors
    ///
    /// If the session token, the signature or the hash of the body is not the right one, or the credentials have expired.
    pub fn verify(
        &self,
        credentials: &Credentials,
        body: Option<&PayloadHash>,
    ) -> Result<Principal, Error> {
        credentials.check(&self.presented.key, self.now)?;
        match (&self.payload, body) {
            (Payload::Unsigned, _) => self.verify_signature(credentials, UNSIGNED_PAYLOAD)?,
            (Payload::NotStated, Some(hash)) => {
                self.verify_signature(credentials, hash.as_str())?;
            }
            (Payload::Stated(stated), Some(hash)) if stated == hash.as_str() => {
                self.verify_signature(credentials, stated)?;
            }
            (Payload::Stated(_), Some(_)) => {
                return Err(Error::invalid(
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ));
            }
            (Payload::Stated(_) | Payload::NotStated, None) => return Err(Error::mismatch()),
        }
        Ok(credentials.principal().clone())
    }

    fn verify_signature(&self, credentials: &Credentials, payload: &str) -> Result<(), Error> {
        let scope = &self.presented.scope;
        let scope = [
            scope.date.as_str(),
            &scope.region,
            &scope.service,
            &scope.terminator,
        ];
        let request = PayloadHash::of([&*self.canonical, payload.as_bytes()].concat());
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.presented.date.to_basic(),
            scope.join("/"),
            request.as_str()
        );
        let expected = sign(credentials.secret(), scope, string_to_sign.as_bytes())?;
        let presented = self.presented.signature.as_bytes();
        if bool::from(expected.as_bytes().ct_eq(presented)) {
            Ok(())
        } else {
            Err(Error::mismatch())
        }
    }
}

/// Without the session token and the signature.
impl fmt::Debug for SignedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignedRequest")
            .field("access_key", self.access_key())
            .field("needs_body", &self.needs_body())
            .finish_non_exhaustive()
    }
}

/// Rejects heads that are ambiguous, independently of the headers that are signed.
fn check_head(head: &RequestHead<'_>, query: &Query) -> Result<(), Error> {
    if query.is_malformed() {
        return Err(malformed_percent("query"));
    }
    let is_method = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if head.method.is_empty() || !head.method.bytes().all(is_method) {
        return Err(Error::incomplete("The method of the request is malformed."));
    }
    let mut names: Vec<_> = head.names().filter(|name| has_one_value(name)).collect();
    names.sort_unstable();
    let repeated = names
        .iter()
        .zip(names.iter().skip(1))
        .find(|(name, next)| name == next);
    repeated.map_or(Ok(()), |(name, _)| Err(repeated_header(name)))
}

/// Whether a header is ambiguous when it is repeated: two parts of a service could read different lines.
fn has_one_value(name: &str) -> bool {
    let is_amz = name.starts_with("x-amz-") && !name.starts_with("x-amz-meta-");
    is_amz
        || matches!(
            name,
            header::AUTHORIZATION | header::DATE | header::HOST | "content-length" | "content-type"
        )
}

/// The host that the request was sent to: the header or, in HTTP/2, the authority.
fn host<'a>(head: &RequestHead<'a>) -> Result<&'a str, Error> {
    match (single(head, header::HOST)?, head.authority) {
        (Some(host), Some(authority)) if host != authority => Err(Error::incomplete(
            "The header 'host' differs from the authority of the request's target.",
        )),
        (Some(host), _) => Ok(host),
        (None, Some(authority)) => Ok(authority),
        (None, None) => Err(Error::incomplete("The header 'host' is missing.")),
    }
}

/// Appends the values of a signed header, with commas between lines.
fn write_values(out: &mut Vec<u8>, head: &RequestHead<'_>, name: &str) -> Result<(), Error> {
    let mut is_present = false;
    for value in head.values(name) {
        if is_present {
            out.push(b',');
        }
        is_present = true;
        write_header_value(out, value);
    }
    if is_present {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The signed header '{name}' is missing in the request."
    )))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn malformed_percent(part: &str) -> Error {
    Error::incomplete(format!(
        "The {part} of the request contains a '%' that is not followed by two hexadecimal digits."
    ))
}
