//! All values of a text, read in one pass.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{JsonError, Member, Node, Text, Type, known, offset_in, syntax_fault};

/// The values of a text down to a level, in the order of the text.
///
/// Serde's maps keep only the last of two members with the same name; this type keeps both.
pub(crate) struct Tree<'s> {
    source: &'s str,
    entries: Vec<Entry<'s>>,
    depth: usize,
    white_space: usize,
}

/// The name of a member or a value. The parts of an object or a list follow it: alternately names and values, or values.
struct Entry<'s> {
    written: &'s str,
    /// The index of the entry after the parts.
    next: usize,
    /// Whether the parts are in the tree.
    has_parts: bool,
}

/// A value of a [`Tree`].
#[derive(Clone, Copy)]
pub(crate) struct TreeNode<'t, 's> {
    tree: &'t Tree<'s>,
    index: usize,
}

impl<'s> Tree<'s> {
    /// Parses the whole of `source` as one value. Objects and lists are taken apart down to this number of `levels`.
    pub(crate) fn read(source: &'s str, levels: usize) -> Result<Self, JsonError> {
        let whole = Node {
            source,
            written: source,
        };
        Self::of_value(whole, levels).map_err(|error| {
            // The message of `serde_json` for an error within a value depends on whether the value is taken apart. Our
            // messages do not depend on `levels`: only an object at the root is taken apart.
            let levels = usize::from(source.trim_ascii_start().starts_with('{'));
            let error = Self::of_value(whole, levels).err().unwrap_or(error);
            syntax_fault(source, &error)
        })
    }

    /// Takes a part of a text apart. The position of the error is that in the part.
    pub(super) fn of_value(value: Node<'s>, levels: usize) -> serde_json::Result<Self> {
        let mut reader = Reader {
            source: value.source,
            at: value.offset(),
            level: 0,
            tree: Self {
                source: value.source,
                entries: Vec::new(),
                depth: 0,
                white_space: 0,
            },
        };
        let mut deserializer = serde_json::Deserializer::from_str(value.written);
        let seed = Value {
            reader: &mut reader,
            levels,
            is_separated: false,
        };
        seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        let end = value.offset() + value.written.len();
        reader.tree.white_space += end.saturating_sub(reader.at);
        Ok(reader.tree)
    }

    /// The value that contains all others.
    pub(crate) const fn root(&self) -> TreeNode<'_, 's> {
        TreeNode {
            tree: self,
            index: 0,
        }
    }

    /// How deep objects and lists are nested, up to one level more than they were taken apart.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    /// The number of characters that are white space outside strings, without those in values that were not taken apart.
    pub(crate) const fn white_space(&self) -> usize {
        self.white_space
    }
}

impl<'t, 's> TreeNode<'t, 's> {
    /// The same value without its parts.
    pub(crate) fn node(self) -> Node<'s> {
        Node {
            source: self.tree.source,
            written: self.entry().map_or("", |entry| entry.written),
        }
    }

    /// See [`Node::offset`].
    pub(crate) fn offset(self) -> usize {
        self.node().offset()
    }

    /// See [`Node::json_type`].
    pub(crate) fn json_type(self) -> Type {
        self.node().json_type()
    }

    /// See [`Node::wrong_type`].
    pub(crate) fn wrong_type(self, what: &str, hint: &str) -> JsonError {
        self.node().wrong_type(what, hint)
    }

    /// See [`Node::text`].
    pub(crate) fn text(self) -> Result<Text<'s>, JsonError> {
        self.node().text()
    }

    /// The members of an object, in order; duplicates are included.
    pub(crate) fn members(
        self,
    ) -> Result<impl Iterator<Item = Result<Member<'s, Self>, JsonError>> + Clone, JsonError> {
        let mut parts = self.parts()?;
        Ok(std::iter::from_fn(move || {
            let name = parts.next()?;
            let value = parts.next()?;
            Some(name.text().map(|name| Member {
                name_offset: name.offset,
                name: name.content,
                value,
            }))
        }))
    }

    /// The members of an object that may only have these members, each at most once.
    pub(crate) fn known_members<const N: usize>(
        self,
        what: &str,
        names: [&'static str; N],
    ) -> Result<[Option<Member<'s, Self>>; N], JsonError> {
        known(self.members()?, what, names)
    }

    /// The elements of a list.
    pub(crate) fn elements(self) -> Result<impl Iterator<Item = Self> + Clone, JsonError> {
        self.parts()
    }

    fn entry(self) -> Option<&'t Entry<'s>> {
        self.tree.entries.get(self.index)
    }

    /// The parts of an object or a list. Fails if they are not in the tree, so that no part is ignored.
    fn parts(self) -> Result<impl Iterator<Item = Self> + Clone, JsonError> {
        let tree = self.tree;
        let end = match self.entry() {
            Some(entry) if entry.has_parts => entry.next,
            _ => {
                return Err(JsonError::new(
                    self.offset(),
                    "this is nested too deep",
                    "write less nested objects and lists",
                ));
            }
        };
        let mut index = self.index + 1;
        Ok(std::iter::from_fn(move || {
            let entry = tree.entries.get(index).filter(|_| index < end)?;
            let part = Self { tree, index };
            index = entry.next;
            Some(part)
        }))
    }
}

/// Builds a tree while `serde_json` parses.
///
/// `serde_json` does not report where an object or a list starts and ends. This follows from where the parts before it
/// end, because only white space and one comma or colon can be between them.
struct Reader<'s> {
    source: &'s str,
    /// The offset after the last token.
    at: usize,
    level: usize,
    tree: Tree<'s>,
}

impl<'s> Reader<'s> {
    /// Skips white space, and returns the byte after it.
    fn skip_white_space(&mut self) -> Option<u8> {
        loop {
            let byte = self.source.as_bytes().get(self.at).copied();
            if !matches!(byte, Some(b' ' | b'\n' | b'\r' | b'\t')) {
                return byte;
            }
            self.at += 1;
            self.tree.white_space += 1;
        }
    }

    /// Skips a bracket, comma or colon, and the white space before it.
    fn skip_token(&mut self) {
        self.skip_white_space();
        self.at += 1;
    }

    /// Adds a value without parts. The white space before it is skipped already.
    fn add(&mut self, raw: &'s RawValue) {
        let written = raw.get();
        self.at = offset_in(self.source, written) + written.len();
        self.tree.entries.push(Entry {
            written,
            next: self.tree.entries.len() + 1,
            has_parts: false,
        });
    }

    /// Adds an object or a list before its parts, and returns its index and offset.
    fn open(&mut self) -> (usize, usize) {
        let opened = (self.tree.entries.len(), self.at);
        self.tree.entries.push(Entry {
            written: "",
            next: 0,
            has_parts: true,
        });
        self.at += 1;
        self.level += 1;
        self.tree.depth = self.tree.depth.max(self.level);
        opened
    }

    /// Completes an object or a list after its parts.
    fn close(&mut self, (index, start): (usize, usize)) {
        self.skip_token();
        self.level -= 1;
        let next = self.tree.entries.len();
        if let Some(entry) = self.tree.entries.get_mut(index) {
            entry.next = next;
            entry.written = self.source.get(start..self.at).unwrap_or_default();
        }
    }
}

/// Reads one value.
struct Value<'r, 's> {
    reader: &'r mut Reader<'s>,
    /// The number of levels that are taken apart.
    levels: usize,
    /// Whether a comma or colon is before the value.
    is_separated: bool,
}

impl<'s> DeserializeSeed<'s> for Value<'_, 's> {
    type Value = ();

    fn deserialize<D: Deserializer<'s>>(self, deserializer: D) -> Result<(), D::Error> {
        let reader = self.reader;
        if self.is_separated {
            reader.skip_token();
        }
        let first = reader.skip_white_space();
        let parts = Parts {
            reader,
            levels: self.levels.saturating_sub(1),
        };
        match first {
            Some(b'{') if self.levels > 0 => deserializer.deserialize_map(parts),
            Some(b'[') if self.levels > 0 => deserializer.deserialize_seq(parts),
            first => {
                let reader = parts.reader;
                if let Some(b'{' | b'[') = first {
                    reader.tree.depth = reader.tree.depth.max(reader.level + 1);
                }
                reader.add(<&RawValue>::deserialize(deserializer)?);
                Ok(())
            }
        }
    }
}

/// Reads the parts of an object or a list.
struct Parts<'r, 's> {
    reader: &'r mut Reader<'s>,
    /// The number of levels of the parts that are taken apart.
    levels: usize,
}

impl<'s> Visitor<'s> for Parts<'_, 's> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'s>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { reader, levels } = self;
        let opened = reader.open();
        let mut is_separated = false;
        while let Some(name) = map.next_key()? {
            if is_separated {
                reader.skip_token();
            }
            reader.skip_white_space();
            reader.add(name);
            is_separated = true;
            map.next_value_seed(Value {
                reader,
                levels,
                is_separated,
            })?;
        }
        reader.close(opened);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'s>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { reader, levels } = self;
        let opened = reader.open();
        let mut is_separated = false;
        loop {
            let element = Value {
                reader,
                levels,
                is_separated,
            };
            if list.next_element_seed(element)?.is_none() {
                break;
            }
            is_separated = true;
        }
        reader.close(opened);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets_of(node: TreeNode<'_, '_>, offsets: &mut Vec<(usize, String)>) {
        offsets.push((node.offset(), node.node().written().to_owned()));
        match node.json_type() {
            Type::Object => {
                for member in node.members().unwrap() {
                    let member = member.unwrap();
                    offsets.push((member.name_offset, member.name.into_owned()));
                    offsets_of(member.value, offsets);
                }
            }
            Type::List => {
                for element in node.elements().unwrap() {
                    offsets_of(element, offsets);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn all_values_have_their_offsets() {
        let text = "\n {\"a\" : [ 1 ,{}, [ ] , \"é,\\\"]\" ],\r\n\"a\":{\"b\":null\t} } ";
        let from = |offset: usize| text.get(offset..).unwrap();
        let tree = Tree::read(text, 9).unwrap();
        let mut offsets = Vec::new();
        offsets_of(tree.root(), &mut offsets);
        let names = offsets
            .iter()
            .filter(|(offset, written)| from(*offset).starts_with(&format!("\"{written}\"")));
        assert_eq!(names.count(), 3);
        let mut found = 0;
        for (offset, written) in &offsets {
            let at = from(*offset);
            assert!(at.starts_with(&**written) || at.starts_with(&format!("\"{written}\"")));
            found += 1;
        }
        assert_eq!(found, 11);
        assert_eq!(offsets[0].1, text.trim());
        assert_eq!(tree.depth(), 3);
        let outside = text.replace("é,\\\"]", "");
        let spaces = outside
            .chars()
            .filter(|character| character.is_whitespace());
        assert_eq!(tree.white_space(), spaces.count());
    }

    #[test]
    fn text_after_the_value_is_an_error() {
        assert!(Tree::read("{} ", 6).is_ok());
        for text in ["{} x", "{}{}", "[],", "\"a\" 1"] {
            let error = Tree::read(text, 6).err().unwrap();
            assert_eq!(error.message, "not valid JSON: trailing characters");
        }
    }

    #[test]
    fn a_value_that_was_not_taken_apart_has_no_parts_to_ignore() {
        let tree = Tree::read(r#"{"a":{"b":1},"c":[2]}"#, 1).unwrap();
        assert_eq!(tree.depth(), 2);
        let [a, c] = tree.root().known_members("it", ["a", "c"]).unwrap();
        assert!(a.unwrap().value.members().is_err());
        let c = c.unwrap().value;
        assert!(c.elements().is_err());
        assert_eq!(c.node().elements().unwrap()[0].written(), "2");
    }
}
