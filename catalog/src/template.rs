//! ARN templates: `arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}`.

use std::fmt;
use std::ops::Range;

/// The form of a resource type's ARNs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArnTemplate {
    /// The template as written in the catalog.
    pub text: String,
    /// The partition.
    pub partition: Component,
    /// The service.
    pub service: String,
    /// The region.
    pub region: Component,
    /// The account.
    pub account: Component,
    /// The resource component: everything after the fifth colon.
    pub pieces: Vec<Piece>,
}

impl fmt::Display for ArnTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A component of an ARN that locates a resource: partition, region or account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Component {
    /// `${Partition}`, `${Region}` or `${Account}`: the value of the deployment.
    FromScope,
    /// A fixed string, which may be empty.
    Fixed(String),
}

/// A piece of the resource component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text. A `*` in it is an asterisk, as in `apps/*`.
    Literal(String),
    /// A placeholder, by its position among [`ResourceType::fields`](crate::ResourceType::fields).
    Field(usize),
}

/// An error in a template.
pub(crate) struct TemplateError {
    /// The invalid bytes of the template.
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// A template and the names of its placeholders with their byte ranges, in order of appearance.
pub(crate) struct Parsed {
    pub(crate) template: ArnTemplate,
    pub(crate) placeholders: Vec<(String, Range<usize>)>,
}

impl ArnTemplate {
    /// Parses `text`.
    ///
    /// The rules ensure that an ARN can be parsed: a field ends at the `/` or `:` after it, which values do not
    /// contain.
    pub(crate) fn parse(text: &str) -> Result<Parsed, Vec<TemplateError>> {
        let mut faults = Vec::new();
        let mut components = Components { text, offset: 0 };
        let six = (
            components.next(),
            components.next(),
            components.next(),
            components.next(),
            components.next(),
            components.rest(),
        );
        let (
            Some(prefix),
            Some(partition),
            Some(service),
            Some(region),
            Some(account),
            Some(resource),
        ) = six
        else {
            faults.push(TemplateError {
                range: 0..text.len(),
                message: format!("the ARN template `{text}` has fewer than six components"),
                hint: "write `arn:${Partition}:service:${Region}:${Account}:resource`".to_owned(),
            });
            return Err(faults);
        };
        if prefix.text != "arn" {
            faults.push(TemplateError {
                range: prefix.range(),
                message: format!("the ARN template starts with `{}`", prefix.text),
                hint: "an ARN starts with `arn:`".to_owned(),
            });
        }
        let partition = partition.scope_component("Partition", &mut faults);
        let region = region.scope_component("Region", &mut faults);
        let account = account.scope_component("Account", &mut faults);
        if service.text.is_empty() || !service.text.bytes().all(is_scope_byte) {
            faults.push(TemplateError {
                range: service.range(),
                message: format!("`{}` is not a valid service in an ARN", service.text),
                hint: "write the prefix of a service, such as `mobiletargeting`".to_owned(),
            });
        }
        let (pieces, placeholders) = resource.pieces(&mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Parsed {
            template: Self {
                text: text.to_owned(),
                partition,
                service: service.text.to_owned(),
                region,
                account,
                pieces,
            },
            placeholders,
        })
    }
}

/// Splits a template at its first five colons, not counting those within `${…}`.
struct Components<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Components<'a> {
    fn next(&mut self) -> Option<Part<'a>> {
        let rest = self.text.get(self.offset..)?;
        let end = rest.find(':')?;
        let part = Part {
            text: rest.get(..end)?,
            offset: self.offset,
        };
        self.offset += end + 1;
        Some(part)
    }

    fn rest(&self) -> Option<Part<'a>> {
        Some(Part {
            text: self.text.get(self.offset..)?,
            offset: self.offset,
        })
    }
}

/// A part of a template and its start in bytes.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    offset: usize,
}

impl Part<'_> {
    fn range(self) -> Range<usize> {
        self.offset..self.offset + self.text.len()
    }

    fn scope_component(self, placeholder: &str, faults: &mut Vec<TemplateError>) -> Component {
        let of_scope = self
            .text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        if of_scope == Some(placeholder) {
            return Component::FromScope;
        }
        if !self.text.bytes().all(is_scope_byte) {
            faults.push(TemplateError {
                range: self.range(),
                message: format!("`{}` is not allowed here in an ARN template", self.text),
                hint: format!("write `${{{placeholder}}}`, a fixed name or nothing"),
            });
        }
        Component::Fixed(self.text.to_owned())
    }

    fn pieces(self, faults: &mut Vec<TemplateError>) -> (Vec<Piece>, Vec<(String, Range<usize>)>) {
        let mut pieces = Vec::new();
        let mut placeholders: Vec<(String, Range<usize>)> = Vec::new();
        let mut fault = |range: Range<usize>, message: String, hint: &str| {
            faults.push(TemplateError {
                range,
                message,
                hint: hint.to_owned(),
            });
        };
        if self.text.is_empty() {
            fault(
                self.range(),
                "the ARN template has no resource component".to_owned(),
                "write what comes after the fifth colon, such as `apps/${AppId}`",
            );
        }
        let mut rest = self;
        while !rest.text.is_empty() {
            let (literal, behind) = rest.split_at("${");
            if !literal.text.is_empty() {
                if let Some(wrong) = literal.text.chars().find(|found| !is_literal(*found)) {
                    fault(
                        literal.range(),
                        format!(
                            "the character `{}` is not allowed in an ARN template",
                            wrong.escape_debug()
                        ),
                        "use ASCII letters, digits and `-_./:*`, and `${Name}` for a placeholder",
                    );
                }
                let follows_placeholder = matches!(pieces.last(), Some(Piece::Field(_)));
                if follows_placeholder && !literal.text.starts_with(['/', ':']) {
                    fault(
                        literal.range(),
                        format!("`{}` follows a placeholder directly", literal.text),
                        "separate them by `/` or `:`, so that the end of the value can be found",
                    );
                }
                pieces.push(Piece::Literal(literal.text.to_owned()));
            }
            let Some(behind) = behind else { break };
            if matches!(pieces.last(), Some(Piece::Field(_))) {
                fault(
                    behind.range(),
                    "two placeholders are adjacent".to_owned(),
                    "separate them by `/` or `:`, so that the end of the value can be found",
                );
            }
            let (name, after) = behind.split_at("}");
            let Some(after) = after else {
                fault(
                    behind.range(),
                    format!("the placeholder `${{{}` has no end", name.text),
                    "close it with `}`",
                );
                break;
            };
            if placeholders.iter().any(|(known, _)| known == name.text) {
                fault(
                    name.range(),
                    format!("the placeholder `{}` is used twice", name.text),
                    "give each placeholder of a template its own name",
                );
            }
            pieces.push(Piece::Field(placeholders.len()));
            placeholders.push((name.text.to_owned(), name.range()));
            rest = after;
        }
        (pieces, placeholders)
    }

    /// Splits at the first `separator`: the part before it, and the part after it if there is one.
    fn split_at(self, separator: &str) -> (Self, Option<Self>) {
        match self.text.split_once(separator) {
            None => (self, None),
            Some((before, behind)) => (
                Self {
                    text: before,
                    offset: self.offset,
                },
                Some(Self {
                    text: behind,
                    offset: self.offset + before.len() + separator.len(),
                }),
            ),
        }
    }
}

/// Whether a byte is valid in the partition, region or account of an ARN.
pub(crate) fn is_scope_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

fn is_literal(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_./:*".contains(character)
}
