//! ARN templates: filling them in, and parsing ARNs back into fields.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::RequestedResource;
use super::error::{InvalidId, InvalidIdReason, ResourceMismatch};
use super::id_format::{IdFormat, decode};
use super::template::{TemplatePiece, language};
use crate::arn::{Arn, Scope};
use crate::pattern::nfa::Nfa;

/// The catalog's metadata for one resource type.
///
/// Generated from the catalog.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceTypeMetadata {
    /// The name in the catalog, for example `campaign-metrics`.
    pub name: &'static str,
    /// The name of the generated type, for example `CampaignMetrics`.
    pub type_name: &'static str,
    /// One sentence that describes the resource.
    pub summary: &'static str,
    /// The ARN template as in the sources, for example
    /// `arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}`.
    pub arn: &'static str,
    /// The partition of the template.
    pub partition: ScopeComponent,
    /// The service component of the template.
    pub service: &'static str,
    /// The region of the template.
    pub region: ScopeComponent,
    /// The account of the template.
    pub account: ScopeComponent,
    /// The resource component of the template, as pieces.
    pub pieces: &'static [Piece],
    /// The placeholders of the resource component, in the order of the constructor's arguments.
    pub fields: &'static [Field],
    /// The condition keys that belong to the resource type.
    pub condition_keys: &'static [&'static str],
}

/// A component of an ARN template whose value comes from the [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeComponent {
    /// The value in the scope.
    FromScope,
    /// A fixed string, which may be empty.
    Fixed(&'static str),
}

impl ScopeComponent {
    pub(super) const fn fill(self, from_scope: &str) -> &str {
        match self {
            Self::FromScope => from_scope,
            Self::Fixed(text) => text,
        }
    }
}

/// A piece of the resource component of an ARN template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Literal(&'static str),
    /// The field with this position.
    Field(usize),
}

/// A placeholder of an ARN template and the values that it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name of the constructor's argument, for example `application_id`.
    pub name: &'static str,
    /// The name in the ARN template, for example `AppId`.
    pub placeholder: &'static str,
    /// The accepted values.
    pub accepts: IdFormat,
}

impl ResourceTypeMetadata {
    /// Fills the template's resource component with `values`, one for each of [`fields`](Self::fields), in the same
    /// order.
    ///
    /// The generated constructors call this function.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first field whose value is rejected, or that reports a wrong number of values.
    pub fn fill(&'static self, values: &[&str]) -> Result<ResourcePart, InvalidId> {
        if values.len() != self.fields.len() {
            return Err(self.wrong_count());
        }
        let mut text = String::with_capacity(self.length(values));
        for piece in self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Field(position) => {
                    let value = values.get(*position).ok_or_else(|| self.wrong_count())?;
                    self.write_value(*position, value, &mut text)?;
                }
            }
        }
        Ok(ResourcePart {
            text: text.into_boxed_str(),
            resource_type: self,
        })
    }

    /// The length of the resource component with these values if none of them is encoded. With this length, the string
    /// is allocated only once.
    fn length(&self, values: &[&str]) -> usize {
        let literals = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(literal) => literal.len(),
            Piece::Field(_) => 0,
        });
        literals.sum::<usize>() + values.iter().map(|value| value.len()).sum::<usize>()
    }

    fn write_value(
        &self,
        position: usize,
        value: &str,
        text: &mut String,
    ) -> Result<(), InvalidId> {
        let field = self
            .fields
            .get(position)
            .ok_or_else(|| self.wrong_count())?;
        field
            .accepts
            .write(value, text)
            .map_err(|reason| InvalidId::new(self.name, field.name, reason))
    }

    /// The error for a wrong number of ids.
    const fn wrong_count(&self) -> InvalidId {
        let expected = self.fields.len();
        InvalidId::new(self.name, "ids", InvalidIdReason::Count { expected })
    }

    /// Parses the fields of an ARN.
    ///
    /// The generated [`Resource::from_arn`](super::Resource::from_arn) calls this function.
    ///
    /// # Errors
    ///
    /// Returns an error if the ARN does not follow the template, has a different partition, region or account than
    /// `scope`, or has a field that the constructor would reject or spell differently.
    pub fn parse(
        &'static self,
        arn: Arn<'_>,
        scope: &Scope,
    ) -> Result<ResourcePart, ResourceMismatch> {
        let other = || ResourceMismatch::OtherTemplate { template: self.arn };
        if self.service != arn.service() {
            return Err(other());
        }
        let in_scope = self.partition.fill(scope.partition()) == arn.partition()
            && self.region.fill(scope.region()) == arn.region()
            && self.account.fill(scope.account()) == arn.account();
        if !in_scope {
            return Err(ResourceMismatch::OtherScope);
        }
        let values = self.split(arn.resource()).ok_or_else(other)?;
        let decoded: Vec<Cow<'_, str>> = self
            .fields
            .iter()
            .zip(&values)
            .map(|(field, value)| match field.accepts {
                IdFormat::Opaque => decode(value).ok_or_else(other),
                IdFormat::Identifier | IdFormat::OneOf(_) => Ok(Cow::Borrowed(*value)),
            })
            .collect::<Result<_, _>>()?;
        let decoded: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
        let part = self.fill(&decoded).map_err(ResourceMismatch::InvalidId)?;
        // A resource has only one spelling: `a%2fb`, or `A` for a name listed as `a`, is not accepted as a second ARN
        // of it.
        if &*part.text == arn.resource() {
            Ok(part)
        } else {
            Err(other())
        }
    }

    /// The requested resource of this type with the resource component `part`.
    #[inline]
    pub fn requested<'a>(
        &'static self,
        part: &'a ResourcePart,
        scope: &'a Scope,
    ) -> RequestedResource<'a> {
        let components = [
            self.partition.fill(scope.partition()),
            self.region.fill(scope.region()),
            self.account.fill(scope.account()),
        ];
        RequestedResource::Arn(Arn::in_scope(
            components,
            self.service,
            part.as_str(),
            scope,
        ))
    }

    /// Splits the text of a resource component into its fields, in the order of [`fields`](Self::fields).
    fn split<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let mut values = vec![""; self.fields.len()];
        self.read(text, |position, value| {
            if let Some(place) = values.get_mut(position) {
                *place = value;
            }
        })?;
        Some(values)
    }

    /// Passes each field of a resource component, with its position, to `show`; `None` if the text does not follow the
    /// template.
    fn read<'a>(&self, text: &'a str, mut show: impl FnMut(usize, &'a str)) -> Option<()> {
        let mut rest = text;
        for (index, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Literal(literal) => rest = rest.strip_prefix(literal)?,
                Piece::Field(position) => {
                    // A field ends at the literal after it. Values never contain the separators that literals start
                    // with, so the first occurrence is the only one.
                    let end = match self.pieces.get(index + 1) {
                        Some(Piece::Literal(literal)) => rest.find(literal.get(..1)?)?,
                        Some(Piece::Field(_)) => return None,
                        None => rest.len(),
                    };
                    show(*position, rest.get(..end)?);
                    rest = rest.get(end..)?;
                }
            }
        }
        rest.is_empty().then_some(())
    }

    /// The ARN pattern for a policy: the template in `scope`, with the values that `value_of` returns, and `*` for
    /// every field without a value.
    ///
    /// Ids do not contain wildcards, so the only wildcards are those of the open fields and a `*` of the template
    /// itself, as in `apps/*`.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first field whose value is rejected.
    pub fn arn_pattern<'v>(
        &self,
        scope: &Scope,
        value_of: impl Fn(&Field) -> Option<&'v str>,
    ) -> Result<String, InvalidId> {
        let pattern = self.component_pattern(|position| value_of(self.fields.get(position)?))?;
        Ok(self.prefix(scope) + &pattern)
    }

    /// The possible values of the components of the type's ARNs in `scope`, starting with the partition; the
    /// placeholders in `pinned` have fixed values. Ids of any length are included.
    #[doc(hidden)]
    pub fn languages(&self, scope: &Scope, pinned: &[(&str, &str)]) -> [Nfa; 5] {
        [
            Nfa::text(self.partition.fill(scope.partition())),
            Nfa::text(self.service),
            Nfa::text(self.region.fill(scope.region())),
            Nfa::text(self.account.fill(scope.account())),
            language(self.template_pieces(), pinned),
        ]
    }

    /// The pieces of the resource component with the values that the placeholders accept.
    pub(crate) fn template_pieces(&self) -> impl Iterator<Item = TemplatePiece<'static>> {
        let fields = self.fields;
        self.pieces.iter().map(move |piece| match piece {
            Piece::Literal(text) => TemplatePiece::Literal(text),
            Piece::Field(position) => match fields.get(*position) {
                Some(field) => TemplatePiece::Placeholder {
                    name: field.placeholder,
                    ids: field.accepts.ids(),
                },
                // The resource type has no such field, so that anything is possible.
                None => TemplatePiece::Anything,
            },
        })
    }

    /// The resource component with `*` for every field.
    pub(super) fn open_pattern(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(literal) => literal,
                Piece::Field(_) => "*",
            })
            .collect()
    }

    /// The resource component with `values` for the first fields and `*` for the others.
    pub(super) fn pattern(&self, values: &[&str]) -> Result<String, InvalidId> {
        if values.len() > self.fields.len() {
            return Err(self.wrong_count());
        }
        self.component_pattern(|position| values.get(position).copied())
    }

    /// The resource component with the values that `value_at` returns for each position, and `*` for the other fields.
    fn component_pattern<'v>(
        &self,
        value_at: impl Fn(usize) -> Option<&'v str>,
    ) -> Result<String, InvalidId> {
        let mut text = String::with_capacity(64);
        for piece in self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Field(position) => match value_at(*position) {
                    Some(value) => self.write_value(*position, value, &mut text)?,
                    None => text.push('*'),
                },
            }
        }
        Ok(text)
    }

    /// The components before the resource component.
    pub(super) fn prefix(&self, scope: &Scope) -> String {
        format!(
            "arn:{}:{}:{}:{}:",
            self.partition.fill(scope.partition()),
            self.service,
            self.region.fill(scope.region()),
            self.account.fill(scope.account())
        )
    }
}

/// The resource component of an ARN, built from accepted ids.
///
/// Only [`ResourceTypeMetadata::fill`] and [`ResourceTypeMetadata::parse`] create one.
#[derive(Clone)]
pub struct ResourcePart {
    text: Box<str>,
    resource_type: &'static ResourceTypeMetadata,
}

impl ResourcePart {
    /// The whole text after the fifth colon of the ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of one field in the ARN.
    pub fn field(&self, position: usize) -> &str {
        let mut field = "";
        let whole = self.resource_type.read(&self.text, |at, value| {
            if at == position {
                field = value;
            }
        });
        whole.map_or("", |()| field)
    }

    /// The value of one [`IdFormat::Opaque`] field before encoding.
    pub fn decoded_field(&self, position: usize) -> Cow<'_, str> {
        let text = self.field(position);
        decode(text).unwrap_or(Cow::Borrowed(text))
    }
}

impl fmt::Debug for ResourcePart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

/// Two resources of one type are equal if their texts are equal.
impl PartialEq for ResourcePart {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ResourcePart {}

impl Hash for ResourcePart {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for ResourcePart {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourcePart {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}
