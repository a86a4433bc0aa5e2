//! Representative resources.

use std::collections::HashSet;
use std::rc::Rc;

use pinpoint_iam::Arn;
use pinpoint_iam::context::{Context, ContextLookup, Lookup};
use pinpoint_iam::eval::parts;
use pinpoint_iam::pattern::Match;
use pinpoint_iam::pattern::classes::{Classes, Question, fill};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;

use crate::bits::Bits;
use crate::catalog::any_arn;
use crate::cells::Cell;
use crate::grouped::{Grouped, Groups};

use super::callers::deciding;
use super::readable::{examples, service_of};
use super::slices::literal_text;
use super::variables::Assignment;
use super::{Fold, MOST_STEPS_OF_A_DIMENSION};

/// The work of building a pattern, in steps for each of its pieces.
const STEPS_PER_PIECE: usize = 12;

/// Everything that representative resources depend on.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct ResourceQuestion {
    alive: Bits,
    variables: Vec<Option<String>>,
    account: String,
    service: String,
    templates: Option<Vec<String>>,
}

impl<'a> Fold<'a> {
    /// Returns representative resources, with the cells that can still match.
    pub(super) fn resources(
        &mut self,
        assignment: &Assignment<'_, '_>,
        alive: &Bits,
    ) -> Vec<(String, Bits, usize, bool)> {
        let texts = self.resource_texts(assignment, alive);
        let mut found = Vec::new();
        let mut known: HashSet<(Bits, bool)> = HashSet::new();
        for text in texts.iter() {
            let Some(left) = self.alive_on(assignment, alive, text) else {
                continue;
            };
            self.steps += alive.iter().count() * 8;
            let is_special = Self::must_tell_apart(assignment, text);
            if known.insert((left.clone(), is_special)) {
                // An ARN is clearer than `*`, which is requested for an action without resources.
                let cost = if text == "*" { 60 } else { text.len() };
                found.push((text.clone(), left, cost, is_special));
            }
        }
        found
    }

    /// Returns representative resources for the patterns of these cells.
    fn resource_texts(&mut self, assignment: &Assignment<'_, '_>, alive: &Bits) -> Rc<Vec<String>> {
        if !self.space.resources.is_empty() {
            return Rc::new(self.space.resources.clone());
        }
        let closed = assignment.action.closed;
        let question = ResourceQuestion {
            alive: alive.clone(),
            variables: self.resource_variables(alive, &assignment.context),
            account: assignment.caller.resource_account.clone(),
            service: service_of(&assignment.action.text),
            templates: closed.map(|action| action.templates.clone()),
        };
        if let Some(known) = self.known_resources.get(&question) {
            return Rc::clone(known);
        }
        let (patterns, required, preferred) = self.resource_patterns(assignment, alive);
        self.spend(patterns.patterns.iter().map(Vec::len).sum::<usize>() * STEPS_PER_PIECE);
        let open = [any_arn()];
        let frames: &[_] = match closed {
            Some(action) => &action.arns,
            None => &open,
        };
        let preferred: Vec<&str> = preferred.iter().map(String::as_str).collect();
        let mut texts: Vec<String> = Vec::new();
        for frame in frames {
            let classes = Classes::of(&Question {
                patterns: &patterns.patterns,
                groups: Some(&patterns.groups),
                frame: Some(frame),
                required: required.as_deref(),
                permits: |character| !character.is_control(),
                preferred: &preferred,
                budget: MOST_STEPS_OF_A_DIMENSION,
            });
            self.spend(classes.steps);
            if !classes.is_complete {
                self.note(
                    None,
                    "the resource patterns have too many combinations".to_owned(),
                );
            }
            texts.extend(classes.texts);
        }
        if closed.is_none_or(|action| action.arns.is_empty()) {
            texts.push("*".to_owned());
        }
        let texts = Rc::new(texts);
        self.known_resources.insert(question, Rc::clone(&texts));
        texts
    }

    /// Returns the values of the variables in resource patterns, `None` for those without one value.
    fn resource_variables(&self, alive: &Bits, context: &Context) -> Vec<Option<String>> {
        let cells = alive.iter().filter_map(|index| self.cells.get(index));
        let patterns = cells.flat_map(Cell::resource_patterns);
        let keys = patterns.flat_map(|pattern| pattern.variables().map(|variable| variable.key()));
        keys.map(|key| match context.lookup(key) {
            Lookup::Present(value) => Some(value.text().into_owned()),
            Lookup::Absent | Lookup::Multivalued(_) | Lookup::Unknown => None,
        })
        .collect()
    }

    /// Returns the patterns that distinguish resources, the groups of which one must match, and readable examples.
    fn resource_patterns(
        &self,
        assignment: &Assignment<'_, '_>,
        alive: &Bits,
    ) -> (Groups, Option<Vec<usize>>, Vec<String>) {
        let mut patterns = Grouped::default();
        let mut is_any_required = !self.is_comparable();
        let mut preferred: Vec<String> = Vec::new();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let is_required = self.differing.contains(index);
            let is_negated = cell
                .statement()
                .resource()
                .is_none_or(|element| element.is_negated());
            for pattern in cell.resource_patterns() {
                if is_required
                    && (is_negated || pattern.is_everything() || pattern.is_left_to_its_service())
                {
                    is_any_required = true;
                }
                for pieces in pattern.unfilled() {
                    let Some(atoms) = fill(&pieces, &assignment.context) else {
                        continue;
                    };
                    if let Some(text) = literal_text(&atoms) {
                        preferred.push(text);
                    }
                    patterns.add(atoms, index);
                }
            }
            is_any_required |= is_required && is_negated;
        }
        if self.names_callers
            && let Ok(action) = RequestedAction::parse(&assignment.action.text)
        {
            // If resource-based policies are compared, it matters whether such a policy must allow the request.
            for atoms in parts::resources_that_must_allow(action) {
                patterns.add(atoms, self.cells.len());
            }
        }
        let patterns = patterns.build();
        let differing = &self.differing;
        let required =
            (!is_any_required).then(|| patterns.of_owners(|owner| differing.contains(owner)));
        let account = assignment.caller.resource_account.as_str();
        preferred.extend(examples(assignment.action.text.as_str(), account));
        (patterns, required, preferred)
    }

    /// Returns whether the evaluator has special rules for the resource.
    pub(super) fn must_tell_apart(assignment: &Assignment<'_, '_>, resource: &str) -> bool {
        let of = |resource| deciding(assignment.action, assignment.caller, resource);
        match Arn::parse(resource) {
            Ok(arn) => of(RequestedResource::Arn(arn)) != of(RequestedResource::All),
            Err(_) => false,
        }
    }

    /// Returns the cells that can match a resource, or `None` if the text is not a resource.
    pub(super) fn alive_on(
        &self,
        assignment: &Assignment<'_, '_>,
        alive: &Bits,
        text: &str,
    ) -> Option<Bits> {
        let action = RequestedAction::parse(&assignment.action.text).ok()?;
        let resource = match text {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(Arn::parse(arn).ok()?),
        };
        let request = Request::new(
            &assignment.caller.bare,
            action,
            resource,
            &assignment.context,
        );
        let mut left = alive.clone();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let matches = match &cell.resources {
                Some(patterns) => patterns
                    .iter()
                    .any(|pattern| pattern.matches(&resource, &request) == Match::Yes),
                None => parts::matches_resource(cell.statement(), cell.policy_type(), &request),
            };
            if !matches {
                left.remove(index);
            }
        }
        Some(left)
    }
}
