//! Checks and counts of a document's text.

use memchr::memchr2;

use crate::json::{self, JsonError};
use crate::policy::document::is_accepted_by_iam;
use crate::policy::limits::Limits;
use crate::position::Position;

/// Checks the length, so that all later steps have bounded input.
pub(super) fn check_length(source: &str, limits: &Limits) -> Result<(), JsonError> {
    if source.len() > limits.max_length() {
        return Err(JsonError::new(
            0,
            format!(
                "the document has {} bytes, and {} is the limit",
                source.len(),
                limits.max_length()
            ),
            "shorten it or raise the limit",
        ));
    }
    Ok(())
}

/// The number of characters.
pub(super) fn characters(source: &str) -> usize {
    match source.is_ascii() {
        true => source.len(),
        false => source.chars().count(),
    }
}

/// The first character that IAM's API does not accept in the text of a policy.
///
/// Most texts have none. The scan detects this for many bytes at a time.
pub(super) fn first_beyond_iam(source: &str) -> Option<(char, Position)> {
    let may_have_one = source.bytes().fold(false, |found, byte| {
        found | !may_be_in_an_accepted_character(byte)
    });
    if !may_have_one {
        return None;
    }
    source
        .char_indices()
        .find(|(_, character)| !is_accepted_by_iam(*character))
        .map(|(offset, character)| (character, json::position(source, offset)))
}

/// Finds the first object or list that is nested too deep.
///
/// The text need not be JSON. The result may then be wrong, but such text is rejected in any case.
pub(super) fn check_depth(source: &str, limits: &Limits) -> Result<(), JsonError> {
    let text = source.as_bytes();
    let mut depth = 0_usize;
    let mut offset = 0;
    while let Some(byte) = text.get(offset) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > limits.max_depth() {
                    return Err(too_deep(offset, limits));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        offset += 1;
        if *byte == b'"' {
            offset = behind_string(text, offset);
        }
    }
    Ok(())
}

/// The offset after the string whose content starts at `offset`, after its opening quotation mark.
fn behind_string(text: &[u8], mut offset: usize) -> usize {
    loop {
        let rest = text.get(offset..).unwrap_or_default();
        match memchr2(b'"', b'\\', rest) {
            // The escaped character does not end the string.
            Some(end) if rest.get(end) == Some(&b'\\') => offset += end + 2,
            Some(end) => return offset + end + 1,
            None => return text.len(),
        }
    }
}

fn too_deep(offset: usize, limits: &Limits) -> JsonError {
    JsonError::new(
        offset,
        format!(
            "objects and lists are nested deeper than {} levels",
            limits.max_depth()
        ),
        "a policy document needs 6 levels; remove the others or raise the limit",
    )
}

/// Whether the UTF-8 encoding of characters up to U+00FF can contain this byte, see [`is_accepted_by_iam`].
const fn may_be_in_an_accepted_character(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=0xc3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_characters_agree() {
        for character in ('\0'..='\u{1000}').chain(['\u{feff}', '\u{10ffff}']) {
            let found = first_beyond_iam(&format!("a\n{character}"));
            let expected = (!is_accepted_by_iam(character)).then_some(character);
            assert_eq!(found.map(|(character, _)| character), expected);
            assert!(found.is_none_or(|(_, place)| (place.line(), place.column()) == (2, 1)));
        }
    }
}
