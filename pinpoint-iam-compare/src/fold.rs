//! The comparison itself.
//!
//! A request matches a statement if its action, resource, caller and every condition key match. Each of these
//! dimensions has representative values, and each value has the set of statements that can still match. The
//! intersections of these sets over all dimensions are the sets of statements that can match together. The evaluator
//! determines the decision for each of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use pinpoint_iam::condition::Condition;
use pinpoint_iam::context::{ConditionKey, Context, ContextLookup, Lookup, Value};
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::eval::parts::{self, Place};
use pinpoint_iam::eval::{Decision, Policy, PolicyStack, PolicyType, Truth, reference};
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{
    Atom, Atoms, Classes, Question, Unfilled, fill, literal, positions_behind,
};
use pinpoint_iam::pattern::{Case, Match, Part};
use pinpoint_iam::policy::{ActionPattern, Document};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};

use crate::bits::Bits;
use crate::callers::{ACCOUNT, Asked, Caller, callers};
use crate::catalog::{ClosedAction, ClosedService, any_action, any_arn};
use crate::cells::{Cell, cut};
use crate::keys::{Held, OnKey, With, values};
use crate::result::{Comparison, Cover, Difference, KeyValue, Responsible, Undecided, Witness};

/// The maximum amount of work before a comparison is abandoned. One step is one character read by a pattern, or a
/// comparable amount of work.
const MOST_STEPS: usize = 24_000_000;
/// The maximum number of steps in the search for the texts of one dimension.
const MOST_STEPS_OF_A_DIMENSION: usize = 5_000_000;
/// The maximum number of sets of statements at a time.
const MOST_SETS: usize = 20_000;

/// The requests to compare.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    /// The callers to consider. Empty for all callers.
    pub(crate) callers: Vec<Principal>,
    /// The services with a catalog.
    pub(crate) services: Vec<ClosedService>,
    /// The patterns of the actions to consider. Empty for all actions.
    pub(crate) actions: Vec<String>,
    /// The ARNs of the resources to consider. Empty for all resources.
    pub(crate) resources: Vec<String>,
    /// Whether the callers are known to have no tags and to belong to no organization.
    pub(crate) callers_are_strangers: bool,
}

/// One of the two sides.
struct Side<'a> {
    stack: PolicyStack<'a>,
    /// The cells that each statement belongs to, by the index of the statement in the stack.
    cells: Vec<Vec<usize>>,
}

/// An action, and the cells that can match it.
#[derive(Clone, Debug)]
struct Action<'c> {
    text: String,
    alive: Bits,
    closed: Option<&'c ClosedAction>,
}

/// A partially determined request: the statements that can still match, and the values that were chosen.
#[derive(Clone, Debug)]
struct State {
    alive: Bits,
    resource: String,
    /// Whether the evaluator has special rules for the resource.
    is_special: bool,
    keys: Vec<(String, KeyValue)>,
    cost: usize,
}

/// One value of a dimension, with the cells that can still match.
#[derive(Clone, Debug)]
struct Entry {
    alive: Bits,
    keys: Vec<(String, KeyValue)>,
    cost: usize,
}

/// A difference, with the cost of its explanation.
struct Found {
    cost: Cost,
    witness: Witness,
    needs_delegation: bool,
    caller: Caller,
}

/// The cost of explaining a witness: how unusual its caller is, then the number and length of its texts.
type Cost = (usize, usize);

/// A caller and the account of the resource, ordered by rank.
type CallerClass = (usize, String, String);

/// Patterns of actions, and of resources.
type Patterns = (BTreeSet<String>, BTreeSet<String>);

/// Patterns that distinguish resources, the indices of those of which one must match, and the templates of a catalog.
type ResourceQuestion = (Vec<Atoms>, Option<Vec<usize>>, Option<Vec<String>>);

pub(crate) struct Fold<'a> {
    sides: [Side<'a>; 2],
    has_boundary: bool,
    cells: Vec<Cell<'a>>,
    /// Whether both sides have the same lists of policies.
    comparable: bool,
    differing: Bits,
    on_first: Bits,
    on_second: Bits,
    /// Whether any policy is resource-based, so that callers of other accounts must be considered.
    names_callers: bool,
    /// Whether the policies of the resources are unknown.
    may_delegate: bool,
    space: &'a Space,
    delegating: HashMap<String, Policy>,
    /// Caches of previous results.
    known_resources: HashMap<ResourceQuestion, Rc<Vec<String>>>,
    known_entries: HashMap<(String, Vec<usize>), Rc<Vec<Entry>>>,
    compiled: [Option<Compiled>; 2],
    steps: usize,
    is_exhausted: bool,
    undecided: BTreeSet<Undecided>,
    /// Sets of statements for which both sides are known to decide the same, by caller.
    same: HashSet<(Bits, String)>,
    best: [Option<Found>; 2],
    /// A newly allowed request for each caller.
    by_caller: BTreeMap<CallerClass, (Cost, Witness)>,
    /// The cells that could match where a difference was found.
    covers: [BTreeMap<usize, Patterns>; 2],
}

impl<'a> Fold<'a> {
    pub(crate) fn new(first: PolicyStack<'a>, second: PolicyStack<'a>, space: &'a Space) -> Self {
        let places = [parts::places(&first), parts::places(&second)];
        let [of_first, of_second] = &places;
        let has_boundary = |stack: &PolicyStack<'_>| stack.permissions_boundary.is_some();
        let comparable = parts::layers(&first) == parts::layers(&second);
        let cells = cut([of_first, of_second], comparable);
        let count = cells.len();
        let mut common = Bits::none(count);
        let mut on = [Bits::none(count), Bits::none(count)];
        for (index, cell) in cells.iter().enumerate() {
            if cell.is_common() {
                common.insert(index);
            }
            for (side, bits) in on.iter_mut().enumerate() {
                if cell.is_on(side) {
                    bits.insert(index);
                }
            }
        }
        let cells_of = |side: usize, places: &[Place<'a>]| {
            let mut of = vec![Vec::new(); places.len()];
            for (index, cell) in cells.iter().enumerate() {
                for number in cell.numbers.get(side).into_iter().flatten() {
                    if let Some(cells) = of.get_mut(*number) {
                        cells.push(index);
                    }
                }
            }
            of
        };
        let sides = [
            Side {
                stack: first,
                cells: cells_of(0, of_first),
            },
            Side {
                stack: second,
                cells: cells_of(1, of_second),
            },
        ];
        let [on_first, on_second] = on;
        let has_resource = first.resource.is_some() || second.resource.is_some();
        Self {
            sides,
            has_boundary: has_boundary(&first) || has_boundary(&second),
            differing: if comparable {
                Bits::all(count).without(&common)
            } else {
                Bits::all(count)
            },
            comparable,
            on_first,
            on_second,
            cells,
            names_callers: has_resource,
            may_delegate: !has_resource,
            space,
            delegating: HashMap::new(),
            known_resources: HashMap::new(),
            known_entries: HashMap::new(),
            compiled: [None, None],
            steps: 0,
            is_exhausted: false,
            undecided: BTreeSet::new(),
            same: HashSet::new(),
            best: [None, None],
            by_caller: BTreeMap::new(),
            covers: [BTreeMap::new(), BTreeMap::new()],
        }
    }

    pub(crate) fn compare(mut self) -> Comparison {
        self.search();
        self.finish()
    }

    /// Returns the comparison, and a request of each caller that has additional access.
    pub(crate) fn compare_each_caller(mut self) -> (Comparison, Vec<Witness>) {
        self.search();
        let found = std::mem::take(&mut self.by_caller);
        let mut requests = Vec::new();
        for (_, witness) in found.into_values() {
            let decisions = self.decide(&witness, None);
            let allowed = decisions.map(|decisions| decisions.each_ref().map(Decision::is_allowed));
            if allowed == Some([false, true]) {
                requests.push(witness);
            }
        }
        (self.finish(), requests)
    }

    fn search(&mut self) {
        if self.differing.iter().next().is_some() || !self.is_comparable() {
            let space = self.space;
            for action in self.actions(&space.services) {
                if self.is_exhausted {
                    break;
                }
                self.compare_action(&action);
            }
        }
        if self.is_exhausted {
            self.note(
                None,
                "the policies have more combinations than are looked at".to_owned(),
            );
        }
    }

    /// Sides without different statements can still have different lists of policies.
    const fn is_comparable(&self) -> bool {
        self.comparable
    }

    fn spend(&mut self, steps: usize) {
        self.steps += steps;
        self.is_exhausted |= self.steps > MOST_STEPS;
    }

    fn note(&mut self, cell: Option<usize>, reason: String) {
        let statement = cell.and_then(|cell| self.cells.get(cell)).map(responsible);
        self.undecided.insert(Undecided { statement, reason });
    }

    /// Returns whether a set of statements can still result in a difference.
    fn is_of_interest(&self, alive: &Bits) -> bool {
        alive.meets(&self.differing) || (!self.is_comparable())
    }

    // --- Actions ---

    fn actions<'c>(&mut self, services: &'c [ClosedService]) -> Vec<Action<'c>> {
        let mut patterns: Vec<Atoms> = Vec::new();
        let mut required: Option<Vec<usize>> = Some(Vec::new());
        let mut spelled: Vec<&'a str> = Vec::new();
        let mut preferred: Vec<String> = Vec::new();
        let comparable = self.is_comparable();
        for (index, cell) in self.cells.iter().enumerate() {
            let is_required = self.differing.contains(index);
            for pattern in cell.action_patterns() {
                spelled.push(pattern.as_str());
                if is_required && !pattern.as_str().contains(['*', '?']) {
                    preferred.push(pattern.as_str().to_ascii_lowercase());
                }
                if is_required && let Some(required) = &mut required {
                    required.push(patterns.len());
                }
                patterns.push(action_atoms(pattern.as_str()));
            }
            if is_required && cell.statement().action().is_negated() {
                required = None;
            }
        }
        if !comparable {
            required = None;
        }
        let mut wanted: Option<Vec<usize>> = None;
        for text in &self.space.actions {
            wanted.get_or_insert_default().push(patterns.len());
            patterns.push(action_atoms(text));
            spelled_of(text, &mut preferred);
        }
        // A pattern for each service with a catalog, to distinguish it from other services.
        for service in services {
            let mut of_service: Atoms =
                literal(&service.prefix.to_ascii_lowercase(), Case::Sensitive).collect();
            of_service.extend(literal(":", Case::Sensitive));
            of_service.push(Atom::Run(Characters::All));
            patterns.push(of_service);
        }
        let frame = any_action();
        let preferred: Vec<&str> = preferred.iter().map(String::as_str).collect();
        let classes = Classes::of(&Question {
            patterns: &patterns,
            frame: Some(&frame),
            required: wanted.as_deref().or(required.as_deref()),
            permits: is_lower_case_of_action,
            preferred: &preferred,
            budget: MOST_STEPS_OF_A_DIMENSION,
        });
        self.spend(classes.steps);
        if !classes.is_complete {
            self.note(
                None,
                "the patterns of actions have more combinations than are looked at".to_owned(),
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
                let is_wanted = wanted.is_none()
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

    // --- Callers ---

    fn compare_action(&mut self, action: &Action<'_>) {
        let callers = self.callers(&action.alive);
        let mut known: HashSet<(Bits, Vec<usize>, String, Vec<String>)> = HashSet::new();
        let variables = self.variables(&action.alive);
        for caller in callers {
            let mut alive = action.alive.clone();
            let mut ways = Vec::new();
            let is_possible = RequestedAction::parse(&action.text).is_ok_and(|requested| {
                let request = Request::new(
                    &caller.bare,
                    requested,
                    RequestedResource::All,
                    Context::empty(),
                )
                .with_resource_account(&caller.resource_account);
                for index in action.alive.iter() {
                    let Some(cell) = self.cells.get(index) else {
                        continue;
                    };
                    let (matches, way) = parts::matches_principal(
                        cell.statement(),
                        cell.policy_type(),
                        self.has_boundary,
                        &request,
                    );
                    ways.push(way);
                    if !matches {
                        alive.remove(index);
                    }
                }
                true
            });
            if !is_possible || !self.is_of_interest(&alive) {
                continue;
            }
            let mut context = Context::new();
            let mut fixed: BTreeSet<String> = BTreeSet::new();
            let mut seen = Vec::new();
            let mut keys = Vec::new();
            for key in self
                .keys_of(&alive)
                .into_iter()
                .chain(variables.iter().cloned())
            {
                if !fixed.contains(key.folded()) && self.is_fixed(key.folded(), &caller.principal) {
                    fixed.insert(key.folded().to_owned());
                    let value = match caller.principal.lookup(&key) {
                        Lookup::Present(value) => KeyValue::One(value.text().into_owned()),
                        Lookup::Multivalued(values) => KeyValue::List(
                            values
                                .iter()
                                .map(|value| value.text().into_owned())
                                .collect(),
                        ),
                        Lookup::Absent | Lookup::Unknown => continue,
                    };
                    value.insert_into(&mut context, key.as_str());
                    if variables.contains(&key) {
                        seen.extend(value.as_slice().iter().cloned());
                    }
                    keys.push((key.as_str().to_owned(), value));
                }
            }
            let known_keys = fixed.clone();
            alive = self.after_keys(&alive, &context, &known_keys);
            if !self.is_of_interest(&alive) {
                continue;
            }
            let deciding = deciding(action, &caller, RequestedResource::All);
            if !known.insert((
                alive.clone(),
                ways,
                format!("{deciding:?} {:?}", caller.bare.kind()),
                seen,
            )) {
                continue;
            }
            let mut assignment = Assignment {
                action,
                caller: &caller,
                context,
                known: fixed,
                keys,
            };
            self.assign(&mut assignment, &alive);
            if self.is_exhausted {
                return;
            }
        }
    }

    /// Returns whether the value of a key is determined by the caller alone.
    fn is_fixed(&self, key: &str, caller: &Principal) -> bool {
        if !parts::is_principal_key(key) {
            return false;
        }
        if caller.account().is_none() || self.space.callers_are_strangers {
            return true;
        }
        matches!(
            key,
            "aws:principalarn"
                | "aws:principalaccount"
                | "aws:principaltype"
                | "aws:principalisawsservice"
                | "aws:principalservicename"
                | "aws:username"
        ) || !matches!(caller.lookup(&ConditionKey::new(key)), Lookup::Absent)
    }

    /// Returns the callers to consider if these cells can match.
    fn callers(&mut self, alive: &Bits) -> Vec<Caller> {
        if !self.space.callers.is_empty() {
            let names = self.names_callers;
            return self
                .space
                .callers
                .iter()
                .flat_map(|caller| Caller::given(caller, names, self.space.callers_are_strangers))
                .collect();
        }
        let mut asked = Asked {
            names_callers: self.names_callers,
            ..Asked::default()
        };
        let variables = self.variables(alive);
        let mut with_variables = Vec::new();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            if let Some(principal) = cell.statement().principal() {
                asked
                    .entries
                    .extend(principal.aws().filter(|entry| *entry != "*"));
                asked.services.extend(principal.service());
                asked.providers.extend(principal.federated());
            }
            for condition in cell.statement().conditions() {
                let key = condition.key().folded();
                if DERIVED.contains(&key) {
                    for pieces in condition.text_patterns() {
                        match fill(&pieces, Context::empty()) {
                            Some(atoms) => asked.keys.push((key.to_owned(), atoms)),
                            None => with_variables.push(index),
                        }
                    }
                    asked
                        .keys
                        .push((key.to_owned(), vec![Atom::Run(Characters::All)]));
                    let values = condition.values().iter().map(|value| value.text());
                    if key == "aws:principalarn" {
                        asked.preferred.extend(values.map(str::to_owned));
                    }
                }
            }
        }
        for index in with_variables {
            let reason = "a key of the caller is compared with a variable";
            self.note(Some(index), reason.to_owned());
        }
        for key in variables
            .iter()
            .filter(|key| DERIVED.contains(&key.folded()))
        {
            asked
                .keys
                .push((key.folded().to_owned(), vec![Atom::Run(Characters::All)]));
            let (slices, inexact) = self.slices(key, alive, Context::empty());
            asked.keys.extend(
                slices
                    .into_iter()
                    .map(|atoms| (key.folded().to_owned(), atoms)),
            );
            for (cell, reason) in inexact {
                self.note(Some(cell), reason);
            }
        }
        asked.entries.sort_unstable();
        asked.entries.dedup();
        asked.services.sort_unstable();
        asked.services.dedup();
        asked.providers.sort_unstable();
        asked.providers.dedup();
        if asked.keys.is_empty() && !asked.names_callers {
            return Caller::anybody(ACCOUNT).into_iter().collect();
        }
        let mut steps = 0;
        let (callers, is_complete) = callers(&asked, MOST_STEPS_OF_A_DIMENSION / 4, &mut steps);
        self.spend(steps);
        if !is_complete {
            self.note(
                None,
                "callers differ in more ways than the budget allows".to_owned(),
            );
        }
        callers
    }

    // --- Variables ---

    /// Returns the condition keys of the variables in these cells.
    fn variables(&self, alive: &Bits) -> Vec<ConditionKey> {
        let mut keys: Vec<ConditionKey> = Vec::new();
        let mut push = |key: &ConditionKey| {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        };
        for cell in alive.iter().filter_map(|index| self.cells.get(index)) {
            for pattern in cell.resource_patterns() {
                pattern
                    .variables()
                    .for_each(|variable| push(variable.key()));
            }
            for condition in cell.statement().conditions() {
                condition.keys().skip(1).for_each(&mut push);
            }
        }
        keys
    }

    /// Returns the condition keys of these cells.
    fn keys_of(&self, alive: &Bits) -> Vec<ConditionKey> {
        let mut keys: Vec<ConditionKey> = Vec::new();
        for cell in alive.iter().filter_map(|index| self.cells.get(index)) {
            for condition in cell.statement().conditions() {
                if !keys.contains(condition.key()) {
                    keys.push(condition.key().clone());
                }
            }
        }
        keys
    }

    /// Tries all values of the next unknown variable, then all values of the other dimensions.
    fn assign(&mut self, assignment: &mut Assignment<'_, '_>, alive: &Bits) {
        if self.is_exhausted {
            return;
        }
        let next = self
            .variables(alive)
            .into_iter()
            .find(|key| !assignment.known.contains(key.folded()));
        let Some(key) = next else {
            let alive = self.after_keys(alive, &assignment.context, &assignment.known);
            if self.is_of_interest(&alive) {
                self.fold(assignment, alive);
            }
            return;
        };
        self.spend(1024 + self.cells.len() * self.cells.len() * 8);
        let (slices, inexact) = self.slices(&key, alive, &assignment.context);
        let conditions = self.on_key(&key, alive);
        let on_key: Vec<OnKey<'a>> = conditions.iter().map(|(_, on)| *on).collect();
        let found = values(
            &key,
            &on_key,
            &slices,
            &assignment.context,
            MOST_STEPS_OF_A_DIMENSION,
        );
        self.spend(found.steps);
        let first = self.cells_with_variable(&key, alive).first().copied();
        for (cell, reason) in inexact
            .into_iter()
            .chain(found.inexact.map(|reason| (first.unwrap_or(0), reason)))
        {
            self.note(Some(cell), reason);
        }
        assignment.known.insert(key.folded().to_owned());
        for list in found.lists {
            let before = assignment.context.clone();
            let length = assignment.keys.len();
            if let Some(list) = list {
                list.insert_into(&mut assignment.context, key.as_str());
                assignment.keys.push((key.as_str().to_owned(), list));
            }
            self.assign(assignment, alive);
            assignment.context = before;
            assignment.keys.truncate(length);
        }
        assignment.known.remove(key.folded());
    }

    fn cells_with_variable(&self, key: &ConditionKey, alive: &Bits) -> Vec<usize> {
        let has = |cell: &Cell<'_>| {
            let mut patterns = cell.resource_patterns().into_iter();
            let mut conditions = cell.statement().conditions().iter();
            patterns.any(|pattern| pattern.variables().any(|variable| variable.key() == key))
                || conditions.any(|condition| condition.keys().skip(1).any(|other| other == key))
        };
        alive
            .iter()
            .filter(|index| self.cells.get(*index).is_some_and(has))
            .collect()
    }

    /// Returns patterns that distinguish values of a variable by how the patterns containing it relate to other
    /// patterns, and the cells for which they do not distinguish all values.
    fn slices(
        &self,
        key: &ConditionKey,
        alive: &Bits,
        context: &Context,
    ) -> (Vec<Atoms>, Vec<(usize, String)>) {
        // Patterns that are compared with the same target, by target.
        let mut targets: BTreeMap<String, Vec<(usize, Vec<Unfilled<'a>>)>> = BTreeMap::new();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            for pattern in cell.resource_patterns() {
                for pieces in pattern.unfilled() {
                    targets
                        .entry("5 resource".to_owned())
                        .or_default()
                        .push((index, component(&pieces, 5)));
                }
            }
            for condition in cell.statement().conditions() {
                let is_arn = condition.family() == pinpoint_iam::condition::samples::Family::Arns;
                for pieces in condition.text_patterns() {
                    let components: &[usize] = if is_arn {
                        &[1, 2, 3, 4, 5]
                    } else {
                        &[usize::MAX]
                    };
                    for number in components {
                        let target = format!("{number} {}", condition.key().folded());
                        targets
                            .entry(target)
                            .or_default()
                            .push((index, component(&pieces, *number)));
                    }
                }
            }
        }
        let mut slices: Vec<Atoms> = Vec::new();
        let mut inexact = Vec::new();
        let reason = || {
            format!(
                "`${{{key}}}` does not fill a whole part of a pattern that can be distinguished from other patterns"
            )
        };
        for (target, patterns) in &targets {
            let is_own = target.split(' ').next_back() == Some(key.folded());
            for (index, pieces) in patterns {
                let Some(place) = pieces.iter().position(|piece| is_variable(piece, key)) else {
                    continue;
                };
                if is_own {
                    inexact.push((*index, reason()));
                }
                let (before, behind) = pieces.split_at(place);
                let others: Vec<&Vec<Unfilled<'a>>> = patterns
                    .iter()
                    .map(|(_, other)| other)
                    .filter(|other| *other != pieces && !is_everything(other))
                    .collect();
                let Some(before) = fill(before, context).as_deref().and_then(literal_text) else {
                    if !others.is_empty() {
                        inexact.push((*index, reason()));
                    }
                    continue;
                };
                for other in others {
                    if let Some(other_place) =
                        other.iter().position(|piece| is_variable(piece, key))
                    {
                        let start = other.get(..other_place).unwrap_or_default();
                        let start = fill(start, context).as_deref().and_then(literal_text);
                        let is_clear = start.is_some_and(|start| {
                            start == before
                                || !(start.starts_with(&before) || before.starts_with(&start))
                        });
                        if !is_clear {
                            inexact.push((*index, reason()));
                        }
                        continue;
                    }
                    let is_filled = |piece: &&Unfilled<'_>| match piece {
                        Unfilled::Atom(_) => true,
                        Unfilled::Variable(variable, _) => {
                            !matches!(context.lookup(variable.key()), Lookup::Absent)
                                || variable.default().is_some()
                        }
                    };
                    let known: Vec<Unfilled<'_>> =
                        other.iter().take_while(is_filled).copied().collect();
                    let Some(atoms) = fill(&known, context) else {
                        continue;
                    };
                    let is_end = behind.len() == 1 && known.len() == other.len();
                    for start in positions_behind(&atoms, &before) {
                        let ends = if is_end {
                            atoms.len()..=atoms.len()
                        } else {
                            start..=atoms.len()
                        };
                        for end in ends {
                            if let Some(slice) = atoms.get(start..end)
                                && slices.len() < MOST_SLICES
                                && !slices.iter().any(|known| known == slice)
                            {
                                slices.push(slice.to_vec());
                            }
                        }
                    }
                }
            }
        }
        if slices.len() >= MOST_SLICES {
            let cell = self.cells_with_variable(key, alive).first().copied();
            inexact.push((cell.unwrap_or(0), reason()));
        }
        (slices, inexact)
    }

    /// Returns the conditions on a key in these cells.
    fn on_key(&self, key: &ConditionKey, alive: &Bits) -> Vec<(usize, OnKey<'a>)> {
        let mut on = Vec::new();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let statement = cell.statement();
            for condition in statement
                .conditions()
                .iter()
                .filter(|condition| condition.key() == key)
            {
                on.push((
                    index,
                    OnKey {
                        condition,
                        effect: statement.effect(),
                    },
                ));
            }
        }
        on
    }

    /// Returns the remaining cells after evaluating the conditions whose keys are all known.
    fn after_keys(&self, alive: &Bits, context: &Context, known: &BTreeSet<String>) -> Bits {
        let mut left = alive.clone();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let statement = cell.statement();
            let fails = |condition: &Condition| {
                let is_known = condition.keys().all(|key| known.contains(key.folded()));
                is_known && condition.evaluate(context, statement.effect()).truth != Truth::True
            };
            if statement.conditions().iter().any(fails) {
                left.remove(index);
            }
        }
        left
    }

    // --- Resources and condition keys ---

    fn fold(&mut self, assignment: &Assignment<'_, '_>, alive: Bits) {
        let keys: Vec<ConditionKey> = self
            .keys_of(&alive)
            .into_iter()
            .filter(|key| !assignment.known.contains(key.folded()))
            .collect();
        let dimensions = dimensions(keys);
        let mut states: Vec<State> = Vec::new();
        let settled = self.settled(&alive, &dimensions);
        for (resource, left, cost, is_special) in self.resources(assignment, &alive) {
            if let Some(left) = self.settle(&left, &settled) {
                states.push(State {
                    alive: left,
                    resource,
                    is_special,
                    keys: assignment.keys.clone(),
                    cost,
                });
            }
        }
        let mut states = cheapest(states);
        for (number, dimension) in dimensions.iter().enumerate() {
            let all = states
                .iter()
                .fold(Bits::none(self.cells.len()), |all, state| {
                    all.or(&state.alive)
                });
            if states.is_empty() {
                return;
            }
            let entries = self.entries(dimension, &all, &assignment.context);
            let settled = self.settled(&alive, dimensions.get(number + 1..).unwrap_or_default());
            self.spend(states.len() * entries.len() * (16 + self.cells.len() / 2));
            if self.is_exhausted {
                return;
            }
            let mut next: HashMap<(Bits, bool), State> = HashMap::new();
            for state in &states {
                for entry in entries.iter() {
                    let Some(left) = self.settle(&state.alive.and(&entry.alive), &settled) else {
                        continue;
                    };
                    let cost = state.cost + entry.cost;
                    let class = (left.clone(), state.is_special);
                    match next.get(&class) {
                        Some(known) if known.cost <= cost => {}
                        _ => {
                            let mut keys = state.keys.clone();
                            keys.extend(entry.keys.iter().cloned());
                            let state = State {
                                alive: left,
                                resource: state.resource.clone(),
                                is_special: state.is_special,
                                keys,
                                cost,
                            };
                            next.insert(class, state);
                        }
                    }
                }
                if next.len() > MOST_SETS {
                    self.is_exhausted = true;
                    return;
                }
            }
            states = next.into_values().collect();
            // Without an order, two runs could report different witnesses.
            states.sort_by(|left, right| {
                (left.cost, &left.resource, &left.keys).cmp(&(
                    right.cost,
                    &right.resource,
                    &right.keys,
                ))
            });
        }
        for state in states {
            self.conclude(assignment, &state);
        }
    }

    /// Returns the cells that do not depend on any of the dimensions. Whether they match is known.
    fn settled(&self, alive: &Bits, dimensions: &[Vec<ConditionKey>]) -> Bits {
        let mut settled = alive.clone();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let mut conditions = cell.statement().conditions().iter();
            if conditions.any(|condition| {
                dimensions
                    .iter()
                    .flatten()
                    .any(|key| key == condition.key())
            }) {
                settled.remove(index);
            }
        }
        settled
    }

    /// Removes cells that can no longer change the decision. Returns `None` if both sides decide the same in any case.
    ///
    /// A matching `Deny` determines the decision of its side. A matching `Allow` makes the others of its list redundant.
    fn settle(&self, alive: &Bits, settled: &Bits) -> Option<Bits> {
        let mut left = alive.clone();
        let matching = alive.and(settled);
        let mut denied = [false, false];
        for cell in matching
            .iter()
            .filter_map(|index| self.cells.get(index))
            .filter(|cell| cell.is_deny())
        {
            for (side, denied) in denied.iter_mut().enumerate() {
                *denied |= cell.is_on(side);
            }
        }
        match denied {
            [true, true] => return None,
            [true, false] => {
                left = left
                    .without(&self.on_first.without(&self.on_second))
                    .or(&self.denies(&matching))
            }
            [false, true] => {
                left = left
                    .without(&self.on_second.without(&self.on_first))
                    .or(&self.denies(&matching))
            }
            [false, false] => {}
        }
        for index in matching.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            if cell.is_deny() || names_principals(cell.policy_type()) || !left.contains(index) {
                continue;
            }
            for other in left.clone().iter() {
                let Some(it) = self.cells.get(other) else {
                    continue;
                };
                let is_redundant = other != index
                    && !it.is_deny()
                    && it.place.layer == cell.place.layer
                    && it.policy_type() == cell.policy_type()
                    && (0..2).all(|side| cell.is_on(side) || !it.is_on(side))
                    // If two cells match, the first is kept.
                    && !(matching.contains(other) && other < index && (0..2).all(|side| it.is_on(side) || !cell.is_on(side)));
                if is_redundant {
                    left.remove(other);
                }
            }
        }
        self.is_of_interest(&left).then_some(left)
    }

    /// Returns the cells that deny.
    fn denies(&self, cells: &Bits) -> Bits {
        let mut denies = Bits::none(self.cells.len());
        for index in cells.iter() {
            if self.cells.get(index).is_some_and(Cell::is_deny) {
                denies.insert(index);
            }
        }
        denies
    }

    /// Returns representative resources, with the cells that can still match.
    fn resources(
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
    fn resource_texts(
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
    fn must_tell_apart(assignment: &Assignment<'_, '_>, resource: &str) -> bool {
        let of = |resource| deciding(assignment.action, assignment.caller, resource);
        match Arn::parse(resource) {
            Ok(arn) => of(RequestedResource::Arn(arn)) != of(RequestedResource::All),
            Err(_) => false,
        }
    }

    /// Returns the cells that can match a resource, or `None` if the text is not a resource.
    fn alive_on(&self, assignment: &Assignment<'_, '_>, alive: &Bits, text: &str) -> Option<Bits> {
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

    /// Returns representative values of a condition key, or of keys that depend on each other.
    fn entries(
        &mut self,
        dimension: &[ConditionKey],
        alive: &Bits,
        context: &Context,
    ) -> Rc<Vec<Entry>> {
        let on: Vec<Vec<(usize, OnKey<'a>)>> = dimension
            .iter()
            .map(|key| self.on_key(key, alive))
            .collect();
        // Without variables, the result does not depend on the other keys.
        let all = || on.iter().flatten();
        let is_constant = all().all(|(_, on)| on.condition.keys().count() == 1);
        let first = dimension.first().map_or("", |key| key.folded());
        let key = (
            first.to_owned(),
            all().map(|(index, _)| *index).collect::<Vec<_>>(),
        );
        if is_constant && let Some(known) = self.known_entries.get(&key) {
            return Rc::clone(known);
        }
        let values_of: Vec<Vec<Option<KeyValue>>> = match (dimension, on.as_slice()) {
            ([key], [on]) => {
                let conditions: Vec<OnKey<'a>> = on.iter().map(|(_, on)| *on).collect();
                let found = values(key, &conditions, &[], context, MOST_STEPS_OF_A_DIMENSION);
                self.spend(found.steps);
                if let Some(reason) = found.inexact {
                    self.note(on.first().map(|(index, _)| *index), reason);
                }
                found.lists.into_iter().map(|list| vec![list]).collect()
            }
            _ => self.instants(&on, context),
        };
        let mut entries: Vec<Entry> = Vec::new();
        let mut known: HashSet<Bits> = HashSet::new();
        for lists in values_of {
            let mut left = Bits::all(self.cells.len());
            let mut keys = Vec::new();
            let mut cost = 0;
            for ((key, on), list) in dimension.iter().zip(&on).zip(lists) {
                let facts = With {
                    key,
                    held: list.as_ref().map(|value| Held::of(key, value)),
                    others: context,
                };
                for (index, on) in on {
                    if on.condition.evaluate(&facts, on.effect).truth != Truth::True {
                        left.remove(*index);
                    }
                }
                if let Some(list) = list {
                    cost += 200
                        + list
                            .as_slice()
                            .iter()
                            .map(|value| value.len() + 8)
                            .sum::<usize>();
                    keys.push((key.as_str().to_owned(), list));
                }
            }
            if known.insert(left.clone()) {
                entries.push(Entry {
                    alive: left,
                    keys,
                    cost,
                });
            }
        }
        let entries = Rc::new(entries);
        if is_constant {
            self.known_entries.insert(key, Rc::clone(&entries));
        }
        entries
    }

    /// Returns the values of keys that denote the same point in time.
    fn instants(
        &mut self,
        on: &[Vec<(usize, OnKey<'a>)>],
        context: &Context,
    ) -> Vec<Vec<Option<KeyValue>>> {
        let all: Vec<&Condition> = on.iter().flatten().map(|(_, on)| on.condition).collect();
        let key = ConditionKey::new(EPOCH_TIME);
        let mut seconds: BTreeSet<i128> = BTreeSet::new();
        for (_, whole) in Condition::instants(&all) {
            seconds.extend(whole);
        }
        // Numeric comparisons also use seconds.
        let numbers: Vec<OnKey<'a>> = on
            .iter()
            .flatten()
            .map(|(_, on)| *on)
            .filter(|on| on.condition.family() == pinpoint_iam::condition::samples::Family::Numbers)
            .collect();
        if !numbers.is_empty() {
            let found = values(&key, &numbers, &[], context, MOST_STEPS_OF_A_DIMENSION);
            let texts = found.lists.iter().flatten().flat_map(KeyValue::as_slice);
            seconds.extend(texts.filter_map(|text| text.parse::<i128>().ok()));
        }
        let near: Vec<i128> = seconds
            .iter()
            .flat_map(|second| [second - 1, second + 1])
            .collect();
        seconds.extend(near);
        let is_time = |condition: &&Condition| {
            use pinpoint_iam::condition::samples::Family;
            matches!(
                condition.family(),
                Family::Dates | Family::Numbers | Family::Any
            )
        };
        if !all.iter().all(is_time) {
            self.note(
                on.iter().flatten().next().map(|(index, _)| *index),
                "the time is compared as text".to_owned(),
            );
        }
        let times = seconds
            .into_iter()
            .filter(|second| *second >= 0)
            .filter_map(|second| {
                let time = std::time::UNIX_EPOCH
                    .checked_add(std::time::Duration::from_secs(u64::try_from(second).ok()?))?;
                let text = Value::from(time).text().into_owned();
                let [text, second] = [text, second.to_string()].map(KeyValue::One);
                Some(vec![Some(text), Some(second)])
            });
        std::iter::once(vec![None, None]).chain(times).collect()
    }

    // --- Decisions ---

    fn conclude(&mut self, assignment: &Assignment<'_, '_>, state: &State) {
        let caller = assignment.caller;
        let mut witness = Witness {
            principal: caller.bare.clone(),
            principal_text: caller.text.clone(),
            action: assignment.action.text.clone(),
            resource: state.resource.clone(),
            resource_account: caller.resource_account.clone(),
            context: BTreeMap::new(),
        };
        for (key, value) in &state.keys {
            witness.context.insert(key.clone(), value.clone());
        }
        self.spend(256 + self.cells.len() * 4);
        let special = state.is_special;
        let class = (
            state.alive.clone(),
            format!(
                "{:?} {} {special} {}",
                caller.text, caller.resource_account, caller.rank
            ),
        );
        if self.same.contains(&class) {
            return;
        }
        let mut needs_delegation = false;
        let mut allowed = self.allowed(&witness, &state.alive, None);
        if allowed.is_some_and(|[first, second]| first == second) && self.may_delegate && special {
            let policy = self.delegating_policy(&caller.resource_account);
            allowed = self.allowed(&witness, &state.alive, policy.as_ref());
            needs_delegation = true;
        }
        let Some([first, second]) = allowed else {
            return;
        };
        if first == second {
            self.same.insert(class);
            return;
        }
        let side = usize::from(first);
        self.note_cover(side, state, &witness);
        let keys = witness.context.len();
        let cost = (
            caller.rank * 4 + usize::from(needs_delegation) * 100 + usize::from(caller.is_made_up),
            state.cost + keys * 200,
        );
        if side == 0 && !needs_delegation {
            let key = (
                caller.rank,
                caller.text.clone(),
                caller.resource_account.clone(),
            );
            let is_cheaper = self
                .by_caller
                .get(&key)
                .is_none_or(|(known, _)| cost < *known);
            if is_cheaper {
                self.by_caller.insert(key, (cost, witness.clone()));
            }
        }
        let is_better = match self.best.get(side) {
            Some(Some(best)) => cost < best.cost,
            _ => true,
        };
        if is_better && let Some(best) = self.best.get_mut(side) {
            *best = Some(Found {
                cost,
                witness,
                needs_delegation,
                caller: caller.clone(),
            });
        }
    }

    fn note_cover(&mut self, side: usize, state: &State, witness: &Witness) {
        // The cells that cause the difference: an `Allow` on the side that allows, or a `Deny` on the side that does
        // not.
        let allowing = 1 - side;
        let Ok(action) = RequestedAction::parse(&witness.action) else {
            return;
        };
        for index in state.alive.and(&self.differing).iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let is_reason = if cell.is_deny() {
                cell.is_on(1 - allowing)
            } else {
                cell.is_on(allowing)
            };
            if !is_reason {
                continue;
            }
            let Some(covers) = self.covers.get_mut(side) else {
                return;
            };
            let (actions, resources) = covers.entry(index).or_default();
            let request = Request::new(
                &witness.principal,
                action,
                RequestedResource::All,
                Context::empty(),
            );
            let element = cell.statement().action();
            for pattern in cell.action_patterns() {
                if element.is_negated() || parts::covers_action(cell.statement(), pattern, &request)
                {
                    actions.insert(pattern.as_str().to_owned());
                }
            }
            let requested = match Arn::parse(&witness.resource) {
                Ok(arn) => RequestedResource::Arn(arn),
                Err(_) => RequestedResource::All,
            };
            let mut context = Context::new();
            for (key, value) in &witness.context {
                value.insert_into(&mut context, key);
            }
            let is_negated = cell
                .statement()
                .resource()
                .is_none_or(|element| element.is_negated());
            for pattern in cell.resource_patterns() {
                if is_negated || pattern.matches(&requested, &context) == Match::Yes {
                    resources.insert(pattern.as_str().to_owned());
                }
            }
        }
    }

    /// Returns whether each side allows the request if these cells match.
    fn allowed(
        &self,
        witness: &Witness,
        alive: &Bits,
        delegating: Option<&Policy>,
    ) -> Option<[bool; 2]> {
        witness.put(|request| {
            let [first, second] = &self.sides;
            [first, second].map(|side| {
                let mut stack = side.stack;
                // The statement of the added policy precedes those of identity-based policies.
                let before = match delegating {
                    Some(policy) => {
                        stack.resource = Some(policy);
                        let places = parts::places(&stack);
                        places
                            .iter()
                            .position(|place| place.policy_type == PolicyType::Resource)
                    }
                    None => None,
                };
                parts::is_allowed(&stack, request, |number| {
                    let number = match before {
                        Some(before) if number == before => return true,
                        Some(before) if number > before => number - 1,
                        _ => number,
                    };
                    let cells = side.cells.get(number);
                    cells.is_some_and(|cells| cells.iter().any(|cell| alive.contains(*cell)))
                })
            })
        })
    }

    /// Returns a resource-based policy that delegates all decisions to the policies of the account.
    fn delegating_policy(&mut self, account: &str) -> Option<Policy> {
        if let Some(policy) = self.delegating.get(account) {
            return Some(policy.clone());
        }
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{account}"}}, "Action": "*", "Resource": "*"}}}}"#
        );
        let policy = Policy::new("the policy of the resource", Document::parse(&text).ok()?);
        self.delegating.insert(account.to_owned(), policy.clone());
        Some(policy)
    }

    /// Returns the decisions of the first and second policies, or `None` if the two evaluators disagree.
    fn decide(&mut self, witness: &Witness, delegating: Option<&Policy>) -> Option<[Decision; 2]> {
        let [first, second] = &self.sides;
        let mut stacks = [first.stack, second.stack];
        for stack in &mut stacks {
            if delegating.is_some() {
                stack.resource = delegating;
            }
        }
        let decided = witness.put(|request| {
            stacks.map(|stack| reference::decide(&stack, request).into_decision())
        })?;
        for ((stack, compiled), decision) in stacks.iter().zip(&mut self.compiled).zip(&decided) {
            if compiled.is_none() || delegating.is_some() {
                *compiled = Compiled::of(stack).ok();
            }
            let compiled = compiled.as_ref()?;
            let other = witness.put(|request| compiled.decide(request).into_decision())?;
            if other.is_allowed() != decision.is_allowed() {
                return None;
            }
        }
        if delegating.is_some() {
            self.compiled = [None, None];
        }
        Some(decided)
    }

    fn finish(mut self) -> Comparison {
        let mut differences = [None, None];
        for (side, difference) in differences.iter_mut().enumerate() {
            let Some(found) = self.best.get_mut(side).and_then(Option::take) else {
                continue;
            };
            *difference = self.confirm(found, side);
            if difference.is_none() {
                // Tests search for this text. It reports that the comparison and the evaluators disagree.
                self.note(None, UNCONFIRMED.to_owned());
            }
        }
        let [newly_allowed, no_longer_allowed] = differences;
        Comparison {
            newly_allowed,
            no_longer_allowed,
            undecided: self.undecided.into_iter().collect(),
        }
    }

    /// Returns whether the catalogs contain the request. Always true for a service without a catalog.
    fn is_of_catalog(&self, witness: &Witness) -> bool {
        let Some((prefix, name)) = witness.action.split_once(':') else {
            return false;
        };
        let mut services = self.space.services.iter();
        let Some(service) = services.find(|service| service.prefix == prefix) else {
            return true;
        };
        let mut actions = service.actions.iter();
        let action = actions.find(|action| action.name == name);
        action.is_some_and(|action| {
            let resource = || std::iter::once(Part::Text(&witness.resource));
            action.arns.iter().any(|arns| arns.meets(resource()))
        })
    }

    /// Returns the difference after both evaluators have confirmed it.
    fn confirm(&mut self, found: Found, side: usize) -> Option<Difference> {
        let wanted = if side == 0 {
            [false, true]
        } else {
            [true, false]
        };
        let delegating = match found.needs_delegation {
            true => self.delegating_policy(&found.witness.resource_account),
            false => None,
        };
        let confirms = |fold: &mut Self, witness: &Witness| {
            let decisions = fold.decide(witness, delegating.as_ref())?;
            (decisions.each_ref().map(Decision::is_allowed) == wanted).then_some(decisions)
        };
        let mut decisions = confirms(self, &found.witness)?;
        let mut witness = found.witness;
        let is_free = found.caller.is_anybody && self.space.resources.is_empty();
        if self.space.resources.is_empty() {
            for nicer in nicer(&witness, is_free && !found.needs_delegation) {
                if !self.is_of_catalog(&nicer) {
                    continue;
                }
                if let Some(confirmed) = confirms(self, &nicer) {
                    decisions = confirmed;
                    witness = nicer;
                    break;
                }
            }
        }
        let [first, second] = decisions;
        let covers = self.covers.get(side)?;
        let cover = covers.iter().filter_map(|(index, (actions, resources))| {
            let cell = self.cells.get(*index)?;
            let conditions = cell.statement().conditions().iter();
            Some(Cover {
                statement: responsible(cell),
                actions: actions.iter().cloned().collect(),
                resources: resources.iter().cloned().collect(),
                conditions: conditions.map(condition_text).collect(),
            })
        });
        let mut cover: Vec<Cover> = cover.collect();
        cover.sort_by(|left, right| left.statement.cmp(&right.statement));
        Some(Difference {
            witness,
            first,
            second,
            cover,
            needs_delegation: found.needs_delegation,
        })
    }
}

/// Returns whose policies decide about the caller's request for the resource.
fn deciding(
    action: &Action<'_>,
    caller: &Caller,
    resource: RequestedResource<'_>,
) -> Option<parts::Deciding> {
    let action = RequestedAction::parse(&action.text).ok()?;
    let request = Request::new(&caller.bare, action, resource, Context::empty())
        .with_resource_account(&caller.resource_account);
    Some(parts::deciding(&request))
}

/// The message for a difference that the evaluators do not confirm.
pub(crate) const UNCONFIRMED: &str =
    "the evaluators do not confirm a difference that was found, which is a fault of this crate";

/// The known parts of the examined requests.
struct Assignment<'s, 'c> {
    action: &'s Action<'c>,
    caller: &'s Caller,
    context: Context,
    /// The keys with known values, in lower case. Those missing from `context` are absent.
    known: BTreeSet<String>,
    keys: Vec<(String, KeyValue)>,
}

/// The condition keys that are derived from the caller's ARN.
const DERIVED: [&str; 3] = ["aws:principalarn", "aws:principalaccount", "aws:username"];

const CURRENT_TIME: &str = "aws:CurrentTime";
const EPOCH_TIME: &str = "aws:EpochTime";

/// Groups keys that depend on each other. Most keys are in a group of their own.
fn dimensions(keys: Vec<ConditionKey>) -> Vec<Vec<ConditionKey>> {
    let (current, epoch) = (
        ConditionKey::new(CURRENT_TIME),
        ConditionKey::new(EPOCH_TIME),
    );
    let both = keys.contains(&current) && keys.contains(&epoch);
    let mut dimensions: Vec<Vec<ConditionKey>> = Vec::new();
    for key in keys {
        if both && (key == current || key == epoch) {
            continue;
        }
        dimensions.push(vec![key]);
    }
    if both {
        dimensions.push(vec![current, epoch]);
    }
    dimensions
}

/// The maximum number of patterns that distinguish the values of a variable.
const MOST_SLICES: usize = 256;

fn cheapest(states: Vec<State>) -> Vec<State> {
    let mut known: HashMap<(Bits, bool), usize> = HashMap::new();
    let mut kept: Vec<State> = Vec::new();
    for state in states {
        let class = (state.alive.clone(), state.is_special);
        match known.get(&class) {
            Some(index) => {
                if let Some(other) = kept.get_mut(*index)
                    && state.cost < other.cost
                {
                    *other = state;
                }
            }
            None => {
                known.insert(class, kept.len());
                kept.push(state);
            }
        }
    }
    kept
}

fn names_principals(policy_type: PolicyType) -> bool {
    matches!(
        policy_type,
        PolicyType::Resource | PolicyType::ResourceControl | PolicyType::VpcEndpoint
    )
}

fn is_variable(piece: &Unfilled<'_>, key: &ConditionKey) -> bool {
    matches!(piece, Unfilled::Variable(variable, _) if variable.key() == key)
}

fn is_everything(pieces: &[Unfilled<'_>]) -> bool {
    matches!(pieces, [Unfilled::Atom(Atom::Run(_))])
}

/// Returns one component of an ARN, counted from 0, or all pieces if the text is not an ARN.
fn component<'p>(pieces: &[Unfilled<'p>], number: usize) -> Vec<Unfilled<'p>> {
    if number == usize::MAX {
        return pieces.to_vec();
    }
    let colon = Unfilled::Atom(Atom::One(Characters::One(':')));
    let mut components = pieces.splitn(6, |piece| *piece == colon);
    components.nth(number).unwrap_or_default().to_vec()
}

/// Returns the text, if the pattern matches only one.
fn literal_text(atoms: &[Atom]) -> Option<String> {
    let character = |atom: &Atom| match atom {
        Atom::One(Characters::One(character)) => Some(*character),
        _ => None,
    };
    atoms.iter().map(character).collect()
}

/// Returns the pattern of an action, in lower case.
fn action_atoms(text: &str) -> Atoms {
    if matches!(text, "*" | "*:*") {
        return vec![Atom::Run(Characters::All)];
    }
    let text = text.to_ascii_lowercase();
    let atom = |character| match character {
        '*' => Atom::Run(Characters::WithoutColon),
        '?' => Atom::One(Characters::WithoutColon),
        one => Atom::One(Characters::One(one)),
    };
    text.chars().map(atom).collect()
}

fn covers_text(pattern: &str, action: &str) -> bool {
    use pinpoint_iam::pattern::{Pattern, Syntax};
    let syntax = Syntax {
        wildcards: true,
        variables: false,
    };
    let pattern = Pattern::parse(pattern, syntax);
    pattern.is_ok_and(|pattern| {
        pattern.matches(action, Case::IgnoreAscii, Context::empty()) == Match::Yes
    })
}

fn spelled_of(text: &str, preferred: &mut Vec<String>) {
    if !text.contains(['*', '?']) {
        preferred.push(text.to_ascii_lowercase());
    }
}

/// Returns whether a character is valid in an action, except upper-case letters, because actions are case-insensitive.
fn is_lower_case_of_action(character: char) -> bool {
    !matches!(character, '*' | '?' | '$' | ' ' | 'A'..='Z') && !character.is_control()
}

/// Returns the lower-case `action`, with the longest matching start of a pattern in the case of the pattern.
fn spell(action: &str, patterns: &[&str]) -> String {
    let mut best: &str = "";
    for pattern in patterns {
        let literal = pattern.split(['*', '?']).next().unwrap_or_default();
        let starts = action
            .get(..literal.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(literal));
        if starts && literal.len() > best.len() {
            best = literal;
        }
    }
    format!("{best}{}", action.get(best.len()..).unwrap_or_default())
}

/// Returns readable ARNs for an action without a catalog.
fn examples(action: &str, account: &str) -> Vec<String> {
    let service = action
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match service.as_str() {
        "s3" => vec![
            "arn:aws:s3:::example".to_owned(),
            "arn:aws:s3:::example/key".to_owned(),
        ],
        "iam" => vec![format!("arn:aws:iam::{account}:user/example")],
        service => vec![format!("arn:aws:{service}:us-east-1:{account}:example")],
    }
}

/// Returns similar requests that are more readable, best first. They have not been confirmed yet.
fn nicer(witness: &Witness, is_free: bool) -> Vec<Witness> {
    let Ok(arn) = Arn::parse(&witness.resource) else {
        return Vec::new();
    };
    let or = |text: &str, other: &str| {
        if text.is_empty() {
            other.to_owned()
        } else {
            text.to_owned()
        }
    };
    let service = witness
        .action
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let partition = or(arn.partition(), "aws");
    let service = or(arn.service(), &service);
    let region = or(arn.region(), "us-east-1");
    let account = or(arn.account(), &witness.resource_account);
    let name = match arn.resource() {
        "" => "example".to_owned(),
        start if start.ends_with(['/', ':']) => format!("{start}example"),
        name => name.to_owned(),
    };
    let mut all = Vec::new();
    for (region, account) in [
        (region.as_str(), account.as_str()),
        (arn.region(), account.as_str()),
        (region.as_str(), arn.account()),
        (arn.region(), arn.account()),
    ] {
        let resource = format!("arn:{partition}:{service}:{region}:{account}:{name}");
        let witness = Witness {
            resource,
            ..witness.clone()
        };
        if is_free
            && !account.is_empty()
            && account != witness.resource_account
            && let Some(caller) = Caller::anybody(account)
        {
            all.push(Witness {
                principal: caller.bare,
                principal_text: caller.text,
                resource_account: account.to_owned(),
                ..witness.clone()
            });
        }
        all.push(witness);
    }
    all
}

fn responsible(cell: &Cell<'_>) -> Responsible {
    let statement = cell.statement();
    Responsible {
        policy: cell.place.policy.name().to_owned(),
        line: statement.position().line(),
        index: statement.index(),
        sid: statement.sid().map(str::to_owned),
        effect: statement.effect().name(),
        is_second: !cell.is_on(0),
    }
}

fn condition_text(condition: &Condition) -> String {
    let values: Vec<String> = condition.values().iter().map(ToString::to_string).collect();
    format!(
        "{} {} {}",
        condition.key(),
        condition.operator(),
        values.join(" or ")
    )
}

/// The action patterns of cells, grouped by service, so that an action is compared with few of them.
struct ByPrefix<'a> {
    of_service: HashMap<String, Vec<(usize, &'a ActionPattern)>>,
    of_any: Vec<(usize, &'a ActionPattern)>,
}

impl<'a> ByPrefix<'a> {
    fn of(cells: &[Cell<'a>]) -> Self {
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
    fn alive(&self, cells: &[Cell<'a>], action: RequestedAction<'_>) -> Bits {
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
