//! The API through which handlers reach the evaluator.

pub(crate) mod as_guard;
mod composition;
mod each;
mod explain;
#[cfg(feature = "_web")]
mod key_loads;
mod many;
mod page;
#[cfg(feature = "page-tokens")]
mod page_token;
mod permit;
mod resolve_keys;

use std::borrow::Cow;

use crate::action::{ActionMetadata, ActsOn, TypedAction};
use crate::arn::{Arn, InvalidArn, Scope};
use crate::authorizer::Authorizer;
use crate::context::{ConditionKey, Context, TagKey, is_named};
use crate::denial::Pending;
use crate::eval::{Decision, DeniedBy, Evaluation, Explanation, MissingKeys};
use crate::principal::Principal;
use crate::request::{
    DeferredKeys, HandlerKeys, Request, RequestContext, ResourceFacts, ResourceKeyNames,
    ResourceKeyValues, lists_tags,
};
use crate::resource::{Field, RequestedResource, Resource, ResourceMismatch, ResourceTypeMetadata};
use crate::source::resource_keys::{FetchedAbout, FetchedKeys, NeededKeys, Origin, OwnRow};
use crate::states::Pinned;

pub use self::composition::Checks;
pub(crate) use self::composition::all_of;
pub(crate) use self::each::Resources;
pub use self::many::AllowedActions;
pub use self::page::{ListRow, Page, PageQuery};
#[cfg(feature = "page-tokens")]
pub use self::page_token::{PageRequest, PageTokens, TokenPage};
pub use self::permit::Permit;
pub use crate::denial::{Denied, DeniedReason};
pub use crate::source::resource_keys::{
    KeyedResource, KeyedRow, KeysFuture, KeysUnavailable, ResourceKeySource, ResourceKeys,
};
pub use crate::source::resource_tags::{ResourceTagSource, Tags, TagsFuture, TagsUnavailable};

#[cfg(feature = "_web")]
pub(crate) use self::key_loads::KeyLoads;
pub(crate) use self::resolve_keys::check_with_keys;
#[cfg(feature = "actix")]
pub(crate) use self::resolve_keys::check_without_waiting;

/// Checks the permissions of one caller during one request.
///
/// Created by [`Authorizer::guard`], and by `#[requires]` in web handlers.
///
/// All checks of a guard, and of guards derived from it, use the policies that were loaded when it was created. A
/// [reload](Authorizer::reload) between two checks therefore cannot allow what no version of the policies allows.
/// Create a guard for each request and, for long-lived connections, for each message, because a guard does not see
/// later changes. A guard that is more than a few reloads old may deny all requests (503), because old policies are not
/// kept forever.
///
/// Tags of resources come from the context. For tags that are not in the context, the authorizer's
/// [`ResourceTagSource`] is called if the code can wait for it: in web handlers and in `async` functions with
/// `#[requires(.., guard = ..)]`. Tags of the request come from the context or from
/// [`with_request_tags`](Self::with_request_tags). Requests that depend on unknown tags are denied.
///
/// Keys of a resource type with a [source](crate::AuthorizerBuilder::resource_keys) come only from this source, in code
/// that can wait for it, and never from the context: the context belongs to the request, and a request may be about
/// several resources.
#[derive(Clone, Debug)]
pub struct Guard<'a> {
    authorizer: &'a Authorizer,
    state: Pinned<'a>,
    scope: &'a Scope,
    principal: &'a Principal,
    context: RequestContext<'a>,
    request_tags: DeferredKeys<'a>,
    fetched: &'a FetchedKeys,
    /// The loads that the checks of the request share.
    #[cfg(feature = "_web")]
    loads: Option<&'a KeyLoads>,
    handler_keys: Option<HandlerKeys<'a>>,
    row: Row<'a>,
}

/// The row of the resource that the handler has loaded.
#[derive(Clone, Copy, Debug)]
enum Row<'a> {
    /// The attribute has no `keys = row`.
    None,
    /// The row is known after the body is read.
    Late,
    /// The row.
    Known(&'a OwnRow),
}

impl Authorizer {
    /// Returns a guard for the checks of one request.
    ///
    /// All checks use the policies that are loaded now, see [`Guard`].
    pub fn guard<'a>(&'a self, principal: &'a Principal, context: &'a Context) -> Guard<'a> {
        Guard::new(
            self,
            Pinned::Own(self.state_of(principal)),
            principal,
            context,
        )
    }

    /// Like [`guard`](Self::guard), but waits for the policies of `principal` if they come from a
    /// [source of principals](crate::AuthorizerBuilder::principal_source) and are not in the cache.
    ///
    /// If they cannot be loaded, all checks of the guard are denied with 503
    /// ([`DeniedReason::PoliciesNotLoaded`]).
    #[cfg(feature = "on-demand")]
    pub async fn guard_async<'a>(
        &'a self,
        principal: &'a Principal,
        context: &'a Context,
    ) -> Guard<'a> {
        let state = arc_swap::Guard::from_inner(self.load_state(principal).await);
        Guard::new(self, Pinned::Own(state), principal, context)
    }
}

impl<'a> Guard<'a> {
    pub(crate) fn new(
        authorizer: &'a Authorizer,
        state: Pinned<'a>,
        principal: &'a Principal,
        context: impl Into<RequestContext<'a>>,
    ) -> Self {
        Self {
            authorizer,
            state,
            scope: authorizer.scope(),
            principal,
            context: context.into(),
            request_tags: DeferredKeys::Unknown,
            fetched: FetchedKeys::NONE,
            #[cfg(feature = "_web")]
            loads: None,
            handler_keys: None,
            row: Row::None,
        }
    }

    /// Returns the same guard by reference.
    pub(crate) fn borrowed(&self) -> Guard<'_> {
        Guard {
            state: self.state.borrowed(),
            ..*self
        }
    }

    /// Adds the keys of resources that were fetched so far.
    pub(crate) fn with_fetched<'b>(self, fetched: &'b FetchedKeys) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard { fetched, ..self }
    }

    /// Shares the loads of keys with other checks of the request.
    #[cfg(feature = "_web")]
    pub(crate) fn with_loads<'b>(self, loads: &'b KeyLoads) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard {
            loads: Some(loads),
            ..self
        }
    }

    /// Returns the keys of resources that were fetched so far.
    pub(crate) const fn fetched(&self) -> &'a FetchedKeys {
        self.fetched
    }

    /// Sets the tags of the request, in the form that [`Tags::for_request`] returns. The request has no others.
    #[must_use]
    pub fn with_request_tags<'b>(self, tags: &'b Context) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard {
            request_tags: DeferredKeys::Known(tags),
            ..self
        }
    }

    /// Sets the keys that the attribute of the handler supplies, with their `names`. Without `values`, they are known
    /// after the body is read.
    #[doc(hidden)]
    #[must_use]
    pub fn with_handler_keys<'b>(
        self,
        names: &'b [&'static str],
        values: Option<&'b Context>,
    ) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard {
            handler_keys: Some(HandlerKeys { names, values }),
            ..self
        }
    }

    /// Sets the row of the resource that the handler has loaded; `None` if it is known after the body is read.
    #[doc(hidden)]
    #[must_use]
    pub fn with_row<'b>(self, row: Option<&'b OwnRow>) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard {
            row: row.map_or(Row::Late, Row::Known),
            ..self
        }
    }

    /// Sets the scope of the resources, instead of the authorizer's scope, for requests of a tenant.
    ///
    /// A scope that is [not complete](Scope::is_complete) denies all requests.
    #[must_use]
    pub fn in_scope<'b>(self, scope: &'b Scope) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard {
            scope,
            // A source can return other keys for another scope.
            #[cfg(feature = "_web")]
            loads: None,
            ..self
        }
    }

    /// Returns the scope of the requested resources.
    pub const fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// Returns the caller.
    pub const fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// Returns the authorizer.
    pub const fn authorizer(&self) -> &'a Authorizer {
        self.authorizer
    }

    /// Checks that the caller may perform `action` on `resource`.
    ///
    /// An action with a resource on which it does not act does not compile.
    ///
    /// # Errors
    ///
    /// Fails if the policies do not allow the request, if the [scope](Self::scope) is not complete, if `resource` has
    /// another value than the action fixes (an `SMS` template for `GetEmailTemplate`), or if the decision depends on an
    /// unknown condition key.
    pub fn check<A, R>(&self, action: A, resource: &R) -> Result<(), Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        action.check_pinned(resource)?;
        let requested = resource.requested(self.scope);
        self.decide(A::METADATA, R::TYPE, requested, Phase::Check)
    }

    /// Checks that the caller may perform `action` on `resource`, and returns the proof.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn authorize<A, R>(&self, action: A, resource: &R) -> Result<Permit<A>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.check(action, resource)?;
        Ok(Permit::new(self, R::TYPE, &resource.requested(self.scope)))
    }

    /// Explains the decision about `action` on `resource`: for every statement of the caller's policies, which part
    /// matched or not, and why.
    ///
    /// Uses the same facts and policies as [`check`](Self::check), and the limits of [`Denied::explanation`]. Show the
    /// explanation only to administrators. Keys of the resource that no check has fetched yet are unknown.
    pub fn explain<A, R>(&self, _: A, resource: &R) -> Explanation
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.explain_request(&self.request(
            A::METADATA,
            R::TYPE,
            resource.requested(self.scope),
            Phase::Check,
        ))
    }

    /// Checks that the caller may perform `action` on the resource with the ARN `arn`, which may have any of the
    /// action's resource types.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check). Also fails if `arn` is not exactly the ARN of a resource on which the action
    /// acts, or if it has another partition, region or account than the authorizer's scope.
    pub fn check_arn<A: TypedAction>(&self, _: A, arn: &str) -> Result<(), Denied> {
        self.check_any_type(A::METADATA, arn).map(drop)
    }

    /// Like [`check_arn`](Self::check_arn), but returns the proof.
    ///
    /// # Errors
    ///
    /// Those of [`check_arn`](Self::check_arn).
    pub fn authorize_arn<A: TypedAction>(&self, _: A, arn: &str) -> Result<Permit<A>, Denied> {
        let (resource_type, requested) = self.check_any_type(A::METADATA, arn)?;
        Ok(Permit::new(self, Some(resource_type), &requested))
    }

    /// Returns the type of the resource with the ARN `arn`, and the resource for the request.
    fn check_any_type<'r>(
        &self,
        action: &'static ActionMetadata,
        arn: &'r str,
    ) -> Result<(&'static ResourceTypeMetadata, RequestedResource<'r>), Denied> {
        let arn = Arn::parse(arn).map_err(ResourceMismatch::NotAnArn)?;
        let mut mismatch = ResourceMismatch::OtherTemplate { template: "*" };
        for resource_type in action.resource_types {
            match resource_type.parse(arn, self.scope) {
                Ok(part) => {
                    action.check_pinned(resource_type, &part)?;
                    let requested = RequestedResource::Arn(arn);
                    self.decide(action, Some(*resource_type), requested, Phase::Check)?;
                    return Ok((resource_type, requested));
                }
                // The error for the closest template is the most helpful one.
                Err(ResourceMismatch::OtherTemplate { .. }) => {}
                Err(closer) => mismatch = closer,
            }
        }
        Err(Denied::from(mismatch).on(action, arn.to_string()))
    }

    /// Checks that the caller may perform `action` on the resource that the route's parameters identify.
    ///
    /// `parameters` are the names and decoded values of the path parameters, in the order of the path. They are matched
    /// by the names of the fields that they fill, such as `campaign_id`; see [`is_parameter`]. A parameter that
    /// contains a whole ARN is parsed as by [`check_arn`](Self::check_arn).
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check). Also fails if the action acts on several resource types, if a parameter is
    /// missing, or if the parameters have another order than in the catalog's route, because the handler would read
    /// them by position.
    #[cfg(feature = "_web")]
    pub(crate) fn authorize_parameters<'p, A: TypedAction, P>(
        &self,
        parameters: P,
    ) -> Result<Permit<A>, Denied>
    where
        P: Iterator<Item = (&'p str, &'p str)> + Clone,
    {
        let metadata = A::METADATA;
        if !is_in_order(metadata, parameters.clone().map(|(name, _)| name)) {
            return Err(Denied::misrouted());
        }
        let parameter = |field: &str| only_parameter(parameters.clone(), field);
        if let Some(whole) = metadata.whole_arn {
            let arn = parameter(whole).ok_or_else(Denied::misrouted)?;
            let (resource_type, requested) = self.check_any_type(metadata, arn)?;
            return Ok(Permit::new(self, Some(resource_type), &requested));
        }
        let scope = self.scope;
        let (resource_type, part) = match metadata.resource_types {
            [] => {
                self.decide(metadata, None, RequestedResource::All, Phase::Check)?;
                return Ok(Permit::new(self, None, &RequestedResource::All));
            }
            [only] => {
                let values = named_values(metadata, only, parameter);
                let part = only.fill(&values.ok_or_else(Denied::misrouted)?)?;
                (*only, part)
            }
            _ => return Err(Denied::misrouted()),
        };
        let requested = resource_type.requested(&part, scope);
        self.decide(metadata, Some(resource_type), requested, Phase::Check)?;
        Ok(Permit::new(self, Some(resource_type), &requested))
    }

    /// Checks `action` with only the parameters of the path, for a service whose handlers are unknown.
    ///
    /// If the parameters do not identify the resource, the policies must allow the action on every resource.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    #[cfg(feature = "tower")]
    pub(crate) fn check_by_path(
        &self,
        action: &'static ActionMetadata,
        parameters: &[(&str, &str)],
    ) -> Result<(), Denied> {
        let parameter = |field: &str| only_parameter(parameters.iter().copied(), field);
        if let Some(arn) = action.whole_arn.and_then(parameter) {
            return self.check_any_type(action, arn).map(drop);
        }
        match action.resource_types {
            [] => self.decide(action, None, RequestedResource::All, Phase::Check),
            [only] => match named_values(action, only, parameter) {
                Some(values) => {
                    let part = only.fill(&values)?;
                    let requested = only.requested(&part, self.scope);
                    self.decide(action, Some(*only), requested, Phase::Check)
                }
                None => self.check_unknown(action),
            },
            _ => self.check_unknown(action),
        }
    }

    /// Checks `action` on a resource that stays unknown: the policies must allow it on every resource.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    #[cfg(feature = "tower")]
    pub(crate) fn check_unknown(&self, action: &'static ActionMetadata) -> Result<(), Denied> {
        self.decide(action, None, RequestedResource::All, Phase::Unknown)
    }

    /// Checks `action` on a resource that only the body identifies, before the body is read.
    ///
    /// # Errors
    ///
    /// Fails with a denial if the policies do not allow any such resource. Otherwise fails because the resource is not
    /// known yet, unless the decision does not depend on it.
    pub(crate) fn precheck<A: TypedAction>(&self, _: A) -> Result<(), Denied> {
        self.decide(A::METADATA, None, RequestedResource::All, Phase::Precheck)
    }

    /// Checks an action of a service without a catalog on the resource with the ARN `arn`.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check). Also fails if `arn` is not the ARN of a resource, or if it is of another partition
    /// than the scope.
    pub(crate) fn check_outside(
        &self,
        action: &'static ActionMetadata,
        arn: &str,
    ) -> Result<(), Denied> {
        let mismatch = match Arn::parse(arn) {
            Err(error) => ResourceMismatch::NotAnArn(error),
            Ok(parsed) if parsed.service().is_empty() || parsed.resource().is_empty() => {
                ResourceMismatch::NotAnArn(InvalidArn::TooFewComponents)
            }
            Ok(parsed) if parsed.partition() != self.scope.partition() => {
                ResourceMismatch::OtherScope
            }
            Ok(parsed) => {
                return self.decide(action, None, RequestedResource::Arn(parsed), Phase::Check);
            }
        };
        let denied = Denied::from(mismatch).on(action, arn.to_owned());
        Err(denied.for_authorizer(self.authorizer))
    }

    /// Checks a dependent action on the resource of type `created` that `action` creates.
    ///
    /// The ids that `resource`, the resource of `action`, also has are the same. The other ones do not exist yet, and are
    /// `*` as in AWS's requests, so that only patterns that cover all of them match. Such a resource has no keys.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub(crate) fn check_created<R: Resource>(
        &self,
        dependent: &'static ActionMetadata,
        created: &'static ResourceTypeMetadata,
        action: &'static ActionMetadata,
        resource: &R,
    ) -> Result<(), Denied> {
        let value = |field: &Field| {
            let mut pinned = action.pinned.iter();
            if let Some((_, value)) = pinned.find(|(name, _)| *name == field.placeholder) {
                return Some(Cow::Borrowed(*value));
            }
            let mut own = R::TYPE?.fields.iter();
            let position = own.position(|own| own.placeholder == field.placeholder)?;
            Some(resource.part()?.decoded_field(position))
        };
        let values: Vec<Option<Cow<'_, str>>> = created.fields.iter().map(value).collect();
        let phase = match values.iter().all(Option::is_some) {
            true => Phase::Check,
            false => Phase::Created,
        };
        let text = created.arn_pattern(self.scope, |field| {
            let position = created.fields.iter().position(|other| other == field)?;
            values.get(position)?.as_deref()
        })?;
        let arn = Arn::parse(&text).map_err(ResourceMismatch::NotAnArn)?;
        self.decide(dependent, Some(created), RequestedResource::Arn(arn), phase)
    }

    fn decide(
        &self,
        action: &'static ActionMetadata,
        resource_type: Option<&'static ResourceTypeMetadata>,
        resource: RequestedResource<'_>,
        phase: Phase,
    ) -> Result<(), Denied> {
        if !self.scope.is_complete() {
            return Err(Denied::no_scope());
        }
        if phase == Phase::Check
            && let Row::Known(row) = self.row
            && !row.is_of(&resource, self.scope)
        {
            let how = "the resource of `keys = ..` is not the resource that is checked";
            let denied = Denied::misconfigured(how).on(action, resource.to_string());
            return Err(denied.for_authorizer(self.authorizer));
        }
        let recording = self.authorizer.recording();
        let request = self.request(action, resource_type, resource, phase);
        let request = recording.noting(&request);
        let evaluation = self.authorizer.answer_by(&self.state, &request);
        match evaluation {
            Evaluation::Decided(Decision::Allow(_)) => {
                recording.end(&self.state, &request, &evaluation);
                Ok(())
            }
            Evaluation::Decided(Decision::Deny(ref by)) => {
                recording.end(&self.state, &request, &evaluation);
                let denied = Denied::refused(&request, by.clone());
                Err(self.explained(denied, &request, evaluation))
            }
            Evaluation::Indeterminate(ref keys) => {
                let denied = self.undecided(&request, resource_type, phase, keys);
                #[cfg(feature = "tower")]
                let denied = match phase {
                    Phase::Unknown => Denied::unknown_resource(&request),
                    _ => denied,
                };
                match denied.pending() {
                    // The check is repeated when the body is known.
                    Some(Pending::Body) if phase == Phase::Precheck => Err(denied),
                    pending => {
                        match pending {
                            Some(_) => recording.end_undecided(&self.state, &request, keys),
                            None => recording.end(&self.state, &request, &evaluation),
                        }
                        Err(self.explained(denied, &request, evaluation))
                    }
                }
            }
        }
        .map_err(|denied| denied.for_authorizer(self.authorizer))
    }

    /// Returns the request to perform `action` on `resource`.
    fn request<'r>(
        &'r self,
        action: &'static ActionMetadata,
        resource_type: Option<&'static ResourceTypeMetadata>,
        resource: RequestedResource<'r>,
        phase: Phase,
    ) -> Request<'r> {
        let no_keys = DeferredKeys::Known(Context::empty());
        let facts = match phase {
            Phase::Check => self.facts(resource_type, &resource),
            Phase::Created => ResourceFacts {
                keys: resource_type.map(|created| ResourceKeyValues {
                    names: ResourceKeyNames::OfType(created),
                    values: no_keys,
                }),
                tags: no_keys,
            },
            Phase::Precheck | Phase::Unknown => {
                let keys = self.provided_later(action);
                let tags = keys.filter(|keys| keys.names.contain_tags());
                ResourceFacts {
                    keys,
                    tags: tags.map_or(DeferredKeys::Unknown, |keys| keys.values),
                }
            }
        };
        let request = Request::new(self.principal, action.into(), resource, Context::empty())
            .with_context(self.context)
            .in_scope(self.scope)
            .with_absence(self.authorizer.absence())
            .of_type(resource_type)
            .with_resource_keys(facts.keys)
            .with_handler_keys(self.handler_keys)
            .with_tags(facts.tags, self.request_tags_of(action));
        match phase {
            Phase::Precheck | Phase::Unknown => request.with_unknown_resource(),
            Phase::Check | Phase::Created => request,
        }
    }

    /// Returns the tags of a request for `action`.
    #[inline]
    const fn request_tags_of(&self, action: &'static ActionMetadata) -> DeferredKeys<'a> {
        match self.request_tags {
            DeferredKeys::Unknown => DeferredKeys::OfRequestFor(action),
            known_or_not => known_or_not,
        }
    }

    /// Returns what is known about a resource that has to be checked.
    fn facts(
        &self,
        resource_type: Option<&'static ResourceTypeMetadata>,
        resource: &RequestedResource<'_>,
    ) -> ResourceFacts<'_> {
        let fetched = self.fetched.about(resource);
        let keys = resource_type.and_then(|known| self.provided(known, resource, fetched));
        let tags = match (resource, keys) {
            (RequestedResource::All, _) => DeferredKeys::None,
            (RequestedResource::Arn(_), Some(keys)) if keys.names.contain_tags() => keys.values,
            (RequestedResource::Arn(_), _) => fetched.of(Origin::Tags),
        };
        ResourceFacts { keys, tags }
    }

    /// Whether the facts about all resources of one type are the same, because nothing is known about any of them.
    fn knows_no_resource(&self) -> bool {
        self.fetched.is_empty() && !matches!(self.row, Row::Known(_))
    }

    /// Returns the denial of a request whose decision depends on `keys`.
    fn undecided(
        &self,
        request: &Request<'_>,
        resource_type: Option<&'static ResourceTypeMetadata>,
        phase: Phase,
        keys: &MissingKeys,
    ) -> Denied {
        let needs_request_tags = keys
            .iter()
            .any(|key| TagKey::of(key.folded()) == Some(TagKey::Request));
        let is_late = |key: &ConditionKey| {
            let mut late = self.handler_keys.iter();
            late.any(|late| late.values.is_none() && late.contain(key))
        };
        let needs_body = matches!(self.row, Row::Late) || keys.iter().any(is_late);
        let needed = match phase {
            Phase::Created | Phase::Unknown => Vec::new(),
            Phase::Check | Phase::Precheck => {
                self.needed_keys(keys, resource_type, &request.resource())
            }
        };
        let pending = match phase {
            Phase::Precheck => Some(Pending::Body),
            Phase::Unknown => None,
            Phase::Check | Phase::Created if needs_body => Some(Pending::Body),
            Phase::Check | Phase::Created if !needed.is_empty() => {
                Some(Pending::ResourceKeys(needed))
            }
            Phase::Check | Phase::Created if needs_request_tags => Some(Pending::Body),
            Phase::Check | Phase::Created => None,
        };
        // A retry helps if a source failed, but not if there is none.
        if pending.is_none() && keys.iter().all(|key| request.lacks_source(key)) {
            Denied::refused(request, DeniedBy::indeterminate(keys.clone()))
        } else {
            Denied::undecided(request, keys.clone(), pending)
        }
    }
}

impl Guard<'_> {
    /// Returns the values of the keys of `resource`, if a source supplies the keys of its type.
    fn provided<'r>(
        &'r self,
        resource_type: &'static ResourceTypeMetadata,
        resource: &RequestedResource<'_>,
        fetched: FetchedAbout<'r>,
    ) -> Option<ResourceKeyValues<'r>> {
        let origin = Origin::Type(resource_type);
        let values = match self.row {
            Row::Known(row) if row.is_of(resource, self.scope) => DeferredKeys::Known(&row.keys),
            // A row that is not known yet, or that is of another resource.
            Row::Late | Row::Known(_) => DeferredKeys::Unavailable,
            Row::None => match fetched.of(origin) {
                DeferredKeys::Unknown if self.authorizer.resource_key_sources().has(origin) => {
                    DeferredKeys::Pending
                }
                DeferredKeys::Unknown => return None,
                fetched => fetched,
            },
        };
        Some(ResourceKeyValues {
            names: ResourceKeyNames::OfType(resource_type),
            values,
        })
    }

    /// Returns that the keys of an unknown resource of `action` are not known yet, if a source or a row supplies them.
    fn provided_later(&self, action: &'static ActionMetadata) -> Option<ResourceKeyValues<'_>> {
        let sources = self.authorizer.resource_key_sources();
        let mut types = action.resource_types.iter();
        let is_provided = !matches!(self.row, Row::None)
            || types.any(|resource_type| sources.has(Origin::Type(resource_type)));
        is_provided.then_some(ResourceKeyValues {
            names: ResourceKeyNames::OfAction(action),
            values: DeferredKeys::Pending,
        })
    }

    /// Returns what sources can supply of `keys`, and was not fetched yet.
    fn needed_keys(
        &self,
        keys: &MissingKeys,
        resource_type: Option<&'static ResourceTypeMetadata>,
        resource: &RequestedResource<'_>,
    ) -> Vec<NeededKeys> {
        let sources = self.authorizer.resource_key_sources();
        let fetched = self.fetched.about(resource);
        let provided =
            resource_type.filter(|known| self.provided(known, resource, fetched).is_some());
        let mut needed: Vec<NeededKeys> = Vec::new();
        if *resource == RequestedResource::All {
            return needed;
        }
        for key in keys.iter() {
            let is_tag = TagKey::of(key.folded()) == Some(TagKey::Resource);
            let origin = match provided {
                Some(provided)
                    if provided
                        .condition_keys
                        .iter()
                        .any(|name| is_named(name, key.folded()))
                        || (is_tag && lists_tags(provided)) =>
                {
                    Origin::Type(provided)
                }
                _ if is_tag => Origin::Tags,
                _ => continue,
            };
            let arn = resource.to_string();
            let next = NeededKeys { origin, arn };
            if sources.has(origin) && !needed.contains(&next) && !self.fetched.contains(&next) {
                needed.push(next);
            }
        }
        needed
    }
}

/// Whether the path parameter `parameter` fills the field `field`. It may be written `campaign-id` or `campaign_id`.
pub(crate) fn is_parameter(parameter: &str, field: &str) -> bool {
    let same = |(left, right): (u8, u8)| left == right || (left, right) == (b'-', b'_');
    parameter.len() == field.len() && parameter.bytes().zip(field.bytes()).all(same)
}

/// Whether the path parameters that fill fields of the action's resource have the order of the catalog's route or, for
/// an action without a route, of the ARN. Other parameters may be anywhere.
#[cfg(feature = "_web")]
fn is_in_order<'p>(action: &ActionMetadata, parameters: impl Iterator<Item = &'p str>) -> bool {
    let fields: Vec<&str> = match (action.resource_types, action.route) {
        ([only], Some(route)) => {
            let segments = route.path.split('/');
            let named = segments
                .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
                .filter_map(|named| {
                    only.fields
                        .iter()
                        .find(|field| is_parameter(named, field.name))
                });
            named.map(|field| field.name).collect()
        }
        ([only], None) => only.fields.iter().map(|field| field.name).collect(),
        _ => return true,
    };
    let places = parameters.filter_map(|parameter| {
        fields
            .iter()
            .position(|field| is_parameter(parameter, field))
    });
    places.is_sorted()
}

/// Returns the values of the fields of `resource_type`: those that the action fixes, and those of `parameter`. `None` if
/// one is missing.
#[cfg(feature = "_web")]
fn named_values<'p>(
    action: &ActionMetadata,
    resource_type: &ResourceTypeMetadata,
    parameter: impl Fn(&str) -> Option<&'p str>,
) -> Option<Vec<&'p str>> {
    let fields = resource_type.fields.iter();
    let values = fields.map(|field| {
        let mut pinned = action.pinned.iter();
        pinned
            .find(|(placeholder, _)| *placeholder == field.placeholder)
            .map(|(_, value)| *value)
            .or_else(|| parameter(field.name))
    });
    values.collect()
}

/// Returns the value of the path parameter for the field `field`; `None` if there are several.
#[cfg(feature = "_web")]
fn only_parameter<'p>(
    parameters: impl Iterator<Item = (&'p str, &'p str)>,
    field: &str,
) -> Option<&'p str> {
    let mut named = parameters.filter(|(parameter, _)| is_parameter(parameter, field));
    match (named.next(), named.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// The phase of a check, which determines how much of the request is known.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// The resource is known.
    Check,
    /// Only the body identifies the resource, and it has not been read.
    Precheck,
    /// The request creates the resource, and a part of its ARN is not known yet.
    Created,
    /// The resource is not known, and no further check follows.
    #[cfg_attr(
        not(feature = "tower"),
        expect(dead_code, reason = "for the layer of tower")
    )]
    Unknown,
}
