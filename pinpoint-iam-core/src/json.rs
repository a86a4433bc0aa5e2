//! JSON values with their positions.
//!
//! `serde_json` checks the grammar of the whole text, and returns each value as a slice of it. The offset of the slice is
//! the position of the value, and no part of the text is lost. A tree reads all levels of a text in one pass. A
//! [`Node`] reads one level, each time its parts are requested.

mod tree;

use std::borrow::Cow;

use memchr::memchr;
use serde_json::value::RawValue;

pub(crate) use self::tree::{Tree, TreeNode};

use crate::position::Position;
use crate::quoted::Quoted;
use crate::suggest::nearest;

/// One value in a text.
#[derive(Clone, Copy, Debug)]
pub struct Node<'s> {
    source: &'s str,
    /// A part of `source`.
    written: &'s str,
}

/// An error with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    pub(crate) offset: usize,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl JsonError {
    /// Creates an error at `offset`, in bytes from the start of the text.
    pub fn new(offset: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The position, in bytes from the start of the text.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The message and the hint: `message; hint`.
    pub fn explanation(&self) -> String {
        format!("{}; {}", self.message, self.hint)
    }
}

/// Escapes a character for ASCII JSON: `\u65e5`, or a surrogate pair beyond U+FFFF.
pub fn escape(character: char) -> String {
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units);
    units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// The line and column of a byte offset in `text`.
pub fn position(text: &str, offset: usize) -> Position {
    Position::START.behind(text.get(..offset).unwrap_or(text))
}

/// The JSON types, as named in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Object,
    List,
    Text,
    Number,
    Bool(bool),
    Null,
}

/// One member of an object.
#[derive(Clone, Debug)]
pub struct Member<'s, V = Node<'s>> {
    /// The name.
    pub name: Cow<'s, str>,
    /// Where the name starts, in bytes from the start of the text.
    pub name_offset: usize,
    /// The value.
    pub value: V,
}

/// A string and its position.
#[derive(Clone, Debug)]
pub struct Text<'s> {
    /// The content; borrowed if it contains no escapes.
    pub content: Cow<'s, str>,
    /// Where the string starts, in bytes from the start of the text.
    pub offset: usize,
}

impl Text<'_> {
    /// Converts an offset in the content to an offset in the text. If the string contains escapes, this is the start of
    /// the string.
    pub fn offset_of(&self, offset: Option<usize>) -> usize {
        match (&self.content, offset) {
            (Cow::Borrowed(_), Some(offset)) => self.offset + '"'.len_utf8() + offset,
            _ => self.offset,
        }
    }
}

impl Type {
    /// The type with an article: `a list`.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::List => "a list",
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Bool(true) => "`true`",
            Self::Bool(false) => "`false`",
            Self::Null => "`null`",
        }
    }
}

impl<'s> Node<'s> {
    /// Parses the whole of `source` as one value.
    pub fn root(source: &'s str) -> Result<Self, JsonError> {
        let raw: &RawValue =
            serde_json::from_str(source).map_err(|error| syntax_fault(source, &error))?;
        let written = raw.get();
        Ok(Self { source, written })
    }

    /// Where the value starts, in bytes from the start of the text.
    pub fn offset(&self) -> usize {
        offset_in(self.source, self.written)
    }

    /// The value as written.
    pub const fn written(&self) -> &'s str {
        self.written
    }

    pub fn json_type(&self) -> Type {
        match self.written.as_bytes().first() {
            Some(b'{') => Type::Object,
            Some(b'[') => Type::List,
            Some(b'"') => Type::Text,
            Some(b't') => Type::Bool(true),
            Some(b'f') => Type::Bool(false),
            Some(b'n') => Type::Null,
            _ => Type::Number,
        }
    }

    /// Creates an error that names the actual and the expected type.
    pub fn wrong_type(&self, what: &str, hint: &str) -> JsonError {
        let found = self.json_type().phrase();
        JsonError::new(self.offset(), format!("{what} is {found}"), hint)
    }

    /// The members of an object, in order; duplicates are included.
    pub fn members(&self) -> Result<Vec<Member<'s>>, JsonError> {
        let level = self.level()?;
        let members = level.root().members()?;
        members
            .map(|member| {
                let member = member?;
                Ok(Member {
                    name: member.name,
                    name_offset: member.name_offset,
                    value: member.value.node(),
                })
            })
            .collect()
    }

    /// The elements of a list.
    pub fn elements(&self) -> Result<Vec<Self>, JsonError> {
        let level = self.level()?;
        let elements = level.root().elements()?;
        Ok(elements.map(TreeNode::node).collect())
    }

    /// The content of a string.
    pub fn text(&self) -> Result<Text<'s>, JsonError> {
        let offset = self.offset();
        let quoted = self.written;
        let plain = quoted
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .filter(|content| memchr(b'\\', content.as_bytes()).is_none());
        if let Some(content) = plain {
            return Ok(Text {
                content: Cow::Borrowed(content),
                offset,
            });
        }
        let content: String = serde_json::from_str(quoted).map_err(|_| {
            JsonError::new(
                offset,
                "an escape in the string is not a character",
                "write the character itself, or both halves of its surrogate pair",
            )
        })?;
        Ok(Text {
            content: Cow::Owned(content),
            offset,
        })
    }

    /// The parts of the value, without their parts.
    fn level(&self) -> Result<Tree<'s>, JsonError> {
        Tree::of_value(*self, 1).map_err(|error| {
            JsonError::new(
                self.offset(),
                format!("this cannot be read: {}", without_place(&error)),
                "write plain JSON",
            )
        })
    }
}

/// The members of an object that may only have these members, each at most once.
fn known<'s, V, const N: usize>(
    members: impl Iterator<Item = Result<Member<'s, V>, JsonError>>,
    what: &str,
    names: [&'static str; N],
) -> Result<[Option<Member<'s, V>>; N], JsonError> {
    let mut found = [const { None }; N];
    for member in members {
        let member = member?;
        let slot = names
            .iter()
            .zip(&mut found)
            .find(|(name, _)| **name == member.name);
        match slot {
            Some((_, slot @ None)) => *slot = Some(member),
            Some((name, Some(_))) => return Err(duplicate(member.name_offset, name)),
            None => return Err(unknown(&member, what, &names)),
        }
    }
    Ok(found)
}

/// Creates an error for a duplicate member.
pub fn duplicate(offset: usize, name: &str) -> JsonError {
    JsonError::new(
        offset,
        format!("duplicate member {}", Quoted(name)),
        "remove one of the two",
    )
}

/// Creates an error for a member that `what` does not have.
pub fn unknown<V>(member: &Member<'_, V>, what: &str, names: &[&'static str]) -> JsonError {
    let hint = match nearest(&member.name, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("{what} has {}", names.join(", "))
        }
    };
    JsonError::new(
        member.name_offset,
        format!("unknown member {}", Quoted(&member.name)),
        hint,
    )
}

/// `part` is a slice of `source`, so the difference of their addresses is its offset.
fn offset_in(source: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(source.as_ptr().addr())
}

fn syntax_fault(source: &str, error: &serde_json::Error) -> JsonError {
    if source.trim_ascii().is_empty() {
        return JsonError::new(0, "the text is empty", "write a JSON object");
    }
    if source.starts_with('\u{feff}') {
        return JsonError::new(
            0,
            "the text starts with a byte order mark",
            "save it as UTF-8 without a byte order mark",
        );
    }
    let message = without_place(error);
    let hint = match message.as_str() {
        "trailing characters" => "remove the text after the document",
        "trailing comma" => "remove the comma before it",
        "key must be a string" => {
            "write member names in double quotes, and no comma after the last member"
        }
        _ if error.is_eof() => "close every string, list and object",
        _ => "write JSON as in RFC 8259: no comments, double quotes, escapes in strings",
    };
    let line_start: usize = source
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    // The column counts bytes, including the one that is wrong.
    let mut offset = (line_start + error.column().saturating_sub(1)).min(source.len());
    while !source.is_char_boundary(offset) {
        offset = offset.saturating_sub(1);
    }
    JsonError::new(offset, format!("not valid JSON: {message}"), hint)
}

fn without_place(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}
