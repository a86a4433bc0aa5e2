//! A set of texts that finds all prefixes of a text in one walk along it.

use super::index32::{TooLarge, to_u32};
use super::list::List;

/// Several tries over bytes in one structure. Common prefixes of texts are stored once.
#[derive(Debug, Default)]
pub(super) struct Tries {
    nodes: Vec<Node>,
    /// For each node, the first byte of the edge from its parent.
    first_bytes: Vec<u8>,
    labels: Vec<u8>,
}

/// A node. Siblings are contiguous, ordered by first byte.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The bytes after the first byte, up to the next branch.
    label: u32,
    label_length: u32,
    children: u32,
    child_count: u32,
    /// The list of the text that ends here.
    list: List,
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
        let root = self.push(0)?;
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
            let mut child_count = 0;
            for texts in longer.chunk_by(|left, right| next(left) == next(right)) {
                let first = texts.first().and_then(next).unwrap_or_default();
                let child = self.push(first)?;
                child_count += 1;
                open.push((child, texts, common + 1));
            }
            if let Some(slot) = self.nodes.get_mut(node) {
                *slot = Node {
                    label: label.0,
                    label_length: label.1,
                    children,
                    child_count,
                    list,
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
        self.first_bytes.shrink_to_fit();
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
            let Some((child, after)) = self.child(node, *first).and_then(|child| {
                let start = child.label as usize;
                let label = self
                    .labels
                    .get(start..start + child.label_length as usize)?;
                Some((child, tail.strip_prefix(label)?))
            }) else {
                return;
            };
            node = child;
            rest = after;
        }
    }

    #[inline]
    fn child(&self, node: &Node, first: u8) -> Option<&Node> {
        let start = node.children as usize;
        let range = start..start + node.child_count as usize;
        let first_bytes = self.first_bytes.get(range)?;
        let index = match first_bytes {
            [] => return None,
            [only] if *only == first => 0,
            [_] => return None,
            few if few.len() <= 8 => few.iter().position(|byte| *byte == first)?,
            many => many.binary_search(&first).ok()?,
        };
        self.nodes.get(start + index)
    }

    /// Adds a node that is not filled yet.
    fn push(&mut self, first: u8) -> Result<usize, TooLarge> {
        let index = self.nodes.len();
        to_u32(index)?;
        self.first_bytes.push(first);
        self.nodes.push(Node {
            label: 0,
            label_length: 0,
            children: 0,
            child_count: 0,
            list: List::EMPTY,
        });
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
        // Enough children to cover both ways of finding one.
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
}
