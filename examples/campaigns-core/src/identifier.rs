//! New ids.

use std::fmt::Write as _;

use crate::answer::ApiError;

/// A new id as Pinpoint gives them out: 32 lower-case hexadecimal digits.
///
/// # Errors
///
/// An internal error when the system has no randomness to give: an id that somebody could guess, or that comes twice, is
/// worse than none.
pub(crate) fn new_id() -> Result<String, ApiError> {
    random()
        .map(|bytes| hexadecimal(&bytes))
        .map_err(ApiError::internal)
}

/// A new request id. It only helps to find a request in the log, so it may be empty in need.
pub fn request_id() -> String {
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
        // Writing to a string does not fail.
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
