//! Formats text of a request or a policy for messages.

use std::fmt::{self, Write};

/// Displays a text in backticks, on one line and truncated.
///
/// The text may come from an untrusted source. A line break in it must not forge a log line, and a large text must not
/// fill the log: control characters are escaped, and everything after 200 characters is omitted.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

/// The maximum number of characters that are displayed.
const LONGEST: usize = 200;

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("an empty text");
        }
        formatter.write_char('`')?;
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(LONGEST) {
            write_harmless(formatter, character)?;
        }
        if characters.next().is_some() {
            formatter.write_char('…')?;
        }
        formatter.write_char('`')
    }
}

/// Displays a complete text on one line: the name of a policy or a caller, or an error of the application.
///
/// The same characters are escaped as in [`Quoted`]. A text without them is displayed unchanged.
#[derive(Clone, Copy, Debug)]
pub struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.chars().all(is_harmless) {
            return formatter.write_str(self.0);
        }
        self.0
            .chars()
            .try_for_each(|character| write_harmless(formatter, character))
    }
}

/// Formats names in backticks as a list: `` `a`, `b` and `c` ``.
pub fn list(last_word: &str, names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {last_word} {last}", first.join(", ")),
    }
}

fn write_harmless(formatter: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    if is_harmless(character) {
        formatter.write_char(character)
    } else {
        write!(formatter, "{}", character.escape_unicode())
    }
}

/// Neither a control character nor a character that breaks lines or changes the direction of the surrounding text.
fn is_harmless(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_text_stays_on_one_line() {
        let text = format!("a\r\n\u{85}\u{2028}\u{202e}`é{}", "x".repeat(300));
        let shown = format!(
            r"a\u{{d}}\u{{a}}\u{{85}}\u{{2028}}\u{{202e}}`é{}",
            "x".repeat(300)
        );
        assert_eq!(OneLine(&text).to_string(), shown);
        assert_eq!(OneLine("").to_string(), "");
    }

    #[test]
    fn a_text_stays_on_one_line() {
        assert_eq!(Quoted("a\nb\u{202e}c").to_string(), r"`a\u{a}b\u{202e}c`");
        assert_eq!(Quoted("über").to_string(), "`über`");
        assert_eq!(Quoted("").to_string(), "an empty text");
    }

    #[test]
    fn a_long_text_is_cut() {
        let shown = Quoted(&"ä".repeat(LONGEST + 1)).to_string();
        assert_eq!(shown.chars().count(), LONGEST + 3);
        assert!(shown.ends_with("…`"));
        let whole = Quoted(&"ä".repeat(LONGEST)).to_string();
        assert!(!whole.contains('…'));
    }
}
