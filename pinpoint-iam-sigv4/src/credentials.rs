//! Access keys, their secrets, and the callers that they belong to.

use std::fmt;
use std::time::SystemTime;

use pinpoint_iam::Principal;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::Error;
use crate::date::Moment;

/// The access key that a request names.
///
/// `Debug` does not print the session token.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    id: String,
    session_token: Option<String>,
}

impl AccessKey {
    pub(crate) const fn new(id: String, session_token: Option<String>) -> Self {
        Self { id, session_token }
    }

    /// The access key ID, such as `AKIAIOSFODNN7EXAMPLE`.
    ///
    /// It was chosen by the caller: up to 128 visible ASCII characters without `/`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The session token, if the request has one.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessKey")
            .field("id", &self.id)
            .field("has_session_token", &self.session_token.is_some())
            .finish()
    }
}

/// A secret access key.
///
/// `Debug` does not print it, and it is overwritten with zeros when it is dropped.
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes a secret. An owned `String` is not copied.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(..)")
    }
}

/// What a [`KeyProvider`](crate::KeyProvider) knows of an access key.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use pinpoint_iam::Principal;
/// use pinpoint_iam_sigv4::{Credentials, SecretKey};
///
/// let role = "arn:aws:iam::123456789012:role/reports";
/// let session = Credentials::new(SecretKey::new("secret"), Principal::role_session(role, "nightly")?)
///     .with_session_token("token")
///     .expiring_at(SystemTime::now() + Duration::from_secs(3600));
/// # drop(session);
/// # Ok::<(), pinpoint_iam::principal::InvalidPrincipal>(())
/// ```
#[derive(Debug)]
pub struct Credentials {
    secret: SecretKey,
    principal: Principal,
    session_token: Option<SessionToken>,
    expires: Option<SystemTime>,
}

struct SessionToken(Zeroizing<String>);

impl fmt::Debug for SessionToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("..")
    }
}

impl Credentials {
    /// Long-term credentials. A request that has a session token as well is rejected.
    pub const fn new(secret: SecretKey, principal: Principal) -> Self {
        Self {
            secret,
            principal,
            session_token: None,
            expires: None,
        }
    }

    /// Makes the credentials temporary: a request must have this session token. It is compared in constant time.
    ///
    /// A provider that has verified the token by itself, for example because the token is encrypted, passes
    /// [`AccessKey::session_token`] here.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(SessionToken(Zeroizing::new(token.into())));
        self
    }

    /// Sets the end of the credentials. From that moment on, requests are rejected with `ExpiredTokenException`.
    #[must_use]
    pub const fn expiring_at(mut self, end: SystemTime) -> Self {
        self.expires = Some(end);
        self
    }

    /// The caller whose credentials these are.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    pub(crate) const fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// Checks that the request has the right session token, and that the credentials have not expired at `now`.
    pub(crate) fn check(&self, key: &AccessKey, now: Moment) -> Result<(), Error> {
        let is_right = match (&self.session_token, key.session_token()) {
            (None, None) => true,
            (Some(expected), Some(presented)) => {
                bool::from(expected.0.as_bytes().ct_eq(presented.as_bytes()))
            }
            _ => false,
        };
        if !is_right {
            return Err(Error::unrecognized());
        }
        match self.expires {
            Some(end) if now >= Moment::from(end) => Err(Error::new(
                crate::ErrorKind::ExpiredToken,
                "The security token included in the request is expired",
            )),
            _ => Ok(()),
        }
    }
}
