//! The ARNs on which an action acts, for all possible ids.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::entries::{ActionEntry, ArnComponent, ResourceTypeEntry, ServiceCatalog};
use crate::context::is_named;
use crate::pattern::nfa::Nfa;
use crate::policy::ResourcePattern;
use crate::resource::language;

/// An action of the catalogs, and the ARNs on which it acts.
pub struct CatalogAction<'c, S: ServiceCatalog<'c>> {
    /// The service of the action.
    pub service: S,
    /// The action.
    pub action: S::Action,
    /// Computed on demand, because a document mentions only a few of a catalog's actions.
    arns: OnceCell<Vec<Rc<Arns>>>,
}

/// The actions of one service of the catalogs.
pub(super) struct ServiceActions<'c, S: ServiceCatalog<'c>> {
    pub(super) service: S,
    actions: OnceCell<Vec<CatalogAction<'c, S>>>,
}

impl<'c, S: ServiceCatalog<'c>> ServiceActions<'c, S> {
    pub(super) const fn of(service: S) -> Self {
        Self {
            service,
            actions: OnceCell::new(),
        }
    }

    /// The actions, computed on demand.
    pub(super) fn actions(&self) -> &[CatalogAction<'c, S>] {
        self.actions.get_or_init(|| {
            let actions = self.service.actions();
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

impl<'c, S: ServiceCatalog<'c>> CatalogAction<'c, S> {
    /// Whether requests for the action can have the condition key.
    pub fn can_have(&self, key: &str) -> bool {
        let mut names = self.action.condition_keys();
        names.any(|name| is_named(name, key))
    }

    /// The ARNs of each resource type; empty for an action that is checked against `*`.
    pub(super) fn arns(&self, forms: &ArnForms) -> &[Rc<Arns>] {
        self.arns.get_or_init(|| {
            let pinned = self.action.pinned();
            let resource_types = self.action.resource_types();
            resource_types
                .map(|resource_type| forms.get(self.service, resource_type, &pinned))
                .collect()
        })
    }
}

/// The forms of ARNs of all catalogs. Actions on the same resource type have the same form.
#[derive(Default)]
pub(super) struct ArnForms {
    /// By the prefix of the service and the template.
    forms: RefCell<HashMap<(String, String), Rc<Arns>>>,
    /// By the prefix of the service and the start of the template.
    heads: RefCell<HashMap<(String, String), usize>>,
    matched: RefCell<MatchedTexts>,
}

/// Whether a component of a pattern matches, by the number of the head, the index of the component and its text, for texts
/// without variables.
type MatchedTexts = HashMap<(usize, usize), HashMap<Box<str>, bool>>;

impl ArnForms {
    /// Returns the result of `compare` for a component without variables, which is computed once for each text.
    fn matched(&self, head: (usize, usize), text: &str, compare: impl FnOnce() -> bool) -> bool {
        let mut matched = self.matched.borrow_mut();
        let texts = matched.entry(head).or_default();
        if let Some(known) = texts.get(text) {
            return *known;
        }
        let result = compare();
        texts.insert(text.into(), result);
        result
    }

    fn get<'c>(
        &self,
        service: impl ServiceCatalog<'c>,
        resource_type: ResourceTypeEntry<'_>,
        pinned: &[(&str, &str)],
    ) -> Rc<Arns> {
        let template = pinned
            .iter()
            .fold(resource_type.arn.to_owned(), |arn, (placeholder, value)| {
                arn.replace(&format!("${{{placeholder}}}"), value)
            });
        let start = template.splitn(6, ':').take(5);
        let start: Vec<&str> = start.collect();
        let head = (service.prefix().to_owned(), start.join(":"));
        let mut heads = self.heads.borrow_mut();
        let number = heads.len();
        let head = *heads.entry(head).or_insert(number);
        let mut forms = self.forms.borrow_mut();
        let number = forms.len();
        let form = forms.entry((service.prefix().to_owned(), template.clone()));
        let form = form.or_insert_with(|| {
            let arns = Arns::of(resource_type, &service.partitions(), pinned);
            Rc::new(Arns {
                template,
                number,
                head,
                ..arns
            })
        });
        Rc::clone(form)
    }
}

/// The ARNs of one resource type on which an action acts.
pub(super) struct Arns {
    /// The template with the values that the action fixes.
    pub(super) template: String,
    /// The number of the template among those of all catalogs.
    number: usize,
    /// The number of the components before the resource among those of all catalogs.
    head: usize,
    /// The possible values of each component after `arn:`.
    components: [Nfa; 5],
}

impl Arns {
    fn of(
        resource_type: ResourceTypeEntry<'_>,
        partitions: &[&str],
        pinned: &[(&str, &str)],
    ) -> Self {
        let of_scope = |component: ArnComponent<'_>| match component {
            ArnComponent::FromScope => Nfa::of_scope(),
            ArnComponent::Fixed(text) => Nfa::text(text),
        };
        Self {
            template: String::new(),
            number: 0,
            head: 0,
            components: [
                match resource_type.partition {
                    ArnComponent::FromScope if !partitions.is_empty() => Nfa::one_of(partitions),
                    partition => of_scope(partition),
                },
                Nfa::text(resource_type.service),
                of_scope(resource_type.region),
                of_scope(resource_type.account),
                language(resource_type.pieces, pinned),
            ],
        }
    }
}

/// A pattern, and the forms of ARNs that it was compared with.
pub(super) struct ComparedPattern<'p> {
    pub(super) pattern: &'p ResourcePattern,
    forms: HashMap<usize, bool>,
    /// By the number of the head, the component, and the address and length of the part of the pattern.
    heads: RefCell<HashMap<(usize, usize, usize, usize), bool>>,
}

impl<'p> ComparedPattern<'p> {
    pub(super) fn of(pattern: &'p ResourcePattern) -> Self {
        Self {
            pattern,
            forms: HashMap::new(),
            heads: RefCell::default(),
        }
    }

    /// Whether the pattern matches a resource on which the action acts.
    pub(super) fn can_match<'c, S: ServiceCatalog<'c>>(
        &mut self,
        known: &CatalogAction<'c, S>,
        forms: &ArnForms,
    ) -> bool {
        let mut arns = known.arns(forms).iter();
        arns.any(|arns| self.can_match_form(arns, forms))
    }

    /// Whether the pattern matches at least one of the ARNs.
    ///
    /// The components of a pattern are independent of each other, so they are compared one by one.
    fn can_match_form(&mut self, arns: &Arns, all: &ArnForms) -> bool {
        let Self {
            pattern,
            forms,
            heads,
        } = self;
        *forms.entry(arns.number).or_insert_with(|| {
            pattern.could_match(|component, index| {
                let meets = || {
                    let language = arns.components.get(index);
                    language.is_some_and(|language| language.meets(component.parts()))
                };
                if index + 1 == arns.components.len() {
                    return meets();
                }
                let text = component.as_str();
                if !text.contains('$') {
                    return all.matched((arns.head, index), text, meets);
                }
                let mut heads = heads.borrow_mut();
                let key = (arns.head, index, text.as_ptr().addr(), text.len());
                *heads.entry(key).or_insert_with(meets)
            })
        })
    }
}
