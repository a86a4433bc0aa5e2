//! Representative resources.

use std::collections::HashSet;
use std::rc::Rc;

use pinpoint_iam::Arn;
use pinpoint_iam::eval::parts;
use pinpoint_iam::pattern::Match;
use pinpoint_iam::pattern::classes::{Atoms, Classes, Question, fill};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;

use crate::bits::Bits;
use crate::catalog::any_arn;

use super::callers::deciding;
use super::readable::examples;
use super::slices::literal_text;
use super::variables::Assignment;
use super::{Fold, MOST_STEPS_OF_A_DIMENSION};

/// Patterns that distinguish resources, the indices of those of which one must match, and the templates of a catalog.
pub(super) type ResourceQuestion = (Vec<Atoms>, Option<Vec<usize>>, Option<Vec<String>>);

impl<'a> Fold<'a> {
    /// Returns representative resources, with the cells that can still match.
    pub(super) fn resources(
        &mut self,
        assignment: &Assignment<'_, '_>,
        alive: &Bits,
    ) -> Vec<(String, Bits, usize, bool)> {
        let mut patterns: Vec<Atoms> = Vec::new();
        let mut required: Option<Vec<usize>> = self.is_comparable().then(Vec::new);
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
                    required = None;
                }
                for pieces in pattern.unfilled() {
                    let Some(atoms) = fill(&pieces, &assignment.context) else {
                        continue;
                    };
                    if let Some(text) = literal_text(&atoms) {
                        preferred.push(text);
                    }
                    if is_required && let Some(required) = &mut required {
                        required.push(patterns.len());
                    }
                    patterns.push(atoms);
                }
            }
            if is_required && is_negated {
                required = None;
            }
        }
        let account = assignment.caller.resource_account.as_str();
        preferred.extend(examples(assignment.action.text.as_str(), account));
        let texts = self.resource_texts(assignment, &patterns, required.as_deref(), &preferred);
        let mut found = Vec::new();
        let mut known: HashSet<(Bits, bool)> = HashSet::new();
        for text in texts.iter() {
            let Some(left) = self.alive_on(assignment, alive, text) else {
                continue;
            };
            self.steps += alive.iter().count();
            let is_special = Self::must_tell_apart(assignment, text);
            if known.insert((left.clone(), is_special)) {
                // An ARN is clearer than `*`, which is requested for an action without resources.
                let cost = if text == "*" { 60 } else { text.len() };
                found.push((text.clone(), left, cost, is_special));
            }
        }
        found
    }

    /// Returns representative resources for patterns that distinguish them.
    pub(super) fn resource_texts(
        &mut self,
        assignment: &Assignment<'_, '_>,
        patterns: &[Atoms],
        required: Option<&[usize]>,
        preferred: &[String],
    ) -> Rc<Vec<String>> {
        if !self.space.resources.is_empty() {
            return Rc::new(self.space.resources.clone());
        }
        let closed = assignment.action.closed;
        let key = (
            patterns.to_vec(),
            required.map(<[usize]>::to_vec),
            closed.map(|action| action.templates.clone()),
        );
        if let Some(known) = self.known_resources.get(&key) {
            return Rc::clone(known);
        }
        let open = [any_arn()];
        let frames: &[_] = match closed {
            Some(action) => &action.arns,
            None => &open,
        };
        let preferred: Vec<&str> = preferred.iter().map(String::as_str).collect();
        let mut texts: Vec<String> = Vec::new();
        for frame in frames {
            let classes = Classes::of(&Question {
                patterns,
                frame: Some(frame),
                required,
                permits: |character| !character.is_control(),
                preferred: &preferred,
                budget: MOST_STEPS_OF_A_DIMENSION,
            });
            self.spend(classes.steps);
            if !classes.is_complete {
                self.note(
                    None,
                    "the patterns of resources have more combinations than are looked at"
                        .to_owned(),
                );
            }
            texts.extend(classes.texts);
        }
        if closed.is_none_or(|action| action.arns.is_empty()) {
            texts.push("*".to_owned());
        }
        let texts = Rc::new(texts);
        self.known_resources.insert(key, Rc::clone(&texts));
        texts
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
