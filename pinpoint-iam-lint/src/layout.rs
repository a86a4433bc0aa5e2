//! Where the elements of lists and the members of objects are, for fixes that remove them.

use std::collections::HashMap;
use std::ops::Range;

use pinpoint_iam_core::json::{Node, Type};

/// The elements and members of a document, by their offsets.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    items: HashMap<usize, Item>,
    /// The offset of the name of each member, by the offset of its value.
    names: HashMap<usize, usize>,
}

/// An element of a list, or a member of an object with its name.
#[derive(Debug)]
struct Item {
    span: Range<usize>,
    /// The end of the item before it.
    previous_end: Option<usize>,
    /// The start of the item after it.
    next_start: Option<usize>,
    /// The offset of the member whose value is the object of this member.
    owner: Option<usize>,
}

/// The depth of a policy document, up to the values of conditions. Nothing in it is nested more deeply.
const DEPTH: usize = 8;

impl Layout {
    pub(crate) fn of(source: &str) -> Self {
        let mut layout = Self::default();
        if let Ok(root) = Node::root(source) {
            layout.add(&root, None, DEPTH);
        }
        layout
    }

    fn add(&mut self, node: &Node<'_>, owner: Option<usize>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        let end = |node: &Node<'_>| node.offset() + node.written().len();
        match node.json_type() {
            Type::Object => {
                let members = node.members().unwrap_or_default();
                let spans = members
                    .iter()
                    .map(|member| member.name_offset..end(&member.value));
                self.add_items(spans.collect(), owner);
                for member in &members {
                    self.names.insert(member.value.offset(), member.name_offset);
                    self.add(&member.value, Some(member.name_offset), depth);
                }
            }
            Type::List => {
                let elements = node.elements().unwrap_or_default();
                let spans = elements
                    .iter()
                    .map(|element| element.offset()..end(element));
                self.add_items(spans.collect(), None);
                for element in &elements {
                    self.add(element, None, depth);
                }
            }
            _ => {}
        }
    }

    fn add_items(&mut self, spans: Vec<Range<usize>>, owner: Option<usize>) {
        for (index, span) in spans.iter().enumerate() {
            let previous = index.checked_sub(1).and_then(|index| spans.get(index));
            let item = Item {
                span: span.clone(),
                previous_end: previous.map(|span| span.end),
                next_start: spans.get(index + 1).map(|span| span.start),
                owner,
            };
            self.items.insert(span.start, item);
        }
    }

    /// The part to remove with the element of a list at `at`: itself and one comma.
    ///
    /// The only element of a list is not removed.
    pub(crate) fn element_removal(&self, at: usize) -> Option<Range<usize>> {
        self.items.get(&at)?.removal()
    }

    /// The part to remove with the member whose name or value is at `at`: itself and one comma.
    ///
    /// The only member of an object is not removed.
    pub(crate) fn member_removal(&self, at: usize) -> Option<Range<usize>> {
        self.member(at)?.removal()
    }

    /// The part to remove with the member at `at`; with the object that contains it if it is the only member, and so
    /// on. This is for conditions, whose empty objects have no meaning.
    pub(crate) fn removal_with_object(&self, at: usize) -> Option<Range<usize>> {
        /// From a key to its operator, and from there to `Condition`.
        const STEPS: usize = 2;
        let mut at = at;
        for _ in 0..=STEPS {
            if let Some(removal) = self.member_removal(at) {
                return Some(removal);
            }
            at = self.member(at)?.owner?;
        }
        None
    }

    /// The member whose name or value is at `at`.
    fn member(&self, at: usize) -> Option<&Item> {
        self.items.get(self.names.get(&at).unwrap_or(&at))
    }
}

impl Item {
    /// The part to remove. Those of neighbours do not overlap, so that several can be removed together.
    fn removal(&self) -> Option<Range<usize>> {
        match (self.next_start, self.previous_end) {
            (Some(next), _) => Some(self.span.start..next),
            (None, Some(previous)) => Some(previous..self.span.end),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(text: &str, part: &str) -> Option<String> {
        let layout = Layout::of(text);
        let at = text.find(part)?;
        let span = layout
            .element_removal(at)
            .or_else(|| layout.removal_with_object(at))?;
        let mut text = text.to_owned();
        text.replace_range(span, "");
        Some(text)
    }

    #[test]
    fn one_comma_is_removed() {
        let text = r#"{"a": ["1", "2","3" ], "b": {"c": {"d": "4"}}}"#;
        for (part, expected) in [
            (
                "\"1\"",
                Some(r#"{"a": ["2","3" ], "b": {"c": {"d": "4"}}}"#),
            ),
            (
                "\"2\"",
                Some(r#"{"a": ["1", "3" ], "b": {"c": {"d": "4"}}}"#),
            ),
            (
                "\"3\"",
                Some(r#"{"a": ["1", "2" ], "b": {"c": {"d": "4"}}}"#),
            ),
            ("\"a\"", Some(r#"{"b": {"c": {"d": "4"}}}"#)),
            ("[", Some(r#"{"b": {"c": {"d": "4"}}}"#)),
            ("\"d\"", Some(r#"{"a": ["1", "2","3" ]}"#)),
            ("\"4\"", Some(r#"{"a": ["1", "2","3" ]}"#)),
        ] {
            assert_eq!(removed(text, part).as_deref(), expected, "{part}");
        }
        assert_eq!(removed(r#"["1"]"#, "\"1\""), None);
        assert_eq!(removed(r#"{"a": ["1"]}"#, "\"1\""), None);
        assert_eq!(removed(r#"{"a": {"b": {"c": {"d": 1}}}}"#, "\"d\""), None);
    }

    #[test]
    fn deep_nesting_is_not_followed() {
        let text = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Layout::of(&text).items.len(), DEPTH);
    }
}
