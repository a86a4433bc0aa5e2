//! SHA-256 of payloads, and the signing key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, SecretKey};

/// The SHA-256 of a body, in lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadHash(String);

impl PayloadHash {
    /// Hashes a whole body.
    pub fn of(body: impl AsRef<[u8]>) -> Self {
        Self(hex(&Sha256::digest(body)))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hashes a body chunk by chunk.
#[cfg(feature = "_web")]
#[derive(Default)]
pub(crate) struct PayloadHasher(Sha256);

#[cfg(feature = "_web")]
impl PayloadHasher {
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    pub(crate) fn finish(self) -> PayloadHash {
        PayloadHash(hex(&self.0.finalize()))
    }
}

/// Computes the signature of `string_to_sign` in the scope `date/region/service/aws4_request`.
pub(crate) fn sign(
    secret: &SecretKey,
    scope: [&str; 4],
    string_to_sign: &[u8],
) -> Result<String, Error> {
    let mut initial = Zeroizing::new(Vec::with_capacity(4 + secret.as_bytes().len()));
    initial.extend_from_slice(b"AWS4");
    initial.extend_from_slice(secret.as_bytes());
    let [date, region, service, terminator] = scope;
    let mut key = hmac(&initial, date.as_bytes())?;
    for part in [region, service, terminator] {
        key = hmac(&*key, part.as_bytes())?;
    }
    Ok(hex(&*hmac(&*key, string_to_sign)?))
}

fn hmac(key: &[u8], message: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
    // HMAC accepts keys of every length; its interface has an error because other codes do not.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::mismatch())?;
    mac.update(message);
    Ok(Zeroizing::new(mac.finalize().into_bytes().into()))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_payloads() {
        assert_eq!(
            PayloadHash::of("").as_str(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            PayloadHash::of(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
