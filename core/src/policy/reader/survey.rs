//! A first look at the text of a document, before it is read.

use super::Fault;
use super::json::{forbidden_character, is_allowed};
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
    for (offset, character) in source.char_indices() {
        size.characters += 1;
        if !is_allowed(character) {
            return Err(forbidden_character(offset, character));
        }
        if in_string {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match character {
            '"' => in_string = true,
            '\t' | '\n' | '\r' | ' ' => size.white_space += 1,
            '{' | '[' => {
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
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(size)
}
