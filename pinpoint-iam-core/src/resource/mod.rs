//! Resource types: convert validated ids to ARNs.
//!
//! Ids come from requests and are not trusted. The constructors of the generated resource types are the only way to
//! create an ARN from ids, and they guarantee:
//!
//! - an id never changes the structure of the ARN: it fills exactly the segment of its placeholder,
//! - different ids never result in the same ARN (a name of a closed list has two spellings, see [`IdFormat::OneOf`]),
//! - an id for which this is impossible is rejected with an [`InvalidId`] that names the field.

mod error;
mod id_format;
mod metadata;
mod set;
mod template;

use std::fmt;

pub use self::error::{InvalidId, InvalidIdReason, ResourceMismatch};
#[doc(hidden)]
pub use self::id_format::decode;
pub use self::id_format::{IdFormat, MAX_IDENTIFIER_LENGTH, MAX_OPAQUE_LENGTH};
pub use self::metadata::{Field, Piece, ResourcePart, ResourceTypeMetadata, ScopeComponent};
pub use self::set::ResourceSet;
#[doc(hidden)]
pub use self::template::{Ids, TemplatePiece, language};
use crate::arn::{Arn, Scope};

/// A resource of a known type.
///
/// Implemented by the generated resource types and by [`AllResources`].
pub trait Resource: Clone + fmt::Debug + Send + Sync + 'static {
    /// The catalog's metadata for the resource type; `None` for [`AllResources`].
    const TYPE: Option<&'static ResourceTypeMetadata>;

    /// The text after the fifth colon of the ARN; `None` for [`AllResources`].
    fn part(&self) -> Option<&ResourcePart>;

    /// Parses the ARN of a resource.
    ///
    /// # Errors
    ///
    /// Returns an error if `arn` is not exactly what [`arn`](Self::arn) returns for a resource of this type in `scope`.
    fn from_arn(arn: Arn<'_>, scope: &Scope) -> Result<Self, ResourceMismatch>;

    /// The resource in the form used for requests.
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

/// Represents all resources, for actions without resource types.
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

/// The resource of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestedResource<'a> {
    /// All resources, for actions without resource-level permissions. Only the policy resource `*`, or a pattern that
    /// matches the text `*`, covers it.
    All,
    /// One resource. Its characters are data: a `*` in it is an asterisk, not a wildcard.
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
