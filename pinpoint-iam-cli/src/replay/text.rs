//! What the parts of the text share.

/// The number of principals, actions and statements that the text lists.
pub(super) const MOST_ROWS: usize = 10;

/// A text from a log on one line.
pub(super) fn shown(text: &str) -> String {
    let escape = |character: char| -> String {
        match character.is_control() || is_invisible(character) {
            true => character.escape_unicode().collect(),
            false => character.into(),
        }
    };
    text.chars().map(escape).collect()
}

/// Whether a character can change how the others are shown, such as the marks that change the direction of a text.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
