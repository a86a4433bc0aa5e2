//! Matches a string against literal pieces and wildcards.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::{memchr, memmem};

use super::{Case, search};

/// The pieces of a pattern after its variables are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(Cow<'a, str>),
    AnyCharacter,
    AnyRun,
}

/// The part of a pattern between two `*`, or between a `*` and the end: it matches a fixed number of characters.
pub(super) trait Run: Copy {
    /// The rest of `value` after the run, if `value` starts with it.
    fn strip_start(self, value: &str, case: Case) -> Option<&str>;

    /// The rest of `value` before the run, if `value` ends with it.
    fn strip_end(self, value: &str, case: Case) -> Option<&str>;

    /// The run as a string, if it has no `?`.
    fn as_text(&self) -> Option<&str>;

    /// The characters of the run; `None` for any character.
    fn characters(self) -> impl Iterator<Item = Option<char>>;

    /// The length of the run in bytes.
    fn length(&self) -> usize;

    /// The rest of `value` after the first position where the run matches.
    fn find(self, value: &str, case: Case) -> Option<&str> {
        if let (Some(text), Case::Sensitive) = (self.as_text(), case) {
            let start = memmem::find(value.as_bytes(), text.as_bytes())?;
            return value.get(start + text.len()..);
        }
        if value.len().saturating_mul(self.length()) <= FEW_COMPARISONS {
            find_one_by_one(self, value, case)
        } else {
            search::find(self.characters(), value, case)
        }
    }
}

/// The limit for comparing characters one by one. Usually the first character already rules out a candidate.
const FEW_COMPARISONS: usize = 4096;

/// [`Run::find`] by trying every candidate: the time is at most the product of the lengths.
pub(super) fn find_one_by_one<R: Run>(run: R, value: &str, case: Case) -> Option<&str> {
    let mut candidate = value;
    loop {
        if let Some(after) = run.strip_start(candidate, case) {
            return Some(after);
        }
        candidate = without_first(candidate)?;
    }
}

/// The first run must match the start and the last run the end. Each of the others matches at its first possible
/// position: all runs have a fixed number of characters, so that an earlier position never prevents a later match.
pub(super) fn glob<R: Run>(
    mut runs: impl DoubleEndedIterator<Item = R>,
    value: &str,
    case: Case,
) -> bool {
    let rest = match runs.next() {
        Some(first) => first.strip_start(value, case),
        None => Some(value),
    };
    let Some(rest) = rest else {
        return false;
    };
    let Some(last) = runs.next_back() else {
        return rest.is_empty();
    };
    let Some(mut rest) = last.strip_end(rest, case) else {
        return false;
    };
    runs.all(|run| match run.find(rest, case) {
        Some(after) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Written as in the pattern, with `?` for any character.
impl Run for &str {
    fn strip_start(self, value: &str, case: Case) -> Option<&str> {
        if let Some(text) = self.as_text() {
            return case.strip_start(value, text);
        }
        let mut texts = self.split('?');
        let rest = case.strip_start(value, texts.next().unwrap_or_default())?;
        texts.try_fold(rest, |rest, text| {
            case.strip_start(without_first(rest)?, text)
        })
    }

    fn strip_end(self, value: &str, case: Case) -> Option<&str> {
        if let Some(text) = self.as_text() {
            return case.strip_end(value, text);
        }
        let mut texts = self.rsplit('?');
        let rest = case.strip_end(value, texts.next().unwrap_or_default())?;
        texts.try_fold(rest, |rest, text| case.strip_end(without_last(rest)?, text))
    }

    fn as_text(&self) -> Option<&str> {
        memchr(b'?', self.as_bytes()).is_none().then_some(self)
    }

    fn characters(self) -> impl Iterator<Item = Option<char>> {
        self.chars()
            .map(|character| (character != '?').then_some(character))
    }

    fn length(&self) -> usize {
        self.len()
    }
}

impl Run for &[Piece<'_>] {
    fn strip_start(self, value: &str, case: Case) -> Option<&str> {
        self.iter().try_fold(value, |rest, piece| match piece {
            Piece::Text(text) => case.strip_start(rest, text),
            Piece::AnyCharacter | Piece::AnyRun => without_first(rest),
        })
    }

    fn strip_end(self, value: &str, case: Case) -> Option<&str> {
        self.iter()
            .rev()
            .try_fold(value, |rest, piece| match piece {
                Piece::Text(text) => case.strip_end(rest, text),
                Piece::AnyCharacter | Piece::AnyRun => without_last(rest),
            })
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    fn characters(self) -> impl Iterator<Item = Option<char>> {
        self.iter().flat_map(|piece| {
            let (text, any) = match piece {
                Piece::Text(text) => (text.as_ref(), None),
                Piece::AnyCharacter | Piece::AnyRun => ("", Some(None)),
            };
            text.chars().map(Some).chain(any)
        })
    }

    fn length(&self) -> usize {
        self.iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.len(),
                Piece::AnyCharacter | Piece::AnyRun => 1,
            })
            .sum()
    }
}

fn without_first(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    characters.next()?;
    Some(characters.as_str())
}

fn without_last(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    characters.next_back()?;
    Some(characters.as_str())
}

impl Case {
    /// The rest of `text` after `prefix`, if `text` starts with it.
    pub(super) fn strip_start<'t>(self, text: &'t str, prefix: &str) -> Option<&'t str> {
        match self {
            Self::Sensitive => text.strip_prefix(prefix),
            Self::IgnoreAscii => {
                let (head, tail) = text.split_at_checked(prefix.len())?;
                head.eq_ignore_ascii_case(prefix).then_some(tail)
            }
            Self::Ignore => {
                let mut rest = text.chars();
                let mut prefix = prefix.chars();
                prefix
                    .all(|letter| rest.next().is_some_and(|other| same_letter(letter, other)))
                    .then_some(rest.as_str())
            }
        }
    }

    /// The rest of `text` before `suffix`, if `text` ends with it.
    fn strip_end<'t>(self, text: &'t str, suffix: &str) -> Option<&'t str> {
        match self {
            Self::Sensitive => text.strip_suffix(suffix),
            Self::IgnoreAscii => {
                let (head, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
                tail.eq_ignore_ascii_case(suffix).then_some(head)
            }
            Self::Ignore => {
                let mut rest = text.chars();
                let mut suffix = suffix.chars().rev();
                suffix
                    .all(|letter| {
                        rest.next_back()
                            .is_some_and(|other| same_letter(letter, other))
                    })
                    .then_some(rest.as_str())
            }
        }
    }
}

impl Case {
    /// Whether two letters are equal in this kind of comparison.
    pub(super) fn is_alike(self, left: char, right: char) -> bool {
        match self {
            Self::Sensitive => left == right,
            Self::IgnoreAscii => left.eq_ignore_ascii_case(&right),
            Self::Ignore => same_letter(left, right),
        }
    }
}

/// Every character that equals `letter` in a comparison of this kind, in order; `letter` itself is one of them.
#[doc(hidden)]
pub fn alike_letters(letter: char, case: Case) -> Vec<char> {
    let mut alike = vec![letter];
    match case {
        Case::Sensitive => {}
        Case::IgnoreAscii => {
            alike.extend([letter.to_ascii_lowercase(), letter.to_ascii_uppercase()]);
        }
        Case::Ignore => {
            let folded = |letter: char| {
                [
                    letter.to_lowercase().to_string(),
                    letter.to_uppercase().to_string(),
                ]
            };
            let known = folded(letter)
                .into_iter()
                .filter_map(|text| CASED.get(&text));
            alike.extend(
                known
                    .flatten()
                    .copied()
                    .filter(|other| same_letter(letter, *other)),
            );
        }
    }
    alike.sort_unstable();
    alike.dedup();
    alike
}

/// The characters that have another case, by what they are in lower and in upper case.
static CASED: LazyLock<HashMap<String, Vec<char>>> = LazyLock::new(|| {
    let mut cased: HashMap<String, Vec<char>> = HashMap::new();
    for letter in '\0'..LAST_CASED {
        let lower = letter.to_lowercase();
        let upper = letter.to_uppercase();
        if !lower.clone().eq([letter]) || !upper.clone().eq([letter]) {
            for text in [lower.to_string(), upper.to_string()] {
                cased.entry(text).or_default().push(letter);
            }
        }
    }
    cased
});

/// No character from here on has another case; a test asks all of them.
const LAST_CASED: char = '\u{20000}';

/// Two letters are equal if they are so in either case: the upper case of `ı` is `I`, and the lower case of the Kelvin
/// sign is `k`.
fn same_letter(left: char, right: char) -> bool {
    left == right
        || left.to_lowercase().eq(right.to_lowercase())
        || left.to_uppercase().eq(right.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_are_alike_are_all_found() {
        for letter in LAST_CASED..=char::MAX {
            assert!(letter.to_lowercase().eq([letter]), "{letter:?}");
            assert!(letter.to_uppercase().eq([letter]), "{letter:?}");
        }
        let all: Vec<char> = ('\0'..LAST_CASED).collect();
        for letter in [
            'k', 'K', '\u{212a}', 's', 'ſ', 'i', 'ı', 'İ', 'ß', 'ẞ', 'θ', 'ϑ', 'ϴ', 'Ǆ', 'é', '1',
            '-',
        ] {
            let expected: Vec<char> = all
                .iter()
                .copied()
                .filter(|other| same_letter(letter, *other))
                .collect();
            assert_eq!(alike_letters(letter, Case::Ignore), expected, "{letter:?}");
        }
        assert_eq!(alike_letters('k', Case::IgnoreAscii), ['K', 'k']);
        assert_eq!(alike_letters('k', Case::Sensitive), ['k']);
    }
}
