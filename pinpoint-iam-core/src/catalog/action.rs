//! Finds actions that are not in the catalogs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::rc::Rc;

use super::arns::{Arns, CatalogAction, DistinctArns};
use super::entries::{ActionEntry, ServiceCatalog};
use super::{CatalogChecker, Finding, Subject, is_in_restriction};
use crate::effect::Effect;
use crate::policy::{ActionElement, ActionPattern, Statement};
use crate::prehashed::PrehashedHasher;
use crate::quoted::list;

/// The actions that a statement covers.
pub struct Covered<'a, 'c, S: ServiceCatalog<'c>> {
    checker: &'a CatalogChecker<'c, S>,
    cover: Rc<CachedCover>,
    /// Whether it names actions that are not in the catalog of their service.
    pub(super) has_unknown: bool,
}

impl<'a, 'c, S: ServiceCatalog<'c>> Covered<'a, 'c, S> {
    /// The covered actions of the catalogs.
    pub fn actions(&self) -> impl Iterator<Item = &'a CatalogAction<'c, S>> {
        (0..).map_while(|index| self.action(index))
    }

    fn action(&self, index: usize) -> Option<&'a CatalogAction<'c, S>> {
        let (service, action) = self.cover.actions.get(index)?;
        let known = self.checker.services.get(*service)?;
        known.actions().get(*action)
    }

    /// Whether it covers no actions of the catalogs.
    pub fn is_empty(&self) -> bool {
        self.cover.actions.is_empty()
    }

    /// Whether it may cover others: actions of services without a catalog, or actions that are not in their catalog.
    pub fn others(&self) -> bool {
        self.cover.others
    }

    /// The ARNs on which the covered actions act.
    pub(super) fn arns(&self) -> impl Iterator<Item = Rc<Arns>> {
        let forms = &self.checker.forms;
        (0..).map_while(move |index| {
            let mut known = self.cover.arns.borrow_mut();
            known.get(index, |index| self.action(index), forms)
        })
    }
}

/// The actions that action elements cover, because many statements have the same.
///
/// Elements with unknown actions are not in it, because each of them is reported.
#[derive(Default)]
pub(super) struct CoverCache {
    hashing: RandomState,
    /// By the hash of the element.
    covers: RefCell<HashMap<u64, Vec<CachedElement>, BuildHasherDefault<PrehashedHasher>>>,
}

struct CachedElement {
    is_negated: bool,
    texts: Vec<Box<str>>,
    cover: Rc<CachedCover>,
}

struct CachedCover {
    /// The indices of services and of their actions.
    actions: Vec<(usize, usize)>,
    others: bool,
    /// Computed on demand, because most patterns match the first one.
    arns: RefCell<DistinctArns>,
}

impl CoverCache {
    fn hash(&self, element: &ActionElement) -> u64 {
        let mut hasher = self.hashing.build_hasher();
        element.is_negated().hash(&mut hasher);
        for pattern in element.patterns() {
            pattern.as_str().hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The actions of an element that is equal to this one.
    fn get(&self, hash: u64, element: &ActionElement) -> Option<Rc<CachedCover>> {
        let covers = self.covers.borrow();
        let mut known = covers.get(&hash)?.iter();
        let equal = known.find(|known| {
            let texts = element.patterns().iter().map(ActionPattern::as_str);
            known.is_negated == element.is_negated()
                && known.texts.iter().map(|text| &**text).eq(texts)
        })?;
        Some(Rc::clone(&equal.cover))
    }

    fn insert(&self, hash: u64, element: &ActionElement, cover: &Rc<CachedCover>) {
        let texts = element.patterns().iter().map(ActionPattern::as_str);
        self.covers
            .borrow_mut()
            .entry(hash)
            .or_default()
            .push(CachedElement {
                is_negated: element.is_negated(),
                texts: texts.map(Into::into).collect(),
                cover: Rc::clone(cover),
            });
    }
}

/// The services to which the actions of a pattern belong.
enum Scope<S> {
    /// A service with a catalog.
    Catalog,
    /// Other services, possibly in addition to services with a catalog.
    Beyond,
    /// A service whose catalog does not have the action.
    Unknown(S),
}

impl<'c, S: ServiceCatalog<'c>> CatalogChecker<'c, S> {
    /// Returns the actions that a statement covers.
    pub fn covered(&self, statement: &Statement) -> Covered<'_, 'c, S> {
        self.cover(statement, |_, _| {})
    }

    /// Reports errors in the statement's actions, and returns the actions that it covers.
    pub(super) fn check_actions(
        &self,
        statement: &Statement,
        findings: &mut Vec<Finding>,
    ) -> Covered<'_, 'c, S> {
        let in_restriction = is_in_restriction(statement, statement.action().is_negated());
        self.cover(statement, |pattern, service| {
            findings.push(self.unknown_action(pattern, service, in_restriction));
        })
    }

    fn cover(
        &self,
        statement: &Statement,
        mut report: impl FnMut(&ActionPattern, S),
    ) -> Covered<'_, 'c, S> {
        let element = statement.action();
        let hash = self.covers.hash(element);
        if let Some(cover) = self.covers.get(hash, element) {
            return Covered {
                checker: self,
                cover,
                has_unknown: false,
            };
        }
        let mut others = element.is_negated();
        let mut has_unknown = false;
        for pattern in element.patterns() {
            match self.scope_of(pattern) {
                Scope::Catalog => {}
                Scope::Beyond => others = true,
                Scope::Unknown(service) => {
                    report(pattern, service);
                    others = true;
                    has_unknown = true;
                }
            }
        }
        // The effect only matters for a wildcard in a prefix, which may cover other actions in any case.
        let is_covered = |known: &&CatalogAction<'c, S>| {
            let mut patterns = element.patterns().iter();
            let (prefix, name) = (known.service.prefix(), known.action.name());
            let is_named = patterns.any(|pattern| pattern.matches(prefix, name, Effect::Deny));
            is_named != element.is_negated()
        };
        let services = self.services.iter().enumerate().filter(|(_, known)| {
            let mut patterns = element.patterns().iter();
            let prefix = known.service.prefix();
            element.is_negated() || patterns.any(|pattern| may_name(pattern, prefix))
        });
        let mut actions = Vec::new();
        for (service, known) in services {
            let of_service = known.actions().iter().enumerate();
            let found = of_service.filter(|(_, action)| is_covered(action));
            actions.extend(found.map(|(action, _)| (service, action)));
        }
        let cover = Rc::new(CachedCover {
            actions,
            others,
            arns: RefCell::default(),
        });
        if !has_unknown {
            self.covers.insert(hash, element, &cover);
        }
        Covered {
            checker: self,
            cover,
            has_unknown,
        }
    }

    fn scope_of(&self, pattern: &ActionPattern) -> Scope<S> {
        let Some((prefix, _)) = pattern.as_str().split_once(':') else {
            return Scope::Beyond;
        };
        if pattern.is_everything() || is_pattern(prefix) {
            return Scope::Beyond;
        }
        let mut services = self.services.iter().map(|known| known.service);
        // Nothing is known about a service without a catalog. If its name resembles one with a catalog, this proves
        // nothing: AWS has both `sns` and `sqs`.
        match services.find(|service| service.prefix().eq_ignore_ascii_case(prefix)) {
            None => Scope::Beyond,
            Some(service) if has_match(service, pattern) => Scope::Catalog,
            Some(service) => Scope::Unknown(service),
        }
    }

    fn unknown_action(
        &self,
        pattern: &ActionPattern,
        service: S,
        is_in_restriction: bool,
    ) -> Finding {
        let shown = pattern.as_str().escape_debug();
        let name = pattern
            .as_str()
            .split_once(':')
            .map_or("", |(_, name)| name);
        let cost = service.actions().len();
        let without_names = || (see_the_catalog(service), None);
        let (subject, message, (hint, suggestion)) = if is_pattern(name) {
            // A name without the wildcards is no replacement.
            let hint = || (did_you_mean(service, &name.replace(['*', '?'], "")).0, None);
            (
                Subject::UnmatchedWildcard,
                format!("`{shown}` does not match any action"),
                self.hints.compare(cost, hint, without_names),
            )
        } else {
            let hint = || self.suggest_action(service, name);
            (
                Subject::UnknownAction,
                format!("unknown action `{shown}`"),
                self.hints.compare(cost, hint, without_names),
            )
        };
        Finding {
            subject,
            position: pattern.position(),
            message,
            hint,
            suggestion,
            is_in_restriction,
        }
    }

    /// Returns what to write instead of `name`, which is not an action of `service`, and the action that was probably
    /// meant if there is only one candidate.
    pub fn suggest_action(&self, service: S, name: &str) -> (String, Option<String>) {
        let written =
            |service: S, action: S::Action| format!("{}:{}", service.prefix(), action.name());
        let is_former = |action: &S::Action| {
            let mut former = action.former_names();
            former.any(|former| former.eq_ignore_ascii_case(name))
        };
        if let Some(action) = service.actions().find(is_former) {
            let renamed = written(service, action);
            return (format!("it was renamed to `{renamed}`"), Some(renamed));
        }
        let mut services = self.services.iter().map(|known| known.service);
        let elsewhere = services.find_map(|service| {
            let mut actions = service.actions();
            let action = actions.find(|action| action.name().eq_ignore_ascii_case(name))?;
            Some(written(service, action))
        });
        match elsewhere {
            Some(action) => (format!("write `{action}`"), Some(action)),
            None => did_you_mean(service, name),
        }
    }
}

/// Whether a pattern can match an action of the service with this prefix.
fn may_name(pattern: &ActionPattern, prefix: &str) -> bool {
    match pattern.as_str().split_once(':') {
        Some((named, _)) if !is_pattern(named) => named.eq_ignore_ascii_case(prefix),
        _ => true,
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn has_match<'c, S: ServiceCatalog<'c>>(service: S, pattern: &ActionPattern) -> bool {
    let mut actions = service.actions();
    actions.any(|action| pattern.matches(service.prefix(), action.name(), Effect::Deny))
}

fn see_the_catalog<'c>(service: impl ServiceCatalog<'c>) -> String {
    format!("see the actions in the catalog of `{}`", service.prefix())
}

/// The hint with the nearest names, and the name that was probably meant.
fn did_you_mean<'c, S: ServiceCatalog<'c>>(service: S, name: &str) -> (String, Option<String>) {
    let near = S::nearest(name, service.actions().map(ActionEntry::name));
    let near = near
        .iter()
        .map(|name| format!("{}:{name}", service.prefix()));
    let near: Vec<String> = near.collect();
    if near.is_empty() {
        return (see_the_catalog(service), None);
    }
    (format!("did you mean {}?", list("or", &near)), only(near))
}

/// The element of a list with one element.
pub(super) fn only(names: Vec<String>) -> Option<String> {
    <[String; 1]>::try_from(names).ok().map(|[only]| only)
}
