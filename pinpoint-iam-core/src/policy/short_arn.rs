//! Interprets short ARNs as full ones, see [`ResourcePattern::matches`](super::ResourcePattern::matches).

use crate::pattern::BorrowedPattern;

/// The index of an ARN's last component, counted from the partition.
pub(super) const LAST: usize = 4;

/// Whether the patterns fit with the missing components at the end, or after a component that ends in `*`.
pub(super) fn fits(
    short: &[BorrowedPattern<'_>],
    fits: &impl Fn(BorrowedPattern<'_>, usize) -> bool,
) -> bool {
    let at_the_end = all_fit(short, 0, fits);
    at_the_end
        || (1..short.len()).any(|split| {
            let (front, back) = short.split_at(split);
            let skipped = (LAST + 1).saturating_sub(back.len());
            reaches_over_colons(front) && all_fit(front, 0, fits) && all_fit(back, skipped, fits)
        })
}

/// Whether the `*` at the end of the patterns may also match missing components after it.
fn reaches_over_colons(front: &[BorrowedPattern<'_>]) -> bool {
    let last = front.last();
    last.is_some_and(|last| last.as_str().ends_with('*'))
}

/// The assignments of a short ARN's components to the five components that start with the partition; a missing
/// component may be anything.
pub(super) fn layouts<'p>(short: &[BorrowedPattern<'p>]) -> Vec<Vec<Option<BorrowedPattern<'p>>>> {
    let lay = |places: &[(usize, BorrowedPattern<'p>)]| {
        let mut layout = vec![None; LAST + 1];
        for (place, pattern) in places {
            if let Some(component) = layout.get_mut(*place) {
                *component = Some(*pattern);
            }
        }
        layout
    };
    let mut layouts = Vec::new();
    for split in 1..=short.len() {
        let (front, back) = short.split_at(split);
        if !back.is_empty() && !reaches_over_colons(front) {
            continue;
        }
        let skipped = (LAST + 1).saturating_sub(back.len());
        let places: Vec<(usize, BorrowedPattern<'p>)> = (0..)
            .zip(front.iter().copied())
            .chain((skipped..).zip(back.iter().copied()))
            .collect();
        layouts.push(lay(&places));
    }
    layouts
}

/// Whether each pattern fits the component at its index; the first pattern is at the index `start`.
pub(super) fn all_fit(
    patterns: &[BorrowedPattern<'_>],
    start: usize,
    fits: &impl Fn(BorrowedPattern<'_>, usize) -> bool,
) -> bool {
    let mut indexed = patterns.iter().zip(start..);
    indexed.all(|(pattern, index)| fits(*pattern, index))
}

#[cfg(test)]
mod tests {
    use crate::arn::Arn;
    use crate::context::Context;
    use crate::pattern::Match;
    use crate::policy::error::Place;
    use crate::policy::resource_pattern::ResourcePattern;
    use crate::position::Position;
    use crate::resource::RequestedResource;
    use crate::version::Version;

    const CAMPAIGN: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1";

    fn covers(text: &str, arn: &str) -> bool {
        let place = Place(Position::START);
        let pattern = ResourcePattern::parse(text, Version::V2012_10_17, place).unwrap();
        let requested = RequestedResource::Arn(Arn::parse(arn).unwrap());
        pattern.matches(&requested, &Context::new()) == Match::Yes
    }

    #[test]
    fn short_arns() {
        for (pattern, expected) in [
            ("arn:*", true),
            ("*:*", true),
            ("arn:aws", true),
            ("arn:aws:*", true),
            ("arn:aws:mobile*", true),
            ("arn:aws:mobiletargeting", true),
            ("arn:aws:mobiletargeting:*", true),
            ("arn:aws:mobiletargeting:us-east-1", true),
            ("arn:aws:mobiletargeting:us-east-1:123456789012", true),
            ("arn:aws:mobiletargeting:*:apps/a1/campaigns/c1", true),
            ("arn:aws:mobiletargeting:us-*:apps/*", true),
            ("arn:*:apps/a1/campaigns/c1", true),
            ("arn:aws:m*g", true),
            ("arn:aws:mobile", false),
            ("arn:aws:mo*:eu-west-1", false),
            ("arn:aws-cn:*", false),
            (
                "arn:aws:mobiletargeting:us-east-1:apps/a1/campaigns/c1",
                false,
            ),
            ("arn:aws:mobiletargeting:*:apps/a1", false),
            ("arn:aws:mobiletargeting:eu-*:apps/*", false),
            ("arn:aws:s3:*:apps/*", false),
        ] {
            assert_eq!(covers(pattern, CAMPAIGN), expected, "{pattern}");
        }
    }
}
