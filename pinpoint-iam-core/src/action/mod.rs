//! Actions: what a principal asks to do, and what the catalog knows about it.

mod enumeration;

use std::fmt;

pub use self::enumeration::{ActionEnum, UnknownAction};
use crate::__private::Seal;
use crate::context::TagKey;
use crate::resource::{InvalidId, InvalidIdReason, Resource, ResourcePart, ResourceTypeMetadata};

/// What the catalog says about one service.
///
/// Generated from the catalog; there is one for each generated module.
#[derive(Debug)]
pub struct ServiceMetadata {
    /// The prefix of the service's actions, for example `mobiletargeting`.
    pub prefix: &'static str,
    /// The product name, for example `Amazon Pinpoint`.
    pub name: &'static str,
    /// Where the service is documented.
    pub documentation: Option<&'static str>,
    /// The partitions that its ARNs may stand in; empty for those of AWS.
    pub partitions: &'static [&'static str],
    /// Every action, sorted by name.
    pub actions: &'static [ActionMetadata],
    /// Every resource type, sorted by name.
    pub resource_types: &'static [&'static ResourceTypeMetadata],
    /// Every condition key that the service's actions and resource types list, sorted by name.
    pub condition_keys: &'static [ConditionKeyMetadata],
    /// Where the facts come from, by the short names that [`ActionMetadata::sources`] uses.
    pub sources: &'static [SourceMetadata],
}

impl PartialEq for ServiceMetadata {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix
    }
}

impl Eq for ServiceMetadata {}

impl ServiceMetadata {
    /// The action called `name`, upper and lower case alike.
    pub fn action(&self, name: &str) -> Option<&'static ActionMetadata> {
        self.actions
            .iter()
            .find(|action| action.name.eq_ignore_ascii_case(name))
    }
}

/// What the catalog says about one action.
///
/// Generated from the catalog. The fields are the columns of the documentation tables.
#[derive(Debug)]
pub struct ActionMetadata {
    /// The service that the action belongs to.
    pub service: &'static ServiceMetadata,
    /// The position of the action among [`ServiceMetadata::actions`].
    pub index: u16,
    /// The name without the service prefix, for example `GetCampaign`.
    pub name: &'static str,
    /// One sentence that says what the action lets a principal do.
    pub summary: &'static str,
    /// How the action is classified; `None` where no source says.
    pub access_level: Option<AccessLevel>,
    /// The resource types that the action may act on; empty for an action that is checked against `*`.
    pub resource_types: &'static [&'static ResourceTypeMetadata],
    /// Placeholders of the ARN template that the action fills with a fixed value, as `(placeholder, value)`.
    pub pinned: &'static [(&'static str, &'static str)],
    /// The REST route; `None` for an action without one.
    pub route: Option<Route>,
    /// What the header `X-Amz-Target` says, for an operation of an API whose operations share one path.
    ///
    /// An action with neither route nor target has no API operation.
    pub target: Option<&'static str>,
    /// Where the values of placeholders stand in the request that are not in its path, as `(placeholder, place)`: `$.PoolId`
    /// in the body, `query:poolId` in the query.
    pub from_request: &'static [(&'static str, &'static str)],
    /// The path parameter that holds a whole ARN, where the action has one.
    pub whole_arn: Option<&'static str>,
    /// The condition keys that requests for this action may carry.
    pub condition_keys: &'static [&'static str],
    /// Where the tags of the request stand, for example `$.tags`.
    pub request_tags: Option<&'static str>,
    /// Other actions that the caller needs as well.
    pub companions: &'static [DependentAction],
    /// Whether the action can still be used.
    pub lifecycle: Lifecycle,
    /// Where the action is documented.
    pub documentation: Option<&'static str>,
    /// Names under which older documents know the action.
    pub former_names: &'static [&'static str],
    /// The short names of the sources that list the action.
    pub sources: &'static [&'static str],
    /// What single sources say of the action where it differs or where it is a seed document's own row.
    pub seen: &'static [SourceVariant],
    /// Whether no reference lists the action.
    pub undocumented: bool,
    /// A remark on disputed or surprising facts.
    pub note: Option<&'static str>,
}

impl ActionMetadata {
    /// Holds the values that the action fixes against those of a resource of `resource_type`.
    ///
    /// # Errors
    ///
    /// When the resource has another one: an `SMS` template under `GetEmailTemplate`.
    pub fn check_pinned(
        &self,
        resource_type: &ResourceTypeMetadata,
        part: &ResourcePart,
    ) -> Result<(), InvalidId> {
        for (placeholder, value) in self.pinned {
            for (position, field) in resource_type.fields.iter().enumerate() {
                if field.placeholder == *placeholder && part.field(position) != *value {
                    return Err(InvalidId::new(
                        resource_type.name,
                        field.name,
                        InvalidIdReason::NotPinned(value),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether requests for the action may carry tags, so that `aws:RequestTag/..` and `aws:TagKeys` can be present.
    pub fn takes_request_tags(&self) -> bool {
        self.condition_keys
            .iter()
            .any(|key| TagKey::of(key) == Some(TagKey::Request))
    }
}

impl PartialEq for ActionMetadata {
    fn eq(&self, other: &Self) -> bool {
        self.service == other.service && self.index == other.index
    }
}

impl Eq for ActionMetadata {}

impl fmt::Display for ActionMetadata {
    /// Writes the action as policies do: `mobiletargeting:GetCampaign`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.service.prefix, self.name)
    }
}

/// How AWS classifies an action.
///
/// See [access levels](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Sees that resources exist.
    List,
    /// Reads the contents of resources.
    Read,
    /// Creates, changes or deletes resources.
    Write,
    /// Changes tags only.
    Tagging,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// The name as AWS's tables write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An HTTP method and a path template, as the service's REST API has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// The method in upper case, for example `GET`.
    pub method: &'static str,
    /// The path with its parameters in braces, for example `/v1/apps/{application-id}`; axum and actix-web read it as it is.
    pub path: &'static str,
    /// The status of a successful answer.
    pub success_status: u16,
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// Another action that the caller of an action needs too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependentAction {
    /// The action with its prefix, for example `iam:PassRole`.
    pub action: &'static str,
    /// When it is needed, as the end of a sentence: `when the request carries tags`.
    pub when: &'static str,
    /// The request members that name the companion's resource; empty where it is the action's own.
    pub resource_from: &'static [&'static str],
    /// The short name of the source that says so.
    pub source: &'static str,
}

/// Whether an action can still be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// The state of the action.
    pub state: LifecycleState,
    /// The day on which it ended or will end, `YYYY-MM-DD`.
    pub ended: Option<&'static str>,
    /// The short name of the source that says so.
    pub source: Option<&'static str>,
}

/// The state of an action's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleState {
    /// The action goes on.
    Continues,
    /// The provider has ended the feature.
    Ended,
    /// No source says.
    Unclear,
}

/// What one source says of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceVariant {
    /// The short name of the source.
    pub source: &'static str,
    /// The ARN, or ARN pattern, that it gives.
    pub arn: Option<&'static str>,
    /// The HTTP method that it gives, where it differs.
    pub method: Option<&'static str>,
}

/// A condition key that a service lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKeyMetadata {
    /// The key, for example `aws:ResourceTag/${TagKey}`.
    pub name: &'static str,
    /// What the key holds.
    pub summary: &'static str,
    /// The type of its values, for example `String` or `ArrayOfString`.
    pub value_type: &'static str,
}

/// Where facts of a catalog come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceMetadata {
    /// The short name that entries use.
    pub name: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// The day of the copy that was read, `YYYY-MM-DD`.
    pub date: Option<&'static str>,
}

/// A type that stands for one action of a catalog.
///
/// Implemented by the generated unit structs, so that an action's name is checked by the compiler. The trait is sealed:
/// an implementation written by hand could name another action than the one that policies decide about.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action",
    label = "expected an action of a catalog, such as `GetCampaign`"
)]
pub trait TypedAction: Copy + Send + Sync + 'static {
    /// The enum of the actions of its service.
    type Enumeration: ActionEnum;

    /// Only generated code implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Where the action stands among those of its service, which are sorted by name.
    const INDEX: usize;

    /// The action as a value of the enum.
    #[expect(
        clippy::indexing_slicing,
        reason = "the compiler evaluates it, and refuses an index of nothing"
    )]
    const ACTION: Self::Enumeration = <Self::Enumeration as ActionEnum>::ALL[Self::INDEX];

    /// What the catalog says about the action.
    // Made only for actions that are used. The compiler checks all that a constant leads to, here the whole service: with a
    // constant written out for each action the time to compile a service would grow with the square of its actions.
    #[expect(
        clippy::indexing_slicing,
        reason = "the compiler evaluates it, and refuses an index of nothing"
    )]
    const METADATA: &'static ActionMetadata =
        &<Self::Enumeration as ActionEnum>::SERVICE.actions[Self::INDEX];

    /// Holds the values that the action fixes against those of `resource`.
    ///
    /// # Errors
    ///
    /// When `resource` has another one: an `SMS` template under `GetEmailTemplate`.
    fn check_pinned<R: Resource>(self, resource: &R) -> Result<(), InvalidId> {
        match (R::TYPE, resource.part()) {
            (Some(resource_type), Some(part)) => Self::METADATA.check_pinned(resource_type, part),
            _ => Ok(()),
        }
    }
}

/// Says that an action may be checked against a resource of type `R`.
///
/// Implemented by generated code for the pairs that the catalog lists, and for nothing else. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not act on `{R}`",
    label = "this resource does not fit the action",
    note = "the documentation of the action lists the resource types that it acts on"
)]
pub trait ActsOn<R: Resource>: TypedAction {
    /// Only generated code implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;
}
