//! Texts that can be displayed. Every renderer relies on these functions.

/// Returns `text` on one line, without invisible characters.
///
/// Line breaks become blanks. Other control characters and characters that change the text direction are written as
/// `\u{..}`, because nothing in a document about permissions may look like something else.
pub(super) fn one_line(text: &str) -> String {
    let unified = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(unified.len());
    for character in unified.chars() {
        match character {
            _ if is_line_break(character) => out.push(' '),
            '\t' => out.push(' '),
            _ if is_hidden(character) => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
    }
    out
}

/// Returns the lines of `text`, each converted by [`one_line`], without empty ones.
pub(super) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.split(is_line_break)
        .filter(|line| !line.is_empty())
        .map(one_line)
}

fn is_line_break(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Direction marks, and characters that are not valid in HTML.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// Converts a text into a part of an address's fragment: letters, digits, `-`, `_`, `:` and `/` are kept, and every run
/// of other characters becomes one `-`.
pub(super) fn anchor(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ':' | '/') {
            out.push(character);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let trimmed = out.trim_matches(['-', '_']);
    if trimmed.is_empty() {
        "unnamed".to_owned()
    } else {
        trimmed.to_owned()
    }
}

/// Returns `name`, with the smallest number appended that makes it differ from those `taken`, if necessary.
pub(super) fn unique(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    (2_usize..)
        .map(|number| format!("{name}-{number}"))
        .find(|candidate| !taken(candidate))
        .unwrap_or(name)
}

/// Splits a prose text into spans. Each is returned without its backticks, with a flag that is true if it is code.
///
/// A text whose backticks are not paired does not contain code.
pub(super) fn spans(text: &str) -> Vec<(bool, &str)> {
    let pieces: Vec<&str> = text.split('`').collect();
    let empty_code = pieces
        .iter()
        .skip(1)
        .step_by(2)
        .any(|code| code.trim().is_empty());
    if pieces.len().is_multiple_of(2) || empty_code {
        return vec![(false, text)];
    }
    pieces
        .into_iter()
        .enumerate()
        .map(|(index, piece)| (index % 2 == 1, piece))
        .filter(|(_, piece)| !piece.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_cannot_be_seen_is_left() {
        assert_eq!(one_line("a\r\nb\nc\td"), "a b c d");
        assert_eq!(
            one_line("Al\u{202e}wolA\0\u{feff}"),
            r"Al\u{202e}wolA\u{0}\u{feff}"
        );
        assert_eq!(
            lines("a\r\n\nb\u{2028}c").collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
    }

    #[test]
    fn anchors_are_short_and_plain() {
        assert_eq!(anchor("GET /v1/apps/{app}"), "GET-/v1/apps/-app");
        assert_eq!(
            anchor("aws:ResourceTag/${TagKey}"),
            "aws:ResourceTag/-TagKey"
        );
        assert_eq!(anchor("_ü"), "unnamed");
    }

    #[test]
    fn backticks_that_do_not_pair_up_are_text() {
        assert_eq!(
            spans("a `b` c"),
            [(false, "a "), (true, "b"), (false, " c")]
        );
        for text in ["a ` b", "``", "a `b` `"] {
            assert_eq!(spans(text), [(false, text)], "{text}");
        }
    }
}
