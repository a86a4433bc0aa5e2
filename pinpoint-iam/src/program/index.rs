//! An index from requested resources to the statements that may match them.
//!
//! The resource elements of a policy are split into entries, one for each pattern. An entry is found by the four
//! components before the resource part of the ARN, its **prefix**, and by the literal text at the start of its pattern.

use std::collections::BTreeMap;

use pinpoint_iam_core::truth::Truth;

use super::arn_prefix::{ArnPrefixes, HEAD, matches_text, only_text};
use super::entry::{Entry, Kind};
use super::index32::{TooLarge, to_u32};
use super::list::List;
use super::trie::{Root, Tries};
use crate::pattern::{BorrowedPattern, Part};
use crate::policy::{ResourceElement, ResourcePattern, Statement};
use crate::resource::RequestedResource;

/// The entries that may match a resource.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    /// Entries for patterns without a prefix: `*`, short ARNs, `NotResource`.
    anywhere: List,
    heads: ArnPrefixes,
    tries: Tries,
}

impl Index {
    /// Returns the entries of a list, in the order of their statements.
    #[inline]
    pub(crate) fn entries(&self, list: List) -> &[Entry] {
        let start = list.start as usize;
        self.entries
            .get(start..start + list.length())
            .unwrap_or_default()
    }

    /// Calls `each` with every list that may contain entries for `resource`, and whether the resource part ends there.
    #[inline]
    fn visit(&self, resource: &RequestedResource<'_>, mut each: impl FnMut(List, bool)) {
        self.visit_anywhere(&mut each);
        let RequestedResource::Arn(arn) = resource else {
            return;
        };
        let text = arn.resource().as_bytes();
        self.heads.visit(arn, |root| {
            self.tries.walk(root, text, &mut each);
        });
    }

    /// Calls `each` with the list that may contain entries for every resource.
    #[inline]
    fn visit_anywhere(&self, mut each: impl FnMut(List, bool)) {
        if self.anywhere.length > 0 {
            each(self.anywhere, false);
        }
    }

    /// Returns every list that may contain entries for `resource`.
    pub(crate) fn reached(&self, resource: &RequestedResource<'_>) -> ReachedLists {
        let mut lists = Vec::new();
        self.visit(resource, |list, at_end| lists.push((list, at_end)));
        ReachedLists(lists)
    }

    /// Returns the tries for resources with the ARN prefix of `resource`.
    pub(crate) fn prefix(&self, resource: &RequestedResource<'_>) -> PrefixTries {
        let mut roots = Vec::new();
        if let RequestedResource::Arn(arn) = resource {
            self.heads.visit(arn, |root| roots.push(root));
        }
        PrefixTries(roots)
    }

    /// Returns every entry with the result for a resource that is not known: an entry for everything matches, an entry
    /// with a pattern may match, and an element that is not a list of patterns has to be evaluated.
    pub(crate) fn for_any_resource(&self) -> impl Iterator<Item = (Entry, Option<Truth>)> {
        let anywhere = self.anywhere.length();
        self.entries.iter().enumerate().map(move |(place, entry)| {
            let resource = match entry.kind() {
                Kind::Element => None,
                // INVARIANT: the entries without a prefix come first.
                Kind::Always if place < anywhere => Some(Truth::True),
                Kind::Always | Kind::AtEnd | Kind::Component(_) | Kind::Pattern(_) => {
                    Some(Truth::Unknown)
                }
            };
            (*entry, resource)
        })
    }

    /// Returns every large list, ordered by index.
    pub(crate) fn large_lists(&self) -> Vec<List> {
        let mut lists: Vec<List> = self
            .tries
            .lists()
            .chain([self.anywhere])
            .filter(|list| list.large().is_some())
            .collect();
        lists.sort_unstable_by_key(|list| list.large);
        lists
    }
}

/// What is known about a resource before a search.
pub(crate) trait Visit {
    /// Calls `each` with every list that may contain entries for the resource, and whether the resource part ends there.
    fn visit(&self, index: &Index, each: impl FnMut(List, bool));
}

/// Nothing: its prefix and its resource part are looked up.
impl Visit for RequestedResource<'_> {
    #[inline]
    fn visit(&self, index: &Index, each: impl FnMut(List, bool)) {
        index.visit(self, each);
    }
}

/// The tries for resources with one ARN prefix.
pub(crate) struct PrefixTries(Vec<Root>);

/// A resource whose prefix has these tries.
pub(crate) struct InPrefix<'r> {
    pub(crate) tries: &'r PrefixTries,
    pub(crate) resource: &'r RequestedResource<'r>,
}

impl Visit for InPrefix<'_> {
    #[inline]
    fn visit(&self, index: &Index, mut each: impl FnMut(List, bool)) {
        index.visit_anywhere(&mut each);
        if let RequestedResource::Arn(arn) = self.resource {
            for root in &self.tries.0 {
                index
                    .tries
                    .walk(*root, arn.resource().as_bytes(), &mut each);
            }
        }
    }
}

/// The lists of a resource.
pub(crate) struct ReachedLists(Vec<(List, bool)>);

impl Visit for ReachedLists {
    #[inline]
    fn visit(&self, _: &Index, mut each: impl FnMut(List, bool)) {
        for (list, at_end) in &self.0 {
            each(*list, *at_end);
        }
    }
}

/// Builds an [`Index`].
#[derive(Default)]
pub(crate) struct Builder<'p> {
    anywhere: Vec<Entry>,
    /// The prefixes by their text.
    heads: BTreeMap<&'p str, InHead<'p>>,
}

/// The entries of one prefix.
#[derive(Clone)]
struct InHead<'p> {
    patterns: [BorrowedPattern<'p>; HEAD],
    entries: Vec<(&'p str, Entry)>,
}

impl<'p> Builder<'p> {
    /// Adds the resource element of `statement`. Statements must be added in order.
    pub(crate) fn add(
        &mut self,
        statement: &'p Statement,
        number: u32,
        actions: u32,
        repeats: u32,
    ) -> Result<(), TooLarge> {
        let entry = |kind| Entry::new(number, actions, repeats, kind, statement);
        let element = match statement.resource() {
            Some(element) if !element.is_negated() && !is_doubtful(element) => element,
            _ => {
                self.anywhere.push(entry(Kind::Element)?);
                return Ok(());
            }
        };
        for (index, pattern) in element.patterns().iter().enumerate() {
            let Some((head, last)) = pattern.head().zip(pattern.last_component()) else {
                let kind = if pattern.is_everything() {
                    Kind::Always
                } else {
                    Kind::Pattern(index)
                };
                self.anywhere.push(entry(kind)?);
                continue;
            };
            let (start, kind) = start_of(last, index);
            self.heads
                .entry(head)
                .or_insert_with(|| InHead::new(head))
                .entries
                .push((start, entry(kind)?));
        }
        Ok(())
    }

    /// Returns the finished index.
    pub(crate) fn build(mut self) -> Result<Index, TooLarge> {
        let are_joined = self.join_heads();
        let mut index = Index::default();
        let mut large = 0;
        index.anywhere = list(&mut index.entries, &mut large, self.anywhere.into_iter())?;
        let mut heads = Vec::with_capacity(self.heads.len());
        for in_head in self.heads.into_values() {
            let InHead {
                patterns,
                mut entries,
            } = in_head;
            // The sort is stable: entries with the same text remain in the order of their statements.
            entries.sort_by_key(|(start, entry)| (*start, entry.statement));
            let mut lists = Vec::new();
            for entries in entries.chunk_by(|(left, _), (right, _)| left == right) {
                let start = entries.first().map_or("", |(start, _)| start);
                let own = entries.iter().map(|(_, entry)| *entry);
                lists.push((start.as_bytes(), list(&mut index.entries, &mut large, own)?));
            }
            let root = index.tries.add(&lists)?;
            heads.push((patterns, root));
        }
        index.heads = ArnPrefixes::of(&heads, are_joined)?;
        index.entries.shrink_to_fit();
        index.tries.shrink();
        Ok(index)
    }

    /// Adds the entries of all prefixes with wildcards to the prefixes without wildcards that they match. A single walk
    /// is then enough for requests with such a prefix.
    ///
    /// Does nothing if there are so many prefixes that many entries would be duplicated. Returns whether entries were
    /// joined.
    fn join_heads(&mut self) -> bool {
        let is_named = |in_head: &InHead<'_>| in_head.texts().is_some();
        let wild: Vec<InHead<'p>> = self
            .heads
            .values()
            .filter(|in_head| !is_named(in_head))
            .cloned()
            .collect();
        let entries = |in_head: &InHead<'_>| in_head.entries.len();
        let repeated: usize = wild.iter().map(entries).sum();
        let all: usize = self.heads.values().map(entries).sum();
        let named = self.heads.len() - wild.len();
        if repeated.saturating_mul(named) > all {
            return false;
        }
        for in_head in self.heads.values_mut() {
            let Some(texts) = in_head.texts() else {
                continue;
            };
            for other in &wild {
                let mut components = other.patterns.iter().zip(texts);
                if components.all(|(pattern, text)| matches_text(*pattern, text)) {
                    in_head.entries.extend(&other.entries);
                }
            }
        }
        true
    }
}

impl<'p> InHead<'p> {
    /// Parses a prefix: partition, service, region and account.
    fn new(text: &'p str) -> Self {
        let mut components = text.split(':').map(BorrowedPattern::without_variables);
        let mut next = || components.next().unwrap_or(BorrowedPattern::EMPTY);
        let [partition, service, region, account] = [next(), next(), next(), next()];
        Self {
            patterns: [account, region, service, partition],
            entries: Vec::new(),
        }
    }

    /// Returns the texts of the components; `None` if one of them has wildcards.
    fn texts(&self) -> Option<[&'p str; HEAD]> {
        let [account, region, service, partition] = self.patterns.map(only_text);
        Some([account?, region?, service?, partition?])
    }
}

/// Appends entries, and returns their list.
fn list(
    entries: &mut Vec<Entry>,
    large_lists: &mut u32,
    own: impl ExactSizeIterator<Item = Entry>,
) -> Result<List, TooLarge> {
    let start = to_u32(entries.len())?;
    let length = own.len();
    entries.extend(own);
    let large = if length > List::LONGEST_SMALL {
        *large_lists += 1;
        *large_lists - 1
    } else {
        List::SMALL
    };
    Ok(List {
        start,
        length: to_u32(length)?,
        large,
    })
}

/// Whether only the service of the policy can compare a pattern of the element. The element is then evaluated as a
/// whole.
fn is_doubtful(element: &ResourceElement) -> bool {
    let mut patterns = element.patterns().iter();
    patterns.any(ResourcePattern::is_left_to_its_service)
}

/// Returns the literal text at the start of the last component of a pattern, and the test that remains after it.
fn start_of(last: BorrowedPattern<'_>, index: usize) -> (&str, Kind) {
    let mut parts = last.parts();
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => ("", Kind::AtEnd),
        (Some(Part::Text(text)), None, _) => (text, Kind::AtEnd),
        (Some(Part::AnyRun), None, _) => ("", Kind::Always),
        (Some(Part::Text(text)), Some(Part::AnyRun), None) => (text, Kind::Always),
        (Some(Part::Text(text)), ..) => (text, Kind::Component(index)),
        _ => ("", Kind::Component(index)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::is_reached;
    use super::*;
    use crate::arn::Arn;
    use crate::policy::Document;

    /// Returns the indexes of the patterns, each in its own statement, that a walk for `apps/a1` in `region` reaches.
    fn found(patterns: &[&str], region: &str) -> Vec<u32> {
        let statements: Vec<String> = patterns
            .iter()
            .map(|pattern| {
                format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "arn:{pattern}"}}"#)
            })
            .collect();
        let text = format!(r#"{{"Statement": [{}]}}"#, statements.join(","));
        let document = Document::parse(&text).unwrap();
        let mut builder = Builder::default();
        for (number, statement) in (0..).zip(document.statements()) {
            builder.add(statement, number, 0, Entry::NO_SLOT).unwrap();
        }
        let index = builder.build().unwrap();
        let arn = format!("arn:aws:mobiletargeting:{region}:1:apps/a1");
        let resource = RequestedResource::Arn(Arn::parse(&arn).unwrap());
        let mut found = Vec::new();
        index.visit(&resource, |list, at_end| {
            let entries = index.entries(list).iter();
            let reached = entries.filter(|entry| is_reached(**entry, at_end));
            found.extend(reached.map(|entry| entry.statement));
        });
        found
    }

    /// In the order of the statements, without duplicates.
    #[test]
    fn a_named_head_has_what_heads_with_wildcards_say_of_it() {
        let patterns = [
            "aws:mobiletargeting:us:1:apps/a*",
            "aws:mobiletargeting:*:1:apps/a*",
            "aws:mobiletargeting:eu:1:apps/a*",
            "aws:mobiletargeting:u?:1:apps/a*",
            "aws:mobiletargeting:us:1:apps/b*",
        ];
        assert_eq!(found(&patterns, "us"), [0, 1, 3]);
        assert_eq!(found(&patterns, "eu"), [1, 2]);
        assert_eq!(found(&patterns, "ap"), [1]);
    }

    /// Joining nine prefixes with four would create more entries than a saved walk is worth.
    #[test]
    fn many_heads_are_walked_one_by_one() {
        let named: Vec<String> = (0..9)
            .map(|region| format!("aws:mobiletargeting:r{region}:1:apps/a*"))
            .collect();
        let mut patterns: Vec<&str> = named.iter().map(String::as_str).collect();
        patterns.extend([
            "aws:mobiletargeting:r*:1:apps/a*",
            "aws:mobiletargeting:?3:1:apps/a*",
            "aws:mobiletargeting:*3:1:apps/a*",
            "aws:mobiletargeting:*:1:apps/b*",
        ]);
        let mut all = found(&patterns, "r3");
        all.sort_unstable();
        assert_eq!(all, [3, 9, 10, 11]);
        assert_eq!(found(&patterns, "x"), [0; 0]);
    }
}
