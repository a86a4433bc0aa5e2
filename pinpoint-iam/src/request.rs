//! Requests: one principal, one action, one resource, and their context.

use std::fmt;

use pinpoint_iam_core::__private::{contains_any, holds_control_character, is_equal, split_once};

use crate::absence::{AbsenceRules, ActionName};
use crate::action::ActionMetadata;
use crate::arn::{Arn, Scope};
use crate::context::{ConditionKey, Context, ContextLookup, Lookup, TagKey, is_named};
use crate::global_keys::{GlobalKey, is_of_identity_provider};
use crate::pattern::nfa::Nfa;
use crate::principal::{Principal, is_principal_key};
#[cfg(feature = "decision-log")]
use crate::read_keys;
use crate::resource::{RequestedResource, ResourceTypeMetadata};

/// One request for authorization. All parts are borrowed.
///
/// ```
/// use pinpoint_iam::context::Context;
/// use pinpoint_iam::request::{Request, RequestedAction};
/// use pinpoint_iam::resource::RequestedResource;
/// use pinpoint_iam::{Arn, Principal};
///
/// let principal = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// let arn = Arn::parse("arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1")?;
/// let context = Context::new();
/// let action = RequestedAction::parse("mobiletargeting:GetApp")?;
/// let request = Request::new(&principal, action, RequestedResource::Arn(arn), &context);
/// assert_eq!(request.action().name(), "GetApp");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    principal: &'a Principal,
    action: RequestedAction<'a>,
    resource: RequestedResource<'a>,
    /// The type of the resource; `None` if it is unknown, or if the action has no resource types.
    resource_type: Option<&'static ResourceTypeMetadata>,
    resource_account: Option<&'a str>,
    /// The scope of the request; `None` if policies are evaluated without a deployment.
    scope: Option<&'a Scope>,
    principal_tags: Option<&'a Context>,
    resource_tags: DeferredKeys<'a>,
    request_tags: DeferredKeys<'a>,
    /// The keys of the resource that a source supplies, other than tags.
    resource_keys: Option<ResourceKeyValues<'a>>,
    /// The keys that the attribute of the handler supplies.
    handler_keys: Option<HandlerKeys<'a>>,
    shape: Shape<'a>,
    context: RequestContext<'a>,
    /// The interpretation of keys without a value; `None` if they are absent.
    absence: Option<&'a AbsenceRules>,
    /// Whether the keys that are read are noted for a log, or come from one.
    #[cfg(feature = "decision-log")]
    key_log: KeyLog<'a>,
}

/// What a deployment adds to requests.
#[derive(Clone, Copy)]
pub(crate) struct Deployment<'a> {
    /// The scope of requests without one.
    pub(crate) scope: &'a Scope,
    /// The interpretation of keys without a value.
    pub(crate) absence: Option<&'a AbsenceRules>,
}

/// The relation of a request to a decision log.
#[cfg(feature = "decision-log")]
#[derive(Clone, Copy)]
pub(crate) enum KeyLog<'a> {
    /// None.
    None,
    /// The keys that are read are noted.
    Noted,
    /// The keys come from a record: exactly these are known.
    Recorded(&'a (dyn ContextLookup + Sync)),
}

#[cfg(feature = "decision-log")]
impl fmt::Debug for KeyLog<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "none",
            Self::Noted => "noted",
            Self::Recorded(_) => "recorded",
        })
    }
}

/// The maximum length in bytes of a text that may come from a caller and is matched by conditions.
///
/// The cost of matching is the product of the lengths of value and pattern. A longer value is unknown, so a request
/// that depends on it is denied instead of taking a long time.
pub(crate) const MAX_VALUE_LENGTH: usize = 2048;

/// The maximum number of values for one key that may come from a caller, and of tags in a request. It is
/// [AWS's limit for tags](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules).
///
/// Every value is matched with every pattern of a condition. More values make the key unknown, never absent.
pub(crate) const MOST_VALUES: usize = 50;

/// How much of the resource of a request is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'a> {
    /// The resource is the one in the request.
    One,
    /// The resource is unknown.
    Any,
    /// The resource is one of those whose ARNs have these components, from the partition on.
    OneOf(&'a [Nfa; 5]),
}

/// The condition keys of a request.
#[derive(Clone, Copy)]
pub(crate) enum RequestContext<'a> {
    /// The keys in a context.
    Made(&'a Context),
    /// The keys of a web request, computed on first use.
    #[cfg(feature = "_web")]
    OnDemand(&'a (dyn ContextOnDemand + Sync)),
    /// The keys of a web request.
    #[cfg(feature = "_web")]
    OfRequest(&'a Context),
}

/// Condition keys that are computed on first use.
#[cfg(feature = "_web")]
pub(crate) trait ContextOnDemand: ContextLookup {
    /// Computes all keys.
    fn to_context(&self) -> Context;
}

impl<'a> RequestContext<'a> {
    /// Returns all keys.
    pub(crate) fn to_context(self) -> Context {
        match self {
            Self::Made(context) => context.clone(),
            #[cfg(feature = "_web")]
            Self::OnDemand(facts) => facts.to_context(),
            #[cfg(feature = "_web")]
            Self::OfRequest(context) => context.clone(),
        }
    }

    /// Whether the keys are those of a web request.
    const fn is_of_request(self) -> bool {
        match self {
            Self::Made(_) => false,
            #[cfg(feature = "_web")]
            Self::OnDemand(_) | Self::OfRequest(_) => true,
        }
    }

    /// A context that was kept.
    const fn kept(context: &'a Context, is_of_request: bool) -> Self {
        match is_of_request {
            #[cfg(feature = "_web")]
            true => Self::OfRequest(context),
            _ => Self::Made(context),
        }
    }

    fn lookup(self, key: &ConditionKey) -> Lookup<'a> {
        match self {
            Self::Made(context) => context.lookup(key),
            #[cfg(feature = "_web")]
            Self::OnDemand(facts) => facts.lookup(key),
            #[cfg(feature = "_web")]
            Self::OfRequest(context) => context.lookup(key),
        }
    }

    /// Whether the key is absent if the context does not contain it, because the web layer would have supplied it.
    fn is_complete_for(self, key: &ConditionKey) -> bool {
        self.is_of_request() && GlobalKey::is_of_request(key.folded())
    }
}

impl<'a> From<&'a Context> for RequestContext<'a> {
    fn from(context: &'a Context) -> Self {
        Self::Made(context)
    }
}

impl fmt::Debug for RequestContext<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made(context) => context.fmt(formatter),
            #[cfg(feature = "_web")]
            Self::OfRequest(context) => context.fmt(formatter),
            #[cfg(feature = "_web")]
            Self::OnDemand(_) => formatter.write_str("on demand"),
        }
    }
}

/// Keys that a request may receive later than the rest of its context.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DeferredKeys<'a> {
    /// From the context. Keys that it does not contain have no value.
    FromContext,
    /// From the context. Keys that it does not contain are absent.
    None,
    /// The context may contain some. The others are not known yet.
    Unknown,
    /// The tags of a request for this action, whose body has not been read: [`Unknown`](Self::Unknown) if such requests
    /// can carry tags, and otherwise [`None`](Self::None). Few decisions depend on it, so it is found out by them.
    OfRequestFor(&'static ActionMetadata),
    /// From a source that has not been asked yet. A value in the context is not that of the resource.
    Pending,
    /// Exactly these keys.
    Known(&'a Context),
    /// The source of the keys does not know the resource. All of them are unknown.
    Unavailable,
}

/// The keys of a request that the attribute of its handler supplies: `keys(target_folder = order.to)`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandlerKeys<'a> {
    /// The names of the keys in the catalog.
    pub(crate) names: &'a [&'static str],
    /// Their values; `None` before the body is read.
    pub(crate) values: Option<&'a Context>,
}

impl HandlerKeys<'_> {
    /// Whether the attribute supplies the key.
    pub(crate) fn contain(&self, key: &ConditionKey) -> bool {
        self.names.iter().any(|name| is_named(name, key.folded()))
    }
}

/// The keys of a resource that a source supplies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceKeyValues<'a> {
    /// Which keys these are.
    pub(crate) names: ResourceKeyNames,
    pub(crate) values: DeferredKeys<'a>,
}

/// What is known about a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceFacts<'a> {
    /// Its keys from a source of the keys of its type.
    pub(crate) keys: Option<ResourceKeyValues<'a>>,
    /// Its tags.
    pub(crate) tags: DeferredKeys<'a>,
}

/// The condition keys of resources.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResourceKeyNames {
    /// The keys of a resource type.
    OfType(&'static ResourceTypeMetadata),
    /// The keys of all resource types of an action, before the resource is known.
    OfAction(&'static ActionMetadata),
}

impl ResourceKeyNames {
    /// Whether tags are among the keys.
    pub(crate) fn contain_tags(self) -> bool {
        match self {
            Self::OfType(resource_type) => lists_tags(resource_type),
            Self::OfAction(action) => {
                let mut types = action.resource_types.iter();
                types.any(|resource_type| lists_tags(resource_type))
            }
        }
    }

    fn contain(self, key: &ConditionKey) -> bool {
        let is_of = |resource_type: &ResourceTypeMetadata| {
            let mut names = resource_type.condition_keys.iter();
            names.any(|name| is_named(name, key.folded()))
        };
        match self {
            Self::OfType(resource_type) => is_of(resource_type),
            Self::OfAction(action) => action.resource_types.iter().any(|other| is_of(other)),
        }
    }
}

/// Whether tags are among the keys of a resource type.
pub(crate) fn lists_tags(resource_type: &ResourceTypeMetadata) -> bool {
    let mut keys = resource_type.condition_keys.iter();
    keys.any(|key| TagKey::of(key) == Some(TagKey::Resource))
}

impl<'a> DeferredKeys<'a> {
    fn lookup(self, key: &ConditionKey, context: RequestContext<'a>) -> Lookup<'a> {
        match self {
            Self::FromContext | Self::None => context.lookup(key),
            Self::Known(keys) => keys.lookup(key),
            Self::Pending | Self::Unavailable => Lookup::Unknown,
            Self::OfRequestFor(action) if !action.takes_request_tags() => context.lookup(key),
            Self::Unknown | Self::OfRequestFor(_) => match context.lookup(key) {
                Lookup::Absent => Lookup::Unknown,
                known => known,
            },
        }
    }
}

impl<'a> Request<'a> {
    /// Creates a request of `principal` to perform `action` on `resource`, with the condition keys of `context`.
    ///
    /// A key of the principal takes precedence over an equal key of `context`. If an [`Authorizer`](crate::Authorizer)
    /// decides, other keys in `context` that describe the principal (`aws:Principal…`, `aws:username`, `aws:userid`,
    /// `aws:FederatedProvider`) are not trusted, and count as unknown.
    pub const fn new(
        principal: &'a Principal,
        action: RequestedAction<'a>,
        resource: RequestedResource<'a>,
        context: &'a Context,
    ) -> Self {
        Self {
            principal,
            action,
            resource,
            resource_type: None,
            resource_account: None,
            scope: None,
            principal_tags: None,
            resource_tags: DeferredKeys::FromContext,
            request_tags: DeferredKeys::FromContext,
            resource_keys: None,
            handler_keys: None,
            shape: Shape::One,
            context: RequestContext::Made(context),
            absence: None,
            #[cfg(feature = "decision-log")]
            key_log: KeyLog::None,
        }
    }

    /// Takes all condition keys from the record of a request, and none from the context or the principal.
    ///
    /// `keys` decides about every key: a key that the record does not contain should be
    /// [unknown](Lookup::Unknown) and not absent, unless it has the value that follows from the principal.
    /// [`RecordedRequest`](crate::decision_log::RecordedRequest) does this for records of the decision log; logs of other
    /// services need their own implementation.
    #[cfg(feature = "decision-log")]
    #[must_use]
    pub const fn with_recorded_keys(mut self, keys: &'a (dyn ContextLookup + Sync)) -> Self {
        self.key_log = KeyLog::Recorded(keys);
        self
    }

    /// Notes the keys that are read, unless they come from a record.
    #[cfg(feature = "decision-log")]
    pub(crate) const fn noting_keys(mut self) -> Self {
        if matches!(self.key_log, KeyLog::None) {
            self.key_log = KeyLog::Noted;
        }
        self
    }

    /// Returns the scope of the request, if it has its own.
    pub const fn scope(&self) -> Option<&'a Scope> {
        self.scope
    }

    /// Returns the account that owns the resource, if the application has set it.
    #[cfg(feature = "decision-log")]
    pub(crate) const fn given_resource_account(&self) -> Option<&'a str> {
        self.resource_account
    }

    /// The request for another resource.
    pub(crate) const fn with_resource(mut self, resource: RequestedResource<'a>) -> Self {
        self.resource = resource;
        self
    }

    /// Changes the resource to another one of the same type, with its facts.
    #[inline]
    pub(crate) const fn set_resource(
        &mut self,
        resource: RequestedResource<'a>,
        facts: ResourceFacts<'a>,
    ) {
        self.resource = resource;
        self.resource_keys = facts.keys;
        self.resource_tags = facts.tags;
    }

    /// Changes the action, and the tags of the request, which depend on it.
    #[inline]
    pub(crate) fn set_action(
        &mut self,
        action: &'static ActionMetadata,
        request_tags: DeferredKeys<'a>,
    ) {
        self.action = action.into();
        self.request_tags = request_tags;
    }

    /// Sets the condition keys, which may be computed later.
    pub(crate) const fn with_context(mut self, context: RequestContext<'a>) -> Self {
        self.context = context;
        self
    }

    /// Sets the interpretation of keys without a value.
    pub(crate) const fn with_absence(mut self, rules: &'a AbsenceRules) -> Self {
        self.absence = Some(rules);
        self
    }

    /// Whether the value of `key`, which is unknown, is so because no source supplies it.
    pub(crate) fn lacks_source(&self, key: &ConditionKey) -> bool {
        let tags = match TagKey::of(key.folded()) {
            Some(TagKey::Resource) => Some(self.resource_tags),
            Some(TagKey::Request) => Some(self.request_tags),
            None => None,
        };
        match self.resource_keys_for(key).or(tags) {
            Some(DeferredKeys::Unavailable) => true,
            Some(DeferredKeys::Known(_) | DeferredKeys::Pending) => false,
            _ => {
                matches!(self.principal.lookup(key), Lookup::Absent)
                    && matches!(self.context.lookup(key), Lookup::Absent)
            }
        }
    }

    /// The keys of the resource, if `key` is one of those that their source supplies.
    fn resource_keys_for(&self, key: &ConditionKey) -> Option<DeferredKeys<'a>> {
        let keys = self.resource_keys?;
        keys.names.contain(key).then_some(keys.values)
    }

    /// Returns the state of a key for which no value was supplied.
    fn without_value(&self, key: &ConditionKey) -> Lookup<'static> {
        let action = ActionName {
            prefix: self.action.prefix,
            name: self.action.name,
            metadata: self.action.known.filter(|known| known.has_catalog()),
            has_resource: !matches!(self.resource, RequestedResource::All)
                || self.resource_is_unknown(),
            resource_type: self.resource_type,
        };
        match self.absence {
            Some(rules) if !self.context.is_complete_for(key) => {
                rules.without_value(key, action, self.principal)
            }
            _ => Lookup::Absent,
        }
    }

    /// Sets the account that owns the resource, for ARNs without an account.
    #[must_use]
    pub const fn with_resource_account(mut self, account: &'a str) -> Self {
        self.resource_account = Some(account);
        self
    }

    /// The request as it is decided: with what the deployment adds, the enriched `principal`, and the tags of its user or
    /// role from the policy source. Keys of the principal itself, such as session tags, take precedence over those tags.
    ///
    /// A scope of the request takes precedence over that of the deployment. Without a scope, a resource without an account
    /// would belong to the account of the caller, for any caller.
    #[inline]
    pub(crate) fn decided_for<'b>(
        &self,
        deployment: Deployment<'b>,
        principal: &'b Principal,
        tags: &'b Context,
    ) -> Request<'b>
    where
        'a: 'b,
    {
        Request {
            principal,
            principal_tags: Some(tags),
            scope: Some(self.scope.unwrap_or(deployment.scope)),
            absence: deployment.absence.or(self.absence),
            ..*self
        }
    }

    /// Sets the scope of the request. A resource without an account, such as `*`, belongs to the account of the scope.
    ///
    /// An authorizer uses its own scope for requests without one. If tenants are accounts, the scope of the request is
    /// that of its tenant, see [`Scope::with_account`].
    #[must_use]
    pub const fn in_scope(mut self, scope: &'a Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sets the tags of the resource and of the request, as far as they are known.
    pub(crate) const fn with_tags(
        mut self,
        resource: DeferredKeys<'a>,
        request: DeferredKeys<'a>,
    ) -> Self {
        self.resource_tags = resource;
        self.request_tags = request;
        self
    }

    /// Sets the keys of the resource that a source supplies, as far as they are known.
    pub(crate) const fn with_resource_keys(mut self, keys: Option<ResourceKeyValues<'a>>) -> Self {
        self.resource_keys = keys;
        self
    }

    /// Sets the keys that the attribute of the handler supplies.
    pub(crate) const fn with_handler_keys(mut self, keys: Option<HandlerKeys<'a>>) -> Self {
        self.handler_keys = keys;
        self
    }

    /// Sets the type of the resource, whose keys can have values.
    pub(crate) const fn of_type(
        mut self,
        resource_type: Option<&'static ResourceTypeMetadata>,
    ) -> Self {
        self.resource_type = resource_type;
        self
    }

    /// Marks the resource as unknown, because only the body identifies it and has not been read.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_unknown_resource(mut self) -> Self {
        self.shape = Shape::Any;
        self
    }

    /// Extends the request to all resources whose ARNs have these components. The request was created with one of them.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_any_of(mut self, components: &'a [Nfa; 5]) -> Self {
        self.shape = Shape::OneOf(components);
        self
    }

    /// Returns how much of the resource is known.
    pub(crate) const fn shape(&self) -> Shape<'a> {
        self.shape
    }

    /// Whether the resource is unknown.
    pub(crate) const fn resource_is_unknown(&self) -> bool {
        !matches!(self.shape, Shape::One)
    }

    /// Whether the request is about all resources of a template at once, which only the reference evaluator supports.
    pub(crate) const fn is_about_many_resources(&self) -> bool {
        matches!(self.shape, Shape::OneOf(_))
    }

    /// Returns the principal.
    pub const fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// Returns the requested action.
    pub const fn action(&self) -> RequestedAction<'a> {
        self.action
    }

    /// Returns the requested resource.
    pub const fn resource(&self) -> RequestedResource<'a> {
        self.resource
    }

    /// Returns [`resource`](Self::resource) by reference.
    pub(crate) const fn resource_ref(&self) -> &RequestedResource<'a> {
        &self.resource
    }

    /// Returns the account that owns the resource.
    ///
    /// If neither the ARN nor the request contains it, this is the account of the principal. An authorizer uses the
    /// account of its scope instead.
    pub fn resource_account(&self) -> Option<&'a str> {
        let from_arn = match self.resource {
            RequestedResource::Arn(arn) => {
                Some(arn.account()).filter(|account| !account.is_empty())
            }
            RequestedResource::All => None,
        };
        self.resource_account
            .or(from_arn)
            .or(self.scope.map(Scope::account))
            .or(self.principal.account())
    }

    /// Whether the resource belongs to the caller's account. Accounts in different partitions are different, even if
    /// their numbers are equal.
    #[inline]
    pub(crate) fn is_same_account(&self) -> bool {
        let is_same = |left: &str, right: &str| is_equal(left.as_bytes(), right.as_bytes());
        let one_partition = match (self.scope, self.principal.partition()) {
            (None, _) | (_, "") => true,
            (Some(scope), callers) => is_same(scope.partition(), callers),
        };
        let one_account = match (self.principal.account(), self.resource_account()) {
            (Some(callers), Some(owner)) => is_same(callers, owner),
            (callers, owner) => callers == owner,
        };
        one_partition && one_account
    }
}

/// The parts of a request, kept after the request has ended.
#[derive(Clone, Debug)]
pub(crate) struct OwnedRequest {
    principal: Principal,
    action: &'static ActionMetadata,
    resource_account: Option<String>,
    scope: Option<Scope>,
    principal_tags: Option<Context>,
    resource_type: Option<&'static ResourceTypeMetadata>,
    resource_tags: OwnedKeys,
    request_tags: OwnedKeys,
    resource_keys: Option<(ResourceKeyNames, OwnedKeys)>,
    handler_keys: Option<(Vec<&'static str>, Option<Context>)>,
    is_any_resource: bool,
    context: Context,
    /// Whether the context is that of a web request.
    is_of_request: bool,
}

/// [`DeferredKeys`] that are kept.
#[derive(Clone, Debug)]
enum OwnedKeys {
    FromContext,
    None,
    Unknown,
    OfRequestFor(&'static ActionMetadata),
    Pending,
    Known(Context),
    Unavailable,
}

impl OwnedKeys {
    const fn borrow(&self) -> DeferredKeys<'_> {
        match self {
            Self::FromContext => DeferredKeys::FromContext,
            Self::None => DeferredKeys::None,
            Self::Unknown => DeferredKeys::Unknown,
            Self::OfRequestFor(action) => DeferredKeys::OfRequestFor(action),
            Self::Pending => DeferredKeys::Pending,
            Self::Known(keys) => DeferredKeys::Known(keys),
            Self::Unavailable => DeferredKeys::Unavailable,
        }
    }
}

impl DeferredKeys<'_> {
    fn to_owned(self) -> OwnedKeys {
        match self {
            Self::FromContext => OwnedKeys::FromContext,
            Self::None => OwnedKeys::None,
            Self::Unknown => OwnedKeys::Unknown,
            Self::OfRequestFor(action) => OwnedKeys::OfRequestFor(action),
            Self::Pending => OwnedKeys::Pending,
            Self::Known(keys) => OwnedKeys::Known(keys.clone()),
            Self::Unavailable => OwnedKeys::Unavailable,
        }
    }
}

impl OwnedRequest {
    /// Keeps a request. Returns `None` for an action without metadata, and for several resources at once, which no
    /// guard checks.
    pub(crate) fn of(request: &Request<'_>) -> Option<Self> {
        // Without `..`, because an explanation without a part of the request would be wrong.
        let Request {
            principal,
            action,
            // The denial contains its ARN.
            resource: _,
            resource_type,
            resource_account,
            scope,
            principal_tags,
            resource_tags,
            request_tags,
            resource_keys,
            handler_keys,
            shape,
            context,
            // The authorizer sets its rules again.
            absence: _,
            // A guard checks requests, and they do not come from a record.
            #[cfg(feature = "decision-log")]
                key_log: _,
        } = *request;
        Some(Self {
            principal: principal.clone(),
            action: action.known?,
            resource_type,
            resource_account: resource_account.map(str::to_owned),
            scope: scope.cloned(),
            principal_tags: principal_tags.cloned(),
            resource_tags: resource_tags.to_owned(),
            request_tags: request_tags.to_owned(),
            resource_keys: resource_keys.map(|keys| (keys.names, keys.values.to_owned())),
            handler_keys: handler_keys.map(|keys| (keys.names.to_vec(), keys.values.cloned())),
            is_any_resource: match shape {
                Shape::One => false,
                Shape::Any => true,
                Shape::OneOf(_) => return None,
            },
            context: context.to_context(),
            is_of_request: context.is_of_request(),
        })
    }

    /// Returns the request for the resource with this ARN; `None` if the ARN cannot be parsed, which does not happen.
    pub(crate) fn as_request<'a>(&'a self, resource: Option<&'a str>) -> Option<Request<'a>> {
        Some(Request {
            principal: &self.principal,
            action: self.action.into(),
            resource: match resource {
                None => RequestedResource::All,
                Some(arn) => RequestedResource::Arn(Arn::parse(arn).ok()?),
            },
            resource_type: self.resource_type,
            resource_account: self.resource_account.as_deref(),
            scope: self.scope.as_ref(),
            principal_tags: self.principal_tags.as_ref(),
            resource_tags: self.resource_tags.borrow(),
            request_tags: self.request_tags.borrow(),
            resource_keys: self
                .resource_keys
                .as_ref()
                .map(|(names, values)| ResourceKeyValues {
                    names: *names,
                    values: values.borrow(),
                }),
            handler_keys: self
                .handler_keys
                .as_ref()
                .map(|(names, values)| HandlerKeys {
                    names,
                    values: values.as_ref(),
                }),
            shape: match self.is_any_resource {
                true => Shape::Any,
                false => Shape::One,
            },
            context: RequestContext::kept(&self.context, self.is_of_request),
            absence: None,
            #[cfg(feature = "decision-log")]
            key_log: KeyLog::None,
        })
    }
}

/// Whether only the principal and the policy source supply the key.
fn is_only_of_principal(folded: &str) -> bool {
    let is_federated = || {
        let prefix = folded.split_once(':');
        prefix.is_some_and(|(prefix, _)| is_of_identity_provider(prefix))
    };
    is_principal_key(folded) || is_federated()
}

impl<'a> Request<'a> {
    fn lookup_deferred(&self, keys: DeferredKeys<'a>, key: &ConditionKey) -> Lookup<'a> {
        match (keys, keys.lookup(key, self.context)) {
            (DeferredKeys::FromContext, Lookup::Absent) => self.without_value(key),
            (_, found) => found,
        }
    }
}

impl ContextLookup for Request<'_> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        #[cfg(feature = "decision-log")]
        match self.key_log {
            KeyLog::None => {}
            KeyLog::Noted => {
                let found = self.find(key);
                read_keys::note(key, &found);
                return found;
            }
            KeyLog::Recorded(keys) => return keys.lookup(key),
        }
        self.find(key)
    }
}

impl Request<'_> {
    /// Returns the known facts about `key`, without noting that it was read.
    pub(crate) fn find(&self, key: &ConditionKey) -> Lookup<'_> {
        match self.principal.lookup(key) {
            Lookup::Absent => {}
            found => return found,
        }
        match self.principal_tags.map(|tags| tags.lookup(key)) {
            None | Some(Lookup::Absent) => {}
            Some(found) => return found,
        }
        match TagKey::of(key.folded()) {
            Some(TagKey::Resource) => self.lookup_deferred(self.resource_tags, key),
            Some(TagKey::Request) => self.lookup_deferred(self.request_tags, key),
            // If an authorizer decides, keys that describe the principal or come from its identity provider come only
            // from the principal and the policy source. Such keys in a context are not trusted, but they are not ignored either.
            None if self.principal_tags.is_some() && is_only_of_principal(key.folded()) => {
                match self.context.lookup(key) {
                    Lookup::Absent => self.without_value(key),
                    Lookup::Present(_) | Lookup::Multivalued(_) | Lookup::Unknown => {
                        Lookup::Unknown
                    }
                }
            }
            None if self.handler_keys.is_some_and(|keys| keys.contain(key)) => {
                let values = self.handler_keys.and_then(|keys| keys.values);
                values.map_or(Lookup::Unknown, |values| values.lookup(key))
            }
            None => match (self.resource_keys_for(key), self.context.lookup(key)) {
                (Some(values), _) => values.lookup(key, self.context),
                (None, Lookup::Absent) => self.without_value(key),
                (None, found) => found,
            },
        }
    }
}

/// An action in a request: a service prefix and a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedAction<'a> {
    prefix: &'a str,
    name: &'a str,
    known: Option<&'static ActionMetadata>,
}

impl<'a> RequestedAction<'a> {
    /// Parses `prefix:Name`. The action need not be in a catalog.
    ///
    /// # Errors
    ///
    /// Fails if the text does not consist of two words separated by one colon, or if it contains a wildcard.
    pub fn parse(text: &'a str) -> Result<Self, InvalidAction> {
        let has_meaning =
            contains_any(text, [b'*', b'?', b'$', b' ']) || holds_control_character(text);
        match split_once(text, b':') {
            Some((prefix, name))
                if !prefix.is_empty()
                    && !name.is_empty()
                    && !has_meaning
                    && !contains_any(name, [b':']) =>
            {
                Ok(Self {
                    prefix,
                    name,
                    known: None,
                })
            }
            _ => Err(InvalidAction(text.to_owned())),
        }
    }

    /// The action with this prefix and name, which were parsed before.
    #[cfg(feature = "decision-log")]
    pub(crate) const fn of_words(prefix: &'a str, name: &'a str) -> Self {
        Self {
            prefix,
            name,
            known: None,
        }
    }

    /// Returns the service prefix, for example `mobiletargeting`.
    pub const fn prefix(&self) -> &'a str {
        self.prefix
    }

    /// Returns the name without the prefix, for example `GetCampaign`.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the catalog's metadata of the action, for a request that was created from a typed action.
    pub const fn metadata(&self) -> Option<&'static ActionMetadata> {
        self.known
    }
}

impl From<&'static ActionMetadata> for RequestedAction<'static> {
    fn from(metadata: &'static ActionMetadata) -> Self {
        Self {
            prefix: metadata.service.prefix,
            name: metadata.name,
            known: Some(metadata),
        }
    }
}

impl fmt::Display for RequestedAction<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.prefix)?;
        formatter.write_str(":")?;
        formatter.write_str(self.name)
    }
}

/// The error for a text that is not a valid action of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAction(String);

impl fmt::Display for InvalidAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not an action: expected a service prefix and a name, as in `mobiletargeting:GetCampaign`",
            self.0.escape_debug()
        )
    }
}

impl std::error::Error for InvalidAction {}
