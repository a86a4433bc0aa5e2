//! The comparison itself.
//!
//! A request matches a statement if its action, resource, caller and every condition key match. Each of these
//! dimensions has representative values, and each value has the set of statements that can still match. The
//! intersections of these sets over all dimensions are the sets of statements that can match together. The evaluator
//! determines the decision for each of them.

mod action_texts;
mod actions;
mod callers;
mod conclude;
mod conditions;
mod confirm;
mod covers;
mod readable;
mod resources;
mod slices;
mod states;
mod variables;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::eval::parts::Place;
use pinpoint_iam::eval::{Decision, Policy, PolicyStack, parts};

use crate::bits::Bits;
use crate::cells::{Cell, cut};
use crate::result::{Comparison, Undecided, Witness};
use crate::space::Space;

use conclude::{CallerClass, Cost, Found};
use conditions::Entry;
use covers::responsible;
use resources::ResourceQuestion;

/// The maximum number of steps in the search for the texts of one dimension.
const MOST_STEPS_OF_A_DIMENSION: usize = 5_000_000;

/// One of the two sides.
struct Side<'a> {
    stack: PolicyStack<'a>,
    /// The cells that each statement belongs to, by the index of the statement in the stack.
    cells: Vec<Vec<usize>>,
}

pub(crate) struct Fold<'a> {
    sides: [Side<'a>; 2],
    has_boundary: bool,
    /// Whether policies of an organization limit some callers only.
    has_organization: bool,
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
    /// The cells that cause differences, each with the sets of cells that match the actions in question.
    covers: [BTreeMap<usize, HashSet<Bits>>; 2],
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
            has_organization: [&first, &second].into_iter().any(|stack| {
                !stack.service_control.is_empty() || !stack.resource_control.is_empty()
            }),
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
                "the combinations of statements that can match together are too many".to_owned(),
            );
        }
    }

    /// Sides without different statements can still have different lists of policies.
    const fn is_comparable(&self) -> bool {
        self.comparable
    }

    fn spend(&mut self, steps: usize) {
        self.steps += steps;
        self.is_exhausted |= self.steps > Comparison::MOST_STEPS;
    }

    fn note(&mut self, cell: Option<usize>, reason: String) {
        let statement = cell.and_then(|cell| self.cells.get(cell)).map(responsible);
        self.undecided.insert(Undecided { statement, reason });
    }

    /// Returns whether a set of statements can still result in a difference.
    fn is_of_interest(&self, alive: &Bits) -> bool {
        alive.meets(&self.differing) || (!self.is_comparable())
    }
}
