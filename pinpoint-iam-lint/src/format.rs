//! The canonical layout of policy documents.

use std::collections::HashSet;
use std::fmt;

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::json::{JsonError, Member, Node, Type, position};
use pinpoint_iam_core::policy::Document;

use crate::read::{DOCUMENT_ELEMENTS, STATEMENT_ELEMENTS};

/// The reason why a text cannot be formatted.
///
/// Displayed as `3:14: the member `Effect` is written twice; remove one of the two`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    line: usize,
    column: usize,
    explanation: String,
}

impl FormatError {
    fn of(text: &str, error: &JsonError) -> Self {
        let position = position(text, error.offset());
        Self {
            line: position.line(),
            column: position.column(),
            explanation: error.explanation(),
        }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}: {}",
            self.line, self.column, self.explanation
        )
    }
}

impl std::error::Error for FormatError {}

/// Formats a JSON text that contains a policy document at the offset `start`.
///
/// - The members of the document and of its statements are in the order of [AWS's
///   grammar](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html). Members of other
///   objects, elements of lists and unknown members keep their order.
/// - Each member and element has a line of its own, indented by two spaces. Empty lists and objects, and lists of one
///   value, are on one line.
/// - Strings and numbers are not changed. The line ends are those of the text, and the last line has one.
///
/// The result is the same policy, and formatting it again changes nothing.
///
/// ```
/// # #[cfg(feature = "rules")] {
/// let text = r#"{"Statement": {"Action": ["s3:GetObject"], "Effect": "Deny", "Resource": "*"}, "Version": "2012-10-17"}"#;
/// let formatted = r#"{
///   "Version": "2012-10-17",
///   "Statement": {
///     "Effect": "Deny",
///     "Action": ["s3:GetObject"],
///     "Resource": "*"
///   }
/// }
/// "#;
/// assert_eq!(pinpoint_iam_lint::format(text, 0).unwrap(), formatted);
/// # }
/// ```
///
/// # Errors
///
/// If the text is not valid JSON, if an object contains the same member twice, or if it is nested too deeply.
pub fn format(text: &str, start: usize) -> Result<String, FormatError> {
    let fault = |error: JsonError| FormatError::of(text, &error);
    let root = Node::root(text).map_err(fault)?;
    let mut writer = Writer {
        written: String::with_capacity(text.len() * 2),
        line_end: match text.contains("\r\n") {
            true => "\r\n",
            false => "\n",
        },
        start,
        document: None,
    };
    writer.value(&root, 0, Role::Other).map_err(fault)?;
    writer.written.push_str(writer.line_end);
    // A formatter that changes a policy would be worse than none, so this is checked for each document.
    if let Some((before, after)) = &writer.document
        && let Ok(before) = Document::parse(before)
    {
        let after = writer.written.get(after.clone()).unwrap_or_default();
        if Document::parse(after).ok().as_ref() != Some(&before) {
            return Err(fault(JsonError::new(
                start,
                "formatting would change the policy",
                "report this as a bug of pinpoint-iam",
            )));
        }
    }
    Ok(writer.written)
}

/// The maximum depth of objects and lists.
const DEPTH: usize = 64;

/// The meaning of a value, as far as it determines the order of its members.
#[derive(Clone, Copy)]
enum Role {
    Document,
    /// A statement, or a list of statements.
    Statement,
    Other,
}

struct Writer<'s> {
    written: String,
    line_end: &'static str,
    /// The offset of the document in the text.
    start: usize,
    /// The document as it was, and its place in the formatted text.
    document: Option<(&'s str, std::ops::Range<usize>)>,
}

impl<'s> Writer<'s> {
    fn value(&mut self, node: &Node<'s>, depth: usize, role: Role) -> Result<(), JsonError> {
        if depth > DEPTH {
            return Err(JsonError::new(
                node.offset(),
                "the text is nested too deeply",
                "a policy document has at most six levels",
            ));
        }
        match node.json_type() {
            Type::Object if node.offset() == self.start => {
                let start = self.written.len();
                self.object(node, depth, Role::Document)?;
                self.document = Some((node.written(), start..self.written.len()));
                Ok(())
            }
            Type::Object => self.object(node, depth, role),
            Type::List => self.list(node, depth, role),
            _ => {
                self.written.push_str(node.written());
                Ok(())
            }
        }
    }

    fn object(&mut self, node: &Node<'s>, depth: usize, role: Role) -> Result<(), JsonError> {
        let mut members = node.members()?;
        let mut names = HashSet::new();
        for member in &members {
            if !names.insert(&*member.name) {
                return Err(JsonError::new(
                    member.name_offset,
                    format!("the member {} is written twice", Quoted(&member.name)),
                    "remove one of the two",
                ));
            }
        }
        let order: &[&str] = match role {
            Role::Document => &DOCUMENT_ELEMENTS,
            Role::Statement => &STATEMENT_ELEMENTS,
            Role::Other => &[],
        };
        members.sort_by_key(|member| {
            let known = order.iter().position(|name| *name == member.name);
            known.unwrap_or(order.len())
        });
        self.enclosed(['{', '}'], &members, depth, |writer, member| {
            writer.written.push_str(written_name(node, member));
            writer.written.push_str(": ");
            let role = match (role, &*member.name) {
                (Role::Document, "Statement") => Role::Statement,
                _ => Role::Other,
            };
            writer.value(&member.value, depth + 1, role)
        })
    }

    fn list(&mut self, node: &Node<'s>, depth: usize, role: Role) -> Result<(), JsonError> {
        let elements = node.elements()?;
        let is_short = matches!(elements.as_slice(), [only] if !matches!(only.json_type(), Type::Object | Type::List));
        if is_short {
            self.written.push('[');
            for only in &elements {
                self.written.push_str(only.written());
            }
            self.written.push(']');
            return Ok(());
        }
        self.enclosed(['[', ']'], &elements, depth, |writer, element| {
            writer.value(element, depth + 1, role)
        })
    }

    /// Writes items, each on a line of its own.
    fn enclosed<T>(
        &mut self,
        [open, close]: [char; 2],
        items: &[T],
        depth: usize,
        write: impl Fn(&mut Self, &T) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.written.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.written.push(',');
            }
            self.new_line(depth + 1);
            write(self, item)?;
        }
        if !items.is_empty() {
            self.new_line(depth);
        }
        self.written.push(close);
        Ok(())
    }

    fn new_line(&mut self, depth: usize) {
        self.written.push_str(self.line_end);
        self.written.push_str(&"  ".repeat(depth));
    }
}

/// The name of a member as written in an object, with its escapes.
fn written_name<'s>(object: &Node<'s>, member: &Member<'_>) -> &'s str {
    let [start, end] =
        [member.name_offset, member.value.offset()].map(|offset| offset - object.offset());
    let name = object.written().get(start..end).unwrap_or_default();
    let name = name.trim_ascii_end();
    name.strip_suffix(':').unwrap_or(name).trim_ascii_end()
}
