//! Ed25519 keys as PEM, and detached signatures as base64.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer};

/// What precedes the 32 bytes of a public key: `SubjectPublicKeyInfo` of RFC 8410.
const PUBLIC: (&str, [u8; 12]) = ("PUBLIC KEY", [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0]);

/// What precedes the 32 bytes of a private key: `OneAsymmetricKey` of RFC 8410, version 1.
const PRIVATE: (&str, [u8; 16]) = (
    "PRIVATE KEY",
    [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32],
);

/// The longest signature file, in bytes.
const MAX_LENGTH: usize = 256;

/// The public key of a publisher of policies.
#[derive(Clone, PartialEq, Eq)]
pub struct VerificationKey(ed25519_dalek::VerifyingKey);

impl VerificationKey {
    /// Reads a key as OpenSSL writes it: `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    ///
    /// Fails if the text is not one Ed25519 public key, or a key of small order, with which anything could be signed.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        let bytes = decode(pem, PUBLIC.0, &PUBLIC.1)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok();
        match key.filter(|key| !key.is_weak()) {
            Some(key) => Ok(Self(key)),
            None => Err(InvalidKey(
                "the bytes are not an Ed25519 public key".to_owned(),
            )),
        }
    }

    /// Whether `signature` is the signature of `text` with this key.
    pub(crate) fn has_signed(&self, text: &str, signature: &Signature) -> bool {
        self.0.verify_strict(text.as_bytes(), signature).is_ok()
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode(self.0.as_bytes());
        formatter
            .debug_tuple("VerificationKey")
            .field(&key)
            .finish()
    }
}

/// The private key of a publisher of policies.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Reads a key as OpenSSL writes it: `-----BEGIN PRIVATE KEY-----`.
    ///
    /// # Errors
    ///
    /// Fails if the text is not one Ed25519 private key.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        let bytes = decode(pem, PRIVATE.0, &PRIVATE.1)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&bytes)))
    }

    /// Returns the public key.
    pub fn verification_key(&self) -> VerificationKey {
        VerificationKey(self.0.verifying_key())
    }

    /// Returns the signature of a manifest: the content of [`policies.manifest.sig`](crate::SIGNATURE).
    pub fn sign(&self, manifest: &str) -> String {
        let signature = self.0.sign(manifest.as_bytes());
        STANDARD.encode(signature.to_bytes()) + "\n"
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

/// The reason why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKey(String);

impl fmt::Display for InvalidKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidKey {}

/// Returns the 32 bytes of a key.
fn decode(pem: &str, label: &str, prefix: &[u8]) -> Result<[u8; 32], InvalidKey> {
    let body = pem
        .trim()
        .strip_prefix(&format!("-----BEGIN {label}-----"))
        .and_then(|rest| rest.strip_suffix(&format!("-----END {label}-----")))
        .ok_or_else(|| InvalidKey(format!("there is no `-----BEGIN {label}-----`")))?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).ok();
    let key = der.as_ref().and_then(|der| der.strip_prefix(prefix));
    let key = key.and_then(|key| <[u8; 32]>::try_from(key).ok());
    key.ok_or_else(|| {
        InvalidKey(
            "the key is not an Ed25519 key; `openssl genpkey -algorithm ed25519` creates one"
                .to_owned(),
        )
    })
}

/// Reads a signature file: base64 of 64 bytes, in one or more lines.
pub(crate) fn read_signature(text: &str) -> Option<Signature> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let text: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(text).ok()?;
    Some(Signature::from_bytes(&<[u8; 64]>::try_from(bytes).ok()?))
}
