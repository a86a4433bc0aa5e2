//! What is asked: one principal, one action, one resource, and the facts around them.

use std::fmt;

use pinpoint_iam_core::internal::holds_control_character;

use crate::action::ActionMetadata;
use crate::arn::Scope;
use crate::context::{ConditionKey, Context, ContextLookup, Lookup, TagKey};
use crate::pattern::nfa::Nfa;
use crate::principal::{Principal, is_principal_key};
use crate::resource::RequestedResource;

/// One request for authorization. Everything in it is borrowed.
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
    resource_account: Option<&'a str>,
    /// The scope that is asked; none where policies are tried out.
    scope: Option<&'a Scope>,
    principal_tags: Option<&'a Context>,
    resource_tags: DeferredTags<'a>,
    request_tags: DeferredTags<'a>,
    shape: Shape<'a>,
    context: RequestContext<'a>,
}

/// The longest text that conditions are asked about, in bytes, where a caller may have written it.
///
/// Matching costs the product of the lengths of value and pattern; a longer value is taken to be unknown, so that a
/// decision which depends on it is refused instead of being worked on for long.
pub(crate) const MAX_VALUE_LENGTH: usize = 2048;

/// How many values conditions are asked about for one key, where a caller may have written them, and how many tags a request
/// may have: as many as [AWS has for tags](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules).
///
/// Every value is matched by every pattern of a condition. More are taken to be unknown, never absent.
pub(crate) const MOST_VALUES: usize = 50;

/// What is known of the resource of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'a> {
    /// All: it is the one that the request names.
    One,
    /// Nothing.
    Any,
    /// It is one of those whose ARNs have these components, from the partition on.
    OneOf(&'a [Nfa; 5]),
}

/// The condition keys of a request.
#[derive(Clone, Copy)]
pub(crate) enum RequestContext<'a> {
    /// They are there.
    Made(&'a Context),
    /// Each is made when a decision asks for it.
    #[cfg(any(feature = "axum", feature = "actix"))]
    OnDemand(&'a (dyn ContextLookup + Sync)),
}

impl<'a> RequestContext<'a> {
    fn lookup(self, key: &ConditionKey) -> Lookup<'a> {
        match self {
            Self::Made(context) => context.lookup(key),
            #[cfg(any(feature = "axum", feature = "actix"))]
            Self::OnDemand(facts) => facts.lookup(key),
        }
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
            #[cfg(any(feature = "axum", feature = "actix"))]
            Self::OnDemand(_) => formatter.write_str("on demand"),
        }
    }
}

/// What is known of tags that a request learns later than the rest of its context.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DeferredTags<'a> {
    /// The context tells all of them: what it does not have, there is not.
    FromContext,
    /// The context may tell some; the others are not known yet.
    Unknown,
    /// These, as condition keys, and no others.
    Known(&'a Context),
}

impl<'a> DeferredTags<'a> {
    fn lookup(self, key: &ConditionKey, context: RequestContext<'a>) -> Lookup<'a> {
        match self {
            Self::FromContext => context.lookup(key),
            Self::Known(tags) => tags.lookup(key),
            Self::Unknown => match context.lookup(key) {
                Lookup::Absent => Lookup::Unknown,
                known => known,
            },
        }
    }
}

impl<'a> Request<'a> {
    /// A request of `principal` to do `action` to `resource`, with the condition keys of `context`.
    ///
    /// A key that the principal gives goes before an equal one of `context`. Where an [`Authorizer`](crate::Authorizer)
    /// decides, what `context` says of the principal beyond that (`aws:Principal…`, `aws:username`, `aws:userid`,
    /// `aws:FederatedProvider`) is not believed: it counts as not known.
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
            resource_account: None,
            scope: None,
            principal_tags: None,
            resource_tags: DeferredTags::FromContext,
            request_tags: DeferredTags::FromContext,
            shape: Shape::One,
            context: RequestContext::Made(context),
        }
    }

    /// The request with condition keys that may yet have to be made.
    pub(crate) const fn with_context(mut self, context: RequestContext<'a>) -> Self {
        self.context = context;
        self
    }

    /// The request with the account that owns the resource, for ARNs that do not tell it.
    #[must_use]
    pub const fn with_resource_account(mut self, account: &'a str) -> Self {
        self.resource_account = Some(account);
        self
    }

    /// The request of the same caller with what a policy source knows of it: `principal` completed, and the tags of its
    /// user or role. Keys of the principal itself, such as session tags, go before those tags.
    pub(crate) const fn of<'b>(self, principal: &'b Principal, tags: &'b Context) -> Request<'b>
    where
        'a: 'b,
    {
        Request {
            principal,
            principal_tags: Some(tags),
            ..self
        }
    }

    /// The request as one to `scope`: what does not tell its account, such as `*`, is the scope's.
    ///
    /// An authorizer puts a request without a scope into its own. Where tenants are accounts, the scope of the request is
    /// that of its tenant, see [`Scope::with_account`].
    #[must_use]
    pub const fn in_scope(mut self, scope: &'a Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// The request with what is known of the tags of the resource and of those in the request.
    pub(crate) const fn with_tags(
        mut self,
        resource: DeferredTags<'a>,
        request: DeferredTags<'a>,
    ) -> Self {
        self.resource_tags = resource;
        self.request_tags = request;
        self
    }

    /// The request for a resource that only its body names, before the body is read.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_unknown_resource(mut self) -> Self {
        self.shape = Shape::Any;
        self
    }

    /// The request for any resource whose ARN has such components; what the request was made with is one of them.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_any_of(mut self, components: &'a [Nfa; 5]) -> Self {
        self.shape = Shape::OneOf(components);
        self
    }

    /// What is known of the resource.
    pub(crate) const fn shape(&self) -> Shape<'a> {
        self.shape
    }

    /// Whether the resource is not known yet.
    pub(crate) const fn resource_is_unknown(&self) -> bool {
        !matches!(self.shape, Shape::One)
    }

    /// Whether the request is about all resources of a template at once, which only the reference evaluator answers.
    pub(crate) const fn is_about_many_resources(&self) -> bool {
        matches!(self.shape, Shape::OneOf(_))
    }

    /// The request in its own scope or, without one, in that of the deployment that is asked.
    ///
    /// Without any, what does not tell its account would count as the caller's own, whoever calls.
    pub(crate) const fn to_deployment(self, scope: &'a Scope) -> Self {
        match self.scope {
            Some(_) => self,
            None => self.in_scope(scope),
        }
    }

    /// Who asks.
    pub const fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// What the principal asks to do.
    pub const fn action(&self) -> RequestedAction<'a> {
        self.action
    }

    /// What it would be done to.
    pub const fn resource(&self) -> RequestedResource<'a> {
        self.resource
    }

    /// [`resource`](Self::resource) without a copy of it.
    pub(crate) const fn resource_ref(&self) -> &RequestedResource<'a> {
        &self.resource
    }

    /// The account that owns the resource.
    ///
    /// Where neither the ARN nor the request tells it, the resource is the principal's own account's; an authorizer takes
    /// it for the account of its scope.
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

    /// Whether the resource belongs to the caller's account. A deployment shares no accounts with other partitions, even
    /// where the numbers are equal.
    pub(crate) fn is_same_account(&self) -> bool {
        let one_partition = match (self.scope, self.principal.partition()) {
            (None, _) | (_, "") => true,
            (Some(scope), callers) => scope.partition() == callers,
        };
        one_partition && self.principal.account() == self.resource_account()
    }
}

impl ContextLookup for Request<'_> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        match self.principal.lookup(key) {
            Lookup::Absent => {}
            found => return found,
        }
        match self.principal_tags.map(|tags| tags.lookup(key)) {
            None | Some(Lookup::Absent) => {}
            Some(found) => return found,
        }
        match TagKey::of(key.folded()) {
            Some(TagKey::Resource) => self.resource_tags.lookup(key, self.context),
            Some(TagKey::Request) => self.request_tags.lookup(key, self.context),
            // Who asks is for the principal and the policy source to say, where an authorizer is asked: what a context
            // claims of it is not believed, and not ignored either.
            None if self.principal_tags.is_some() && is_principal_key(key.folded()) => {
                match self.context.lookup(key) {
                    Lookup::Absent => Lookup::Absent,
                    Lookup::Present(_) | Lookup::Multivalued(_) | Lookup::Unknown => {
                        Lookup::Unknown
                    }
                }
            }
            None => self.context.lookup(key),
        }
    }
}

/// An action as a request names it: a service prefix and a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedAction<'a> {
    prefix: &'a str,
    name: &'a str,
    known: Option<&'static ActionMetadata>,
}

impl<'a> RequestedAction<'a> {
    /// Reads `prefix:Name`. The action need not be in any catalog.
    ///
    /// # Errors
    ///
    /// When the text does not consist of two words around one colon, or holds a character of policy patterns.
    pub fn parse(text: &'a str) -> Result<Self, InvalidAction> {
        let word = |word: &str| {
            let has_meaning = word.bytes().fold(false, |found, byte| {
                found | matches!(byte, b'*' | b'?' | b':' | b'$' | b' ')
            });
            !word.is_empty() && !has_meaning && !holds_control_character(word)
        };
        match text.split_once(':') {
            Some((prefix, name)) if word(prefix) && word(name) => Ok(Self {
                prefix,
                name,
                known: None,
            }),
            _ => Err(InvalidAction(text.to_owned())),
        }
    }

    /// The service prefix, for example `mobiletargeting`.
    pub const fn prefix(&self) -> &'a str {
        self.prefix
    }

    /// The name without the prefix, for example `GetCampaign`.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// What the catalog says of the action, for a request that was made from a typed action.
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
        write!(formatter, "{}:{}", self.prefix, self.name)
    }
}

/// A text that is no action of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAction(String);

impl fmt::Display for InvalidAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is no action: expected a service prefix and a name, as in `mobiletargeting:GetCampaign`",
            self.0.escape_debug()
        )
    }
}

impl std::error::Error for InvalidAction {}
