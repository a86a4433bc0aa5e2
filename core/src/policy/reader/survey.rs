//! A first look at the text of a document, before it is read.

use std::borrow::Cow;

use crate::condition::quote::Quoted;
use crate::json::{Fault, Text};
use crate::policy::document::Size;
use crate::policy::limits::Limits;

/// Checks length, depth and characters, and counts the characters.
///
/// One pass and no allocation: whatever comes later has a bound on its input. Text that is no JSON may be surveyed
/// wrongly; it is refused later.
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
    let mut size = Size {
        characters: 0,
        white_space: 0,
    };
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (offset, byte) in source.bytes().enumerate() {
        // A byte that continues a character begins none.
        size.characters += usize::from(byte & 0b1100_0000 != 0b1000_0000);
        if !may_be_in_an_allowed_character(byte) {
            let character = source.get(offset..).and_then(|rest| rest.chars().next());
            return Err(forbidden_character(offset, character.unwrap_or_default()));
        }
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'\t' | b'\n' | b'\r' | b' ' => size.white_space += 1,
            b'{' | b'[' => {
                depth += 1;
                if depth > limits.max_depth() {
                    return Err(Fault::new(
                        offset,
                        format!(
                            "objects and lists are nested deeper than {} levels",
                            limits.max_depth()
                        ),
                        "a policy document needs 6 levels; remove the others or raise the limit",
                    ));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(size)
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
