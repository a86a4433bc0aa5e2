//! The signature of a request as the client has presented it.

use crate::canonical::Query;
use crate::date::Moment;
use crate::{AccessKey, Error, RequestHead};

/// The only algorithm.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of every scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// The longest time for which a presigned request can be valid: seven days.
const LONGEST_EXPIRY: i64 = 7 * 24 * 60 * 60;

/// The query parameters of a presigned request.
mod parameter {
    pub(super) const ALGORITHM: &str = "X-Amz-Algorithm";
    pub(super) const CREDENTIAL: &str = "X-Amz-Credential";
    pub(super) const DATE: &str = "X-Amz-Date";
    pub(super) const EXPIRES: &str = "X-Amz-Expires";
    pub(super) const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
    pub(super) const SIGNATURE: &str = "X-Amz-Signature";
    pub(super) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
    pub(super) const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";

    /// A request with one of these counts as presigned. Upper and lower case do not matter.
    pub(super) const OF_SIGNATURES: [&str; 7] = [
        ALGORITHM,
        CREDENTIAL,
        DATE,
        EXPIRES,
        SIGNED_HEADERS,
        SIGNATURE,
        SECURITY_TOKEN,
    ];
}

/// The names of the headers that this module reads.
pub(crate) mod header {
    pub(crate) const AUTHORIZATION: &str = "authorization";
    pub(crate) const CONTENT_SHA256: &str = "x-amz-content-sha256";
    pub(crate) const DATE: &str = "date";
    pub(crate) const HOST: &str = "host";
    pub(crate) const AMZ_DATE: &str = "x-amz-date";
    pub(crate) const SECURITY_TOKEN: &str = "x-amz-security-token";
}

/// Where the signature is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    Header,
    /// The query of a presigned request, which is valid for so many seconds.
    Query {
        expires: i64,
    },
}

/// A signature with everything that belongs to it, before any of it is verified.
pub(crate) struct Presented {
    pub(crate) location: Location,
    pub(crate) key: AccessKey,
    pub(crate) scope: CredentialScope,
    /// The names that the client has signed, in the order in which it has written them.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
    pub(crate) date: Moment,
    /// Whether the date is that of the header `Date`.
    pub(crate) uses_date_header: bool,
    /// The hash of the payload, if the request states one.
    pub(crate) content_sha256: Option<String>,
}

/// `date/region/service/aws4_request`.
pub(crate) struct CredentialScope {
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) terminator: String,
}

impl Presented {
    /// Reads the signature of a request; `None` if the request does not try to present one.
    pub(crate) fn read(head: &RequestHead<'_>, query: &Query) -> Result<Option<Self>, Error> {
        let in_header = head
            .values(header::AUTHORIZATION)
            .any(is_signature_of_a_request);
        let in_query = query
            .iter()
            .any(|(name, _)| is_parameter_of_signatures(name));
        match (in_header, in_query) {
            (false, false) => Ok(None),
            (true, false) => Self::from_header(head).map(Some),
            (false, true) if head.values(header::AUTHORIZATION).next().is_none() => {
                Self::from_query(head, query).map(Some)
            }
            _ => Err(Error::incomplete(
                "Only one authentication mechanism is allowed: the Authorization header or the query parameters.",
            )),
        }
    }

    fn from_header(head: &RequestHead<'_>) -> Result<Self, Error> {
        let authorization = required(head, header::AUTHORIZATION)?;
        let (algorithm, fields) = authorization.split_once(' ').unwrap_or((authorization, ""));
        check_algorithm(algorithm)?;
        let mut fields = AuthorizationFields::read(fields)?;
        let credential = fields.take("Credential")?;
        let signed_headers = fields.take("SignedHeaders")?;
        let signature = fields.take("Signature")?;
        fields.check_that_nothing_is_left()?;

        let session_token = single(head, header::SECURITY_TOKEN)?;
        let amz_date = single(head, header::AMZ_DATE)?;
        let date = match amz_date {
            Some(text) => Moment::parse(text),
            None => {
                let text = single(head, header::DATE)?.ok_or_else(|| {
                    Error::incomplete(
                        "The request must contain either an 'X-Amz-Date' or a 'Date' header.",
                    )
                })?;
                Moment::parse(text).or_else(|| Moment::parse_http(text))
            }
        };
        let (id, scope) = read_credential(credential)?;
        Ok(Self {
            location: Location::Header,
            key: AccessKey::new(id, read_token(session_token)?),
            scope,
            signed_headers: read_signed_headers(signed_headers)?,
            signature: signature.to_owned(),
            date: date.ok_or_else(invalid_date)?,
            uses_date_header: amz_date.is_none(),
            content_sha256: single(head, header::CONTENT_SHA256)?.map(str::to_owned),
        })
    }

    fn from_query(head: &RequestHead<'_>, query: &Query) -> Result<Self, Error> {
        for name in [header::AMZ_DATE, header::SECURITY_TOKEN] {
            if head.values(name).next().is_some() {
                return Err(Error::incomplete(format!(
                    "The header '{name}' is not allowed in a presigned request.",
                )));
            }
        }
        let required = |name| {
            parameter(query, name)?.ok_or_else(|| {
                Error::incomplete(format!(
                    "AWS query-string parameters must include '{name}'."
                ))
            })
        };
        check_algorithm(required(parameter::ALGORITHM)?)?;
        let (id, scope) = read_credential(required(parameter::CREDENTIAL)?)?;
        let date = Moment::parse(required(parameter::DATE)?).ok_or_else(invalid_date)?;
        let expires = read_expiry(required(parameter::EXPIRES)?)?;
        let token = read_token(parameter(query, parameter::SECURITY_TOKEN)?)?;
        let stated = [
            parameter(query, parameter::CONTENT_SHA256)?,
            single(head, header::CONTENT_SHA256)?,
        ];
        let content_sha256 = match stated {
            [Some(_), Some(_)] => {
                return Err(Error::incomplete(
                    "The hash of the payload is stated twice: in a header and in the query.",
                ));
            }
            [in_query, in_header] => in_query.or(in_header),
        };
        Ok(Self {
            location: Location::Query { expires },
            key: AccessKey::new(id, token),
            scope,
            signed_headers: read_signed_headers(required(parameter::SIGNED_HEADERS)?)?,
            signature: required(parameter::SIGNATURE)?.to_owned(),
            date,
            uses_date_header: false,
            content_sha256: content_sha256.map(str::to_owned),
        })
    }
}

/// Whether a query parameter is the signature itself, which is not signed.
pub(crate) fn is_signature_parameter(name: &[u8]) -> bool {
    name == parameter::SIGNATURE.as_bytes()
}

/// Whether a query parameter is the session token.
pub(crate) fn is_token_parameter(name: &[u8]) -> bool {
    name == parameter::SECURITY_TOKEN.as_bytes()
}

/// Whether the value of an `Authorization` header is a signature in some version of AWS's: `AWS4-HMAC-SHA256 …`, `AWS4-ECDSA-P256-SHA256 …`
/// or the old `AWS …`. Versions that are not supported are rejected, and never count as a request without a signature.
fn is_signature_of_a_request(value: &[u8]) -> bool {
    let value = value.trim_ascii_start();
    let scheme = value
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let starts_with = |prefix: &[u8]| {
        scheme
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    scheme.eq_ignore_ascii_case(b"aws") || starts_with(b"aws3") || starts_with(b"aws4")
}

/// Whether a query parameter belongs to a presigned request. Upper and lower case do not matter.
fn is_parameter_of_signatures(name: &[u8]) -> bool {
    parameter::OF_SIGNATURES
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

fn check_algorithm(algorithm: &str) -> Result<(), Error> {
    if algorithm == ALGORITHM {
        return Ok(());
    }
    Err(Error::incomplete(format!(
        "Unsupported AWS 'algorithm'. Sign the request with '{ALGORITHM}'.",
    )))
}

/// The comma-separated fields of an `Authorization` header.
struct AuthorizationFields<'a>(Vec<(&'a str, &'a str)>);

impl<'a> AuthorizationFields<'a> {
    fn read(text: &'a str) -> Result<Self, Error> {
        let fields = text.split(',').map(|field| {
            field
                .trim_matches([' ', '\t'])
                .split_once('=')
                .ok_or_else(|| {
                    Error::incomplete(
                        "Invalid key=value pair (missing equal-sign) in Authorization header.",
                    )
                })
        });
        fields.collect::<Result<_, _>>().map(Self)
    }

    fn take(&mut self, name: &str) -> Result<&'a str, Error> {
        let index = self.0.iter().position(|(other, _)| *other == name);
        let (_, value) = index.map(|index| self.0.remove(index)).ok_or_else(|| {
            Error::incomplete(format!("Authorization header requires '{name}' parameter."))
        })?;
        Ok(value)
    }

    fn check_that_nothing_is_left(&self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Error::incomplete(
            "Authorization header has a repeated or unknown parameter.",
        ))
    }
}

/// The value of a header that occurs at most once and is ASCII.
pub(crate) fn single<'a>(head: &RequestHead<'a>, name: &str) -> Result<Option<&'a str>, Error> {
    let mut values = head.values(name);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(repeated_header(name));
    }
    let value = value.trim_ascii();
    match std::str::from_utf8(value) {
        Ok(text) if is_visible(text) => Ok(Some(text)),
        _ => Err(Error::incomplete(format!(
            "The header '{name}' contains characters that are not allowed."
        ))),
    }
}

fn required<'a>(head: &RequestHead<'a>, name: &str) -> Result<&'a str, Error> {
    single(head, name)?.ok_or_else(|| Error::incomplete(format!("The header '{name}' is missing.")))
}

pub(crate) fn repeated_header(name: &str) -> Error {
    Error::incomplete(format!("The header '{name}' is repeated."))
}

/// The value of a query parameter that occurs at most once and is ASCII.
fn parameter<'a>(query: &'a Query, name: &str) -> Result<Option<&'a str>, Error> {
    let mut values = query
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
    let Some((written, value)) = values.next() else {
        return Ok(None);
    };
    let invalid = |problem| Error::incomplete(format!("The query parameter '{name}' {problem}."));
    if values.next().is_some() {
        return Err(invalid("is repeated"));
    }
    if written != name.as_bytes() {
        return Err(invalid("is written in another case"));
    }
    match std::str::from_utf8(value) {
        Ok(text) if is_visible(text) => Ok(Some(text)),
        _ => Err(invalid("contains characters that are not allowed")),
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

fn read_credential(text: &str) -> Result<(String, CredentialScope), Error> {
    let malformed = || {
        Error::incomplete(
            "Credential must have exactly 5 slash-delimited elements: \
             access key ID, date, region, service and 'aws4_request'.",
        )
    };
    let mut parts = text.split('/');
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (Some(id), Some(date), Some(region), Some(service), Some(terminator)) =
        (next(), next(), next(), next(), next())
    else {
        return Err(malformed());
    };
    let is_id = id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic());
    if parts.next().is_some() || !is_id {
        return Err(malformed());
    }
    let scope = CredentialScope {
        date: date.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        terminator: terminator.to_owned(),
    };
    Ok((id.to_owned(), scope))
}

fn read_signed_headers(text: &str) -> Result<Vec<String>, Error> {
    let names: Vec<_> = text.split(';').map(str::to_owned).collect();
    let are_names = names.iter().all(|name| is_lower_case_token(name));
    if are_names && names.is_sorted_by(|left, right| left < right) {
        return Ok(names);
    }
    Err(Error::incomplete(
        "SignedHeaders must be names of headers in lower case, sorted, each of them once, with semicolons between them.",
    ))
}

fn is_lower_case_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        })
}

fn read_token(token: Option<&str>) -> Result<Option<String>, Error> {
    match token {
        Some("") => Err(Error::incomplete("The session token is empty.")),
        _ => Ok(token.map(str::to_owned)),
    }
}

fn read_expiry(text: &str) -> Result<i64, Error> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = is_number.then(|| text.parse().ok()).flatten();
    seconds
        .filter(|seconds| (1..=LONGEST_EXPIRY).contains(seconds))
        .ok_or_else(|| {
            Error::incomplete(format!(
                "X-Amz-Expires must be a number of seconds from 1 to {LONGEST_EXPIRY}.",
            ))
        })
}

fn invalid_date() -> Error {
    Error::incomplete("Date must be in ISO-8601 'basic format', such as '20150830T123600Z'.")
}
