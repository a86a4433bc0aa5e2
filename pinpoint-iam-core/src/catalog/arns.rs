//! The ARNs on which an action acts, for all possible ids.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::entries::{ActionEntry, ArnComponent, ResourceTypeEntry, ServiceCatalog};
use crate::context::is_named;
use crate::pattern::BorrowedPattern;
use crate::pattern::nfa::Nfa;
use crate::pattern::step_table::StepTable;
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

/// The ARNs on which actions act, each form once, in the order of the actions.
#[derive(Default)]
pub(super) struct DistinctArns {
    found: Vec<Rc<Arns>>,
    /// The addresses of those that were found.
    seen: HashSet<*const Arns>,
    /// The number of actions that were added.
    actions: usize,
}

impl DistinctArns {
    /// Those of all of `actions`.
    pub(super) fn of<'a, 'c: 'a, S: ServiceCatalog<'c> + 'a>(
        actions: impl Iterator<Item = &'a CatalogAction<'c, S>>,
        forms: &ArnForms,
    ) -> Self {
        let mut distinct = Self::default();
        for action in actions {
            distinct.add(action, forms);
        }
        distinct
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Rc<Arns>> {
        self.found.iter().map(Rc::clone)
    }

    /// The form with this index. Adds the actions that `action` returns by their index until it is found.
    pub(super) fn get<'a, 'c: 'a, S: ServiceCatalog<'c> + 'a>(
        &mut self,
        index: usize,
        action: impl Fn(usize) -> Option<&'a CatalogAction<'c, S>>,
        forms: &ArnForms,
    ) -> Option<Rc<Arns>> {
        while self.found.len() <= index {
            self.add(action(self.actions)?, forms);
        }
        self.found.get(index).map(Rc::clone)
    }

    fn add<'c, S: ServiceCatalog<'c>>(&mut self, action: &CatalogAction<'c, S>, forms: &ArnForms) {
        let Self {
            found,
            seen,
            actions,
        } = self;
        let arns = action.arns(forms).iter();
        found.extend(
            arns.filter(|arns| seen.insert(Rc::as_ptr(arns)))
                .map(Rc::clone),
        );
        *actions += 1;
    }
}

/// The forms of ARNs of all catalogs. Actions on the same resource type have the same form.
#[derive(Default)]
pub(super) struct ArnForms {
    /// By the prefix of the service and the template.
    forms: RefCell<HashMap<(String, String), Rc<Arns>>>,
    /// The numbers of the components before the resource, by the prefix of the service and the start of the template.
    heads: RefCell<HashMap<(String, String), usize>>,
    matched: RefCell<MatchedHeads>,
}

/// The components before the resource in patterns, and the results of their comparison with those of the forms.
#[derive(Default)]
struct MatchedHeads {
    /// The numbers of the components, by their text in the pattern.
    numbers: HashMap<Box<str>, usize>,
    /// For each of these numbers, by the number of the form's head: whether they match, if they were compared.
    results: Vec<Vec<Option<bool>>>,
}

impl ArnForms {
    /// The number of a pattern's components before the resource.
    fn pattern_head(&self, text: &str) -> usize {
        let MatchedHeads { numbers, results } = &mut *self.matched.borrow_mut();
        if let Some(known) = numbers.get(text) {
            return *known;
        }
        let number = results.len();
        numbers.insert(text.into(), number);
        results.push(Vec::new());
        number
    }

    /// Returns the result of `compare` for the head of a pattern and that of a form, which is computed once.
    fn matched(&self, pattern: usize, form: usize, compare: impl FnOnce() -> bool) -> bool {
        let results = &mut self.matched.borrow_mut().results;
        let Some(results) = results.get_mut(pattern) else {
            return compare();
        };
        if results.len() <= form {
            results.resize(form + 1, None);
        }
        match results.get_mut(form) {
            Some(result) => *result.get_or_insert_with(compare),
            None => compare(),
        }
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
        let form = forms.entry((service.prefix().to_owned(), template.clone()));
        let form = form.or_insert_with(|| {
            let arns = Arns::of(resource_type, &service.partitions(), pinned);
            Rc::new(Arns {
                template,
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
    /// The number of the components before the resource among those of all catalogs.
    head: usize,
    /// The possible values of each component after `arn:`.
    components: [RefCell<StepTable>; LAST + 1],
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
            ]
            .map(|language| RefCell::new(StepTable::of(language))),
        }
    }

    /// Whether a pattern can match the component with this index.
    fn can_have(&self, pattern: BorrowedPattern<'_>, index: usize) -> bool {
        let language = self.components.get(index);
        language.is_some_and(|language| language.borrow_mut().meets(pattern.parts()))
    }
}

/// A pattern that is compared with forms of ARNs.
pub(super) struct ComparedPattern<'p> {
    pattern: &'p ResourcePattern,
    /// The number of the components before the resource, and the resource, of an ARN that has all components.
    complete: Option<(usize, BorrowedPattern<'p>)>,
}

impl<'p> ComparedPattern<'p> {
    pub(super) fn of(pattern: &'p ResourcePattern, forms: &ArnForms) -> Self {
        let complete = pattern.head().zip(pattern.last_component());
        Self {
            pattern,
            complete: complete.map(|(head, last)| (forms.pattern_head(head), last)),
        }
    }

    /// Whether the pattern matches at least one of the ARNs.
    ///
    /// The components of a pattern are independent of each other, so they are compared one by one. Many patterns have the
    /// same components before the resource.
    pub(super) fn can_match(&self, arns: &Arns, forms: &ArnForms) -> bool {
        let pattern = self.pattern;
        let Some((head, last)) = self.complete else {
            return pattern.could_match(|component, index| arns.can_have(component, index));
        };
        let before_last = || {
            pattern.could_match(|component, index| index == LAST || arns.can_have(component, index))
        };
        forms.matched(head, arns.head, before_last) && arns.can_have(last, LAST)
    }
}

/// The index of the resource among the components.
const LAST: usize = 4;
