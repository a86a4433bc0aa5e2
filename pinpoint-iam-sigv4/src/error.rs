//! Errors and their responses.

use std::borrow::Cow;
use std::fmt;

/// A request that cannot be authenticated.
///
/// The error has the status, the code and the message that AWS clients read. The message never contains the signature that was expected,
/// the canonical request or anything of the secret key.
///
/// See [common errors](https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html) and
/// [Troubleshoot signed requests](https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
}

/// The reasons for which a request cannot be authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request has no signature, and [requests without one are rejected](crate::Verifier::reject_anonymous).
    /// `MissingAuthenticationTokenException`, 403.
    MissingAuthenticationToken,
    /// The signature is incomplete, malformed, ambiguous, or made with another algorithm. `IncompleteSignatureException`, 400.
    IncompleteSignature,
    /// The signature, its date, its scope or the hash of the payload does not match. `InvalidSignatureException`, 403.
    InvalidSignature,
    /// The access key or the session token is unknown. `UnrecognizedClientException`, 403.
    UnrecognizedClient,
    /// The credentials have expired. `ExpiredTokenException`, 403.
    ExpiredToken,
    /// The body is longer than [the limit](crate::Verifier::with_body_limit). `PayloadTooLargeException`, 413.
    PayloadTooLarge,
    /// The body could not be read. `BadRequestException`, 400.
    UnreadableBody,
    /// The provider of keys has failed. `ServiceUnavailableException`, 503.
    KeysUnavailable,
}

impl ErrorKind {
    /// The name of the error, as AWS writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::PayloadTooLarge => "PayloadTooLargeException",
            Self::UnreadableBody => "BadRequestException",
            Self::KeysUnavailable => "ServiceUnavailableException",
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::MissingAuthenticationToken
            | Self::InvalidSignature
            | Self::UnrecognizedClient
            | Self::ExpiredToken => 403,
            Self::IncompleteSignature | Self::UnreadableBody => 400,
            Self::PayloadTooLarge => 413,
            Self::KeysUnavailable => 503,
        }
    }
}

impl Error {
    /// The name of the response header that contains the [code](Self::code).
    pub const ERROR_TYPE_HEADER: &'static str = "x-amzn-errortype";

    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    pub(crate) fn incomplete(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::IncompleteSignature, message)
    }

    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidSignature, message)
    }

    pub(crate) fn mismatch() -> Self {
        Self::invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
             signing method. Consult the service documentation for details.",
        )
    }

    /// The error of an access key that the provider of keys does not know.
    pub fn unrecognized() -> Self {
        Self::new(
            ErrorKind::UnrecognizedClient,
            "The security token included in the request is invalid.",
        )
    }

    /// The error of an adapter whose provider of keys has failed. The response does not repeat the provider's error.
    pub fn keys_unavailable() -> Self {
        Self::new(
            ErrorKind::KeysUnavailable,
            "The credentials of the request cannot be verified at the moment.",
        )
    }

    /// The error of an adapter that stopped reading a body at `limit` bytes.
    pub fn payload_too_large(limit: usize) -> Self {
        Self::new(
            ErrorKind::PayloadTooLarge,
            format!("The body of the request is longer than {limit} bytes."),
        )
    }

    /// The error of an adapter that could not read a body to its end.
    pub fn unreadable_body() -> Self {
        Self::new(
            ErrorKind::UnreadableBody,
            "The body of the request could not be read.",
        )
    }

    /// The reason.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The HTTP status of the response.
    pub const fn status(&self) -> u16 {
        self.kind.status()
    }

    /// The name of the error, for the header [`ERROR_TYPE_HEADER`](Self::ERROR_TYPE_HEADER).
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The sentence for the caller.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The body of the response, in the form of AWS's JSON protocols: an object with the members `__type` and `message`.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "__type": self.code(), "message": self.message() }).to_string()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code(), self.message)
    }
}

impl std::error::Error for Error {}
