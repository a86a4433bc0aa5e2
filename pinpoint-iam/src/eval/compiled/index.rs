//! An index from requested resources to the statements that may match them.
//!
//! The resource elements of a policy are split into entries, one for each pattern. An entry is found by the four
//! components before the resource part of the ARN, its **prefix**, and by the literal text at the start of its pattern.

use std::collections::BTreeMap;

use super::arn_prefix::{ArnPrefixes, HEAD, head, matches_text, only_text};
use super::index32::{TooLarge, to_u32};
use super::trie::Tries;
use crate::eval::Truth;
use crate::pattern::{BorrowedPattern, Part};
use crate::policy::{Effect, ResourceElement, ResourcePattern, Statement};
use crate::resource::RequestedResource;

/// The entries that may match a resource.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
    /// Entries for patterns without a prefix: `*`, short ARNs, `NotResource`.
    anywhere: List,
    heads: ArnPrefixes,
    tries: Tries,
}

/// One pattern of one statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The index of the statement in its program.
    pub(super) statement: u32,
    /// The index of the statement's action set.
    pub(super) actions: u32,
    /// Identifies a statement that has conditions and several entries; [`Entry::NO_SLOT`] for all others.
    pub(super) dedup_slot: u32,
    /// The bits: kind, [`DENIES`](Self::DENIES), [`PLAIN`](Self::PLAIN), index of the pattern.
    flags: u32,
}

/// The test that remains after the walk through the index has reached an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No test.
    Always,
    /// The resource part ends here.
    AtEnd,
    /// The resource part matches the last component of the pattern with this index.
    Component(usize),
    /// The resource matches the pattern with this index.
    Pattern(usize),
    /// The element as a whole matches.
    Element,
}

impl Entry {
    pub(super) const NO_SLOT: u32 = u32::MAX;

    const KINDS: u32 = 0b111;
    const DENIES: u32 = 0b1000;
    const PLAIN: u32 = 0b1_0000;
    const INDEX_SHIFT: u32 = 5;

    fn new(
        statement: u32,
        actions: u32,
        repeats: u32,
        kind: Kind,
        of: &Statement,
    ) -> Result<Self, TooLarge> {
        let (bits, index) = match kind {
            Kind::Always => (0, 0),
            Kind::AtEnd => (1, 0),
            Kind::Component(index) => (2, index),
            Kind::Pattern(index) => (3, index),
            Kind::Element => (4, 0),
        };
        let index = to_u32(index)?;
        if index > u32::MAX >> Self::INDEX_SHIFT {
            return Err(TooLarge::ERROR);
        }
        let mut how = bits | index << Self::INDEX_SHIFT;
        if of.effect() == Effect::Deny {
            how |= Self::DENIES;
        }
        if matches!(kind, Kind::Always | Kind::AtEnd) && is_unconditional(of) {
            how |= Self::PLAIN;
        }
        Ok(Self {
            statement,
            actions,
            dedup_slot: repeats,
            flags: how,
        })
    }

    #[inline]
    pub(super) const fn kind(self) -> Kind {
        let index = (self.flags >> Self::INDEX_SHIFT) as usize;
        match self.flags & Self::KINDS {
            0 => Kind::Always,
            1 => Kind::AtEnd,
            2 => Kind::Component(index),
            3 => Kind::Pattern(index),
            _ => Kind::Element,
        }
    }

    #[inline]
    const fn is_at_end(self) -> bool {
        self.flags & Self::KINDS == 1
    }

    #[inline]
    pub(super) const fn denies(self) -> bool {
        self.flags & Self::DENIES != 0
    }

    /// Whether the statement matches if its action matches and the walk has reached the entry.
    #[inline]
    pub(super) const fn is_plain(self) -> bool {
        self.flags & Self::PLAIN != 0
    }

    /// Whether the first of two plain entries in a list makes the second redundant.
    pub(super) const fn covers(self, later: Self) -> bool {
        self.is_plain() && later.is_plain() && self.flags == later.flags
    }
}

/// Whether a statement depends only on the action and the resource. A principal element matters only for some policy
/// types, and a program does not know the type of its policies.
fn is_unconditional(statement: &Statement) -> bool {
    statement.conditions().is_empty() && statement.principal().is_none()
}

/// A contiguous range of entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    start: u32,
    length: u32,
    /// The index of the list among the large lists.
    large: u32,
}

impl Default for List {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl List {
    pub(super) const EMPTY: Self = Self {
        start: 0,
        length: 0,
        large: Self::SMALL,
    };

    const SMALL: u32 = u32::MAX;

    /// Longer lists are looked up by action. Shorter ones are faster to scan.
    const LONGEST_SMALL: usize = 8;

    #[inline]
    pub(super) const fn large(self) -> Option<usize> {
        match self.large {
            Self::SMALL => None,
            large => Some(large as usize),
        }
    }

    #[inline]
    pub(super) const fn length(self) -> usize {
        self.length as usize
    }

    #[cfg(test)]
    pub(super) const fn start(self) -> usize {
        self.start as usize
    }

    #[cfg(test)]
    pub(super) const fn numbered(start: u32) -> Self {
        Self {
            start,
            length: 1,
            large: Self::SMALL,
        }
    }
}

impl Index {
    /// Returns the entries of a list, in the order of their statements.
    #[inline]
    pub(super) fn entries(&self, list: List) -> &[Entry] {
        let start = list.start as usize;
        self.entries
            .get(start..start + list.length())
            .unwrap_or_default()
    }

    /// Calls `each` with every list that may contain entries for `resource`, and whether the resource part ends there.
    #[inline]
    pub(super) fn visit(&self, resource: &RequestedResource<'_>, mut each: impl FnMut(List, bool)) {
        if self.anywhere.length > 0 {
            each(self.anywhere, false);
        }
        let RequestedResource::Arn(arn) = resource else {
            return;
        };
        let text = arn.resource().as_bytes();
        self.heads.visit(head(arn), |root| {
            self.tries.walk(root, text, &mut each);
        });
    }

    /// Returns every entry with the result for a resource that is not known: an entry for everything matches, an entry
    /// with a pattern may match, and an element that is not a list of patterns has to be evaluated.
    pub(super) fn for_any_resource(&self) -> impl Iterator<Item = (Entry, Option<Truth>)> {
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
    pub(super) fn large_lists(&self) -> Vec<List> {
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

/// Builds an [`Index`].
#[derive(Default)]
pub(super) struct Builder<'p> {
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
    pub(super) fn add(
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
    pub(super) fn build(mut self) -> Result<Index, TooLarge> {
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

/// Whether the walk reaches an entry, which may require that the resource part ends here.
#[inline]
pub(super) const fn is_reached(entry: Entry, at_end: bool) -> bool {
    at_end || !entry.is_at_end()
}

/// Returns the pattern of a [`Kind::Component`] or [`Kind::Pattern`].
pub(super) fn pattern(statement: &Statement, index: usize) -> Option<&ResourcePattern> {
    statement.resource()?.patterns().get(index)
}

#[cfg(test)]
mod tests {
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
