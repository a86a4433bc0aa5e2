//! What a catalog holds once it has been read and checked.
//!
//! The fields are public because this is data, and every value that [`Catalog`](crate::Catalog) hands out has been
//! checked. The types can only be made by loading a catalog.

use std::sync::Arc;

use crate::names;
use crate::template::ArnTemplate;

/// One or more services and what there is to authorize in them.
///
/// Made by [`Catalog::builtin`] or [`Catalog::load`].
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(crate) services: Vec<Service>,
    /// How many of the services bare action names belong to: the first ones.
    pub(crate) homes: usize,
}

/// A service: everything that one catalog file says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Service {
    /// The prefix of the service's actions, for example `mobiletargeting`.
    pub prefix: String,
    /// The product name, for example `Amazon Pinpoint`.
    pub name: String,
    /// Where the service is documented.
    pub documentation: Option<String>,
    /// The partitions that its ARNs may stand in; empty for those of AWS.
    pub partitions: Vec<String>,
    /// The file that says all this, as messages name it.
    pub file: String,
    pub(crate) fingerprint: u64,
    pub(crate) sources: Vec<Source>,
    pub(crate) condition_keys: Vec<ConditionKey>,
    pub(crate) resources: Vec<Arc<ResourceType>>,
    pub(crate) actions: Vec<Action>,
}

/// Where facts of a catalog come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The short name that entries use.
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// The day of the copy that was read, `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// A condition key that the service's actions or resource types list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConditionKey {
    /// The key, for example `aws:ResourceTag/${TagKey}`.
    pub name: String,
    /// The type of its values, in the words of AWS's tables: `String`, `Bool`, `Numeric`, `Date`, `ARN`, `IPAddress` or
    /// `Binary`, or a list of these such as `ArrayOfString`.
    pub value_type: String,
    /// What the key holds.
    pub summary: String,
    pub(crate) rust_name: String,
}

impl ConditionKey {
    /// The name of the generated item for the key `name`, where the catalog does not give another one.
    pub fn default_rust_name(name: &str) -> String {
        names::condition_key_words(name).join("_")
    }

    /// The name of the generated function, `aws_resource_tag`; in capitals that of the generated constant.
    pub fn rust_name(&self) -> &str {
        &self.rust_name
    }

    /// The key in pieces: `aws:ResourceTag/`, and the placeholder `TagKey` that a request fills in.
    pub fn pieces(&self) -> Vec<KeyPiece<'_>> {
        key_pieces(&self.name)
    }
}

/// A piece of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPiece<'a> {
    /// Text of the key itself.
    Literal(&'a str),
    /// A part that requests fill in, by its name: `TagKey`.
    Placeholder(&'a str),
}

/// The pieces of a condition key. A `${` without its `}` is text.
pub(crate) fn key_pieces(key: &str) -> Vec<KeyPiece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = key;
    while let Some((literal, (name, after))) = rest
        .split_once("${")
        .and_then(|(literal, after)| Some((literal, after.split_once('}')?)))
    {
        if !literal.is_empty() {
            pieces.push(KeyPiece::Literal(literal));
        }
        pieces.push(KeyPiece::Placeholder(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(KeyPiece::Literal(rest));
    }
    pieces
}

/// A placeholder of ARN templates and the path parameter that fills it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placeholder {
    /// The name in ARN templates, for example `AppId`.
    pub name: String,
    /// The path parameter that fills it, for example `application-id`.
    pub parameter: String,
    /// Which values it takes.
    pub accepts: IdFormat,
    /// What the value is.
    pub summary: String,
}

impl Placeholder {
    /// Whether a placeholder can be filled by the path parameter `parameter`: its Rust name is not taken.
    pub fn can_be_filled_by(parameter: &str) -> bool {
        names::is_kebab_case(parameter)
            && !names::is_taken_by_resources(&names::snake_case(parameter))
    }

    /// The name of the constructor's argument, for example `application_id`.
    pub fn field(&self) -> String {
        names::snake_case(&self.parameter)
    }
}

/// Which values a placeholder takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdFormat {
    /// An id that the service gives out; it stands in the ARN as it is.
    Identifier,
    /// A text that an application chooses; it stands in the ARN percent-encoded.
    Opaque,
    /// One of a closed list of names, given as the list spells it or in lower case, and written as the list spells it.
    OneOf(Vec<String>),
}

/// A resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceType {
    /// The name in the catalog, for example `campaign-metrics`.
    pub name: String,
    pub(crate) type_name: String,
    /// One sentence that says what the resource is.
    pub summary: String,
    /// The form of its ARNs.
    pub arn: ArnTemplate,
    /// The placeholders of the template's resource component, in the order in which they stand there.
    pub fields: Vec<Arc<Placeholder>>,
    /// The condition keys that belong to the resource type.
    pub condition_keys: Vec<String>,
}

impl ResourceType {
    /// The name of the generated type for the resource type `name`, where the catalog does not give another one.
    pub fn default_type_name(name: &str) -> String {
        names::type_name(name)
    }

    /// The name of the generated type, for example `CampaignMetrics`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// The name without the service prefix, for example `GetCampaign`.
    pub name: String,
    pub(crate) type_name: String,
    /// One sentence that says what the action lets a principal do.
    pub summary: String,
    /// How the action is classified; `None` where no source says.
    pub access_level: Option<AccessLevel>,
    /// The resource types that the action acts on; empty for an action that is checked against `*`.
    pub resources: Vec<Arc<ResourceType>>,
    /// Placeholders that the action fills with a fixed value, as `(placeholder, value)`.
    pub pinned: Vec<(String, String)>,
    /// The REST route; `None` for an action without one.
    pub route: Option<Route>,
    /// What the header `X-Amz-Target` says, for an operation of an API whose operations share one path.
    pub target: Option<String>,
    /// Where the values of placeholders stand in the request that are not in its path, as `(placeholder, place)`: `$.PoolId`
    /// in the body, `query:poolId` in the query.
    pub from_request: Vec<(String, String)>,
    /// The path parameter that holds a whole ARN.
    pub whole_arn: Option<String>,
    /// The condition keys that requests for the action may carry.
    pub condition_keys: Vec<String>,
    /// Where the tags of the request stand: `$.tags` in the body, `query:tagKeys` in the query.
    pub request_tags: Option<String>,
    /// Other actions that the caller needs as well.
    pub companions: Vec<DependentAction>,
    /// Whether the action can still be used.
    pub lifecycle: Lifecycle,
    /// Where the action is documented.
    pub documentation: Option<String>,
    /// Names under which older documents know the action.
    pub former_names: Vec<String>,
    /// The short names of the sources that list the action.
    pub sources: Vec<String>,
    /// What single sources say where they differ from the entry.
    pub seen: Vec<SourceVariant>,
    /// Whether no reference lists the action.
    pub undocumented: bool,
    /// A remark on disputed or surprising facts.
    pub note: Option<String>,
}

impl Action {
    /// Whether `name` can be the name of a generated type.
    pub fn can_be_type_name(name: &str) -> bool {
        names::is_capitalized(name) && !names::is_taken_type_name(name)
    }

    /// The name of the generated type, by which code names the action: `Connect` for `connect`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The form of the ARNs of `resource` that the action acts on: its template with the fixed values filled in.
    pub fn arn(&self, resource: &ResourceType) -> String {
        self.pinned
            .iter()
            .fold(resource.arn.text.clone(), |arn, (placeholder, value)| {
                arn.replace(&format!("${{{placeholder}}}"), value)
            })
    }

    /// The name of the function's argument that holds the whole ARN, for example `resource_arn`.
    pub fn whole_arn_field(&self) -> Option<String> {
        self.whole_arn.as_deref().map(names::snake_case)
    }

    /// Whether requests for the action may carry tags: its condition keys have `aws:RequestTag/..` or `aws:TagKeys`.
    pub fn takes_request_tags(&self) -> bool {
        let mut keys = self.condition_keys.iter().map(|key| key.to_lowercase());
        keys.any(|key| key == "aws:tagkeys" || key.starts_with("aws:requesttag/"))
    }

    /// Where the value of `placeholder` comes from when the action is called on its route.
    ///
    /// `None` only for an action without a route: the caller has to name the value.
    pub fn binding(&self, placeholder: &Placeholder) -> Option<Binding<'_>> {
        if let Some((_, value)) = self
            .pinned
            .iter()
            .find(|(name, _)| *name == placeholder.name)
        {
            return Some(Binding::Pinned(value));
        }
        if let Some(parameter) = &self.whole_arn {
            return Some(Binding::WholeArn(parameter));
        }
        let mut elsewhere = self.from_request.iter();
        if let Some((_, place)) = elsewhere.find(|(name, _)| *name == placeholder.name) {
            return Some(Binding::Request(place));
        }
        self.route
            .as_ref()?
            .parameters()
            .find(|parameter| *parameter == placeholder.parameter)
            .map(Binding::Path)
    }
}

/// Where the value of a placeholder comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding<'a> {
    /// The path parameter of this name.
    Path(&'a str),
    /// This fixed value.
    Pinned(&'a str),
    /// This place in the request, other than its path: `$.PoolId` in the body, `query:poolId` in the query.
    Request(&'a str),
    /// The path parameter of this name holds the whole ARN.
    WholeArn(&'a str),
}

/// How AWS classifies an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Every access level.
    pub const ALL: [Self; 5] = [
        Self::List,
        Self::Read,
        Self::Write,
        Self::Tagging,
        Self::PermissionsManagement,
    ];

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

/// An HTTP method and a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The method in upper case.
    pub method: String,
    /// The path with its parameters in braces, for example `/v1/apps/{application-id}`.
    pub path: String,
    /// The status of a successful answer.
    pub success_status: u16,
}

impl Route {
    /// The path's parameters in the order in which they stand there, without their braces.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// Another action that the caller of an action needs too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DependentAction {
    /// The action with its prefix, for example `iam:PassRole`.
    pub action: String,
    /// When it is needed, as the end of a sentence: `when the request carries tags`.
    pub when: String,
    /// The request members that name the companion's resource; empty where it is the action's own.
    pub resource_from: Vec<String>,
    /// The short name of the source that says so.
    pub source: String,
}

/// Whether an action can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifecycle {
    /// The state of the action.
    pub state: LifecycleState,
    /// The day on which it ended or will end, `YYYY-MM-DD`.
    pub ended: Option<String>,
    /// The short name of the source that says so.
    pub source: Option<String>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceVariant {
    /// The short name of the source.
    pub source: String,
    /// The ARN, or ARN pattern, that it gives.
    pub arn: Option<String>,
    /// The HTTP method that it gives, where it differs.
    pub method: Option<String>,
}
