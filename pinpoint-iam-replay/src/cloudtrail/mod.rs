//! Events of AWS CloudTrail as requests.
//!
//! An event is replayed as the action with the name of its operation, and the dependent actions that the catalog lists.
//! Everything that it does not contain is unknown.

mod caller;
mod event;
mod keys;
mod parameters;

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::SystemTime;

use pinpoint_iam::action::{ActionMetadata, DependentAction, ServiceMetadata};
use pinpoint_iam::context::Context;
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::{RequestedResource, ResourcePart, ResourceTypeMetadata};
use pinpoint_iam::{Arn, Principal, Request, Scope};

use self::caller::Callers;
use self::event::given;
pub(crate) use self::event::{Event, MARK};
use self::keys::Keys;
use self::parameters::{Parameters, Tags};
use crate::reason::Reason;

/// The maximum number of resources of one event that are checked.
const MOST_RESOURCES: usize = 100;

/// Converts events into requests.
#[derive(Debug)]
pub(crate) struct Translator {
    services: Vec<&'static ServiceMetadata>,
    /// The actions of the services, by the prefix and the name.
    actions: HashMap<(&'static str, &'static str), &'static ActionMetadata>,
    callers: Callers,
}

/// The request of an event.
#[derive(Debug)]
pub(crate) struct EventRequest<'e> {
    pub(crate) time: SystemTime,
    /// Whether the service has allowed it; `None` if it has failed for another reason.
    pub(crate) is_allowed: Option<bool>,
    pub(crate) principal: Principal,
    /// The action with the name of the operation.
    pub(crate) action: &'static ActionMetadata,
    scope: Scope,
    keys: Keys<'e>,
    /// The checks that the request needs, first those of the action.
    needed: Vec<Check<'e>>,
    /// The checks that the request may need, each with a description.
    possible: Vec<(Check<'e>, String)>,
}

/// One action on one resource.
#[derive(Debug)]
pub(crate) struct Check<'e> {
    action: RequestedAction<'static>,
    resource: CheckedResource<'e>,
}

#[derive(Debug)]
enum CheckedResource<'e> {
    All,
    Unknown,
    /// An ARN that was parsed before.
    Arn(Cow<'e, str>),
    Part(&'static ResourceTypeMetadata, ResourcePart),
}

impl Translator {
    /// Creates a converter for events of these services, which calls `complete` with each caller.
    pub(crate) fn new(
        services: &[&'static ServiceMetadata],
        complete: fn(Principal) -> Principal,
    ) -> Self {
        let actions = services.iter().flat_map(|service| {
            let actions = service.actions.iter();
            actions.map(|action| ((service.prefix, action.name), action))
        });
        Self {
            services: services.to_vec(),
            actions: actions.collect(),
            callers: Callers::new(complete),
        }
    }

    /// Converts an event into its request.
    pub(crate) fn request<'e>(&mut self, event: &'e Event<'_>) -> Result<EventRequest<'e>, Reason> {
        if given(&event.event_type) != Some("AwsApiCall") {
            return Err(Reason::new("the event is not a request to an API"));
        }
        let time = event.time();
        let time = time.ok_or_else(|| Reason::new("the time of the event is not valid"))?;
        let action = self.action(event)?;
        let principal = self.callers.caller(&event.user_identity)?;
        let scope = scope(event, &principal)?;
        let parameters = Parameters::of(event.request_parameters);
        let tags = action.request_tags.and_then(|place| parameters.tags(place));
        let mut needed: Vec<Check<'e>> = Vec::with_capacity(1);
        let resources = resources(action, event, &parameters, &scope);
        needed.extend(resources.into_iter().map(|resource| Check {
            action: action.into(),
            resource,
        }));
        let mut possible = Vec::new();
        for dependent in action.dependent_actions {
            self.add_dependent(
                dependent,
                &parameters,
                tags.as_ref(),
                &mut needed,
                &mut possible,
            );
        }
        Ok(EventRequest {
            time,
            is_allowed: event.is_allowed(),
            action,
            keys: Keys::of(event, &principal, tags),
            principal,
            scope,
            needed,
            possible,
        })
    }

    /// Finds the action with the name of the operation.
    pub(crate) fn action(&self, event: &Event<'_>) -> Result<&'static ActionMetadata, Reason> {
        let (source, name) = (event.event_source.as_str(), event.event_name.as_str());
        let services = self.services.iter();
        let mut services = services
            .filter(|service| service.event_sources.contains(&source))
            .peekable();
        if services.peek().is_none() {
            return Err(Reason::with_detail(
                "there is no catalog for the service of the event",
                &source,
            ));
        }
        let mut found = services.filter_map(|service| {
            let action = self.actions.get(&(service.prefix, name)).copied();
            // An action without a route or a target has no operation.
            action.filter(|action| action.route.is_some() || action.target.is_some())
        });
        match (found.next(), found.next()) {
            (Some(action), None) => Ok(action),
            (None, _) => Err(Reason::with_detail(
                "the catalog has no action for the operation of the event",
                &format_args!("{source} {name}"),
            )),
            (Some(_), Some(_)) => Err(Reason::with_detail(
                "several catalogs have an action for the operation of the event",
                &format_args!("{source} {name}"),
            )),
        }
    }

    /// Adds the checks of a dependent action.
    fn add_dependent<'e>(
        &self,
        dependent: &'static DependentAction,
        parameters: &Parameters<'_>,
        tags: Option<&Tags>,
        needed: &mut Vec<Check<'e>>,
        possible: &mut Vec<(Check<'e>, String)>,
    ) {
        let Some(action) = self.dependent_action(dependent.action) else {
            return;
        };
        if dependent.only_with_tags {
            let own = needed.first().map(|check| &check.resource);
            // An action on a new resource, whose id the request does not contain.
            let resource = match (dependent.resource, own) {
                (None, Some(own)) => own.copy(),
                _ => CheckedResource::Unknown,
            };
            let check = Check { action, resource };
            match tags {
                Some(tags) if tags.keys.is_empty() => {}
                Some(_) => needed.push(check),
                None => possible.push((check, label(dependent))),
            }
            return;
        }
        let roles = dependent.resource_from.iter();
        let arns: Vec<String> = roles
            .filter_map(|place| parameters.text(place))
            .filter(|arn| Arn::parse(arn).is_ok())
            .collect();
        if arns.is_empty() {
            // The request did not name the resource, or the event does not contain it.
            let resource = CheckedResource::Unknown;
            possible.push((Check { action, resource }, label(dependent)));
        }
        needed.extend(arns.into_iter().map(|arn| Check {
            action,
            resource: CheckedResource::Arn(arn.into()),
        }));
    }

    /// The action with this name, of a catalog if there is one.
    fn dependent_action(&self, name: &'static str) -> Option<RequestedAction<'static>> {
        let (prefix, short) = name.split_once(':')?;
        let mut services = self.services.iter();
        let service = services.find(|service| service.prefix == prefix);
        match service.and_then(|service| service.action(short)) {
            Some(action) => Some(action.into()),
            None => RequestedAction::parse(name).ok(),
        }
    }
}

/// The name of a missing fact: whether a dependent action was needed.
fn label(dependent: &DependentAction) -> String {
    format!("whether the request needs {}", dependent.action)
}

/// The partition and account of the caller, in the region of the event. A service acts in the account of its caller.
fn scope(event: &Event<'_>, principal: &Principal) -> Result<Scope, Reason> {
    let partition = principal.arn().and_then(|arn| arn.split(':').nth(1));
    let region = given(&event.aws_region).unwrap_or_default();
    let scope = Scope::new(
        partition.unwrap_or_default(),
        region,
        principal.account().unwrap_or_default(),
    );
    match scope.check_deployment() {
        Ok(()) if !region.is_empty() => Ok(scope),
        _ => Err(Reason::new("the region of the event is not valid")),
    }
}

/// The resources of the action, on each of which the caller needs it.
fn resources<'e>(
    action: &'static ActionMetadata,
    event: &'e Event<'_>,
    parameters: &Parameters<'_>,
    scope: &Scope,
) -> Vec<CheckedResource<'e>> {
    let types = action.resource_types;
    if types.is_empty() {
        return vec![CheckedResource::All];
    }
    let listed = event.resources.iter().flatten();
    let listed: Vec<&str> = listed.filter_map(|resource| given(&resource.arn)).collect();
    let listed: Vec<&str> = listed.into_iter().filter(|arn| is_of(types, arn)).collect();
    if listed.len() > MOST_RESOURCES {
        return vec![CheckedResource::Unknown];
    }
    if !listed.is_empty() {
        let arns = listed.into_iter();
        return arns.map(|arn| CheckedResource::Arn(arn.into())).collect();
    }
    let found = match (action.whole_arn, types) {
        // Those whose ids are elsewhere in the request are further resources.
        (Some(_), _) if !action.from_request.is_empty() => None,
        (Some(parameter), _) => {
            let arn = parameters.text(parameter).filter(|arn| is_of(types, arn));
            arn.map(|arn| CheckedResource::Arn(arn.into()))
        }
        (None, [one]) => filled(action, one, parameters, scope),
        // The catalog does not describe which of several resource types a request concerns.
        (None, _) => None,
    };
    vec![
        found
            .or_else(|| denied_resource(action, event))
            .unwrap_or(CheckedResource::Unknown),
    ]
}

/// Whether a text is the ARN of a resource of one of the types.
fn is_of(types: &[&'static ResourceTypeMetadata], text: &str) -> bool {
    Arn::parse(text).is_ok_and(|arn| {
        let scope = Scope::new(arn.partition(), arn.region(), arn.account());
        types.iter().any(|one| one.parse(arn, &scope).is_ok())
    })
}

/// The resource whose ids are parameters of the request.
fn filled<'e>(
    action: &'static ActionMetadata,
    resource_type: &'static ResourceTypeMetadata,
    parameters: &Parameters<'_>,
    scope: &Scope,
) -> Option<CheckedResource<'e>> {
    let value_of = |pairs: &'static [(&'static str, &'static str)], placeholder: &str| {
        let mut pairs = pairs.iter();
        pairs
            .find(|(name, _)| *name == placeholder)
            .map(|(_, value)| *value)
    };
    let fields = resource_type.fields.iter();
    let values: Vec<String> = fields
        .map(|field| match value_of(action.pinned, field.placeholder) {
            Some(pinned) => Some(pinned.to_owned()),
            None => {
                let place = value_of(action.from_request, field.placeholder);
                parameters.text(place.unwrap_or(field.name))
            }
        })
        .collect::<Option<_>>()?;
    // Some services accept an ARN instead of an id.
    let mut arns = values.iter();
    if let Some(arn) = arns.find(|value| is_of(&[resource_type], value)) {
        return Some(CheckedResource::Arn(arn.clone().into()));
    }
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let part = resource_type.fill(&values).ok()?;
    let RequestedResource::Arn(_) = resource_type.requested(&part, scope) else {
        return None;
    };
    Some(CheckedResource::Part(resource_type, part))
}

/// The resource in the message of a denied request, whose parameters the event often does not contain:
/// `.. is not authorized to perform: mobiletargeting:GetApp on resource: arn:.. because ..`.
fn denied_resource<'e>(
    action: &'static ActionMetadata,
    event: &'e Event<'_>,
) -> Option<CheckedResource<'e>> {
    if event.is_allowed() != Some(false) {
        return None;
    }
    let message = given(&event.error_message)?;
    let (_, denied) = message.split_once(" is not authorized to perform: ")?;
    let (name, rest) = denied.split_once(" on resource: ")?;
    if !name.eq_ignore_ascii_case(&action.to_string()) {
        return None;
    }
    let arn = rest.split(' ').next()?;
    is_of(action.resource_types, arn).then(|| CheckedResource::Arn(arn.into()))
}

impl CheckedResource<'_> {
    fn copy<'c>(&self) -> CheckedResource<'c> {
        match self {
            Self::All => CheckedResource::All,
            Self::Unknown => CheckedResource::Unknown,
            Self::Arn(arn) => CheckedResource::Arn(arn.clone().into_owned().into()),
            Self::Part(resource_type, part) => CheckedResource::Part(resource_type, part.clone()),
        }
    }
}

impl EventRequest<'_> {
    /// The resource of the action, or the first of several; empty if it is unknown.
    pub(crate) fn resource(&self) -> String {
        let first = self.needed.first();
        match first.map(|check| (&check.resource, self.as_request(check))) {
            None | Some((CheckedResource::Unknown, _)) => String::new(),
            Some((_, request)) => request.resource().to_string(),
        }
    }

    /// The requests that the operation needs, first that for its action.
    pub(crate) fn needed(&self) -> Vec<Request<'_>> {
        let needed = self.needed.iter();
        needed.map(|check| self.as_request(check)).collect()
    }

    /// The requests that the operation may need, each with a description.
    pub(crate) fn possible(&self) -> Vec<(Request<'_>, &str)> {
        let possible = self.possible.iter();
        possible
            .map(|(check, label)| (self.as_request(check), label.as_str()))
            .collect()
    }

    fn as_request<'r>(&'r self, check: &'r Check<'_>) -> Request<'r> {
        let (resource, is_known) = match &check.resource {
            CheckedResource::All => (RequestedResource::All, true),
            CheckedResource::Unknown => (RequestedResource::All, false),
            CheckedResource::Arn(arn) => match Arn::parse(arn) {
                Ok(arn) => (RequestedResource::Arn(arn), true),
                // INVARIANT: the ARN was parsed before.
                Err(_) => (RequestedResource::All, false),
            },
            CheckedResource::Part(resource_type, part) => {
                (resource_type.requested(part, &self.scope), true)
            }
        };
        let request = Request::new(&self.principal, check.action, resource, Context::empty())
            .with_recorded_keys(&self.keys)
            .in_scope(&self.scope);
        match is_known {
            true => request,
            false => request.with_unknown_resource(),
        }
    }
}
