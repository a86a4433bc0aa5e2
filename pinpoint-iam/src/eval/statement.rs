//! Matches one statement with a request, part by part.

use once_cell::sync::Lazy;

use crate::condition::{Finding, Outcome};
use crate::context::ConditionKey;
use crate::eval::Truth;
use crate::eval::principal_element::{self, PrincipalSpecificity};
use crate::pattern::nfa::Nfa;
use crate::pattern::{Coverage, Match};
use crate::policy::{ActionPattern, Effect, ResourceElement, ResourcePattern, Statement};
use crate::policy_stack::PolicyType;
use crate::program::action_element::covering_pattern;
use crate::request::{Request, Shape};

/// The result of matching one statement with a request.
#[derive(Clone, Debug)]
pub(crate) struct StatementMatch<'a> {
    pub(crate) statement: &'a Statement,
    pub(crate) index: usize,
    pub(crate) principal: PrincipalPart,
    pub(crate) action: ActionPart<'a>,
    pub(crate) resource: ResourcePart<'a>,
    pub(crate) conditions: Vec<Outcome<'a>>,
    pub(crate) matches: Truth,
}

/// The result of matching a statement's principal element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PrincipalPart {
    /// Policies of this type have no principals, and the statement has no principal element.
    NotAsked,
    /// The element does not name the caller.
    NotNamed,
    /// The element names the caller.
    Named(PrincipalSpecificity),
    /// The element is missing although required, or present although not allowed.
    Undecidable,
}

/// The result of matching a statement's action element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionPart<'a> {
    pub(crate) matches: bool,
    /// The pattern that covers the action. Under `NotAction`, this is the pattern that prevents a match.
    pub(crate) by: Option<&'a ActionPattern>,
}

/// The result of matching a statement's resource element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResourcePart<'a> {
    /// Policies of this type need no resource element, and the statement has none.
    NotAsked,
    /// The element matches or does not match.
    Decided {
        matches: bool,
        /// The pattern that covers the resource. Under `NotResource`, this is the pattern that prevents a match.
        by: Option<&'a ResourcePattern>,
    },
    /// A variable in a pattern depends on a key that is not known yet.
    Unknown(&'a ConditionKey),
    /// The element is missing although required.
    Undecidable,
    /// The element contains this pattern, which only the service that stores the policy can compare.
    LeftToItsService(&'a ResourcePattern),
}

impl<'a> StatementMatch<'a> {
    /// Matches `statement` with `request`.
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

    /// Returns how specifically a matching statement of a resource-based policy names the caller.
    pub(crate) const fn closeness(&self) -> Option<PrincipalSpecificity> {
        match self.principal {
            PrincipalPart::Named(closeness) => Some(closeness),
            PrincipalPart::NotAsked | PrincipalPart::NotNamed | PrincipalPart::Undecidable => None,
        }
    }

    /// The keys that an unknown result depends on.
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

/// An undecidable part prevents an `Allow` from matching, and lets a `Deny` match.
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

pub(crate) fn action_part<'a>(statement: &'a Statement, request: &Request<'_>) -> ActionPart<'a> {
    let (prefix, name) = (request.action().prefix(), request.action().name());
    let by = covering_pattern(statement, prefix, name);
    ActionPart {
        matches: by.is_some() != statement.action().is_negated(),
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
        // If a pattern certainly covers the resource, the other patterns do not matter.
        (ResourcePart::Decided { by: Some(_), .. }, _) | (_, None) => part,
        (_, Some(pattern)) => ResourcePart::LeftToItsService(pattern),
    }
}

/// Returns the first pattern of the element that only its service can compare, if it counts as covering the resource.
/// In the `Resource` of an `Allow` such a pattern counts as covering nothing, and in the `NotResource` of an `Allow` as
/// covering everything. In a `Deny` it is the other way round. A pattern that counts as covering nothing is ignored.
pub(crate) fn doubtful_pattern<'a>(
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

/// Matches a resource element with the one resource of a request.
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
            // A pattern with a variable that has no value matches no resource, also under `NotResource`.
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

/// Represents the resource among the missing keys, if only the body identifies it.
pub(crate) static UNKNOWN_RESOURCE: Lazy<ConditionKey> =
    Lazy::new(|| ConditionKey::new("the resource"));

/// Matches a resource element with a resource that is not known yet. A pattern for everything covers any resource.
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

/// Matches a resource element with many resources: does it cover all of them, or none?
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
