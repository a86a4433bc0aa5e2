//! A first look at the text of a document, before it is read.

use std::borrow::Cow;

use memchr::memchr2;

use crate::condition::quote::Quoted;
use crate::json::{Fault, Text};
use crate::policy::document::Size;
use crate::policy::limits::Limits;

/// Checks length, depth and characters, and counts the characters.
///
/// No allocation, and time in proportion to the length: whatever comes later has a bound on its input. Text that is no JSON
/// may be surveyed wrongly; it is refused later.
pub(super) fn survey(source: &str, limits: &Limits) -> Result<Size, Fault> {
    if source.len() > limits.max_length() {
        return Err(Fault::new(
            0,
            format!(
                "the document has {} bytes, and {} is the limit",
                source.len(),
                limits.max_length()
            ),
            "shorten it or raise the limit",
        ));
    }
    let forbidden = first_forbidden_character(source);
    let allowed = forbidden.map_or(source.len(), |(offset, _)| offset);
    let white_space =
        survey_structure(source.as_bytes().get(..allowed).unwrap_or_default(), limits)?;
    match forbidden {
        Some((offset, character)) => Err(forbidden_character(offset, character)),
        None => Ok(Size {
            // A byte that continues a character begins none.
            characters: source
                .bytes()
                .filter(|byte| byte & 0b1100_0000 != 0b1000_0000)
                .count(),
            white_space,
        }),
    }
}

/// The first character that no policy may hold, and where it stands.
///
/// Nearly every text has none, which is found out for many bytes at a time.
fn first_forbidden_character(source: &str) -> Option<(usize, char)> {
    let has_one = source.bytes().fold(false, |found, byte| {
        found | !may_be_in_an_allowed_character(byte)
    });
    if !has_one {
        return None;
    }
    source
        .char_indices()
        .find(|(_, character)| !is_allowed(*character))
}

/// Checks the depth, and counts the white space between the tokens.
fn survey_structure(text: &[u8], limits: &Limits) -> Result<usize, Fault> {
    let mut white_space = 0;
    let mut depth = 0_usize;
    let mut offset = 0;
    while let Some(byte) = text.get(offset) {
        match byte {
            b'\t' | b'\n' | b'\r' | b' ' => white_space += 1,
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
    Ok(white_space)
}

/// Where a string has ended that begins at `offset`, its first quotation mark aside.
fn behind_string(text: &[u8], mut offset: usize) -> usize {
    loop {
        let rest = text.get(offset..).unwrap_or_default();
        match memchr2(b'"', b'\\', rest) {
            // What an escape begins does not end the string.
            Some(end) if rest.get(end) == Some(&b'\\') => offset += end + 2,
            Some(end) => return offset + end + 1,
            None => return text.len(),
        }
    }
}

fn too_deep(offset: usize, limits: &Limits) -> Fault {
    Fault::new(
        offset,
        format!(
            "objects and lists are nested deeper than {} levels",
            limits.max_depth()
        ),
        "a policy document needs 6 levels; remove the others or raise the limit",
    )
}

/// Refuses a string that holds, by way of an escape, a character that no policy may hold.
pub(super) fn accept(text: &Text<'_>) -> Result<(), Fault> {
    // What is borrowed stands in the text as it is, and has been surveyed.
    let Cow::Owned(content) = &text.content else {
        return Ok(());
    };
    match content.chars().find(|character| !is_allowed(*character)) {
        Some(character) => Err(forbidden_character(text.offset, character)),
        None => Ok(()),
    }
}

/// Whether AWS allows the character in a policy, see the
/// [quotas of IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}')
}

fn forbidden_character(offset: usize, character: char) -> Fault {
    if character == '\u{feff}' {
        return Fault::new(
            offset,
            "the document holds a byte order mark",
            "save it as UTF-8 without one",
        );
    }
    let code = u32::from(character);
    let shown = if character.is_control() {
        String::new()
    } else {
        format!(" {}", Quoted(character.encode_utf8(&mut [0; 4])))
    };
    Fault::new(
        offset,
        format!("a policy cannot hold the character{shown} U+{code:04X}"),
        "use tab, line feed, carriage return and the characters from U+0020 to U+00FF",
    )
}

/// The bytes of UTF-8 that characters up to U+00FF are made of, see [`is_allowed`].
const fn may_be_in_an_allowed_character(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=0xc3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_characters_agree() {
        for character in ('\0'..='\u{1000}').chain(['\u{feff}', '\u{10ffff}']) {
            let text = character.to_string();
            assert_eq!(
                survey(&text, &Limits::default()).is_ok(),
                is_allowed(character),
                "{character:?}"
            );
        }
    }
}
