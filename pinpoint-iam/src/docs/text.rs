//! Texts that can be shown: what every renderer relies on.

/// `text` on one line, with nothing in it that a reader cannot see.
///
/// Line breaks become blanks, other control characters and the characters that turn the direction of writing round are
/// written as `\u{..}`: in a document about permissions nothing may look like something else.
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

/// The lines of `text`, each as [`one_line`] has it; empty ones are left out.
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
            // Direction marks, and what HTML cannot hold.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// A text that names something as a part of an address behind `#`: letters, digits, `-`, `_`, `:` and `/` stay, every
/// run of others becomes one `-`.
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

/// `name`, or `name` with the first number behind it that makes it another text than those `taken`.
pub(super) fn unique(name: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&name) {
        return name;
    }
    (2_usize..)
        .map(|number| format!("{name}-{number}"))
        .find(|candidate| !taken(candidate))
        .unwrap_or(name)
}

/// The pieces of a prose text: whether a piece stands between backticks and so is code, and the piece without them.
///
/// A text whose backticks do not pair up has no code in it.
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
