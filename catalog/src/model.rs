//! The model of a catalog after parsing and checking.
//!
//! The fields are public because this is data, and every value that [`Catalog`](crate::Catalog) returns has been
//! checked. The types can only be created by loading a catalog.

use std::sync::Arc;

use crate::names::{self, KeyPiece};
use crate::template::ArnTemplate;

/// One or more services with their actions, resource types and condition keys.
///
/// Created by [`Catalog::builtin`] or [`Catalog::load`].
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(crate) services: Vec<Service>,
    /// The number of services whose actions have bare names. These are the first services.
    pub(crate) homes: usize,
}

/// A service: the content of one catalog file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// The prefix of the service's actions, for example `mobiletargeting`.
    pub prefix: String,
    /// The product name, for example `Amazon Pinpoint`.
    pub name: String,
    /// Where the service is documented.
    pub documentation: Option<String>,
    /// The partitions allowed in its ARNs; empty for the partitions of AWS.
    pub partitions: Vec<String>,
    /// The values of `eventSource` in its events in AWS CloudTrail.
    pub event_sources: Vec<String>,
    /// The catalog file, as named in messages.
    pub file: String,
    pub(crate) fingerprint: u64,
    pub(crate) sources: Vec<Source>,
    pub(crate) condition_keys: Vec<ConditionKey>,
    pub(crate) resources: Vec<Arc<ResourceType>>,
    pub(crate) actions: Vec<Action>,
}

/// A source of catalog facts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The short name that catalog entries use.
    pub name: String,
    /// The title of the source.
    pub title: String,
    /// The date of the copy that was used, `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// A condition key that the service's actions or resource types use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConditionKey {
    /// The key, for example `aws:ResourceTag/${TagKey}`.
    pub name: String,
    /// The type of its values, as named in AWS's tables: `String`, `Bool`, `Numeric`, `Date`, `ARN`, `IPAddress` or
    /// `Binary`, or a list of these such as `ArrayOfString`.
    pub value_type: String,
    /// The meaning of the key.
    pub summary: String,
    pub(crate) rust_name: String,
}

impl ConditionKey {
    /// The name of the generated item for the key `name`, unless the catalog specifies another one.
    pub fn default_rust_name(name: &str) -> String {
        names::condition_key_words(name).join("_")
    }

    /// The name of the generated function, for example `aws_resource_tag`; in upper case, the name of the generated
    /// constant.
    pub fn rust_name(&self) -> &str {
        &self.rust_name
    }

    /// Whether the key has a list of values.
    pub fn is_list(&self) -> bool {
        self.value_type.starts_with("ArrayOf")
    }

    /// The key as pieces: `aws:ResourceTag/`, and the placeholder `TagKey` that a request fills in.
    pub fn pieces(&self) -> Vec<KeyPiece<'_>> {
        names::key_pieces(&self.name)
    }
}

/// A placeholder of ARN templates, and the path parameter with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placeholder {
    /// The name in ARN templates, for example `AppId`.
    pub name: String,
    /// The path parameter with its value, for example `application-id`.
    pub parameter: String,
    /// The accepted values.
    pub accepts: IdFormat,
    /// The meaning of the value.
    pub summary: String,
}

impl Placeholder {
    /// Whether a path parameter with this name can fill a placeholder, which means that its Rust name is not reserved.
    pub fn can_be_filled_by(parameter: &str) -> bool {
        names::is_kebab_case(parameter)
            && !names::is_taken_by_resources(&names::snake_case(parameter))
    }

    /// The name of the constructor's argument, for example `application_id`.
    pub fn field(&self) -> String {
        names::snake_case(&self.parameter)
    }
}

/// The values that a placeholder accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdFormat {
    /// An id that the service generates. The ARN contains it unchanged.
    Identifier,
    /// A string that an application chooses. The ARN contains it percent-encoded.
    Opaque,
    /// One of a closed list of names, accepted as spelled in the list or in lower case. The ARN contains it as spelled
    /// in the list.
    OneOf(Vec<String>),
}

/// A resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceType {
    /// The name in the catalog, for example `campaign-metrics`.
    pub name: String,
    pub(crate) type_name: String,
    /// One sentence that describes the resource.
    pub summary: String,
    /// The form of its ARNs.
    pub arn: ArnTemplate,
    /// The placeholders of the template's resource component, in order of appearance.
    pub fields: Vec<Arc<Placeholder>>,
    /// The condition keys that belong to the resource type.
    pub condition_keys: Vec<String>,
}

impl ResourceType {
    /// The name of the generated type for the resource type `name`, unless the catalog specifies another one.
    pub fn default_type_name(name: &str) -> String {
        names::type_name(name)
    }

    /// The name of the generated type, for example `CampaignMetrics`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The name of the generated struct of the resource type's condition keys, for example `CampaignKeys`.
    pub fn keys_type_name(&self) -> String {
        names::keys_type_name(&self.type_name)
    }

    /// The fields of the generated struct of the resource type's condition keys.
    ///
    /// A field is named like its key without the prefix of the service, unless two fields would get the same name. All
    /// tags are one field. Keys of the request's tags are not included, because they do not belong to the resource.
    pub fn key_fields<'a>(&self, service: &'a Service) -> Vec<KeyField<'a>> {
        key_fields(&self.condition_keys, service)
    }
}

/// The condition keys with these names as fields.
fn key_fields<'a>(condition_keys: &[String], service: &'a Service) -> Vec<KeyField<'a>> {
    let prefix = format!("{}_", names::snake_case(&service.prefix));
    let mut fields: Vec<KeyField<'a>> = Vec::new();
    for name in condition_keys {
        let mut keys = service.condition_keys.iter();
        let Some(key) = keys.find(|key| key.name.eq_ignore_ascii_case(name)) else {
            continue;
        };
        if names::is_request_tag(name) {
            continue;
        }
        let shape = if names::is_resource_tag(name) {
            KeyShape::Tags
        } else if key.pieces().len() > 1 {
            KeyShape::Filled
        } else {
            KeyShape::Named
        };
        let short = match shape {
            KeyShape::Tags => "tags",
            _ => key
                .rust_name
                .strip_prefix(&prefix)
                .unwrap_or(&key.rust_name),
        };
        let has_tags = fields.iter().any(|field| field.shape == KeyShape::Tags);
        if shape == KeyShape::Tags && has_tags {
            continue;
        }
        let name = short.to_owned();
        fields.push(KeyField { name, key, shape });
    }
    let short: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
    for field in &mut fields {
        let is_ambiguous = short.iter().filter(|name| **name == field.name).count() > 1;
        if is_ambiguous && field.shape != KeyShape::Tags {
            field.name.clone_from(&field.key.rust_name);
        }
        if names::is_keyword(&field.name) {
            field.name.insert_str(0, "r#");
        }
    }
    fields
}

/// A field of the generated struct of a resource type's condition keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyField<'a> {
    /// The name of the field, as Rust code writes it.
    pub name: String,
    /// The key.
    pub key: &'a ConditionKey,
    /// How the field represents the key.
    pub shape: KeyShape,
}

/// How a field represents a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyShape {
    /// The tags of the resource.
    Tags,
    /// A key with a fixed name; `None` if it is absent.
    Named,
    /// A key with placeholders: a list of complete names with their values.
    Filled,
}

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Action {
    /// The name without the service prefix, for example `GetCampaign`.
    pub name: String,
    pub(crate) type_name: String,
    /// One sentence that describes what the action lets a principal do.
    pub summary: String,
    /// The access level; `None` if no source mentions it.
    pub access_level: Option<AccessLevel>,
    /// The resource types that the action acts on; empty for an action that is checked against `*`.
    pub resources: Vec<Arc<ResourceType>>,
    /// Placeholders that the action fixes, as `(placeholder, value)`.
    pub pinned: Vec<(String, String)>,
    /// The REST route; `None` if the action does not have one.
    pub route: Option<Route>,
    /// The value of the header `X-Amz-Target`, for operations of an API that uses one path for all operations.
    pub target: Option<String>,
    /// Locations, in the request, of placeholder values that are not part of the path, as `(placeholder, location)`:
    /// `$.PoolId` in the body, `query:poolId` in the query, `$.PoolIds[]` for a list of values in the body.
    pub from_request: Vec<(String, String)>,
    /// The path parameter that contains a complete ARN. With `whole_arn_from`, the name of the value there.
    pub whole_arn: Option<String>,
    /// The location, in the request, of a complete ARN that is not part of the path: `$.ResourceArn`.
    pub whole_arn_from: Option<String>,
    /// The condition keys that requests for the action may carry.
    pub condition_keys: Vec<String>,
    /// Those of the condition keys that every handler of the action must supply.
    pub required_keys: Vec<String>,
    /// The location of the tags in the request: `$.tags` in the body, `query:tagKeys` in the query.
    pub request_tags: Option<String>,
    /// Dependent actions: other actions that the caller must also be allowed.
    pub dependent_actions: Vec<DependentAction>,
    /// Whether the action is still available.
    pub lifecycle: Lifecycle,
    /// Where the action is documented.
    pub documentation: Option<String>,
    /// Former names, which older documents use for the action.
    pub former_names: Vec<String>,
    /// The short names of the sources that document the action.
    pub sources: Vec<String>,
    /// The values of single sources that differ from the entry.
    pub seen: Vec<SourceVariant>,
    /// Whether the action is missing from every reference.
    pub undocumented: bool,
    /// A remark on disputed or surprising facts.
    pub note: Option<String>,
}

impl Action {
    /// Whether `name` is valid as the name of a generated type.
    pub fn can_be_type_name(name: &str) -> bool {
        names::is_capitalized(name) && !names::is_taken_type_name(name)
    }

    /// The name of the generated type, by which code refers to the action: `Connect` for `connect`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The template of `resource` with the values that the action fixes.
    pub fn arn(&self, resource: &ResourceType) -> String {
        self.pinned
            .iter()
            .fold(resource.arn.text.clone(), |arn, (placeholder, value)| {
                arn.replace(&format!("${{{placeholder}}}"), value)
            })
    }

    /// The name of the function's argument for the complete ARN, for example `resource_arn`.
    pub fn whole_arn_field(&self) -> Option<String> {
        self.whole_arn.as_deref().map(names::snake_case)
    }

    /// The condition keys of requests for the action that a handler can supply: `keys(name = value)`. Tags have attributes
    /// of their own.
    pub fn key_fields<'a>(&self, service: &'a Service) -> Vec<KeyField<'a>> {
        let mut fields = key_fields(&self.condition_keys, service);
        fields.retain(|field| field.shape != KeyShape::Tags);
        fields
    }

    /// Whether requests for the action can carry tags: its condition keys include `aws:RequestTag/..` or `aws:TagKeys`.
    pub fn takes_request_tags(&self) -> bool {
        let mut keys = self.condition_keys.iter().map(|key| key.to_lowercase());
        keys.any(|key| key == "aws:tagkeys" || key.starts_with("aws:requesttag/"))
    }

    /// The source of the value of `placeholder` in requests to the action's route.
    ///
    /// `None` only for an action without a route: the caller must specify the value.
    pub fn binding(&self, placeholder: &Placeholder) -> Option<Binding<'_>> {
        if let Some((_, value)) = self
            .pinned
            .iter()
            .find(|(name, _)| *name == placeholder.name)
        {
            return Some(Binding::Pinned(value));
        }
        let mut elsewhere = self.from_request.iter();
        if let Some((_, place)) = elsewhere.find(|(name, _)| *name == placeholder.name) {
            return Some(Binding::Request(place));
        }
        if let Some(name) = &self.whole_arn {
            return Some(match &self.whole_arn_from {
                Some(place) => Binding::WholeArnInRequest(place),
                None => Binding::WholeArn(name),
            });
        }
        self.route
            .as_ref()?
            .parameters()
            .find(|parameter| *parameter == placeholder.parameter)
            .map(Binding::Path)
    }
}

/// The source of a placeholder's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding<'a> {
    /// The path parameter with this name.
    Path(&'a str),
    /// This fixed value.
    Pinned(&'a str),
    /// A location in the request outside its path: `$.PoolId` in the body, `query:poolId` in the query, `$.PoolIds[]`
    /// for a list of values in the body.
    Request(&'a str),
    /// The path parameter with this name, which contains the complete ARN.
    WholeArn(&'a str),
    /// A location in the request outside its path, which contains the complete ARN: `$.ResourceArn`.
    WholeArnInRequest(&'a str),
}

/// How AWS classifies an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Every access level.
    pub const ALL: [Self; 5] = [
        Self::List,
        Self::Read,
        Self::Write,
        Self::Tagging,
        Self::PermissionsManagement,
    ];

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

/// An HTTP method and a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The method in upper case.
    pub method: String,
    /// The path with its parameters in braces, for example `/v1/apps/{application-id}`.
    pub path: String,
    /// The status of a successful response.
    pub success_status: u16,
}

impl Route {
    /// The names of the path's parameters, in order of appearance and without braces.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether a path segment without braces is valid: unreserved characters of RFC 3986, except `.` and `..`.
    pub fn is_literal_segment(segment: &str) -> bool {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    }
}

/// An action that the caller of another action needs in addition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DependentAction {
    /// The action with its prefix, for example `iam:PassRole`.
    pub action: String,
    /// The condition under which it is needed, as the end of a sentence: `when the request carries tags`.
    pub when: String,
    /// Whether it is needed only for requests that carry tags.
    pub only_with_tags: bool,
    /// The type of the resource on which it is needed, if the action creates that resource.
    pub resource: Option<Arc<ResourceType>>,
    /// The request members that name the resource of the dependent action. Without them and `resource`, both actions
    /// have the same resource.
    pub resource_from: Vec<String>,
    /// The short name of the source of this fact.
    pub source: String,
}

/// The lifecycle of an action: whether it is still available.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifecycle {
    /// The state of the action.
    pub state: LifecycleState,
    /// The day on which it was or will be retired, `YYYY-MM-DD`.
    pub ended: Option<String>,
    /// The short name of the source of this fact.
    pub source: Option<String>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceVariant {
    /// The short name of the source.
    pub source: String,
    /// The ARN or ARN pattern in this source.
    pub arn: Option<String>,
    /// The HTTP method in this source, if it differs.
    pub method: Option<String>,
}
