//! Generation of ids.

use std::fmt::Write as _;

use crate::error::ApiError;

/// Returns a new id in Pinpoint's format: 32 lower-case hexadecimal digits.
///
/// # Errors
///
/// An internal error if the system cannot provide random bytes. A predictable or repeated id would be worse than a
/// failed request.
pub(crate) fn new_id() -> Result<String, ApiError> {
    random()
        .map(|bytes| hexadecimal(&bytes))
        .map_err(ApiError::internal)
}

/// Returns a new request id. It only helps to find a request in the log, so it is empty if random bytes are
/// unavailable.
pub(crate) fn request_id() -> String {
    random()
        .map(|bytes| hexadecimal(&bytes))
        .unwrap_or_default()
}

fn random() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_32_hexadecimal_digits_and_differ() {
        let (first, second) = (new_id().unwrap(), new_id().unwrap());
        assert_eq!(first.len(), 32);
        assert!(
            first
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "{first}"
        );
        assert_ne!(first, second);
    }
}
