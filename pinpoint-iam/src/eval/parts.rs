//! Single steps of the evaluation, for tools that analyze many requests at once.
//!
//! Such a tool must not reimplement the rules. These functions return how a part of a statement matches a request, and
//! what the decision is if certain statements match.

use crate::eval::combine::{CombinedDecision, RESOURCES_THAT_MUST_ALLOW};
use crate::eval::organization::Organization;
use crate::eval::principal_element::PrincipalSpecificity;
use crate::eval::statement::{
    ActionPart, PrincipalPart, ResourcePart, StatementMatch, action_part, principal_part,
    resource_part,
};
use crate::eval::walk::{self, ReferenceEvaluation};
use crate::eval::{Truth, combine::AccountRelation};
use crate::pattern::Case;
use crate::pattern::characters::Characters;
use crate::pattern::classes::{Atom, Atoms, literal};
use crate::policy::{ActionPattern, Statement};
use crate::policy_stack::{Policy, PolicyStack, PolicyType};
use crate::principal::{self, Principal, SERVICE_LINKED_ROLE_PATH};
use crate::program::action_element::doubt_about_actions;
use crate::request::{Request, RequestedAction};

/// A statement and the policy that contains it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The type of the policy.
    pub policy_type: PolicyType,
    /// The number of the layer in evaluation order: a level of an organization, or all policies of another type.
    pub layer: usize,
    /// The policy.
    pub policy: &'a Policy,
    /// The statement.
    pub statement: &'a Statement,
}

/// Every statement of a stack, in evaluation order.
pub fn places<'a>(stack: &PolicyStack<'a>) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    for (layer, (policy_type, policies)) in walk::layers(stack).into_iter().enumerate() {
        for policy in policies {
            let statements = policy.document().statements().iter();
            places.extend(statements.map(|statement| Place {
                policy_type,
                layer,
                policy,
                statement,
            }));
        }
    }
    places
}

/// The policy types of a stack in evaluation order, with each level of an organization separately.
pub fn layers(stack: &PolicyStack<'_>) -> Vec<PolicyType> {
    let layers = walk::layers(stack).into_iter();
    layers.map(|(policy_type, _)| policy_type).collect()
}

/// Whether a pattern of the statement's action element covers the action of the request.
pub fn covers_action(
    statement: &Statement,
    pattern: &ActionPattern,
    request: &Request<'_>,
) -> bool {
    let action = request.action();
    pattern.matches(
        action.prefix(),
        action.name(),
        doubt_about_actions(statement),
    )
}

/// Whether the statement's action element matches the action of the request.
pub fn matches_action(statement: &Statement, request: &Request<'_>) -> bool {
    action_part(statement, request).matches
}

/// Whether the statement's resource element matches the resource of the request.
pub fn matches_resource(
    statement: &Statement,
    policy_type: PolicyType,
    request: &Request<'_>,
) -> bool {
    let part = resource_part(statement, policy_type, request);
    part.truth(statement.effect()) == Truth::True
}

/// Whether the statement's principal element matches the caller, and a number for the way in which it matches. The
/// statement does not distinguish callers with equal results.
pub fn matches_principal(
    statement: &Statement,
    policy_type: PolicyType,
    has_boundary: bool,
    request: &Request<'_>,
) -> (bool, usize) {
    let part = principal_part(statement, policy_type, has_boundary, request);
    let way = match part {
        PrincipalPart::Named(closeness) => {
            let place = PrincipalSpecificity::ALL
                .iter()
                .position(|known| *known == closeness);
            place.map_or(0, |place| place + 1)
        }
        PrincipalPart::NotAsked | PrincipalPart::NotNamed | PrincipalPart::Undecidable => 0,
    };
    (part.truth(statement.effect()) == Truth::True, way)
}

/// The policies that decide a request, as determined by its accounts and its caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deciding(AccountRelation, Organization);

/// Returns which policies decide `request`.
pub fn deciding(request: &Request<'_>) -> Deciding {
    Deciding(
        AccountRelation::of(request),
        Organization::of(request.principal()),
    )
}

/// Whether policies of this type apply to the caller.
pub fn applies(policy_type: PolicyType, caller: &Principal) -> bool {
    Organization::of(caller).applies(policy_type)
}

/// A pattern for the ARNs of the roles to which the policies of an organization do not apply.
pub fn service_linked_roles() -> Atoms {
    let text = |text: &str| literal(text, Case::Sensitive).collect::<Atoms>();
    let mut atoms = vec![Atom::Run(Characters::All)];
    atoms.extend(text(":role/"));
    atoms.extend(text(SERVICE_LINKED_ROLE_PATH));
    atoms.push(Atom::Run(Characters::All));
    atoms
}

/// Patterns for the resources whose own policy must allow an action even in the same account.
pub fn resources_that_must_allow(action: RequestedAction<'_>) -> Vec<Atoms> {
    let kinds = RESOURCES_THAT_MUST_ALLOW.iter();
    let kinds = kinds.filter(|kind| kind.has_action(action));
    let text = |text: &str| literal(text, Case::Sensitive).collect::<Atoms>();
    let component = || Atom::Run(Characters::WithoutColon);
    kinds
        .map(|kind| {
            let mut atoms = text("arn:");
            atoms.push(component());
            atoms.extend(text(":"));
            atoms.extend(text(kind.service));
            for _ in 0..2 {
                atoms.extend(text(":"));
                atoms.push(component());
            }
            atoms.extend(text(":"));
            atoms.extend(text(kind.start));
            atoms.push(Atom::Run(Characters::All));
            atoms
        })
        .collect()
}

/// Whether a condition key, in lower case, describes the principal.
pub fn is_principal_key(key: &str) -> bool {
    principal::is_principal_key(key)
}

/// Whether the request is allowed if exactly those statements match for which `matches` returns true. It receives their
/// index in [`places`].
pub fn is_allowed(
    stack: &PolicyStack<'_>,
    request: &Request<'_>,
    mut matches: impl FnMut(usize) -> bool,
) -> bool {
    let has_boundary = stack.permissions_boundary.is_some();
    let walked = ReferenceEvaluation::through(
        stack,
        request,
        |number, statement, (_, index), policy_type| {
            let does_match = matches(number);
            StatementMatch {
                statement,
                index,
                principal: principal_part(statement, policy_type, has_boundary, request),
                action: ActionPart {
                    matches: does_match,
                    by: None,
                },
                resource: ResourcePart::NotAsked,
                conditions: Vec::new(),
                matches: does_match.into(),
            }
        },
    );
    matches!(
        walked.conclude(),
        CombinedDecision::Allowed(..) | CombinedDecision::AllowedToRoot
    )
}
