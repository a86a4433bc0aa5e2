//! The nearest of several names, for hints in messages.

/// The candidate that `name` may have been meant to be: the one that fewest changes lead to, if they change no more
/// than a third of it. Upper and lower case count as alike.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // An edit distance costs the product of both lengths, and `name` may come from anywhere; no name is that long.
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

/// Whether `name` is `known` in a wrong spelling: in another case, with other characters between its words, or with a letter
/// or two missing, added or swapped.
///
/// Stricter than [`nearest`]: names that are alike and mean different things are told apart.
pub fn is_misspelling(name: &str, known: &str) -> bool {
    let allowed = (known.len() / 8).max(1);
    name != known
        && name.len() <= 2 * known.len()
        && strsim::damerau_levenshtein(&bare(name), &bare(known)) <= allowed
}

/// A name without what tools write differently: case, and the character between words.
fn bare(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' '))
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{is_misspelling, nearest};

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
    fn misspellings() {
        let boundary = |name| is_misspelling(name, "PermissionsBoundary");
        for name in [
            "permissionsBoundary",
            "permissions_boundary",
            "PermisionBoundary",
        ] {
            assert!(boundary(name), "{name}");
        }
        for name in [
            "PermissionsBoundary",
            "PermissionsBoundaryUsageCount",
            "Permissions",
        ] {
            assert!(!boundary(name), "{name}");
        }
        assert!(is_misspelling("Tag", "Tags"));
        assert!(is_misspelling("tags", "Tags"));
        assert!(!is_misspelling("Path", "Tags"));
        assert!(!is_misspelling(&"Tags".repeat(1000), "Tags"));
    }
}
