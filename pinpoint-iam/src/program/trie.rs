//! A set of texts that finds all prefixes of a text in one walk along it.

use pinpoint_iam_core::__private::{GROUP, is_equal, position_in_group};

use super::index32::{TooLarge, to_u32};
use super::list::List;

/// Several tries over bytes in one structure. Common prefixes of texts are stored once.
#[derive(Debug, Default)]
pub(super) struct Tries {
    nodes: Vec<Node>,
    /// The first bytes of children that are not in the first group of their parent.
    more_first_bytes: Vec<Group>,
    labels: Vec<u8>,
}

/// The first bytes of the edges to some children, which are compared at once.
type Group = [u8; GROUP];

/// A node. Siblings are contiguous, ordered by first byte.
///
/// What a walk needs in order to choose a child is in one place, so that it is mostly in one line of the processor's
/// cache.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The list of the text that ends here.
    list: List,
    /// The bytes after the first byte, up to the next branch.
    label: u32,
    label_length: u32,
    /// The first child, or [`NO_CHILDREN`](Self::NO_CHILDREN).
    children: u32,
    /// The groups of first bytes after the first group: their number in the lowest [`MORE_BITS`](Self::MORE_BITS), and
    /// the start of their range.
    more: u32,
    /// The first bytes of the first children. If there are fewer, the first one is repeated.
    first_bytes: Group,
}

/// The root of a trie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root(u32);

#[cfg(test)]
impl Root {
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }
}

/// Sorted texts without duplicates, each with its list.
pub(super) type Texts<'t> = [(&'t [u8], List)];

impl Tries {
    /// Adds a trie of `texts`.
    pub(super) fn add(&mut self, texts: &Texts<'_>) -> Result<Root, TooLarge> {
        let root = self.push()?;
        // The nodes that are not filled yet, each with its texts and the length of their common prefix so far.
        let mut open = vec![(root, texts, 0)];
        while let Some((node, texts, read)) = open.pop() {
            let common = if node == root { 0 } else { common(texts, read) };
            let label = self.push_label(texts, read, common)?;
            let (list, longer) = match texts {
                [(text, list), longer @ ..] if text.len() == common => (*list, longer),
                longer => (List::EMPTY, longer),
            };
            let next = |(text, _): &(&[u8], List)| text.get(common).copied();
            let children = to_u32(self.nodes.len())?;
            let mut first_bytes = Vec::new();
            for texts in longer.chunk_by(|left, right| next(left) == next(right)) {
                first_bytes.extend(texts.first().and_then(next));
                open.push((self.push()?, texts, common + 1));
            }
            let (first_bytes, more) = self.push_first_bytes(first_bytes)?;
            if let Some(slot) = self.nodes.get_mut(node) {
                *slot = Node {
                    list,
                    label: label.0,
                    label_length: label.1,
                    children: match longer {
                        [] => Node::NO_CHILDREN,
                        _ => children,
                    },
                    more,
                    first_bytes,
                };
            }
        }
        Ok(Root(to_u32(root)?))
    }

    /// Returns all lists, in no particular order.
    pub(super) fn lists(&self) -> impl Iterator<Item = List> + '_ {
        self.nodes.iter().map(|node| node.list)
    }

    /// Releases excess capacity.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.more_first_bytes.shrink_to_fit();
        self.labels.shrink_to_fit();
    }

    /// Calls `each` with the list of every text that is a prefix of `text`, and whether it is equal to `text`.
    #[inline]
    pub(super) fn walk(&self, root: Root, text: &[u8], mut each: impl FnMut(List, bool)) {
        let mut rest = text;
        let Some(mut node) = self.nodes.get(root.0 as usize) else {
            return;
        };
        loop {
            if node.list.length() > 0 {
                each(node.list, rest.is_empty());
            }
            let Some((first, tail)) = rest.split_first() else {
                return;
            };
            let Some(child) = self.child(node, *first) else {
                return;
            };
            rest = match self.after_label(child, tail) {
                Some(after) => after,
                None => return,
            };
            node = child;
        }
    }

    #[inline]
    fn child(&self, node: &Node, first: u8) -> Option<&Node> {
        let index = match position_in_group(node.first_bytes, first) {
            Some(index) => index,
            None => self.position_in_more(node, first)?,
        };
        self.nodes.get(node.children as usize + index)
    }

    #[inline]
    fn position_in_more(&self, node: &Node, first: u8) -> Option<usize> {
        let start = (node.more >> Node::MORE_BITS) as usize;
        let count = (node.more & ((1 << Node::MORE_BITS) - 1)) as usize;
        let groups = self.more_first_bytes.get(start..start + count)?;
        let mut found = (GROUP..).step_by(GROUP).zip(groups);
        found.find_map(|(before, group)| Some(before + position_in_group(*group, first)?))
    }

    /// Removes the label of `node` from the start of `text`; `None` if `text` does not start with it.
    #[inline]
    fn after_label<'t>(&self, node: &Node, text: &'t [u8]) -> Option<&'t [u8]> {
        let length = node.label_length as usize;
        if length == 0 {
            return Some(text);
        }
        let start = node.label as usize;
        let label = self.labels.get(start..start + length)?;
        let (own, after) = text.split_at_checked(length)?;
        is_equal(label, own).then_some(after)
    }

    /// Adds a node that is not filled yet.
    fn push(&mut self) -> Result<usize, TooLarge> {
        let index = self.nodes.len();
        if to_u32(index)? >= Node::NO_CHILDREN {
            return Err(TooLarge::ERROR);
        }
        self.nodes.push(Node::EMPTY);
        Ok(index)
    }

    fn push_label(
        &mut self,
        texts: &Texts<'_>,
        start: usize,
        end: usize,
    ) -> Result<(u32, u32), TooLarge> {
        let label = texts
            .first()
            .and_then(|(text, _)| text.get(start..end))
            .unwrap_or_default();
        let place = (to_u32(self.labels.len())?, to_u32(label.len())?);
        self.labels.extend_from_slice(label);
        Ok(place)
    }

    /// Stores the first bytes of children. Returns the first group and [`Node::more`].
    fn push_first_bytes(&mut self, mut bytes: Vec<u8>) -> Result<(Group, u32), TooLarge> {
        // The first of several equal bytes is found, so a byte that fills up is never found.
        let filler = bytes.first().copied().unwrap_or_default();
        bytes.resize(bytes.len().next_multiple_of(GROUP), filler);
        let (groups, _) = bytes.as_chunks();
        let (first, more) = match groups {
            [] => ([filler; GROUP], groups),
            [first, more @ ..] => (*first, more),
        };
        let start = to_u32(self.more_first_bytes.len())?;
        if start > u32::MAX >> Node::MORE_BITS {
            return Err(TooLarge::ERROR);
        }
        self.more_first_bytes.extend(more);
        let more = start << Node::MORE_BITS | to_u32(more.len())?;
        Ok((first, more))
    }
}

impl Node {
    /// Greater than the index of a node, also if the position of a first byte is added.
    const NO_CHILDREN: u32 = u32::MAX - u8::MAX as u32;

    /// 256 first bytes consist of the first group and 31 others.
    const MORE_BITS: u32 = 5;

    const EMPTY: Self = Self {
        list: List::EMPTY,
        label: 0,
        label_length: 0,
        children: Self::NO_CHILDREN,
        more: 0,
        first_bytes: [0; GROUP],
    };
}

/// Returns the length of the common prefix of sorted texts, which is known for the first `read` bytes.
fn common(texts: &Texts<'_>, read: usize) -> usize {
    let (Some((first, _)), Some((last, _))) = (texts.first(), texts.last()) else {
        return read;
    };
    let pairs = first.iter().zip(*last).skip(read);
    read + pairs.take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns every prefix of `text` among `texts`, in the order of the walk.
    fn beginnings<'t>(texts: &[&'t str], text: &str) -> Vec<(&'t str, bool)> {
        let mut tries = Tries::default();
        // Another trie before it, so that no offset is zero by chance.
        tries.add(&[(b"apps/", List::EMPTY)]).unwrap();
        let stored: Vec<(&[u8], List)> = texts
            .iter()
            .zip(0..)
            .map(|(text, index)| (text.as_bytes(), List::numbered(index)))
            .collect();
        let root = tries.add(&stored).unwrap();
        let mut found = Vec::new();
        tries.walk(root, text.as_bytes(), |list, at_end| {
            if list.length() > 0 {
                found.push((texts[list.start()], at_end));
            }
        });
        found
    }

    #[test]
    fn every_beginning_is_found_and_nothing_else() {
        let mut texts: Vec<String> = ["", "a", "ab", "abc/", "abd", "b/ü", "b/û", "x"]
            .map(str::to_owned)
            .to_vec();
        // More children than a group, and more than two.
        texts.extend(('c'..'t').map(|letter| format!("many/{letter}{letter}")));
        texts.sort();
        let sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
        for text in [
            "",
            "a",
            "ab",
            "abc",
            "abc/",
            "abc/d",
            "abd",
            "abde",
            "abe",
            "b/",
            "b/ü",
            "b/ûx",
            "b/ý",
            "many/",
            "many/cc",
            "many/ff/1",
            "many/ss",
            "many/st",
            "many/zz",
            "y",
        ] {
            let expected: Vec<(&str, bool)> = sorted
                .iter()
                .filter(|start| text.starts_with(**start))
                .map(|start| (*start, *start == text))
                .collect();
            assert_eq!(beginnings(&sorted, text), expected, "{text}");
        }
    }

    /// Every number of children and every byte, also one that no edge starts with.
    #[test]
    fn every_child_is_found_and_no_other() {
        let texts: Vec<[u8; 1]> = (0..=u8::MAX).map(|byte| [byte]).collect();
        for count in 0..=texts.len() {
            for skipped in [0, 1, 7] {
                let stored: Vec<(&[u8], List)> = texts
                    .iter()
                    .skip(skipped)
                    .take(count)
                    .zip(0..)
                    .map(|(text, index)| (text.as_slice(), List::numbered(index)))
                    .collect();
                let mut tries = Tries::default();
                let root = tries.add(&stored).unwrap();
                // Another trie, whose nodes follow.
                tries.add(&stored).unwrap();
                for text in &texts {
                    let [byte] = *text;
                    let expected = stored.iter().position(|(other, _)| *other == text);
                    // Bytes that fill up groups, and bytes that would then be found.
                    for text in [&[byte][..], &[byte, 8], &[byte, 0, 8], &[byte, 7, 8]] {
                        let mut found = Vec::new();
                        tries.walk(root, text, |list, _| found.push(list.start()));
                        assert_eq!(found, Vec::from_iter(expected), "{count}, {text:?}");
                    }
                }
            }
        }
    }
}
