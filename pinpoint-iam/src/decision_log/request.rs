//! The request of a record, to be decided again.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use crate::arn::{Arn, InvalidArn, Scope};
use crate::context::{ConditionKey, Context, ContextLookup, Lookup, Value};
use crate::decision_log::record::{
    Outcome, Record, RecordedKey, RecordedKeys, RecordedKind, RecordedPrincipal, RecordedValue,
};
use crate::policy::Document;
use crate::principal::{InvalidPrincipal, Principal};
use crate::request::{InvalidAction, Request, RequestedAction};
use crate::resource::RequestedResource;

/// The request of a [`Record`].
///
/// The condition keys that the decision has read have the recorded values, also if the policy source now has other tags
/// for the caller. Other keys are unknown, except for those that follow from the caller's ARN. A masked value is
/// unknown as well. With the policies of the recorded revision, the decision is therefore the same, unless it depends on
/// a masked value. Other policies may depend on a key that was not read; the evaluation is then
/// [indeterminate](crate::Evaluation::Indeterminate), and contains the key.
///
/// ```
/// # use pinpoint_iam::source::PolicyStore;
/// # use pinpoint_iam::{Authorizer, Scope};
/// use pinpoint_iam::decision_log::{Record, RecordedRequest};
///
/// # let authorizer = Authorizer::builder()
/// #     .scope(Scope::new("aws", "us-east-1", "123456789012"))
/// #     .source(PolicyStore::new())
/// #     .build()?;
/// # let line = r#"{"v": 1, "time": "2026-11-29T03:00:00Z",
/// #     "principal": {"arn": "arn:aws:iam::123456789012:user/ana"}, "action": "mobiletargeting:GetApp",
/// #     "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1", "outcome": "deny", "revision": "7", "ns": 812}"#;
/// let record = Record::parse(line)?;
/// let recorded = RecordedRequest::of(&record)?;
/// let explanation = authorizer.explain(&recorded.as_request());
/// assert!(!explanation.allowed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecordedRequest<'r> {
    /// The prefix and the name, separated by a colon.
    action: Cow<'r, str>,
    /// `None` for `*`, and for a resource that is not known.
    resource: Option<Cow<'r, str>>,
    /// The parts of the resource while it is borrowed.
    arn: Option<Arn<'r>>,
    resource_is_known: bool,
    resource_account: Option<Cow<'r, str>>,
    scope: Option<Scope>,
    facts: Facts<'r>,
}

impl<'r> RecordedRequest<'r> {
    /// Converts a record into its request, which borrows the texts of the record.
    ///
    /// # Errors
    ///
    /// Fails for a list, whose resources are not recorded, and if a part of the record is not valid.
    pub fn of(record: &'r Record<'_>) -> Result<Self, InvalidRecord> {
        Self::with(record, principal, |partition, region, account| {
            Scope::new(partition, region, account)
        })
    }

    /// Converts a record into its request, with functions that convert its caller, and a partition, a region and an account.
    pub(super) fn with(
        record: &'r Record<'_>,
        principal: impl FnOnce(&RecordedPrincipal<'_>) -> Result<Principal, InvalidRecord>,
        to_scope: impl FnOnce(&str, &str, &str) -> Scope,
    ) -> Result<Self, InvalidRecord> {
        if record.outcome == Outcome::List {
            return Err(InvalidRecord::List);
        }
        RequestedAction::parse(&record.action).map_err(InvalidRecord::Action)?;
        let resource = record.resource.as_deref().filter(|arn| *arn != "*");
        let arn = resource.map(Arn::parse).transpose();
        let arn = arn.map_err(InvalidRecord::Resource)?;
        let principal = principal(&record.principal)?;
        let scope = match (record.scope.as_deref(), arn) {
            (Some(text), _) => Some(scope(text, to_scope)?),
            // A record without a scope is about a resource whose ARN contains it.
            (None, Some(arn)) => Some(to_scope(arn.partition(), arn.region(), arn.account())),
            (None, None) => None,
        };
        Ok(Self {
            action: Cow::Borrowed(&record.action),
            resource: resource.map(Cow::Borrowed),
            arn,
            resource_is_known: record.resource.is_some(),
            resource_account: record.resource_account.as_deref().map(Cow::Borrowed),
            scope,
            facts: Facts::of(Keys::Borrowed(&record.keys), principal),
        })
    }

    /// Copies the texts of the record, so that the request can be kept without it.
    pub fn into_owned(self) -> RecordedRequest<'static> {
        let text = |text: Cow<'r, str>| Cow::Owned(text.into_owned());
        let keys = self.facts.keys.as_ref().clone();
        RecordedRequest {
            action: text(self.action),
            resource: self.resource.map(text),
            arn: None,
            resource_is_known: self.resource_is_known,
            resource_account: self.resource_account.map(text),
            scope: self.scope,
            facts: Facts::of(Keys::Owned(keys.into_owned()), self.facts.principal),
        }
    }

    /// Returns the request.
    pub fn as_request(&self) -> Request<'_> {
        // INVARIANT: `with` has parsed the action.
        let (prefix, name) = self.action.split_once(':').unwrap_or_default();
        let action = RequestedAction::of_words(prefix, name);
        let arn = self.arn.map(Ok);
        let arn = arn.or_else(|| self.resource.as_deref().map(Arn::parse));
        let (resource, is_known) = match arn {
            None => (RequestedResource::All, self.resource_is_known),
            Some(Ok(arn)) => (RequestedResource::Arn(arn), true),
            // INVARIANT: `with` has parsed the ARN.
            Some(Err(_)) => (RequestedResource::All, false),
        };
        let mut request = Request::new(self.principal(), action, resource, Context::empty())
            .with_recorded_keys(&self.facts);
        if !is_known {
            request = request.with_unknown_resource();
        }
        if let Some(account) = &self.resource_account {
            request = request.with_resource_account(account);
        }
        if let Some(scope) = &self.scope {
            request = request.in_scope(scope);
        }
        request
    }

    /// Adds groups to the caller, see [`Principal::with_groups`].
    #[must_use]
    pub fn with_groups<G: Into<String>>(mut self, groups: impl IntoIterator<Item = G>) -> Self {
        self.facts.principal = self.facts.principal.with_groups(groups);
        self
    }

    /// Returns the caller.
    pub const fn principal(&self) -> &Principal {
        &self.facts.principal
    }

    /// Whether an evaluation of this request has read the condition key at this position of [`Record::keys`]. If none has
    /// read a key, its value has not influenced them.
    pub fn has_read(&self, position: usize) -> bool {
        let fact = self.facts.read.get(position);
        fact.is_some_and(|fact| fact.get().is_some())
    }

    pub(crate) fn set_resource_account(&mut self, account: &str) {
        self.resource_account = Some(Cow::Owned(account.to_owned()));
    }

    /// Returns the names of the condition keys whose values are not in the record because they are masked or too long.
    pub fn masked_keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.facts.keys.as_ref().iter();
        let masked =
            keys.filter(|(_, key)| matches!(key, RecordedKey::Masked | RecordedKey::Omitted));
        masked.map(|(name, _)| name)
    }
}

impl fmt::Display for RecordedRequest<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, principal) = (&self.action, self.principal());
        let resource = match self.resource.as_deref() {
            Some(resource) => resource,
            None if self.resource_is_known => "*",
            None => "an unknown resource",
        };
        write!(formatter, "{action} on {resource} by {principal}")
    }
}

/// The known facts about condition keys.
#[derive(Clone, Debug)]
struct Facts<'r> {
    principal: Principal,
    keys: Keys<'r>,
    /// The facts about the keys at the same positions, as far as they were read. Other policies read few of them.
    read: Box<[OnceLock<Fact>]>,
}

/// The keys of a record. Unlike a `Cow`, it is covariant.
#[derive(Clone, Debug)]
enum Keys<'r> {
    Borrowed(&'r RecordedKeys<'r>),
    Owned(RecordedKeys<'r>),
}

impl<'r> AsRef<RecordedKeys<'r>> for Keys<'r> {
    fn as_ref(&self) -> &RecordedKeys<'r> {
        match self {
            Self::Borrowed(keys) => keys,
            Self::Owned(keys) => keys,
        }
    }
}

/// What is known about one condition key, as policies are compared with it.
#[derive(Clone, Debug)]
enum Fact {
    Absent,
    Unknown,
    One(Value),
    Many(Vec<Value>),
}

impl<'r> Facts<'r> {
    fn of(keys: Keys<'r>, principal: Principal) -> Self {
        Self {
            principal,
            read: keys.as_ref().iter().map(|_| OnceLock::new()).collect(),
            keys,
        }
    }

    fn fact(&self, position: usize, key: &RecordedKey<'_>) -> Lookup<'_> {
        let create = || match key {
            RecordedKey::Absent => Fact::Absent,
            RecordedKey::Unknown | RecordedKey::Masked | RecordedKey::Omitted => Fact::Unknown,
            RecordedKey::One(value) => Fact::One(value.to_value()),
            RecordedKey::Many(values) => {
                Fact::Many(values.iter().map(RecordedValue::to_value).collect())
            }
        };
        match self.read.get(position).map(|fact| fact.get_or_init(create)) {
            Some(Fact::Absent) => Lookup::Absent,
            Some(Fact::One(value)) => Lookup::Present(value),
            Some(Fact::Many(values)) => Lookup::Multivalued(values),
            // INVARIANT: there is an element for each key.
            Some(Fact::Unknown) | None => Lookup::Unknown,
        }
    }
}

impl ContextLookup for Facts<'_> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        let mut keys = self.keys.as_ref().iter().enumerate();
        let found = keys.find(|(_, (name, _))| name.eq_ignore_ascii_case(key.folded()));
        match found {
            Some((position, (_, recorded))) => self.fact(position, recorded),
            None => match self.principal.lookup(key) {
                // The application may have added any key to the caller, and the record contains only those that were
                // read.
                Lookup::Absent => Lookup::Unknown,
                found => found,
            },
        }
    }
}

fn scope(
    text: &str,
    to_scope: impl FnOnce(&str, &str, &str) -> Scope,
) -> Result<Scope, InvalidRecord> {
    let invalid = || InvalidRecord::Scope(text.to_owned());
    let mut parts = text.split(':');
    let (Some(partition), Some(region), Some(account), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(invalid());
    };
    let scope = to_scope(partition, region, account);
    scope.check_deployment().map_err(|_| invalid())?;
    Ok(scope)
}

/// Converts the caller of a record.
pub(super) fn principal(recorded: &RecordedPrincipal<'_>) -> Result<Principal, InvalidRecord> {
    let name = recorded.name.as_deref().unwrap_or_default();
    let parsed = match (recorded.arn.as_deref(), recorded.kind) {
        (Some(arn), None) => match (recorded.role.as_deref(), arn.rsplit('/').next()) {
            (Some(role), Some(session)) => match Principal::role_session(role, session) {
                Ok(principal) if principal.arn() != Some(arn) => {
                    return Err(InvalidRecord::RoleOfSession);
                }
                principal => principal,
            },
            _ => Principal::from_arn(arn),
        },
        (None, Some(_)) if recorded.role.is_some() => return Err(InvalidRecord::RoleOfSession),
        (None, Some(RecordedKind::Service)) => Ok(Principal::service(name)),
        (None, Some(RecordedKind::WebIdentity)) => Principal::web_identity(name),
        (None, Some(RecordedKind::Saml)) => Principal::saml(name),
        (None, Some(RecordedKind::Anonymous)) => Ok(Principal::anonymous()),
        (Some(_), Some(_)) | (None, None) => return Err(InvalidRecord::NoPrincipal),
    };
    let mut principal = parsed.map_err(InvalidRecord::Principal)?;
    if recorded.path_is_unknown {
        principal = principal.with_unknown_path();
    }
    if let Some(id) = recorded.unique_id.as_deref() {
        principal = principal.with_unique_id(id);
    }
    principal = principal.with_groups(recorded.groups.iter().map(|name| &**name));
    let before = principal.roles().count();
    principal = principal.with_roles(&recorded.roles);
    if principal.roles().count() != before + recorded.roles.len() {
        return Err(InvalidRecord::Role);
    }
    for policy in &recorded.session_policies {
        let document = Document::parse(policy.document.get())
            .map_err(|error| InvalidRecord::SessionPolicy(error.to_string()))?;
        principal = principal.with_session_policy(&policy.name, document);
    }
    Ok(principal)
}

/// Why a record is not a request that can be decided again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRecord {
    /// The record is about a list, and does not contain its resources.
    List,
    /// The record has neither an ARN nor a kind of the caller, or it has both.
    NoPrincipal,
    /// The caller is not valid.
    Principal(InvalidPrincipal),
    /// `role` is not the role of the caller's session.
    RoleOfSession,
    /// One of the added roles is not valid, or occurs twice.
    Role,
    /// A session policy cannot be parsed; the text is the error.
    SessionPolicy(String),
    /// The action is not valid.
    Action(InvalidAction),
    /// The ARN of the resource is not valid.
    Resource(InvalidArn),
    /// The scope is not valid.
    Scope(String),
}

impl fmt::Display for InvalidRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => formatter
                .write_str("the record is about a list, and does not contain its resources"),
            Self::NoPrincipal => {
                formatter.write_str("`principal` needs either `arn`, or `kind` and `name`")
            }
            Self::Principal(error) => error.fmt(formatter),
            Self::RoleOfSession => {
                formatter.write_str("`role` is not the role of the session in `arn`")
            }
            Self::Role => formatter.write_str("a role in `roles` is not valid, or occurs twice"),
            Self::SessionPolicy(error) => write!(formatter, "a session policy: {error}"),
            Self::Action(error) => error.fmt(formatter),
            Self::Resource(error) => write!(formatter, "`resource`: {error}"),
            Self::Scope(text) => write!(
                formatter,
                "`scope` is `{}`: expected `partition:region:account`",
                text.escape_debug()
            ),
        }
    }
}

impl std::error::Error for InvalidRecord {}
