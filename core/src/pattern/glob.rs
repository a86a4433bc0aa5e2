//! Matching a text against literal pieces and wildcards.

use std::borrow::Cow;

use super::Case;

/// What a pattern consists of once its variables are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(Cow<'a, str>),
    AnyCharacter,
    AnyRun,
}

/// The first run is held against the start, the last against the end, and each of the others is taken where it comes
/// first: all of them have a fixed number of characters, so an earlier place never spoils a later one.
pub(super) fn glob(pieces: &[Piece<'_>], value: &str, case: Case) -> bool {
    let mut runs = pieces.split(|piece| matches!(piece, Piece::AnyRun));
    let Some(rest) = strip_run_from_start(runs.next().unwrap_or_default(), value, case) else {
        return false;
    };
    let Some(last) = runs.next_back() else {
        return rest.is_empty();
    };
    let Some(mut rest) = strip_run_from_end(last, rest, case) else {
        return false;
    };
    runs.all(|run| match find_run(run, rest, case) {
        Some(after) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn strip_run_from_start<'v>(run: &[Piece<'_>], value: &'v str, case: Case) -> Option<&'v str> {
    run.iter().try_fold(value, |rest, piece| match piece {
        Piece::Text(text) => case.strip_start(rest, text),
        Piece::AnyCharacter | Piece::AnyRun => {
            let mut characters = rest.chars();
            characters.next()?;
            Some(characters.as_str())
        }
    })
}

fn strip_run_from_end<'v>(run: &[Piece<'_>], value: &'v str, case: Case) -> Option<&'v str> {
    run.iter().rev().try_fold(value, |rest, piece| match piece {
        Piece::Text(text) => case.strip_end(rest, text),
        Piece::AnyCharacter | Piece::AnyRun => {
            let mut characters = rest.chars();
            characters.next_back()?;
            Some(characters.as_str())
        }
    })
}

/// What comes behind the first place where `run` matches.
fn find_run<'v>(run: &[Piece<'_>], value: &'v str, case: Case) -> Option<&'v str> {
    if let ([Piece::Text(text)], Case::Sensitive) = (run, case) {
        return value.split_once(&**text).map(|(_, after)| after);
    }
    let mut candidate = value;
    loop {
        if let Some(after) = strip_run_from_start(run, candidate, case) {
            return Some(after);
        }
        let mut characters = candidate.chars();
        characters.next()?;
        candidate = characters.as_str();
    }
}

impl Case {
    /// What comes behind `prefix`, when `text` starts with it.
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

    /// What comes before `suffix`, when `text` ends with it.
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

/// Either case will do: the capital of `ı` is `I`, and the small letter of the Kelvin sign is `k`.
fn same_letter(left: char, right: char) -> bool {
    left == right
        || left.to_lowercase().eq(right.to_lowercase())
        || left.to_uppercase().eq(right.to_uppercase())
}
