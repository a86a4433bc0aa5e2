//! Finds the place of a cursor in a policy that is being written, and is therefore seldom valid JSON.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

/// A step from a value to one that it contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Member(Rc<str>),
    Element(usize),
}

/// A string.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// The content, without quotation marks.
    pub(crate) content: Range<usize>,
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// A place for a value or for the name of a member.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// From the outermost value to this place.
    pub(crate) path: Vec<Step>,
    pub(crate) is_name: bool,
}

/// The strings of a text, and the place of the cursor.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) tokens: Vec<Token>,
    pub(crate) cursor: Place,
    /// The string that contains the cursor.
    pub(crate) token: Option<usize>,
}

/// The meaning of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    DocumentMember,
    Version,
    StatementMember,
    Effect,
    PrincipalType,
    Action,
    Resource,
    Operator,
    Key,
    /// A value of a condition.
    Value,
    Other,
}

/// An object or a list that is not closed yet.
struct Open {
    is_object: bool,
    name: Rc<str>,
    index: usize,
    expects_name: bool,
}

/// The maximum depth. A policy has six levels.
const DEPTH: usize = 32;

/// Reads a text. `cursor` is an offset.
pub(crate) fn scan(text: &str, cursor: usize) -> Scan {
    let bytes = text.as_bytes();
    let mut scan = Scan::default();
    let mut open: Vec<Open> = Vec::new();
    let mut is_placed = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if !is_placed && cursor <= at {
            scan.cursor = place(&open);
            is_placed = true;
        }
        match byte {
            b'"' => {
                let (end, is_closed) = string_end(bytes, at + 1);
                let place = place(&open);
                let content = at + 1..end;
                let written = text.get(content.clone()).unwrap_or_default();
                let decoded = decode(written);
                if let Some(top) = open.last_mut().filter(|_| place.is_name) {
                    top.name = Rc::from(&*decoded);
                }
                if !is_placed && (content.start..=content.end).contains(&cursor) {
                    scan.cursor = place.clone();
                    scan.token = Some(scan.tokens.len());
                    is_placed = true;
                }
                scan.tokens.push(Token {
                    // The rest of a line after an open string belongs to something else.
                    content: match is_closed {
                        true => content,
                        false => content.start..content.end.min(cursor.max(content.start)),
                    },
                    place,
                    text: decoded.into_owned(),
                });
                at = end + usize::from(is_closed);
                continue;
            }
            b'{' | b'[' => {
                if open.len() == DEPTH {
                    break;
                }
                let is_object = *byte == b'{';
                open.push(Open {
                    is_object,
                    name: Rc::from(""),
                    index: 0,
                    expects_name: is_object,
                });
            }
            b'}' | b']' => {
                open.pop();
            }
            b':' => {
                if let Some(top) = open.last_mut() {
                    top.expects_name = false;
                }
            }
            b',' => {
                if let Some(top) = open.last_mut() {
                    top.index += 1;
                    top.expects_name = top.is_object;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if !is_placed {
        scan.cursor = place(&open);
    }
    scan
}

/// The end of the content of a string, and whether it is closed. An open string ends with its line.
fn string_end(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return (at, true),
            b'\n' | b'\r' => return (at, false),
            b'\\' if !matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')) => at += 2,
            _ => at += 1,
        }
    }
    (bytes.len(), false)
}

fn decode(written: &str) -> Cow<'_, str> {
    match written.contains('\\') {
        true => serde_json::from_str(&format!("\"{written}\""))
            .map_or(Cow::Borrowed(written), Cow::Owned),
        false => Cow::Borrowed(written),
    }
}

fn place(open: &[Open]) -> Place {
    let is_name = open.last().is_some_and(|top| top.expects_name);
    let known = match is_name {
        true => open.split_last().map_or(open, |(_, outer)| outer),
        false => open,
    };
    let path = known.iter().map(|open| match open.is_object {
        true => Step::Member(Rc::clone(&open.name)),
        false => Step::Element(open.index),
    });
    Place {
        path: path.collect(),
        is_name,
    }
}

impl Place {
    /// The path from the document to the statement, and the names of the members from there.
    fn in_statement(&self) -> Option<(&[Step], Vec<&str>)> {
        let is_list = |step: &Step| matches!(step, Step::Member(name) if &**name == "Statement");
        let index = self.path.iter().rposition(is_list)?;
        let length = match self.path.get(index + 1) {
            Some(Step::Element(_)) => index + 2,
            _ => index + 1,
        };
        let (statement, rest) = self.path.split_at_checked(length)?;
        let names = rest.iter().filter_map(|step| match step {
            Step::Member(name) => Some(&**name),
            Step::Element(_) => None,
        });
        Some((statement, names.collect()))
    }

    /// The meaning of the place.
    pub(crate) fn slot(&self) -> Slot {
        let Some((_, names)) = self.in_statement() else {
            return match self.path.last() {
                _ if self.is_name => Slot::DocumentMember,
                Some(Step::Member(name)) if &**name == "Version" => Slot::Version,
                _ => Slot::Other,
            };
        };
        match (self.is_name, names.as_slice()) {
            (true, []) => Slot::StatementMember,
            (false, ["Effect"]) => Slot::Effect,
            (true, ["Principal" | "NotPrincipal"]) => Slot::PrincipalType,
            (false, ["Action" | "NotAction"]) => Slot::Action,
            (false, ["Resource" | "NotResource"]) => Slot::Resource,
            (true, ["Condition"]) => Slot::Operator,
            (true, ["Condition", _]) => Slot::Key,
            (false, ["Condition", _, _]) => Slot::Value,
            _ => Slot::Other,
        }
    }

    /// The operator of a place in a condition.
    pub(crate) fn operator(&self) -> Option<&str> {
        match self.in_statement()?.1.as_slice() {
            ["Condition", operator, ..] => Some(*operator),
            _ => None,
        }
    }
}

impl Scan {
    /// The entries of `Action` in the statement of the cursor; `None` if it has no `Action`.
    pub(crate) fn actions(&self) -> Option<Vec<&str>> {
        let (statement, _) = self.cursor.in_statement()?;
        let mut actions = Vec::new();
        for token in &self.tokens {
            let found = token.place.in_statement();
            let is_action = found.is_some_and(|(other, names)| {
                other == statement && names == ["Action"] && !token.place.is_name
            });
            if is_action {
                actions.push(token.text.as_str());
            }
        }
        (!actions.is_empty()).then_some(actions)
    }

    /// Whether a statement has one of these members.
    pub(crate) fn has_member(&self, wanted: &[&str]) -> bool {
        self.tokens.iter().any(|token| {
            token.place.slot() == Slot::StatementMember && wanted.contains(&token.text.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slot at the `|` of a text, and the text of the string there.
    fn at(text: &str) -> (Slot, Option<String>) {
        let cursor = text.find('|').expect("a cursor");
        let text = text.replacen('|', "", 1);
        let scan = scan(&text, cursor);
        let token = scan.token.and_then(|index| scan.tokens.get(index));
        let content = token.and_then(|token| text.get(token.content.clone()));
        let content = content.map(str::to_owned);
        (scan.cursor.slot(), content)
    }

    #[test]
    fn places_have_meanings() {
        let string = |text: &str| Some(text.to_owned());
        for (text, slot, content) in [
            ("|", Slot::Other, None),
            ("{\"|", Slot::DocumentMember, string("")),
            ("{\"Version\": |", Slot::Version, None),
            ("{\"Version\": \"20|12\"", Slot::Version, string("2012")),
            ("{\"Statement\": {|", Slot::StatementMember, None),
            (
                "{\"Statement\": [{\"Effect\": \"A\", \"A|\"",
                Slot::StatementMember,
                string("A"),
            ),
            (
                "{\"Statement\": [{\"Effect\": \"|",
                Slot::Effect,
                string(""),
            ),
            (
                "{\"Statement\": [{}, {\"Action\": \"a|b\\u0063\"",
                Slot::Action,
                string("ab\\u0063"),
            ),
            (
                "{\"Statement\": {\"NotAction\": [\"a\", |",
                Slot::Action,
                None,
            ),
            (
                "{\"Statement\": {\"Action\": \"open|, rest\n\"Resource\"",
                Slot::Action,
                string("open"),
            ),
            (
                "{\"Statement\": {\"Resource\": [\"a\\\"b|\"",
                Slot::Resource,
                string("a\\\"b"),
            ),
            (
                "{\"Statement\": {\"Principal\": {\"|",
                Slot::PrincipalType,
                string(""),
            ),
            (
                "{\"Statement\": {\"Condition\": {\"|",
                Slot::Operator,
                string(""),
            ),
            (
                "{\"Statement\": {\"Condition\": {\"Bool\": {\"a|",
                Slot::Key,
                string("a"),
            ),
            (
                "{\"Statement\": {\"Condition\": {\"Bool\": {\"a\": [\"|",
                Slot::Value,
                string(""),
            ),
            (
                "{\"Document\": {\"Statement\": [{\"Sid\": \"|",
                Slot::Other,
                string(""),
            ),
            ("]]}}\"\\|", Slot::Other, string("\\")),
        ] {
            assert_eq!(at(text), (slot, content), "{text}");
        }
    }

    #[test]
    fn actions_are_those_of_the_statement() {
        let text = r#"{"Statement": [{"Action": "a:B"}, {"Resource": "", "Action": ["c:D", "e:F"]}, {"Resource": "#;
        let actions = |cursor: usize| {
            let scan = scan(text, cursor);
            let actions = scan.actions();
            actions.map(|actions| actions.join(" "))
        };
        let resource = text.find("\"\"").expect("a resource");
        assert_eq!(actions(resource + 1).as_deref(), Some("c:D e:F"));
        assert_eq!(actions(text.len()), None);
        assert_eq!(actions(0), None);
    }

    #[test]
    fn every_cursor_in_any_text_has_a_place() {
        let deep = "[{\"a\":".repeat(1000);
        for text in [
            &*deep,
            "\"\\",
            "é\"é\\",
            "{\"Statement\":[{\"Action\":\"é",
            ",:]}\u{0}",
        ] {
            for cursor in 0..text.len().min(200) + 2 {
                scan(text, cursor).cursor.slot();
            }
        }
    }
}
