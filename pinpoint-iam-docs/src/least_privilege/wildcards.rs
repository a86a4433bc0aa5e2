//! Shortens lists of actions with wildcards.

use std::collections::BTreeSet;

/// Returns patterns and names that match exactly `wanted` of the actions in `all`, as short as a greedy choice finds.
///
/// Neither list has service prefixes.
pub(super) fn shorten(wanted: &BTreeSet<&str>, all: &[&str]) -> Vec<String> {
    let mut left = wanted.clone();
    let mut chosen = Vec::new();
    loop {
        let best = candidates(&left)
            .into_iter()
            .filter_map(|pattern| {
                let is_exact = all
                    .iter()
                    .all(|name| !pattern.matches(name) || wanted.contains(name));
                let matched: Vec<&str> = left
                    .iter()
                    .copied()
                    .filter(|name| pattern.matches(name))
                    .collect();
                // Quotes, comma and service prefix add a few characters to a name.
                let saved: usize = matched.iter().map(|name| name.len() + 4).sum();
                let saved = saved.checked_sub(pattern.text().len() + 4)?;
                (is_exact && matched.len() > 1 && saved > 0).then_some((saved, pattern))
            })
            .max_by(|(saved, pattern), (other_saved, other)| {
                let shorter = other.text().len().cmp(&pattern.text().len());
                saved
                    .cmp(other_saved)
                    .then(shorter)
                    .then_with(|| other.text().cmp(&pattern.text()))
            });
        let Some((_, pattern)) = best else { break };
        left.retain(|name| !pattern.matches(name));
        chosen.push(pattern.text());
    }
    chosen.extend(left.into_iter().map(str::to_owned));
    chosen.sort_unstable();
    chosen
}

/// The pattern `start*end`; both parts may be empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate<'n> {
    start: &'n str,
    end: &'n str,
}

impl Candidate<'_> {
    fn text(&self) -> String {
        format!("{}*{}", self.start, self.end)
    }

    /// Matches like [`ActionPattern::matches`](pinpoint_iam::policy::ActionPattern::matches), ignoring case.
    fn matches(&self, name: &str) -> bool {
        let (start, end) = (self.start.len(), self.end.len());
        let (Some(first), Some(last)) = (
            name.get(..start),
            name.len().checked_sub(end).and_then(|at| name.get(at..)),
        ) else {
            return false;
        };
        name.len() >= start + end
            && first.eq_ignore_ascii_case(self.start)
            && last.eq_ignore_ascii_case(self.end)
    }
}

/// Returns every `start*end` that can be formed from the words of names.
fn candidates<'n>(names: &BTreeSet<&'n str>) -> BTreeSet<Candidate<'n>> {
    let mut found = BTreeSet::new();
    for name in names {
        let joints = joints(name);
        for start in &joints {
            for end in joints.iter().filter(|end| *end >= start) {
                if let (Some(start), Some(end)) = (name.get(..*start), name.get(*end..)) {
                    found.insert(Candidate { start, end });
                }
            }
        }
    }
    found
}

/// Returns the positions at which the words of a camel-case name start, and both ends of the name.
fn joints(name: &str) -> Vec<usize> {
    let inner = name
        .char_indices()
        .filter(|(_, character)| character.is_ascii_uppercase())
        .map(|(index, _)| index);
    let mut joints: Vec<usize> = std::iter::once(0)
        .chain(inner)
        .chain(std::iter::once(name.len()))
        .collect();
    joints.dedup();
    joints
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 7] = [
        "DeleteApp",
        "GetApp",
        "GetApps",
        "GetCampaign",
        "GetCampaignVersion",
        "GetCampaignVersions",
        "GetCampaigns",
    ];

    fn shortened(wanted: &[&str]) -> Vec<String> {
        shorten(&wanted.iter().copied().collect(), &ALL)
    }

    #[test]
    fn a_pattern_matches_nothing_that_is_not_wanted() {
        assert_eq!(shortened(&ALL), ["*"]);
        assert_eq!(shortened(&ALL[1..]), ["Get*"]);
        assert_eq!(shortened(&ALL[3..]), ["GetCampaign*"]);
        // `GetCampaign*` would also grant `GetCampaigns`.
        assert_eq!(
            shortened(&["GetCampaign", "GetCampaignVersion", "GetCampaignVersions"]),
            ["GetCampaign", "GetCampaignVersion*"]
        );
        assert_eq!(shortened(&["DeleteApp", "GetApp"]), ["*App"]);
        assert_eq!(shortened(&["GetApp"]), ["GetApp"]);
    }
}
