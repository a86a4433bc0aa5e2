//! Services whose actions are known, so that no other actions need to be considered.

use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam::arn::Scope;
use pinpoint_iam::pattern::Case;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, Atoms, literal};
use pinpoint_iam::pattern::nfa::Nfa;
use pinpoint_iam::resource::{ResourceTypeMetadata, ScopeComponent};

/// A service with a catalog. It has these actions and no others.
#[derive(Clone, Debug)]
pub(crate) struct ClosedService {
    pub(crate) prefix: &'static str,
    pub(crate) actions: Vec<ClosedAction>,
}

/// An action of a catalog, with the ARNs of the resources on which it can be requested.
#[derive(Clone, Debug)]
pub(crate) struct ClosedAction {
    pub(crate) name: &'static str,
    /// The texts of the templates, which identify actions with equal resources.
    pub(crate) templates: Vec<String>,
    /// The ARNs of each template. An action without templates is requested on `*`.
    pub(crate) arns: Vec<Nfa>,
}

impl ClosedService {
    pub(crate) fn of(service: &'static ServiceMetadata) -> Self {
        Self {
            prefix: service.prefix,
            actions: service.actions.iter().map(ClosedAction::of).collect(),
        }
    }
}

impl ClosedAction {
    fn of(action: &'static ActionMetadata) -> Self {
        let types = action.resource_types.iter();
        Self {
            name: action.name,
            templates: types
                .clone()
                .map(|kind| format!("{} {:?}", kind.arn, action.pinned))
                .collect(),
            arns: types.map(|kind| arns(kind, action.pinned)).collect(),
        }
    }

    /// Returns the action on resources of these types in a scope.
    pub(crate) fn in_scope(
        action: &'static ActionMetadata,
        types: &[&'static ResourceTypeMetadata],
        scope: &Scope,
    ) -> Self {
        let types = types.iter();
        Self {
            name: action.name,
            templates: types
                .clone()
                .map(|kind| format!("{} {:?} {scope:?}", kind.arn, action.pinned))
                .collect(),
            arns: types
                .map(|kind| {
                    let mut arns = Nfa::text("arn");
                    for component in kind.languages(scope, action.pinned) {
                        arns.push_text(":");
                        arns.push_language(&component);
                    }
                    arns
                })
                .collect(),
        }
    }
}

/// Returns the ARNs of a resource type, in any partition, region and account.
fn arns(kind: &ResourceTypeMetadata, pinned: &[(&str, &str)]) -> Nfa {
    let mut arns = Nfa::text("arn:");
    let scope = |component, arns: &mut Nfa| {
        match component {
            ScopeComponent::FromScope => arns.push_run(Characters::WithoutColon),
            ScopeComponent::Fixed(text) => arns.push_text(text),
        }
        arns.push_text(":");
    };
    scope(kind.partition, &mut arns);
    scope(ScopeComponent::Fixed(kind.service), &mut arns);
    scope(kind.region, &mut arns);
    scope(kind.account, &mut arns);
    let [.., resource] = kind.languages(&Scope::new("", "", ""), pinned);
    arns.push_language(&resource);
    arns
}

/// Returns all ARNs, for a service without a catalog.
pub(crate) fn any_arn() -> Nfa {
    let mut arns = Nfa::text("arn:");
    for _ in 0..4 {
        arns.push_run(Characters::WithoutColon);
        arns.push_text(":");
    }
    arns.push_run(Characters::All);
    arns
}

/// Returns the pattern that all ARNs match, and no other texts.
pub(crate) fn arn_atoms() -> Atoms {
    let colon = || Atom::One(Characters::One(':'));
    let mut atoms: Atoms = literal("arn", Case::Sensitive).collect();
    for _ in 0..4 {
        atoms.extend([colon(), Atom::Run(Characters::WithoutColon)]);
    }
    atoms.extend([colon(), Atom::Run(Characters::All)]);
    atoms
}

/// Returns all action names, for a service without a catalog.
pub(crate) fn any_action() -> Nfa {
    let mut actions = Nfa::empty_text();
    actions.push_some(Characters::WithoutColon);
    actions.push_text(":");
    actions.push_some(Characters::WithoutColon);
    actions
}
