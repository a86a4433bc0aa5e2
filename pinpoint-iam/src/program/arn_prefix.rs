//! Matches ARN prefixes: the components before the resource part.
//!
//! Policies repeat a small number of partitions, services, regions and accounts. Each distinct text is compared once
//! with the request. Prefixes are then compared by number. The prefix of the first resource that is in a scope with a
//! number is kept with what it matches.

use once_cell::sync::OnceCell;
use pinpoint_iam_core::__private::{ArnPrefixId, is_equal};

use super::index32::{TooLarge, to_u32};
use super::trie::Root;
use crate::arn::Arn;
use crate::context::Context;
use crate::pattern::{BorrowedPattern, Case, Match, Part, Pattern};
use crate::resource::RequestedResource;

/// The number of components between `arn:` and the resource part.
pub(super) const HEAD: usize = 4;

/// Returns the components of an ARN's prefix. The account is first, because it differs most often.
pub(super) const fn head<'a>(arn: &Arn<'a>) -> [&'a str; HEAD] {
    [arn.account(), arn.region(), arn.service(), arn.partition()]
}

/// The ARN prefix of a resource; none for all resources.
#[derive(Clone, Copy)]
pub(crate) struct ResourcePrefix<'a>(Option<[&'a str; HEAD]>);

impl<'a> ResourcePrefix<'a> {
    #[inline]
    pub(crate) const fn of(resource: &RequestedResource<'a>) -> Self {
        match resource {
            RequestedResource::Arn(arn) => Self(Some(head(arn))),
            RequestedResource::All => Self(None),
        }
    }
}

impl PartialEq for ResourcePrefix<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (&self.0, &other.0) else {
            return self.0.is_none() && other.0.is_none();
        };
        // Resources of one type in one scope share these texts. The same memory is not compared.
        let mut pairs = own.iter().zip(others);
        pairs.all(|(own, other)| std::ptr::eq(*own, *other)) || own == others
    }
}

/// The prefixes of the patterns in a program, each with its trie.
#[derive(Debug, Default)]
pub(super) struct ArnPrefixes {
    /// For each component, the texts of patterns without wildcards, sorted.
    texts: [Vec<Box<str>>; HEAD],
    /// The prefixes without wildcards, as indexes of their texts; sorted.
    named: Vec<([u32; HEAD], Root)>,
    /// The prefixes with wildcards.
    wild: Vec<([Component; HEAD], Root)>,
    /// Whether the trie of a prefix without wildcards includes the entries of all other prefixes that match it.
    are_joined: bool,
    /// The first prefix with an id that was looked up, and its result. Most services have one scope, and most programs
    /// are about one service.
    first: OnceCell<(ArnPrefixId, Compared)>,
}

/// The result of comparing a prefix with the texts.
#[derive(Clone, Copy, Debug)]
struct Compared {
    /// For each component, the index of its text.
    numbers: [u32; HEAD],
    /// The trie of the prefix without wildcards.
    named: Option<Root>,
}

/// The pattern for one component.
#[derive(Debug)]
enum Component {
    Anything,
    /// The text with this index.
    Text(u32),
    Wildcards(Box<Pattern>),
}

/// The index of a text that is not in any pattern.
const UNNAMED: u32 = u32::MAX;

impl ArnPrefixes {
    /// Creates the set from distinct prefixes with their tries. With `are_joined`, the trie of a prefix without
    /// wildcards includes the entries of all other prefixes that match it.
    pub(super) fn of(
        heads: &[([BorrowedPattern<'_>; HEAD], Root)],
        are_joined: bool,
    ) -> Result<Self, TooLarge> {
        let mut all = Self {
            are_joined,
            ..Self::default()
        };
        for (patterns, _) in heads {
            for (texts, pattern) in all.texts.iter_mut().zip(patterns) {
                if let Some(text) = only_text(*pattern) {
                    texts.push(text.into());
                }
            }
        }
        for texts in &mut all.texts {
            texts.sort_unstable();
            texts.dedup();
            to_u32(texts.len())?;
        }
        for (patterns, root) in heads {
            let mut positions = all.texts.iter().zip(patterns);
            let numbers = [(); HEAD].map(|()| {
                let (texts, pattern) = positions.next()?;
                Some(find(texts, only_text(*pattern)?))
            });
            match numbers {
                [Some(first), Some(second), Some(third), Some(fourth)] => {
                    all.named.push(([first, second, third, fourth], *root));
                }
                _ => {
                    let mut asked = numbers.into_iter().zip(patterns);
                    let components = [(); HEAD].map(|()| match asked.next() {
                        Some((Some(text), _)) => Component::Text(text),
                        Some((None, pattern)) if pattern.parts().eq([Part::AnyRun]) => {
                            Component::Anything
                        }
                        Some((None, pattern)) => {
                            Component::Wildcards(Box::new(pattern.to_pattern()))
                        }
                        None => Component::Anything,
                    });
                    all.wild.push((components, *root));
                }
            }
        }
        all.named.sort_unstable_by_key(|(numbers, _)| *numbers);
        all.named.shrink_to_fit();
        all.wild.shrink_to_fit();
        Ok(all)
    }

    /// Calls `each` with the trie of every prefix that matches that of `arn`.
    #[inline]
    pub(super) fn visit(&self, arn: &Arn<'_>, mut each: impl FnMut(Root)) {
        let id = arn.prefix_id();
        let Compared { numbers, named } = match self.first.get() {
            Some((first, compared)) if Some(*first) == id => *compared,
            first => {
                let compared = self.compare(head(arn));
                if first.is_none()
                    && let Some(id) = id
                {
                    self.keep(id, compared);
                }
                compared
            }
        };
        if let Some(root) = named {
            each(root);
            if self.are_joined {
                return;
            }
        }
        for (components, root) in &self.wild {
            let mut asked = components.iter().zip(numbers).zip(head(arn));
            let matches = asked.all(|((component, number), text)| match component {
                Component::Anything => true,
                Component::Text(own) => *own == number,
                Component::Wildcards(pattern) => matches_text(pattern.as_borrowed(), text),
            });
            if matches {
                each(*root);
            }
        }
    }

    /// Keeps the result of the prefix with this id, unless another thread was faster.
    #[cold]
    fn keep(&self, id: ArnPrefixId, compared: Compared) {
        self.first.get_or_init(|| (id, compared));
    }

    /// Compares the components of a prefix with the texts.
    #[inline(always)]
    fn compare(&self, head: [&str; HEAD]) -> Compared {
        // Unrolled by hand, because the compiler does not unroll a loop over four different lists.
        let [accounts, regions, services, partitions] = &self.texts;
        let [account, region, service, partition] = head;
        let numbers = [
            find(accounts, account),
            find(regions, region),
            find(services, service),
            find(partitions, partition),
        ];
        let named = match self.named.as_slice() {
            [] => None,
            [(only, root)] => (*only == numbers).then_some(*root),
            several => several
                .binary_search_by_key(&numbers, |(numbers, _)| *numbers)
                .ok()
                .and_then(|found| several.get(found))
                .map(|(_, root)| *root),
        };
        Compared { numbers, named }
    }
}

/// Whether a component of the prefix, which cannot contain variables, matches `text`.
pub(super) fn matches_text(pattern: BorrowedPattern<'_>, text: &str) -> bool {
    pattern.matches(text, Case::Sensitive, Context::empty()) == Match::Yes
}

/// Returns the only text that a pattern matches; `None` for a pattern with wildcards.
pub(super) fn only_text(pattern: BorrowedPattern<'_>) -> Option<&str> {
    let mut parts = pattern.parts();
    match (parts.next(), parts.next()) {
        (None, _) => Some(""),
        (Some(Part::Text(text)), None) => Some(text),
        _ => None,
    }
}

/// Returns the index of `text` among sorted texts.
#[inline(never)]
fn find_among(texts: &[Box<str>], text: &str) -> Option<usize> {
    texts.binary_search_by(|known| (**known).cmp(text)).ok()
}

/// Returns the index of `text` among sorted texts. Most policies name one partition, service, Region and account.
#[inline]
fn find(texts: &[Box<str>], text: &str) -> u32 {
    let found = match texts {
        [only] => is_equal(only.as_bytes(), text.as_bytes()).then_some(0),
        several => find_among(several, text),
    };
    // INVARIANT: the number of texts was checked, so no index is equal to `UNNAMED`.
    found.map_or(UNNAMED, |found| u32::try_from(found).unwrap_or(UNNAMED))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::arn::Scope;
    use crate::pattern::Syntax;
    use crate::program::trie::Tries;
    use crate::resource::{Piece, ResourceTypeMetadata, ScopeComponent};

    /// Returns the prefixes in `heads`.
    fn prefixes(heads: &[[&str; HEAD]]) -> ArnPrefixes {
        let syntax = Syntax {
            wildcards: true,
            variables: false,
        };
        let patterns: Vec<[Pattern; HEAD]> = heads
            .iter()
            .map(|head| head.map(|text| Pattern::parse(text, syntax).unwrap()))
            .collect();
        let mut tries = Tries::default();
        let with_roots: Vec<([BorrowedPattern<'_>; HEAD], Root)> = patterns
            .iter()
            .map(|head| {
                (
                    head.each_ref().map(Pattern::as_borrowed),
                    tries.add(&[]).unwrap(),
                )
            })
            .collect();
        ArnPrefixes::of(&with_roots, false).unwrap()
    }

    /// Returns the positions of the prefixes that match that of `arn`.
    fn matching(prefixes: &ArnPrefixes, arn: &Arn<'_>) -> Vec<usize> {
        let mut found = Vec::new();
        prefixes.visit(arn, |root| found.push(root.number()));
        found.sort_unstable();
        found
    }

    fn arn([account, region, service, partition]: [&str; HEAD]) -> String {
        format!("arn:{partition}:{service}:{region}:{account}:apps/a1")
    }

    #[test]
    fn a_head_is_compared_component_by_component() {
        let heads = [
            ["1", "us", "mobiletargeting", "aws"],
            ["1", "*", "mobiletargeting", "aws"],
            ["1", "u?", "mobiletargeting", "aws"],
            ["2", "us", "mobiletargeting", "aws"],
            ["", "", "s3", "aws"],
            ["*", "*", "*", "*"],
            ["1", "eu", "sns", "aws"],
            ["us", "1", "aws", "mobiletargeting"],
        ];
        for (head, expected) in [
            (["1", "us", "mobiletargeting", "aws"], &[0, 1, 2, 5][..]),
            (["1", "eu", "mobiletargeting", "aws"], &[1, 5]),
            (["2", "us", "mobiletargeting", "aws"], &[3, 5]),
            (["2", "eu", "mobiletargeting", "aws"], &[5]),
            (["", "", "s3", "aws"], &[4, 5]),
            (["1", "eu", "sns", "aws"], &[5, 6]),
            (["1", "us", "sns", "aws"], &[5]),
            (["1", "us", "mobiletargeting", "aws-cn"], &[5]),
            (["*", "us", "mobiletargeting", "aws"], &[5]),
        ] {
            let text = arn(head);
            let arn = Arn::parse(&text).unwrap();
            assert_eq!(matching(&prefixes(&heads), &arn), expected, "{head:?}");
            // Each prefix by itself matches in the same way.
            for (index, only) in heads.iter().enumerate() {
                let alone = !matching(&prefixes(&[*only]), &arn).is_empty();
                assert_eq!(alone, expected.contains(&index), "{only:?} {head:?}");
            }
        }
        let text = arn(heads[0]);
        let arn = Arn::parse(&text).unwrap();
        assert_eq!(matching(&prefixes(&[]), &arn), [0; 0]);
    }

    const fn resource_type(service: &'static str, region: ScopeComponent) -> ResourceTypeMetadata {
        ResourceTypeMetadata {
            name: "app",
            type_name: "App",
            summary: "An app.",
            arn: "",
            partition: ScopeComponent::FromScope,
            service,
            region,
            account: ScopeComponent::FromScope,
            pieces: &[Piece::Literal("apps/a1")],
            fields: &[],
            condition_keys: &[],
        }
    }

    /// The result that is kept for a prefix is never used for another one, whichever is looked up first.
    #[test]
    fn a_resource_in_a_scope_matches_like_its_arn() {
        static TYPES: [ResourceTypeMetadata; 4] = [
            resource_type("mobiletargeting", ScopeComponent::FromScope),
            resource_type("sns", ScopeComponent::FromScope),
            resource_type("mobiletargeting", ScopeComponent::Fixed("")),
            resource_type("mobiletargeting", ScopeComponent::Fixed("us")),
        ];
        let heads = [
            ["1", "us", "mobiletargeting", "aws"],
            ["2", "us", "mobiletargeting", "aws"],
            ["1", "eu", "mobiletargeting", "aws"],
            ["1", "us", "sns", "aws"],
            ["1", "us", "mobiletargeting", "aws-cn"],
            ["1", "", "mobiletargeting", "aws"],
            ["1", "e?", "*", "aws"],
            ["*", "us", "*", "*"],
        ];
        let of_tenants = Scope::of_tenants("aws", "us");
        let scopes = [
            Scope::new("aws", "us", "1"),
            Scope::new("aws", "us", "2"),
            Scope::new("aws", "eu", "1"),
            Scope::new("aws-cn", "us", "1"),
            Scope::new("aws", "us", "1"),
            of_tenants.with_account("1"),
            of_tenants.with_account("2"),
        ];
        let each = || {
            scopes
                .iter()
                .flat_map(|scope| TYPES.iter().map(move |of| (scope, of)))
        };
        let mut results = BTreeSet::new();
        for (first_scope, first_type) in each() {
            let prefixes = prefixes(&heads);
            let first = (first_scope, first_type);
            for (scope, resource_type) in std::iter::once(first).chain(each()).chain([first]) {
                let part = resource_type.fill(&[]).unwrap();
                let RequestedResource::Arn(arn) = resource_type.requested(&part, scope) else {
                    panic!("a resource type has ARNs");
                };
                let text = arn.to_string();
                let parsed = Arn::parse(&text).unwrap();
                let expected = matching(&prefixes, &parsed);
                assert_eq!(
                    matching(&prefixes, &arn),
                    expected,
                    "{text} after {first:?}"
                );
                results.insert(expected);
            }
        }
        assert!(results.len() > 6, "{results:?}");
    }
}
