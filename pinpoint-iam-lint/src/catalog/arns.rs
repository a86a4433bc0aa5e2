//! The ARNs on which an action acts, for all possible ids.

use std::cell::OnceCell;

use pinpoint_iam_catalog::{Action, Catalog, Component, IdFormat, Piece, ResourceType, Service};
use pinpoint_iam_core::pattern::characters::IdCharacters;
use pinpoint_iam_core::pattern::nfa::Nfa;
use pinpoint_iam_core::policy::ResourcePattern;

/// An action of the catalog, and the ARNs on which it acts.
pub(crate) struct CatalogAction<'c> {
    pub(crate) service: &'c Service,
    pub(crate) action: &'c Action,
    /// Computed on demand, because a document mentions only a few of a catalog's actions.
    arns: OnceCell<Vec<Arns>>,
}

/// The actions of one service of the catalog.
pub(crate) struct ServiceActions<'c> {
    pub(crate) service: &'c Service,
    actions: OnceCell<Vec<CatalogAction<'c>>>,
}

impl<'c> ServiceActions<'c> {
    /// The actions of each service in the catalog.
    pub(crate) fn all(catalog: &'c Catalog) -> Vec<Self> {
        let services = catalog.services().iter();
        services
            .map(|service| Self {
                service,
                actions: OnceCell::new(),
            })
            .collect()
    }

    /// The actions, computed on demand.
    pub(crate) fn actions(&self) -> &[CatalogAction<'c>] {
        self.actions.get_or_init(|| {
            let actions = self.service.actions().iter();
            actions
                .map(|action| CatalogAction {
                    service: self.service,
                    action,
                    arns: OnceCell::new(),
                })
                .collect()
        })
    }
}

impl CatalogAction<'_> {
    /// Whether `pattern` matches a resource on which the action acts.
    pub(super) fn can_meet(&self, pattern: &ResourcePattern) -> bool {
        self.arns().iter().any(|arns| arns.can_meet(pattern))
    }

    /// The ARNs of each resource type; empty for an action that is checked against `*`.
    pub(super) fn arns(&self) -> &[Arns] {
        self.arns.get_or_init(|| {
            let resources = self.action.resources.iter();
            resources
                .map(|resource| Arns::of(self.service, self.action, resource))
                .collect()
        })
    }
}

/// The ARNs of one resource type on which an action acts.
pub(super) struct Arns {
    /// The template with the values that the action fixes.
    pub(super) template: String,
    /// The possible values of each component after `arn:`.
    components: [Nfa; 5],
}

impl Arns {
    fn of(service: &Service, action: &Action, resource: &ResourceType) -> Self {
        let template = &resource.arn;
        let of_scope = |component: &Component| match component {
            Component::FromScope => Nfa::of_scope(),
            Component::Fixed(text) => Nfa::text(text),
        };
        let mut last = Nfa::empty_text();
        for piece in &template.pieces {
            match piece {
                Piece::Literal(text) => last.push_text(text),
                Piece::Field(index) => {
                    let Some(field) = resource.fields.get(*index) else {
                        // The resource type has no such field, so that anything is possible.
                        last.push_anything();
                        continue;
                    };
                    let mut pinned = action.pinned.iter();
                    match pinned.find(|(placeholder, _)| *placeholder == field.name) {
                        Some((_, value)) => last.push_text(value),
                        None => push_id(&mut last, &field.accepts),
                    }
                }
            }
        }
        Self {
            template: action.arn(resource),
            components: [
                match &template.partition {
                    Component::FromScope if !service.partitions.is_empty() => {
                        Nfa::one_of(&service.partitions)
                    }
                    partition => of_scope(partition),
                },
                Nfa::text(&template.service),
                of_scope(&template.region),
                of_scope(&template.account),
                last,
            ],
        }
    }

    /// Whether `pattern` matches at least one of the ARNs.
    ///
    /// The components of a pattern are independent of each other, so they are checked one by one.
    pub(super) fn can_meet(&self, pattern: &ResourcePattern) -> bool {
        pattern.could_match(|component, index| {
            let language = self.components.get(index);
            language.is_some_and(|language| language.meets(component.parts()))
        })
    }
}

/// Appends all values that a placeholder accepts.
fn push_id(language: &mut Nfa, accepts: &IdFormat) {
    match accepts {
        IdFormat::Identifier => language.push_id(IdCharacters::Identifier),
        IdFormat::Opaque => language.push_id(IdCharacters::Opaque),
        IdFormat::OneOf(values) => language.push_one_of(values),
    }
}
