//! Actions that a principal can request, and the catalog's metadata for them.

mod enumeration;

use std::fmt;

pub use self::enumeration::{ActionEnum, UnknownAction};
use crate::__private::Seal;
use crate::context::TagKey;
use crate::resource::{InvalidId, InvalidIdReason, Resource, ResourcePart, ResourceTypeMetadata};

/// The catalog's metadata for one service.
///
/// Generated from the catalog; every generated module has one.
pub struct ServiceMetadata {
    /// The prefix of the service's actions, for example `mobiletargeting`.
    pub prefix: &'static str,
    /// The product name, for example `Amazon Pinpoint`.
    pub name: &'static str,
    /// Where the service is documented.
    pub documentation: Option<&'static str>,
    /// The partitions allowed in its ARNs; empty for the partitions of AWS.
    pub partitions: &'static [&'static str],
    /// The values of `eventSource` in its events in AWS CloudTrail.
    pub event_sources: &'static [&'static str],
    /// Every action, sorted by name.
    pub actions: &'static [ActionMetadata],
    /// Every resource type, sorted by name.
    pub resource_types: &'static [&'static ResourceTypeMetadata],
    /// Every condition key that the service's actions and resource types use, sorted by name.
    pub condition_keys: &'static [ConditionKeyMetadata],
    /// The sources of the facts. [`ActionMetadata::sources`] refers to them by their short names.
    pub sources: &'static [SourceMetadata],
}

impl fmt::Debug for ServiceMetadata {
    /// Writes only the prefix, because service and actions refer to each other.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ServiceMetadata({})", self.prefix)
    }
}

impl PartialEq for ServiceMetadata {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix
    }
}

impl Eq for ServiceMetadata {}

impl ServiceMetadata {
    /// A service without a catalog, of which only the prefix is known.
    #[doc(hidden)]
    pub const fn without_catalog(prefix: &'static str) -> Self {
        Self {
            prefix,
            name: prefix,
            documentation: None,
            partitions: &[],
            event_sources: &[],
            actions: &[],
            resource_types: &[],
            condition_keys: &[],
            sources: &[],
        }
    }

    /// Finds the action with this name, ignoring case.
    pub fn action(&self, name: &str) -> Option<&'static ActionMetadata> {
        self.actions
            .iter()
            .find(|action| action.name.eq_ignore_ascii_case(name))
    }
}

/// The catalog's metadata for one action.
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
    /// One sentence that describes what the action lets a principal do.
    pub summary: &'static str,
    /// The access level; `None` if no source mentions it.
    pub access_level: Option<AccessLevel>,
    /// The resource types that the action can act on; empty for an action that is checked against `*`.
    pub resource_types: &'static [&'static ResourceTypeMetadata],
    /// Placeholders of the ARN template that the action fixes, as `(placeholder, value)`.
    pub pinned: &'static [(&'static str, &'static str)],
    /// The REST route; `None` if the action does not have one.
    pub route: Option<Route>,
    /// The value of the header `X-Amz-Target`, for operations of an API that uses one path for all operations.
    ///
    /// An action with neither route nor target has no API operation.
    pub target: Option<&'static str>,
    /// Locations, in the request, of placeholder values that are not part of the path, as `(placeholder, location)`:
    /// `$.PoolId` in the body, `query:poolId` in the query.
    pub from_request: &'static [(&'static str, &'static str)],
    /// The path parameter that contains a complete ARN, if the action has one.
    pub whole_arn: Option<&'static str>,
    /// The condition keys that requests for this action may carry.
    pub condition_keys: &'static [&'static str],
    /// The location of the tags in the request, for example `$.tags`.
    pub request_tags: Option<&'static str>,
    /// Dependent actions: other actions that the caller must also be allowed.
    pub dependent_actions: &'static [DependentAction],
    /// Whether the action is still available.
    pub lifecycle: Lifecycle,
    /// Where the action is documented.
    pub documentation: Option<&'static str>,
    /// Former names, which older documents use for the action.
    pub former_names: &'static [&'static str],
    /// The short names of the sources that document the action.
    pub sources: &'static [&'static str],
    /// Differences between sources: the values of single sources that differ from the others, and the rows of seed
    /// documents.
    pub seen: &'static [SourceVariant],
    /// Whether the action is missing from every reference.
    pub undocumented: bool,
    /// A remark on disputed or surprising facts.
    pub note: Option<&'static str>,
}

impl ActionMetadata {
    /// An action of a service without a catalog, of which only the name is known.
    #[doc(hidden)]
    pub const fn without_catalog(service: &'static ServiceMetadata, name: &'static str) -> Self {
        Self {
            service,
            index: 0,
            name,
            summary: "",
            access_level: None,
            resource_types: &[],
            pinned: &[],
            route: None,
            target: None,
            from_request: &[],
            whole_arn: None,
            condition_keys: &[],
            request_tags: None,
            dependent_actions: &[],
            lifecycle: Lifecycle {
                state: LifecycleState::Unclear,
                ended: None,
                source: None,
            },
            documentation: None,
            former_names: &[],
            sources: &[],
            seen: &[],
            undocumented: false,
            note: None,
        }
    }

    /// Whether a catalog describes the action. Otherwise it is a dependent action of another service, of which only the
    /// name is known.
    pub const fn has_catalog(&self) -> bool {
        !self.service.actions.is_empty()
    }

    /// Compares the values that the action fixes with those of a resource of `resource_type`.
    ///
    /// # Errors
    ///
    /// Returns an error if the resource has a different value, for example an `SMS` template for `GetEmailTemplate`.
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

    /// Whether requests for this action can carry tags, so that `aws:RequestTag/..` and `aws:TagKeys` can be present.
    pub fn takes_request_tags(&self) -> bool {
        self.condition_keys
            .iter()
            .any(|key| TagKey::of(key) == Some(TagKey::Request))
    }
}

impl PartialEq for ActionMetadata {
    fn eq(&self, other: &Self) -> bool {
        // Actions without a catalog all have the same index.
        self.service == other.service && self.index == other.index && self.name == other.name
    }
}

impl Eq for ActionMetadata {}

impl fmt::Display for ActionMetadata {
    /// Formats the action as in policies: `mobiletargeting:GetCampaign`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.service.prefix, self.name)
    }
}

/// How AWS classifies an action.
///
/// See [access levels](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Permission to list resources.
    List,
    /// Permission to read the contents of resources.
    Read,
    /// Permission to create, change or delete resources.
    Write,
    /// Permission to change only tags.
    Tagging,
    /// Permission to grant or change permissions.
    PermissionsManagement,
}

impl AccessLevel {
    /// The name as written in AWS's tables.
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

/// An HTTP method and a path template of the service's REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// The method in upper case, for example `GET`.
    pub method: &'static str,
    /// The path with its parameters in braces, for example `/v1/apps/{application-id}`. axum and actix-web accept it
    /// unchanged.
    pub path: &'static str,
    /// The status of a successful response.
    pub success_status: u16,
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// An action that the caller of another action needs in addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependentAction {
    /// The action with its prefix, for example `iam:PassRole`.
    pub action: &'static str,
    /// The condition under which it is needed, as the end of a sentence: `when the request carries tags`.
    pub when: &'static str,
    /// Whether it is needed only for requests that carry tags.
    pub only_with_tags: bool,
    /// The type of the resource on which it is needed, if the action creates that resource.
    pub resource: Option<&'static ResourceTypeMetadata>,
    /// The request members that name the resource of the dependent action. Without them and `resource`, both actions
    /// have the same resource.
    pub resource_from: &'static [&'static str],
    /// The short name of the source of this fact.
    pub source: &'static str,
}

/// The lifecycle of an action: whether it is still available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// The state of the action.
    pub state: LifecycleState,
    /// The day on which it was or will be retired, `YYYY-MM-DD`.
    pub ended: Option<&'static str>,
    /// The short name of the source of this fact.
    pub source: Option<&'static str>,
}

/// The lifecycle state of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleState {
    /// The action is still available.
    Continues,
    /// The provider has retired the feature.
    Ended,
    /// Unknown: no source mentions it.
    Unclear,
}

/// The facts of one source about an action, where sources differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceVariant {
    /// The short name of the source.
    pub source: &'static str,
    /// The ARN or ARN pattern in this source.
    pub arn: Option<&'static str>,
    /// The HTTP method in this source, if it differs.
    pub method: Option<&'static str>,
}

/// A condition key that a service supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKeyMetadata {
    /// The key, for example `aws:ResourceTag/${TagKey}`.
    pub name: &'static str,
    /// The meaning of the key.
    pub summary: &'static str,
    /// The type of its values, for example `String` or `ArrayOfString`.
    pub value_type: &'static str,
}

/// A source of catalog facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceMetadata {
    /// The short name that catalog entries use.
    pub name: &'static str,
    /// The title of the source.
    pub title: &'static str,
    /// The date of the copy that was used, `YYYY-MM-DD`.
    pub date: Option<&'static str>,
}

/// A type that represents one action of a catalog.
///
/// Implemented by the generated unit structs, so that the compiler checks action names. The trait is sealed, because a
/// handwritten implementation could name a different action than the one that policies decide about.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action",
    label = "expected the type of an action, which a catalog generates"
)]
pub trait TypedAction: Copy + Send + Sync + 'static {
    /// The enum of all actions of the service.
    type Enumeration: ActionEnum;

    /// Only generated code implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// The position of the action among the actions of its service, sorted by name.
    const INDEX: usize;

    /// The action as a value of the enum.
    #[expect(
        clippy::indexing_slicing,
        reason = "const evaluation fails on an out-of-range index"
    )]
    const ACTION: Self::Enumeration = <Self::Enumeration as ActionEnum>::ALL[Self::INDEX];

    /// The catalog's metadata for the action.
    // Created only for actions that are used. The compiler checks everything that a constant refers to, here the whole
    // service. With a separate constant for each action, the compile time of a service would grow with the square of
    // the number of its actions.
    #[expect(
        clippy::indexing_slicing,
        reason = "const evaluation fails on an out-of-range index"
    )]
    const METADATA: &'static ActionMetadata =
        &<Self::Enumeration as ActionEnum>::SERVICE.actions[Self::INDEX];

    /// Compares the values that the action fixes with those of `resource`.
    ///
    /// # Errors
    ///
    /// Returns an error if `resource` has a different value, for example an `SMS` template for `GetEmailTemplate`.
    fn check_pinned<R: Resource>(self, resource: &R) -> Result<(), InvalidId> {
        match (R::TYPE, resource.part()) {
            (Some(resource_type), Some(part)) => Self::METADATA.check_pinned(resource_type, part),
            _ => Ok(()),
        }
    }
}

/// A resource of a service with a catalog. Implemented by generated code; the trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource of a service",
    label = "expected a resource type that a catalog generates"
)]
pub trait ServiceResource: Resource {
    /// Only generated code implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Returns the catalog's metadata of the service.
    fn service() -> &'static ServiceMetadata;
}

/// Marks that an action can be checked against a resource of type `R`.
///
/// Implemented by generated code for exactly the pairs in the catalog. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not act on `{R}`",
    label = "not a resource type of this action",
    note = "the documentation of the action lists its resource types"
)]
pub trait ActsOn<R: Resource>: TypedAction {
    /// Only generated code implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;
}
