//! JSON values that know their file, line and column.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use pinpoint_iam_core::__private::{Quoted, is_in_other_spelling};
use pinpoint_iam_core::json::{self, JsonError, Node, Type};

use crate::policy::Position;
use crate::source::error::SourceError;

/// A value in a JSON file.
///
/// Each level is parsed on access. Positions are computed only for error messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    file: File<'a>,
    node: Node<'a>,
}

#[derive(Clone, Copy, Debug)]
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn position(self, offset: usize) -> Position {
        json::position(self.text, offset)
    }

    fn fault(self, offset: usize, message: impl Into<String>) -> SourceError {
        let position = self.position(offset);
        SourceError::at(self.path, position.line(), position.column(), message)
    }

    fn refused(self, fault: &JsonError) -> SourceError {
        self.fault(fault.offset(), fault.explanation())
    }
}

impl<'a> Value<'a> {
    /// Parses the content of the file at `path`.
    pub(super) fn parse(path: &'a Path, text: &'a str) -> Result<Self, SourceError> {
        let file = File { path, text };
        match Node::root(text) {
            Ok(node) => Ok(Self { file, node }),
            Err(fault) => Err(file.refused(&fault)),
        }
    }

    /// The text of the value, as written in the file.
    pub(super) fn written(self) -> &'a str {
        self.node.written()
    }

    pub(super) fn json_type(self) -> Type {
        self.node.json_type()
    }

    /// Creates an error at this value.
    pub(super) fn fault(self, message: impl Into<String>) -> SourceError {
        self.file.fault(self.node.offset(), message)
    }

    /// Creates an error within this value. `position` is relative to the start of the value.
    pub(super) fn fault_within(
        self,
        position: Position,
        message: impl Into<String>,
    ) -> SourceError {
        let start = self.file.position(self.node.offset());
        // INVARIANT: lines and columns start at 1.
        let line = start.line() + position.line() - 1;
        let column = match position.line() {
            1 => start.column() + position.column() - 1,
            _ => position.column(),
        };
        SourceError::at(self.file.path, line, column, message)
    }

    /// Creates an error that names the expected type.
    pub(super) fn unexpected(self, expected: &str) -> SourceError {
        self.fault(format!(
            "expected {expected}, found {}",
            self.json_type().phrase()
        ))
    }

    /// Returns the members of an object, and rejects duplicate ones.
    pub(super) fn object(self) -> Result<Object<'a>, SourceError> {
        if self.json_type() != Type::Object {
            return Err(self.unexpected("an object"));
        }
        let members = self
            .node
            .members()
            .map_err(|fault| self.file.refused(&fault))?;
        let mut names = HashSet::with_capacity(members.len());
        for member in &members {
            if !names.insert(&*member.name) {
                let fault = json::duplicate(member.name_offset, &member.name);
                return Err(self.file.refused(&fault));
            }
        }
        Ok(Object {
            value: self,
            members,
        })
    }

    /// Returns the elements of an array.
    pub(super) fn elements(self) -> Result<Vec<Self>, SourceError> {
        if self.json_type() != Type::List {
            return Err(self.unexpected("a list"));
        }
        let elements = self
            .node
            .elements()
            .map_err(|fault| self.file.refused(&fault))?;
        Ok(elements.into_iter().map(|node| self.part(node)).collect())
    }

    /// Returns the string.
    pub(super) fn text(self) -> Result<Text<'a>, SourceError> {
        if self.json_type() != Type::Text {
            return Err(self.unexpected("a string"));
        }
        let json::Text { content, offset } = self
            .node
            .text()
            .map_err(|fault| self.file.refused(&fault))?;
        Ok(Text {
            file: self.file,
            offset,
            content,
        })
    }

    /// Returns the boolean.
    pub(super) fn boolean(self) -> Result<bool, SourceError> {
        match self.json_type() {
            Type::Bool(value) => Ok(value),
            _ => Err(self.unexpected("`true` or `false`")),
        }
    }

    fn part(self, node: Node<'a>) -> Self {
        Self { node, ..self }
    }
}

/// A string in a JSON file.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    file: File<'a>,
    offset: usize,
    content: Cow<'a, str>,
}

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.content
    }

    /// Creates an error at this string.
    pub(super) fn fault(&self, message: impl Into<String>) -> SourceError {
        self.file.fault(self.offset, message)
    }
}

impl fmt::Display for Text<'_> {
    /// Writes the string in backticks, on one line and shortened.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Quoted(&self.content).fmt(formatter)
    }
}

/// An object in a JSON file. Its member names are unique.
#[derive(Debug)]
pub(super) struct Object<'a> {
    value: Value<'a>,
    members: Vec<json::Member<'a>>,
}

impl<'a> Object<'a> {
    /// Returns the names and values of the members, in the order of the file.
    pub(super) fn into_members(self) -> impl Iterator<Item = (Text<'a>, Value<'a>)> {
        let object = self.value;
        self.members.into_iter().map(move |member| {
            let name = Text {
                file: object.file,
                offset: member.name_offset,
                content: member.name,
            };
            (name, object.part(member.value))
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        let member = self.members.iter().find(|member| member.name == name)?;
        Some(self.value.part(member.value))
    }

    /// Returns the value of the member `name`, or an error if it is missing.
    pub(super) fn required(&self, name: &str) -> Result<Value<'a>, SourceError> {
        self.get(name)
            .ok_or_else(|| self.value.fault(format!("`{name}` is missing")))
    }

    /// Returns the member `name`, a string, or `None` if it is missing.
    pub(super) fn text(&self, name: &str) -> Result<Option<Text<'a>>, SourceError> {
        self.get(name).map(Value::text).transpose()
    }

    /// Returns the elements of the member `name`, an array. Empty if it is missing.
    pub(super) fn elements(&self, name: &str) -> Result<Vec<Value<'a>>, SourceError> {
        self.get(name)
            .map_or_else(|| Ok(Vec::new()), Value::elements)
    }

    /// Returns the elements of the member `name`, an array of strings. Empty if it is missing.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<Text<'a>>, SourceError> {
        self.elements(name)?.into_iter().map(Value::text).collect()
    }

    /// Rejects members that are not `known`. `what` describes the object in the message.
    pub(super) fn only(&self, what: &str, known: &[&'static str]) -> Result<(), SourceError> {
        let unknown = |member: &&json::Member<'_>| !known.contains(&&*member.name);
        match self.members.iter().find(unknown) {
            Some(member) => Err(self.value.file.refused(&json::unknown(member, what, known))),
            None => Ok(()),
        }
    }

    /// Rejects members whose names differ from `known` ones only in case or separators.
    ///
    /// For files that may have unknown members. A known member that a tool has renamed must not be mistaken for one of
    /// those.
    pub(super) fn no_other_spellings(
        &self,
        what: &str,
        known: &[&'static str],
    ) -> Result<(), SourceError> {
        let respelled = |member: &&json::Member<'_>| {
            known
                .iter()
                .any(|known| is_in_other_spelling(&member.name, known))
        };
        match self.members.iter().find(respelled) {
            Some(member) => Err(self.value.file.refused(&json::unknown(member, what, known))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Value<'_> {
        Value::parse(Path::new("file.json"), text).unwrap()
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "{ \"é\": [\n  1,\n  {\"name\": \"x\\ny\"}\n] }";
        let object = parse(text).object().unwrap();
        let elements = object.elements("é").unwrap();
        let inner = elements[1].object().unwrap();
        let name = inner.text("name").unwrap().unwrap();
        assert_eq!(name.as_str(), "x\ny");
        assert_eq!(name.fault("here").to_string(), "file.json:3:12: here");
        assert_eq!(elements[0].fault("here").to_string(), "file.json:2:3: here");
        let within = |passed: &str| json::position(passed, passed.len());
        assert_eq!(
            elements[1].fault_within(within("{"), "here").to_string(),
            "file.json:3:4: here"
        );
        assert_eq!(
            elements[1]
                .fault_within(within("{\n      "), "here")
                .to_string(),
            "file.json:4:7: here"
        );
        let (member, _) = object.into_members().next().unwrap();
        assert_eq!(member.fault("here").to_string(), "file.json:1:3: here");
    }

    #[test]
    fn types_are_told_apart() {
        let types = ["{}", "[]", "\"\"", "true", "null", "-1.5e3"];
        for (index, text) in types.into_iter().enumerate() {
            assert_eq!(parse(text).object().is_ok(), index == 0, "{text}");
            assert_eq!(parse(text).elements().is_ok(), index == 1, "{text}");
            assert_eq!(parse(text).text().is_ok(), index == 2, "{text}");
            assert_eq!(parse(text).boolean().is_ok(), index == 3, "{text}");
        }
    }

    #[test]
    fn a_name_in_another_spelling_is_the_same_name() {
        let error = parse(r#"{"a": 1, "\u0061": 2}"#).object().unwrap_err();
        assert_eq!(error.position(), Some((1, 10)));
    }
}
