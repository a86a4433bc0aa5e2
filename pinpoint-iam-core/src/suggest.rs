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
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&folded, &candidate.to_ascii_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= name.len().max(candidate.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
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
    use super::{Suggestions, is_in_other_spelling, nearest};

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
