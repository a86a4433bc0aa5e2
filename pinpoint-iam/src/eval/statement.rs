//! Whether one statement matches a request, part by part.

use crate::condition::{Finding, Outcome};
use once_cell::sync::Lazy;

use crate::context::ConditionKey;
use crate::eval::Truth;
use crate::eval::principal_element::{self, PrincipalSpecificity};
use crate::eval::stack::PolicyType;
use crate::pattern::nfa::Nfa;
use crate::pattern::{Coverage, Match};
use crate::policy::{ActionPattern, Effect, ResourceElement, ResourcePattern, Statement};
use crate::request::{Request, Shape};

/// What came of holding one statement against a request.
#[derive(Clone, Debug)]
pub(crate) struct StatementMatch<'a> {
    pub(crate) statement: &'a Statement,
    pub(crate) index: usize,
    pub(crate) principal: PrincipalPart,
    pub(crate) action: ActionPart<'a>,
    pub(crate) resource: ResourcePart<'a>,
    pub(crate) conditions: Vec<Outcome<'a>>,
    /// Whether the statement as a whole matches.
    pub(crate) matches: Truth,
}

/// What came of a statement's principal element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PrincipalPart {
    /// The type of policy has no principals, and the statement names none.
    NotAsked,
    /// The caller is not named.
    NotNamed,
    /// The caller is named.
    Named(PrincipalSpecificity),
    /// The element is missing where it must be, or stands where it must not be.
    Undecidable,
}

/// What came of a statement's action element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionPart<'a> {
    pub(crate) matches: bool,
    /// The pattern that covers the action; under `NotAction` it is the one that keeps the statement from matching.
    pub(crate) by: Option<&'a ActionPattern>,
}

/// What came of a statement's resource element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResourcePart<'a> {
    /// The type of policy needs no resource element, and the statement has none.
    NotAsked,
    /// The element matches, or does not.
    Decided {
        matches: bool,
        /// The pattern that covers the resource; under `NotResource` it is the one that keeps the statement from
        /// matching.
        by: Option<&'a ResourcePattern>,
    },
    /// A variable of a pattern depends on a key that is not known yet.
    Unknown(&'a ConditionKey),
    /// The element is missing where it must be.
    Undecidable,
    /// The element has this pattern, which only the service that stores the policy could compare.
    LeftToItsService(&'a ResourcePattern),
}

impl<'a> StatementMatch<'a> {
    /// Holds `statement` against `request`.
    pub(crate) fn of(
        statement: &'a Statement,
        index: usize,
        policy_type: PolicyType,
        has_boundary: bool,
        request: &'a Request<'a>,
    ) -> Self {
        let effect = statement.effect();
        let principal = principal_part(statement, policy_type, has_boundary, request);
        let action = action_part(statement, request);
        let resource = resource_part(statement, policy_type, request);
        let conditions: Vec<Outcome<'a>> = statement
            .conditions()
            .iter()
            .map(|condition| condition.evaluate(request, effect))
            .collect();
        let matches = principal
            .truth(effect)
            .and(action.matches.into())
            .and(resource.truth(effect))
            .and(
                conditions
                    .iter()
                    .fold(Truth::True, |all, outcome| all.and(outcome.truth)),
            );
        Self {
            statement,
            index,
            principal,
            action,
            resource,
            conditions,
            matches,
        }
    }

    /// How closely a resource-based statement that matches names the caller.
    pub(crate) const fn closeness(&self) -> Option<PrincipalSpecificity> {
        match self.principal {
            PrincipalPart::Named(closeness) => Some(closeness),
            PrincipalPart::NotAsked | PrincipalPart::NotNamed | PrincipalPart::Undecidable => None,
        }
    }

    /// The keys that an unknown answer depends on.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &'a ConditionKey> + '_ {
        let resource = match self.resource {
            ResourcePart::Unknown(key) => Some(key),
            _ => None,
        };
        let conditions = self
            .conditions
            .iter()
            .filter(|outcome| outcome.truth == Truth::Unknown)
            .filter_map(|outcome| match outcome.reason.finding() {
                Finding::Unknown(key) => Some(key),
                _ => None,
            });
        resource.into_iter().chain(conditions)
    }
}

impl PrincipalPart {
    pub(crate) fn truth(self, effect: Effect) -> Truth {
        match self {
            Self::NotAsked | Self::Named(_) => Truth::True,
            Self::NotNamed => Truth::False,
            Self::Undecidable => undecidable(effect),
        }
    }
}

impl ResourcePart<'_> {
    pub(crate) fn truth(self, effect: Effect) -> Truth {
        match self {
            Self::NotAsked => Truth::True,
            Self::Decided { matches, .. } => matches.into(),
            Self::Unknown(_) => Truth::Unknown,
            Self::Undecidable | Self::LeftToItsService(_) => undecidable(effect),
        }
    }
}

/// What cannot be decided keeps an `Allow` from matching and makes a `Deny` match.
pub(crate) fn undecidable(effect: Effect) -> Truth {
    (effect == Effect::Deny).into()
}

pub(crate) fn principal_part(
    statement: &Statement,
    policy_type: PolicyType,
    has_boundary: bool,
    request: &Request<'_>,
) -> PrincipalPart {
    let effect = statement.effect();
    match (policy_type.names_principals(), statement.principal()) {
        (true, Some(element)) => {
            match principal_element::names(element, request.principal(), effect, has_boundary) {
                Some(closeness) => PrincipalPart::Named(closeness),
                None => PrincipalPart::NotNamed,
            }
        }
        (false, None) => PrincipalPart::NotAsked,
        (true, None) | (false, Some(_)) => PrincipalPart::Undecidable,
    }
}

/// With which effect the patterns of a statement's action element are asked.
///
/// A pattern that is doubtful must shrink an `Allow` and widen a `Deny`. Under `NotAction` a pattern that matches shrinks the
/// statement, so there the doubt counts the other way round.
pub(crate) fn doubt_about_actions(statement: &Statement) -> Effect {
    match (statement.effect(), statement.action().is_negated()) {
        (Effect::Allow, false) | (Effect::Deny, true) => Effect::Allow,
        (Effect::Deny, false) | (Effect::Allow, true) => Effect::Deny,
    }
}

pub(crate) fn action_part<'a>(statement: &'a Statement, request: &Request<'_>) -> ActionPart<'a> {
    let element = statement.action();
    let doubt = doubt_about_actions(statement);
    let (prefix, name) = (request.action().prefix(), request.action().name());
    let by = element
        .patterns()
        .iter()
        .find(|pattern| pattern.matches(prefix, name, doubt));
    ActionPart {
        matches: by.is_some() != element.is_negated(),
        by,
    }
}

pub(crate) fn resource_part<'a>(
    statement: &'a Statement,
    policy_type: PolicyType,
    request: &'a Request<'a>,
) -> ResourcePart<'a> {
    let Some(element) = statement.resource() else {
        return match policy_type {
            PolicyType::Resource => ResourcePart::NotAsked,
            _ => ResourcePart::Undecidable,
        };
    };
    let part = match request.shape() {
        Shape::One => of_the_resource(element, request),
        Shape::Any => of_any_resource(element),
        Shape::OneOf(components) => of_one_of(element, components, request),
    };
    match (part, doubtful_pattern(statement, element)) {
        // A pattern that certainly covers the resource needs no other.
        (ResourcePart::Decided { by: Some(_), .. }, _) | (_, None) => part,
        (_, Some(pattern)) => ResourcePart::LeftToItsService(pattern),
    }
}

/// The first pattern of the element that is left to its service, where it matters: in an `Allow` it must count as covering
/// nothing, and as covering everything under `NotResource`, and in a `Deny` the other way round. Where it counts as covering
/// nothing, it is passed over as if it did not match.
fn doubtful_pattern<'a>(
    statement: &Statement,
    element: &'a ResourceElement,
) -> Option<&'a ResourcePattern> {
    let counts_as_covering = (statement.effect() == Effect::Deny) != element.is_negated();
    if !counts_as_covering {
        return None;
    }
    let mut patterns = element.patterns().iter();
    patterns.find(|pattern| pattern.is_left_to_its_service())
}

/// What a resource element says of the one resource of a request.
fn of_the_resource<'a>(element: &'a ResourceElement, request: &'a Request<'a>) -> ResourcePart<'a> {
    let mut unknown = None;
    for pattern in element.patterns() {
        match pattern.matches(&request.resource(), request) {
            Match::Yes => {
                return ResourcePart::Decided {
                    matches: !element.is_negated(),
                    by: Some(pattern),
                };
            }
            Match::Unknown(key) => unknown = unknown.or(Some(key)),
            // A variable without a value makes its pattern match no resource, under `NotResource` as well.
            Match::No | Match::Unresolved => {}
        }
    }
    match unknown {
        Some(key) => ResourcePart::Unknown(key),
        None => ResourcePart::Decided {
            matches: element.is_negated(),
            by: None,
        },
    }
}

/// What stands for the resource among the keys that a decision needs, where only the body names it.
pub(crate) static UNKNOWN_RESOURCE: Lazy<ConditionKey> =
    Lazy::new(|| ConditionKey::new("the resource"));

/// What a resource element says of a resource that is not known yet: a pattern for everything covers it in any case.
fn of_any_resource(element: &ResourceElement) -> ResourcePart<'_> {
    let everything = element
        .patterns()
        .iter()
        .find(|pattern| pattern.is_everything());
    match everything {
        Some(pattern) => ResourcePart::Decided {
            matches: !element.is_negated(),
            by: Some(pattern),
        },
        None => ResourcePart::Unknown(&UNKNOWN_RESOURCE),
    }
}

/// What a resource element says of many resources: whether it covers all of them, or none.
fn of_one_of<'a>(
    element: &'a ResourceElement,
    components: &[Nfa; 5],
    request: &'a Request<'a>,
) -> ResourcePart<'a> {
    let mut unknown = None;
    for pattern in element.patterns() {
        match pattern.extent(components, request) {
            Coverage::All => {
                return ResourcePart::Decided {
                    matches: !element.is_negated(),
                    by: Some(pattern),
                };
            }
            Coverage::None => {}
            Coverage::Some => unknown = unknown.or(Some(&*UNKNOWN_RESOURCE)),
            Coverage::Unknown(key) => unknown = unknown.or(Some(key)),
        }
    }
    match unknown {
        Some(key) => ResourcePart::Unknown(key),
        None => ResourcePart::Decided {
            matches: element.is_negated(),
            by: None,
        },
    }
}
