//! Representative actions.

use std::collections::{HashMap, HashSet};

use pinpoint_iam::Principal;
use pinpoint_iam::context::Context;
use pinpoint_iam::eval::parts;
use pinpoint_iam::pattern::Case;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, Atoms, Classes, Question, literal};
use pinpoint_iam::policy::ActionPattern;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;

use crate::bits::Bits;
use crate::catalog::{ClosedAction, ClosedService, any_action};
use crate::cells::Cell;
use crate::grouped::Grouped;

use super::action_texts::{action_atoms, covers_text, is_lower_case_of_action, spell, spelled_of};
use super::{Fold, MOST_STEPS_OF_A_DIMENSION};

/// An action, and the cells that can match it.
#[derive(Clone, Debug)]
pub(super) struct Action<'c> {
    pub(super) text: String,
    pub(super) alive: Bits,
    pub(super) closed: Option<&'c ClosedAction>,
}

impl<'a> Fold<'a> {
    pub(super) fn actions<'c>(&mut self, services: &'c [ClosedService]) -> Vec<Action<'c>> {
        let mut patterns = Grouped::default();
        let mut spelled: Vec<&'a str> = Vec::new();
        let mut preferred: Vec<String> = Vec::new();
        // Each cell has two numbers. The second is for patterns with wildcards before the colon, which some statements
        // ignore. The following numbers are those of other patterns.
        let wanted_owner = self.cells.len() * 2;
        let mut is_any_required = !self.is_comparable();
        for (index, cell) in self.cells.iter().enumerate() {
            let is_differing = self.differing.contains(index);
            for pattern in cell.action_patterns() {
                spelled.push(pattern.as_str());
                if is_differing && !pattern.as_str().contains(['*', '?']) {
                    preferred.push(pattern.as_str().to_ascii_lowercase());
                }
                let prefix = pattern.prefix().unwrap_or_default();
                let number = index * 2 + usize::from(prefix.contains(['*', '?']));
                patterns.add(action_atoms(pattern.as_str()), number);
            }
            is_any_required |= is_differing && cell.statement().action().is_negated();
        }
        for text in &self.space.actions {
            patterns.add(action_atoms(text), wanted_owner);
            spelled_of(text, &mut preferred);
        }
        // A pattern for each service with a catalog, to distinguish it from other services.
        for (service, owner) in services.iter().zip(wanted_owner + 1..) {
            let mut of_service: Atoms =
                literal(&service.prefix.to_ascii_lowercase(), Case::Sensitive).collect();
            of_service.extend(literal(":", Case::Sensitive));
            of_service.push(Atom::Run(Characters::All));
            patterns.add(of_service, owner);
        }
        let patterns = patterns.build();
        let required = if !self.space.actions.is_empty() {
            Some(patterns.of_owners(|owner| owner == wanted_owner))
        } else if is_any_required {
            None
        } else {
            Some(patterns.of_owners(|owner| self.differing.contains(owner / 2)))
        };
        let frame = any_action();
        let preferred: Vec<&str> = preferred.iter().map(String::as_str).collect();
        let classes = Classes::of(&Question {
            patterns: &patterns.patterns,
            groups: Some(&patterns.groups),
            frame: Some(&frame),
            required: required.as_deref(),
            permits: is_lower_case_of_action,
            preferred: &preferred,
            budget: MOST_STEPS_OF_A_DIMENSION,
        });
        self.spend(classes.steps);
        if !classes.is_complete {
            self.note(
                None,
                "the action patterns have too many combinations".to_owned(),
            );
        }
        let mut texts: Vec<(String, Option<&'c ClosedAction>)> = Vec::new();
        for text in classes.texts {
            let prefix = text.split(':').next().unwrap_or_default();
            if !services
                .iter()
                .any(|service| service.prefix.eq_ignore_ascii_case(prefix))
            {
                texts.push((spell(&text, &spelled), None));
            }
        }
        for service in services {
            for action in &service.actions {
                let text = format!("{}:{}", service.prefix, action.name);
                let is_wanted = self.space.actions.is_empty()
                    || self
                        .space
                        .actions
                        .iter()
                        .any(|pattern| covers_text(pattern, &text));
                if is_wanted {
                    texts.push((text, Some(action)));
                }
            }
        }
        let index = ByPrefix::of(&self.cells);
        let mut actions: Vec<Action<'c>> = Vec::new();
        let mut known: HashSet<(Bits, Option<Vec<String>>)> = HashSet::new();
        for (text, closed) in texts {
            let Ok(action) = RequestedAction::parse(&text) else {
                continue;
            };
            let alive = index.alive(&self.cells, action);
            if !self.is_of_interest(&alive) {
                continue;
            }
            let templates = closed.map(|action| action.templates.clone());
            if known.insert((alive.clone(), templates)) {
                actions.push(Action {
                    text,
                    alive,
                    closed,
                });
            }
        }
        actions
    }
}

/// The action patterns of cells, grouped by service, so that an action is compared with few of them.
pub(super) struct ByPrefix<'a> {
    of_service: HashMap<String, Vec<(usize, &'a ActionPattern)>>,
    of_any: Vec<(usize, &'a ActionPattern)>,
}

impl<'a> ByPrefix<'a> {
    pub(super) fn of(cells: &[Cell<'a>]) -> Self {
        let mut all = Self {
            of_service: HashMap::new(),
            of_any: Vec::new(),
        };
        for (index, cell) in cells.iter().enumerate() {
            for pattern in cell.action_patterns() {
                match pattern.prefix() {
                    Some(prefix) if !prefix.contains(['*', '?']) => {
                        all.of_service
                            .entry(prefix.to_ascii_lowercase())
                            .or_default()
                            .push((index, pattern));
                    }
                    _ => all.of_any.push((index, pattern)),
                }
            }
        }
        all
    }

    /// Returns the cells that can match an action.
    pub(super) fn alive(&self, cells: &[Cell<'a>], action: RequestedAction<'_>) -> Bits {
        let principal = Principal::anonymous();
        let request = Request::new(&principal, action, RequestedResource::All, Context::empty());
        let mut covered = Bits::none(cells.len());
        let of_service = self.of_service.get(&action.prefix().to_ascii_lowercase());
        for (index, pattern) in of_service.into_iter().flatten().chain(&self.of_any) {
            let cell = cells.get(*index);
            if !covered.contains(*index)
                && cell
                    .is_some_and(|cell| parts::covers_action(cell.statement(), pattern, &request))
            {
                covered.insert(*index);
            }
        }
        let mut alive = Bits::none(cells.len());
        for (index, cell) in cells.iter().enumerate() {
            if covered.contains(index) != cell.statement().action().is_negated() {
                alive.insert(index);
            }
        }
        alive
    }
}
