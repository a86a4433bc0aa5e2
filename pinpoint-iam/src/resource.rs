//! Resource types: validated ids in, ARNs out.
//!
//! Ids come from requests, so none of them is trusted. The constructors of the generated resource types are the only
//! way from an id to an ARN, and they hold three promises:
//!
//! - an id never changes which ARN is meant: it fills exactly the segment of its placeholder,
//! - two different ids never give the same ARN (the names of a closed list are compared without case, see
//!   [`Accepts::OneOf`]),
//! - what cannot be kept so is refused with an [`InvalidId`] that names the field.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::arn::{Arn, InvalidArn, Scope};

/// What the catalog says about one resource type.
///
/// Generated from the catalog.
#[derive(Debug)]
pub struct ResourceTypeMetadata {
    /// The name in the catalog, for example `campaign-metrics`.
    pub name: &'static str,
    /// The name of the generated type, for example `CampaignMetrics`.
    pub type_name: &'static str,
    /// One sentence that says what the resource is.
    pub summary: &'static str,
    /// The ARN template as the sources write it, for example
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
    /// The resource component of the template, in pieces.
    pub pieces: &'static [Piece],
    /// The placeholders of the resource component, in the order of the constructor's arguments.
    pub fields: &'static [Field],
    /// The condition keys that belong to the resource type.
    pub condition_keys: &'static [&'static str],
}

/// One of the components of an ARN template that come from the [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeComponent {
    /// The value of the scope.
    FromScope,
    /// A fixed text, which may be empty.
    Fixed(&'static str),
}

impl ScopeComponent {
    fn fill(self, from_scope: &str) -> &str {
        match self {
            Self::FromScope => from_scope,
            Self::Fixed(text) => text,
        }
    }
}

/// A piece of the resource component of an ARN template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands as it is.
    Literal(&'static str),
    /// The position of the field that goes here.
    Field(usize),
}

/// A placeholder of an ARN template and the values it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name of the constructor's argument, for example `application_id`.
    pub name: &'static str,
    /// The name in the ARN template, for example `AppId`.
    pub placeholder: &'static str,
    /// Which values are accepted.
    pub accepts: Accepts,
}

/// The longest value of an [`Accepts::Identifier`] field, in bytes.
pub const MAX_IDENTIFIER_LENGTH: usize = 128;

/// The longest value of an [`Accepts::Opaque`] field, in bytes, before it is encoded.
pub const MAX_OPAQUE_LENGTH: usize = 256;

/// Which values a field of a resource type accepts.
///
/// Every kind refuses the empty text, `.` and `..`, control characters and over-long values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// An id that the service itself gives out: ASCII letters, digits, `-`, `_` and `.`, at most
    /// [`MAX_IDENTIFIER_LENGTH`] bytes. It stands in the ARN as it is; everything else is refused, `/`, `:`, `*`,
    /// `?`, `$` and `%` among it.
    Identifier,
    /// An id that an application chooses, such as a user id: any text of at most [`MAX_OPAQUE_LENGTH`] bytes without
    /// control characters.
    ///
    /// ASCII letters, digits and `-` `_` `.` `~` `+` `=` `,` `@` stand in the ARN as they are. Every other byte of
    /// the UTF-8 text, `%` included, is written as `%` and two upper-case hexadecimal digits. So `a/b` gives `a%2Fb`,
    /// `a%2Fb` gives `a%252Fb`, and no two ids share an ARN; `*`, `?`, `$`, `/` and `:` cannot reach the ARN.
    /// Policies name such a resource in its encoded form.
    Opaque,
    /// One of a closed list of names, compared without regard to ASCII case and written as the list spells it.
    OneOf(&'static [&'static str]),
}

impl Accepts {
    fn write(self, value: &str, out: &mut String) -> Result<(), InvalidIdReason> {
        let limit = match self {
            Self::Identifier | Self::OneOf(_) => MAX_IDENTIFIER_LENGTH,
            Self::Opaque => MAX_OPAQUE_LENGTH,
        };
        if value.is_empty() {
            return Err(InvalidIdReason::Empty);
        }
        if value.len() > limit {
            return Err(InvalidIdReason::TooLong { limit });
        }
        if let Some(control) = value.chars().find(|character| character.is_control()) {
            return Err(InvalidIdReason::Character(control));
        }
        if value == "." || value == ".." {
            return Err(InvalidIdReason::Dots);
        }
        match self {
            Self::Identifier => {
                if let Some(refused) = value.chars().find(|character| !is_identifier(*character)) {
                    return Err(InvalidIdReason::Character(refused));
                }
                out.push_str(value);
            }
            Self::Opaque => {
                for byte in value.bytes() {
                    if stands_for_itself(byte) {
                        out.push(char::from(byte));
                    } else {
                        out.push('%');
                        out.extend(hexadecimal(byte));
                    }
                }
            }
            Self::OneOf(names) => {
                let name = names
                    .iter()
                    .find(|name| name.eq_ignore_ascii_case(value))
                    .ok_or(InvalidIdReason::NotOneOf(names))?;
                out.push_str(name);
            }
        }
        Ok(())
    }
}

fn is_identifier(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'=' | b',' | b'@')
}

fn hexadecimal(byte: u8) -> impl Iterator<Item = char> {
    [byte >> 4, byte & 0x0f]
        .into_iter()
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .map(|digit| digit.to_ascii_uppercase())
}

/// An id that cannot stand in an ARN.
///
/// The web layer answers it with 400: no policy is consulted, and no other ARN is ever looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId {
    resource_type: &'static str,
    field: &'static str,
    reason: InvalidIdReason,
}

impl InvalidId {
    /// The resource type whose constructor refused, for example `campaign`.
    pub const fn resource_type(&self) -> &'static str {
        self.resource_type
    }

    /// The field whose value was refused, for example `campaign_id`.
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// What was wrong with the value.
    pub const fn reason(&self) -> &InvalidIdReason {
        &self.reason
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` of the resource type `{}` {}",
            self.field, self.resource_type, self.reason
        )
    }
}

impl std::error::Error for InvalidId {}

/// Why an id was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIdReason {
    /// The value is empty.
    Empty,
    /// The value is `.` or `..`.
    Dots,
    /// The value holds a character that the field does not accept.
    Character(char),
    /// The value is longer than the field accepts.
    TooLong {
        /// The longest value, in bytes.
        limit: usize,
    },
    /// The value is none of the names that the field accepts.
    NotOneOf(&'static [&'static str]),
    /// The value differs from the one that the action fixes.
    NotPinned(&'static str),
}

impl fmt::Display for InvalidIdReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("is empty"),
            Self::Dots => formatter.write_str("is a relative path segment"),
            Self::Character(character) => {
                write!(
                    formatter,
                    "holds the character `{}`, which is not accepted",
                    character.escape_debug()
                )
            }
            Self::TooLong { limit } => write!(formatter, "is longer than {limit} bytes"),
            Self::NotOneOf(names) => {
                formatter.write_str("is none of ")?;
                for (index, name) in names.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}`{name}`")?;
                }
                Ok(())
            }
            Self::NotPinned(value) => write!(
                formatter,
                "is not `{value}`, the value that the action fixes"
            ),
        }
    }
}

/// An ARN that is not one of a resource type's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceMismatch {
    /// The text is no ARN at all.
    NotAnArn(InvalidArn),
    /// The ARN does not follow the template of the resource type.
    OtherTemplate {
        /// The template that was expected.
        template: &'static str,
    },
    /// The ARN stands in another partition, region or account than the scope.
    OtherScope,
    /// The ARN follows the template, and a field of it is refused.
    InvalidId(InvalidId),
}

impl fmt::Display for ResourceMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnArn(error) => error.fmt(formatter),
            Self::OtherTemplate { template } => {
                write!(formatter, "the ARN does not follow `{template}`")
            }
            Self::OtherScope => {
                formatter.write_str("the ARN is of another partition, region or account")
            }
            Self::InvalidId(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ResourceMismatch {}

impl ResourceTypeMetadata {
    /// Fills the template's resource component with `values`, one for each of [`fields`](Self::fields) and in their
    /// order.
    ///
    /// This is what the generated constructors call.
    ///
    /// # Errors
    ///
    /// Names the first field whose value is refused.
    pub fn fill(&'static self, values: &[&str]) -> Result<ResourcePart, InvalidId> {
        let mut text = String::with_capacity(64);
        let mut ranges = Vec::with_capacity(self.fields.len());
        for piece in self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Field(position) => {
                    let start = text.len();
                    self.write_field(*position, values, &mut text)?;
                    ranges.push((*position, start, text.len()));
                }
            }
        }
        ranges.sort_unstable();
        Ok(ResourcePart {
            text: text.into_boxed_str(),
            ranges: ranges
                .into_iter()
                .map(|(_, start, end)| (start, end))
                .collect(),
        })
    }

    fn write_field(
        &self,
        position: usize,
        values: &[&str],
        text: &mut String,
    ) -> Result<(), InvalidId> {
        // INVARIANT: generated code passes one value for each field; a missing one is refused as empty.
        let value = values.get(position).copied().unwrap_or_default();
        let field = self.fields.get(position);
        let accepts = field.map_or(Accepts::Identifier, |field| field.accepts);
        accepts.write(value, text).map_err(|reason| InvalidId {
            resource_type: self.name,
            field: field.map_or("", |field| field.name),
            reason,
        })
    }

    /// Reads the fields back from an ARN.
    ///
    /// This is what the generated [`Resource::from_arn`] calls.
    ///
    /// # Errors
    ///
    /// When the ARN does not follow the template, is of another partition, region or account than `scope`, or has a
    /// field that the constructor would refuse or spell differently.
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
                Accepts::Opaque => decode(value).ok_or_else(other),
                Accepts::Identifier | Accepts::OneOf(_) => Ok(Cow::Borrowed(*value)),
            })
            .collect::<Result<_, _>>()?;
        let decoded: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
        let part = self.fill(&decoded).map_err(ResourceMismatch::InvalidId)?;
        // One resource has one spelling: `a%2fb` and `A` for a name listed as `a` are no second ARN of it.
        if &*part.text == arn.resource() {
            Ok(part)
        } else {
            Err(other())
        }
    }

    /// Splits the text of a resource component into its fields, in the order of [`fields`](Self::fields).
    fn split<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let mut values = vec![""; self.fields.len()];
        let mut rest = text;
        for (index, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Literal(literal) => rest = rest.strip_prefix(literal)?,
                Piece::Field(position) => {
                    // A field ends at the literal behind it. Values hold none of the separators that literals start
                    // with, so the first occurrence is the only one.
                    let end = match self.pieces.get(index + 1) {
                        Some(Piece::Literal(literal)) => rest.find(literal.get(..1)?)?,
                        Some(Piece::Field(_)) => return None,
                        None => rest.len(),
                    };
                    *values.get_mut(*position)? = rest.get(..end)?;
                    rest = rest.get(end..)?;
                }
            }
        }
        rest.is_empty().then_some(values)
    }

    /// The resource component with `values` for the first fields and `*` for the others.
    fn write_pattern(&self, values: &[&str]) -> Result<String, InvalidId> {
        let mut text = String::with_capacity(64);
        for piece in self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Field(position) if *position < values.len() => {
                    self.write_field(*position, values, &mut text)?;
                }
                Piece::Field(_) => text.push('*'),
            }
        }
        Ok(text)
    }

    fn prefix(&self, scope: &Scope) -> String {
        format!(
            "arn:{}:{}:{}:{}:",
            self.partition.fill(scope.partition()),
            self.service,
            self.region.fill(scope.region()),
            self.account.fill(scope.account())
        )
    }
}

/// Undoes the encoding of [`Accepts::Opaque`].
fn decode(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('%') {
        return Some(Cow::Borrowed(value));
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The resource component of an ARN, put together from accepted ids.
///
/// Only [`ResourceTypeMetadata::fill`] and [`ResourceTypeMetadata::parse`] make one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourcePart {
    text: Box<str>,
    ranges: Box<[(usize, usize)]>,
}

impl ResourcePart {
    /// The whole text after the fifth colon of the ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of one field as it stands in the ARN.
    pub fn field(&self, position: usize) -> &str {
        self.ranges
            .get(position)
            .and_then(|(start, end)| self.text.get(*start..*end))
            .unwrap_or_default()
    }

    /// The value of one [`Accepts::Opaque`] field as the application knows it.
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

/// A resource of a known type.
///
/// Implemented by the generated resource types and by [`AllResources`].
pub trait Resource: Clone + fmt::Debug + Send + Sync + 'static {
    /// What the catalog says about the resource type; `None` for [`AllResources`].
    const TYPE: Option<&'static ResourceTypeMetadata>;

    /// The text after the fifth colon of the ARN; `None` for [`AllResources`].
    fn part(&self) -> Option<&ResourcePart>;

    /// Reads a resource back from its ARN.
    ///
    /// # Errors
    ///
    /// When `arn` is not exactly what [`arn`](Self::arn) writes for a resource of this type in `scope`.
    fn from_arn(arn: Arn<'_>, scope: &Scope) -> Result<Self, ResourceMismatch>;

    /// The resource as a request names it.
    fn requested<'a>(&'a self, scope: &'a Scope) -> RequestedResource<'a> {
        match (Self::TYPE, self.part()) {
            (Some(metadata), Some(part)) => RequestedResource::Arn(Arn::from_components(
                metadata.partition.fill(scope.partition()),
                metadata.service,
                metadata.region.fill(scope.region()),
                metadata.account.fill(scope.account()),
                part.as_str(),
            )),
            _ => RequestedResource::All,
        }
    }

    /// The ARN of the resource in a deployment's scope.
    fn arn(&self, scope: &Scope) -> String {
        self.requested(scope).to_string()
    }
}

/// The resources of one type whose first ids are given, for a policy: `Campaign::any_in("a1")`.
///
/// The type parameter remembers the resource type, so that a statement built in Rust can be checked against its
/// actions by the compiler.
///
/// In a policy `*` stands for any characters, `/` among them: the pattern for all campaigns of a project, which ends in
/// `campaigns/*`, covers what stands below a campaign too, such as its metrics.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResourceSet<R> {
    pattern: Box<str>,
    resource_type: PhantomData<fn() -> R>,
}

impl<R: Resource> ResourceSet<R> {
    /// Every resource of the type.
    ///
    /// This is what the generated `any` constructors call.
    pub fn any() -> Self {
        let pattern = match R::TYPE {
            // INVARIANT: no value is given, so none can be refused.
            Some(metadata) => metadata.write_pattern(&[]).unwrap_or_default(),
            None => "*".to_owned(),
        };
        Self::new(pattern)
    }

    /// The resources whose first ids, in the order of the constructor's arguments, are `values`.
    ///
    /// This is what the generated `any_in` constructors call.
    ///
    /// # Errors
    ///
    /// Names the first id that the constructor of the type would refuse.
    pub fn any_in(values: &[&str]) -> Result<Self, InvalidId> {
        match R::TYPE {
            Some(metadata) => metadata.write_pattern(values).map(Self::new),
            None => Ok(Self::any()),
        }
    }

    /// The pattern for the `Resource` element of a policy.
    ///
    /// Ids hold no wildcards, so the only ones in it are those that stand for the ids left open. A template's own `*`,
    /// as in `apps/*`, is one too: in a policy there is no other way to name that resource.
    pub fn arn_pattern(&self, scope: &Scope) -> String {
        match R::TYPE {
            Some(metadata) => format!("{}{}", metadata.prefix(scope), self.pattern),
            None => self.pattern.to_string(),
        }
    }

    fn new(pattern: String) -> Self {
        Self {
            pattern: pattern.into_boxed_str(),
            resource_type: PhantomData,
        }
    }
}

impl<R: Resource> From<R> for ResourceSet<R> {
    /// The set of this one resource.
    fn from(resource: R) -> Self {
        Self::new(resource.part().map_or("*", ResourcePart::as_str).to_owned())
    }
}

impl<R> fmt::Debug for ResourceSet<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.pattern, formatter)
    }
}

/// No single resource: what an action without resource types is checked against.
///
/// Only a policy whose resource covers `*` grants such an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllResources;

impl Resource for AllResources {
    const TYPE: Option<&'static ResourceTypeMetadata> = None;

    fn part(&self) -> Option<&ResourcePart> {
        None
    }

    fn from_arn(_: Arn<'_>, _: &Scope) -> Result<Self, ResourceMismatch> {
        Err(ResourceMismatch::OtherTemplate { template: "*" })
    }
}

/// What a request asks to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestedResource<'a> {
    /// No single resource: what an action without resource-level permissions acts on. Only the policy resource `*`,
    /// or a pattern that matches the text `*`, covers it.
    All,
    /// One resource. Its characters are data: a `*` in it is an asterisk and no wildcard.
    Arn(Arn<'a>),
}

impl fmt::Display for RequestedResource<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("*"),
            Self::Arn(arn) => arn.fmt(formatter),
        }
    }
}
