//! Resource types: validated ids in, ARNs out.
//!
//! Ids come from requests, so none of them is trusted. The constructors of the generated resource types are the only
//! way from an id to an ARN, and they hold three promises:
//!
//! - an id never changes which ARN is meant: it fills exactly the segment of its placeholder,
//! - two different ids never give the same ARN (a name of a closed list has two spellings, see [`IdFormat::OneOf`]),
//! - what cannot be kept so is refused with an [`InvalidId`] that names the field.

mod error;
mod id_format;
mod metadata;
mod set;

use std::fmt;

pub use self::error::{InvalidId, InvalidIdReason, ResourceMismatch};
#[doc(hidden)]
pub use self::id_format::decode;
pub use self::id_format::{IdFormat, MAX_IDENTIFIER_LENGTH, MAX_OPAQUE_LENGTH};
pub use self::metadata::{Field, Piece, ResourcePart, ResourceTypeMetadata, ScopeComponent};
pub use self::set::ResourceSet;
use crate::arn::{Arn, Scope};

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
            (Some(metadata), Some(part)) => metadata.requested(part, scope),
            _ => RequestedResource::All,
        }
    }

    /// The ARN of the resource in a deployment's scope.
    fn arn(&self, scope: &Scope) -> String {
        self.requested(scope).to_string()
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
