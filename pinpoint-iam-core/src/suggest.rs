//! The nearest of several names, for hints in messages.

use std::cell::Cell;

/// The candidate that `name` was probably meant to be: the one with the smallest edit distance, which must not exceed a
/// third of its length. Case is ignored.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // An edit distance costs the product of both lengths, and `name` may be untrusted. No valid name is this long.
    if name.len() > 128 {
        return None;
    }
    let folded = name.to_ascii_lowercase();
    let letters = Letters::of(&folded);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let most = name.len().max(candidate.len()) / 3;
            let folded_candidate = candidate.to_ascii_lowercase();
            // Most candidates are far away, and the exact distance costs many times more than this.
            if letters.least_distance(&folded_candidate) > most {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&folded, &folded_candidate);
            (distance <= most).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many characters a text has of each group of characters.
#[derive(Clone, Copy, Debug)]
struct Letters([i64; Self::GROUPS]);

impl Letters {
    /// In ASCII, letters of one case are in different groups.
    const GROUPS: usize = 32;

    fn of(text: &str) -> Self {
        let mut letters = Self([0; Self::GROUPS]);
        letters.add(text, 1);
        letters
    }

    fn add(&mut self, text: &str, number: i64) {
        for character in text.chars() {
            if let Some(count) = self.0.get_mut(character as usize % Self::GROUPS) {
                *count += number;
            }
        }
    }

    /// A lower bound of the edit distance. Each edit adds or removes at most one character, and a transposition none.
    fn least_distance(mut self, text: &str) -> usize {
        self.add(text, -1);
        let sum = |sign: i64| -> i64 { self.0.iter().map(|count| (sign * count).max(0)).sum() };
        usize::try_from(sum(1).max(sum(-1))).unwrap_or(usize::MAX)
    }
}

/// Finds the nearest names for many errors, and compares a limited number of names.
///
/// If everything is wrong, such as every reference to a renamed directory, comparing all with all costs more than the hints are
/// worth.
#[derive(Debug)]
pub struct Suggestions {
    /// With how many candidates names can still be compared.
    comparisons: Cell<usize>,
}

impl Suggestions {
    /// The number of candidates with which names are compared.
    const MOST_COMPARISONS: usize = 50_000;

    /// As [`nearest`]; `None` after too many comparisons.
    pub fn nearest<'a>(
        &self,
        name: &str,
        candidates: impl ExactSizeIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let left = self.comparisons.get().checked_sub(candidates.len());
        self.comparisons.set(left.unwrap_or_default());
        left.and_then(|_| nearest(name, candidates))
    }
}

impl Default for Suggestions {
    fn default() -> Self {
        Self {
            comparisons: Cell::new(Self::MOST_COMPARISONS),
        }
    }
}

/// Whether `name` is `known` in a different case or with different separators between words, as in names converted by
/// tools: `permissions_boundary` for `PermissionsBoundary`.
///
/// This is equality, not similarity: names that only resemble each other are different names.
pub fn is_in_other_spelling(name: &str, known: &str) -> bool {
    name != known && bare(name) == bare(known)
}

/// The name in lower case and without separators between words.
fn bare(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' '))
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Letters, Suggestions, is_in_other_spelling, nearest};

    #[test]
    fn no_name_is_nearer_than_the_lower_bound() {
        let mut names = vec![String::new()];
        let mut longest = names.clone();
        for _ in 0..4 {
            // The first and the last are in the same group.
            let longer =
                |name: &String| ['a', 'b', '\u{e9}', 'A'].map(|last| format!("{name}{last}"));
            longest = longest.iter().flat_map(longer).collect();
            names.extend_from_slice(&longest);
        }
        for left in &names {
            let letters = Letters::of(left);
            for right in &names {
                let distance = strsim::damerau_levenshtein(left, right);
                assert!(letters.least_distance(right) <= distance, "{left} {right}");
            }
        }
    }

    #[test]
    fn the_lower_bound_excludes_names_with_other_letters() {
        for (left, right, least) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("ab", "ba", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("abc", "xyz", 3),
            ("getapp", "getapps", 1),
        ] {
            assert_eq!(
                Letters::of(left).least_distance(right),
                least,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn the_name_with_the_fewest_changes_is_nearest() {
        let names = ["GetCampaigns", "GetCampaign", "CreateCampaign"];
        assert_eq!(nearest("getcampagin", names), Some("GetCampaign"));
        assert_eq!(nearest("GetCampaingns", names), Some("GetCampaigns"));
        assert_eq!(nearest("Teleport", names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn a_name_that_is_too_long_is_near_nothing() {
        let long = "a".repeat(129);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }

    #[test]
    fn the_number_of_comparisons_is_limited() {
        let names: Vec<String> = (0..1_000).map(|number| format!("Name{number}")).collect();
        let suggestions = Suggestions::default();
        let found: Vec<bool> = (0..200)
            .map(|number| {
                let names = names.iter().map(String::as_str);
                suggestions
                    .nearest(&format!("Nam{number}"), names)
                    .is_some()
            })
            .collect();
        let with_hint = Suggestions::MOST_COMPARISONS / names.len();
        assert!(found.iter().take(with_hint).all(|found| *found));
        assert!(!found.iter().skip(with_hint).any(|found| *found));
    }

    #[test]
    fn other_spellings_are_equal_but_for_capitals_and_separators() {
        let boundary = |name| is_in_other_spelling(name, "PermissionsBoundary");
        for name in [
            "permissionsBoundary",
            "permissions_boundary",
            "PERMISSIONS-BOUNDARY",
        ] {
            assert!(boundary(name), "{name}");
        }
        for name in [
            "PermissionsBoundary",
            "PermissionsBoundaries",
            "PermisionsBoundary",
            "PermissionsBoundaryUsageCount",
            "",
        ] {
            assert!(!boundary(name), "{name}");
        }
        assert!(!is_in_other_spelling("Tag", "Tags"));
    }
}
