//! The one door from handlers to the evaluator.

mod composition;
mod denied;
mod permit;
mod resolve_tags;
mod tags;

use crate::action::{ActionMetadata, ActsOn, TypedAction};
use crate::arn::{Arn, Scope};
use crate::authorizer::Authorizer;
use crate::context::{Context, TagKey};
use crate::eval::{Decision, Evaluation};
use crate::principal::Principal;
use crate::request::{DeferredTags, Request, RequestContext};
use crate::resource::{RequestedResource, Resource, ResourceMismatch, ResourceTypeMetadata};
use crate::states::Pinned;

pub use self::composition::Checks;
pub use self::denied::{Denied, DeniedReason};
pub use self::permit::Permit;
pub use self::tags::{ResourceTagSource, Tags, TagsFuture, TagsUnavailable};

pub(crate) use self::denied::Pending;
pub(crate) use self::resolve_tags::check_with_tags;
#[cfg(feature = "actix")]
pub(crate) use self::resolve_tags::check_without_waiting;
pub(crate) use self::tags::FetchedTags;

/// Checks what one caller may do, in one request.
///
/// Made by [`Authorizer::guard`]; in web handlers `#[requires]` makes it.
///
/// All checks of a guard, and of guards made from it, are decided by the policies that were loaded when it was made, so
/// that a [reload](Authorizer::reload) between two of them cannot allow what no state of the policies allows. Make a guard
/// for each request and, where a connection lasts, for each message: a guard that is kept does not learn of changes. One
/// that more than a few reloads have left behind may refuse everything (503), because policies are not kept forever.
///
/// The tags of resources are those that the context tells, and the authorizer's [`ResourceTagSource`] is asked for the
/// others where somebody can wait for it: in web handlers and in `async` functions with `#[requires(.., guard = ..)]`.
/// Tags of the request are those that the context tells or that were given [as such](Self::with_request_tags). Tags
/// that are not known refuse what depends on them.
#[derive(Clone, Debug)]
pub struct Guard<'a> {
    authorizer: &'a Authorizer,
    state: Pinned<'a>,
    scope: &'a Scope,
    principal: &'a Principal,
    context: RequestContext<'a>,
    request_tags: DeferredTags<'a>,
    resource_tags: &'a FetchedTags,
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
            request_tags: DeferredTags::Unknown,
            resource_tags: FetchedTags::NONE,
        }
    }

    /// The same guard, which keeps nothing itself.
    pub(crate) fn borrowed(&self) -> Guard<'_> {
        Guard {
            state: self.state.borrowed(),
            ..*self
        }
    }

    /// The guard with the resource tags that were fetched so far.
    pub(crate) fn with_resource_tags<'b>(self, tags: &'b FetchedTags) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard {
            resource_tags: tags,
            ..self
        }
    }

    /// The resource tags that were fetched so far.
    pub(crate) const fn fetched_tags(&self) -> &'a FetchedTags {
        self.resource_tags
    }

    /// The guard of a request that carries these tags, as [`Tags::for_request`] writes them, and no others.
    #[must_use]
    pub fn with_request_tags<'b>(self, tags: &'b Context) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard {
            request_tags: DeferredTags::Known(tags),
            ..self
        }
    }

    /// The guard for resources in `scope` instead of the authorizer's own: those of the tenant whose request this is.
    ///
    /// A scope that is [not complete](Scope::is_complete) refuses everything.
    #[must_use]
    pub fn in_scope<'b>(self, scope: &'b Scope) -> Guard<'b>
    where
        'a: 'b,
    {
        Guard { scope, ..self }
    }

    /// The scope of the resources that are asked about.
    pub const fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// The caller.
    pub const fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// The authorizer that is asked.
    pub const fn authorizer(&self) -> &'a Authorizer {
        self.authorizer
    }

    /// Checks that the caller may do `action` to `resource`.
    ///
    /// An action with a resource that it does not act on does not compile.
    ///
    /// # Errors
    ///
    /// When the policies do not allow it, when the [scope](Self::scope) is not complete, when `resource` has another value
    /// than the one that the action fixes (an `SMS` template under `GetEmailTemplate`), and when a condition key is needed
    /// that is not known.
    pub fn check<A, R>(&self, action: A, resource: &R) -> Result<(), Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        action.check_pinned(resource)?;
        self.decide(A::METADATA, resource.requested(self.scope), Phase::Check)
    }

    /// Checks that the caller may do `action` to `resource`, and answers the proof of it.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn authorize<A, R>(&self, action: A, resource: &R) -> Result<Permit<A>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.check(action, resource)?;
        Ok(Permit::new(self, R::TYPE, &resource.requested(self.scope)))
    }

    /// Checks that the caller may do `action` to the resource with the ARN `arn`, whichever of the action's resource
    /// types it is of.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); and when `arn` is not exactly the ARN of a resource that the action acts on, or is
    /// one of another partition, region or account than the authorizer's scope.
    pub fn check_arn<A: TypedAction>(&self, _: A, arn: &str) -> Result<(), Denied> {
        self.check_any_type(A::METADATA, arn).map(drop)
    }

    /// Checks as [`check_arn`](Self::check_arn) does, and answers the proof of it.
    ///
    /// # Errors
    ///
    /// As [`check_arn`](Self::check_arn).
    pub fn authorize_arn<A: TypedAction>(&self, _: A, arn: &str) -> Result<Permit<A>, Denied> {
        let (resource_type, requested) = self.check_any_type(A::METADATA, arn)?;
        Ok(Permit::new(self, Some(resource_type), &requested))
    }

    /// The type of the resource with the ARN `arn`, and the resource as it was asked about.
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
                    self.decide(action, requested, Phase::Check)?;
                    return Ok((resource_type, requested));
                }
                // What is closest to a resource of the action says most of what is wrong.
                Err(ResourceMismatch::OtherTemplate { .. }) => {}
                Err(closer) => mismatch = closer,
            }
        }
        Err(Denied::from(mismatch).on(action, arn.to_string()))
    }

    /// Checks that the caller may do `action` to the resource that the action's route names by its parameters.
    ///
    /// `parameters` are the names and decoded values of the path parameters, in the order of the path. They are taken by the
    /// names of the fields that they fill, such as `campaign_id`; see [`is_parameter`]. A parameter that holds a whole ARN is
    /// read as [`check_arn`](Self::check_arn) does.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); and when the action acts on several resource types, a parameter is missing, or the
    /// parameters come in another order than in the catalog's route: the handler would read them by position.
    #[cfg(any(feature = "axum", feature = "actix"))]
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
                self.decide(metadata, RequestedResource::All, Phase::Check)?;
                return Ok(Permit::new(self, None, &RequestedResource::All));
            }
            [only] => {
                let values: Vec<&str> = only
                    .fields
                    .iter()
                    .map(|field| {
                        let pinned = metadata.pinned.iter();
                        pinned
                            .copied()
                            .find(|(placeholder, _)| *placeholder == field.placeholder)
                            .map(|(_, value)| value)
                            .or_else(|| parameter(field.name))
                    })
                    .collect::<Option<_>>()
                    .ok_or_else(Denied::misrouted)?;
                let part = only.fill(&values)?;
                (*only, part)
            }
            _ => return Err(Denied::misrouted()),
        };
        let requested = resource_type.requested(&part, scope);
        self.decide(metadata, requested, Phase::Check)?;
        Ok(Permit::new(self, Some(resource_type), &requested))
    }

    /// Asks about `action` on a resource that only the body names, before the body is read.
    ///
    /// # Errors
    ///
    /// When the caller may not do it to any resource that the policies could mean; otherwise that the resource is not
    /// known yet, unless it does not matter.
    pub(crate) fn precheck<A: TypedAction>(&self, _: A) -> Result<(), Denied> {
        self.decide(A::METADATA, RequestedResource::All, Phase::Precheck)
    }

    fn decide(
        &self,
        action: &'static ActionMetadata,
        resource: RequestedResource<'_>,
        stage: Phase,
    ) -> Result<(), Denied> {
        if !self.scope.is_complete() {
            return Err(Denied::no_scope());
        }
        let request_tags = match self.request_tags {
            DeferredTags::Unknown if !action.takes_request_tags() => DeferredTags::FromContext,
            known_or_not => known_or_not,
        };
        let resource_tags = match (resource, stage) {
            (_, Phase::Precheck) => DeferredTags::Unknown,
            (RequestedResource::All, Phase::Check) => DeferredTags::FromContext,
            (RequestedResource::Arn(_), Phase::Check) => self.resource_tags.of(&resource),
        };
        let mut request = Request::new(self.principal, action.into(), resource, Context::empty())
            .with_context(self.context)
            .in_scope(self.scope)
            .with_tags(resource_tags, request_tags);
        if stage == Phase::Precheck {
            request = request.with_unknown_resource();
        }
        match self.authorizer.answer_by(&self.state, &request) {
            Evaluation::Decided(Decision::Allow(_)) => Ok(()),
            Evaluation::Decided(Decision::Deny(by)) => {
                Err(Denied::refused(&request, by).for_authorizer(self.authorizer))
            }
            Evaluation::Indeterminate(keys) => {
                let needs = |kind| {
                    keys.iter()
                        .any(|key| TagKey::of(key.folded()) == Some(kind))
                };
                let pending = match resource_tags {
                    _ if stage == Phase::Precheck => Some(Pending::Body),
                    DeferredTags::Unknown if needs(TagKey::Resource) => {
                        Some(Pending::ResourceTags(resource.to_string()))
                    }
                    _ if needs(TagKey::Request) => Some(Pending::Body),
                    _ => None,
                };
                let denied = Denied::undecided(&request, keys, pending);
                Err(denied.for_authorizer(self.authorizer))
            }
        }
    }
}

/// Whether a route calls the field `field` by the path parameter `parameter`: `campaign-id`, or `campaign_id`.
pub(crate) fn is_parameter(parameter: &str, field: &str) -> bool {
    let same = |(left, right): (u8, u8)| left == right || (left, right) == (b'-', b'_');
    parameter.len() == field.len() && parameter.bytes().zip(field.bytes()).all(same)
}

/// Whether the parameters of a path that fill fields of the action's resource come in the order of the catalog's route, or,
/// for an action without one, of the ARN. Other parameters may be anywhere.
#[cfg(any(feature = "axum", feature = "actix"))]
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

/// The value of the only path parameter that is called as the field `field`; `None` where several are.
#[cfg(any(feature = "axum", feature = "actix"))]
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

/// How much of the request is known.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// The resource is known.
    Check,
    /// Only the body names the resource, and it was not read.
    Precheck,
}
