//! Which ARNs an action acts on, for every id that there could be.

use std::cell::OnceCell;

use pinpoint_iam_catalog::{Action, Catalog, Component, IdFormat, Piece, ResourceType, Service};
use pinpoint_iam_core::pattern::characters::IdCharacters;
use pinpoint_iam_core::pattern::nfa::Nfa;
use pinpoint_iam_core::policy::ResourcePattern;

/// An action of the catalog and the ARNs that it acts on.
pub(super) struct CatalogAction<'c> {
    pub(super) service: &'c Service,
    pub(super) action: &'c Action,
    /// Made when they are asked for: a document speaks of few of a catalog's actions.
    arns: OnceCell<Vec<Arns>>,
}

/// The actions of one service of the catalog.
pub(super) struct ServiceActions<'c> {
    pub(super) service: &'c Service,
    actions: OnceCell<Vec<CatalogAction<'c>>>,
}

impl<'c> ServiceActions<'c> {
    /// Those of each service.
    pub(super) fn all(catalog: &'c Catalog) -> Vec<Self> {
        let services = catalog.services().iter();
        services
            .map(|service| Self {
                service,
                actions: OnceCell::new(),
            })
            .collect()
    }

    /// The actions, made when they are asked for.
    pub(super) fn actions(&self) -> &[CatalogAction<'c>] {
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
    /// Whether `pattern` matches a resource that the action acts on.
    pub(super) fn can_meet(&self, pattern: &ResourcePattern) -> bool {
        self.arns().iter().any(|arns| arns.can_meet(pattern))
    }

    /// Those of each resource type; none for an action that is checked against `*`.
    pub(super) fn arns(&self) -> &[Arns] {
        self.arns.get_or_init(|| {
            let resources = self.action.resources.iter();
            resources
                .map(|resource| Arns::of(self.service, self.action, resource))
                .collect()
        })
    }
}

/// The ARNs of one resource type, as far as one action acts on them.
pub(super) struct Arns {
    /// The template, with the action's fixed values filled in.
    pub(super) template: String,
    /// What each component behind `arn:` may be.
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
                        // A template without its placeholder: nothing is claimed of what it may be.
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

    /// Whether `pattern` matches one of the ARNs at least.
    ///
    /// What a pattern says of one component has no bearing on the others, so they are looked at one by one.
    pub(super) fn can_meet(&self, pattern: &ResourcePattern) -> bool {
        pattern.could_match(|component, index| {
            let language = self.components.get(index);
            language.is_some_and(|language| language.meets(component.parts()))
        })
    }
}

/// Appends whatever a placeholder accepts.
fn push_id(language: &mut Nfa, accepts: &IdFormat) {
    match accepts {
        IdFormat::Identifier => language.push_id(IdCharacters::Identifier),
        IdFormat::Opaque => language.push_id(IdCharacters::Opaque),
        IdFormat::OneOf(values) => language.push_one_of(values),
    }
}
