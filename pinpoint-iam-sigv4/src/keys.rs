//! Where keys come from.

use std::pin::Pin;

use crate::{AccessKey, Credentials};

/// The error of a [`KeyProvider`] that cannot decide whether a key exists.
pub type KeyError = Box<dyn std::error::Error + Send + Sync>;

/// The future of a [`KeyProvider`].
pub type KeyFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Credentials>, KeyError>> + Send + 'a>>;

/// Finds the secret and the caller of an access key.
///
/// Every closure that takes an [`AccessKey`] and returns a future of `Result<Option<Credentials>, KeyError>` is a provider:
///
/// ```
/// use pinpoint_iam::Principal;
/// use pinpoint_iam_sigv4::{AccessKey, Credentials, KeyError, KeyProvider, SecretKey};
///
/// fn keys() -> impl KeyProvider {
///     async |key: AccessKey| {
///         if key.id() != "AKIAIOSFODNN7EXAMPLE" {
///             return Ok(None);
///         }
///         let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
///         let secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
///         Ok::<_, KeyError>(Some(Credentials::new(secret, ana)))
///     }
/// }
/// ```
///
/// The caller is not authenticated when the provider is asked: anyone can send any access key ID.
pub trait KeyProvider: Send + Sync + 'static {
    /// Finds the credentials of `key`; `Ok(None)` if the key does not exist or is not active.
    ///
    /// # Errors
    ///
    /// If the provider cannot decide, for example because a database does not respond. The request is then answered with 503.
    fn find(&self, key: &AccessKey) -> KeyFuture<'_>;
}

impl<F, R> KeyProvider for F
where
    F: Fn(AccessKey) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Option<Credentials>, KeyError>> + Send + 'static,
{
    fn find(&self, key: &AccessKey) -> KeyFuture<'_> {
        Box::pin(self(key.clone()))
    }
}
