//! Decides whether a pattern matches every string of a language.

use std::collections::BTreeSet;

use super::Part;
use super::characters::Characters;
use super::nfa::Nfa;

/// The maximum amount of work before the search is abandoned. Patterns written by people need a few hundred steps.
const MAX_WORK: usize = 2_000_000;

/// A pattern as an automaton: its positions are the states.
struct Containment {
    atoms: Vec<Symbol>,
    /// The characters that the pattern names. It treats all others alike.
    named: BTreeSet<char>,
}

#[derive(Clone, Copy, PartialEq)]
enum Symbol {
    One(char),
    AnyCharacter,
    AnyRun,
}

/// The positions that the input so far can have reached.
type Positions = BTreeSet<usize>;

impl Nfa {
    /// Whether a pattern of these parts matches every string of the language.
    ///
    /// `false` is inconclusive if the pattern has a variable, or if the search would take too long.
    pub fn is_covered_by<'p>(&self, parts: impl Iterator<Item = Part<'p>>) -> bool {
        Containment::of(parts).is_some_and(|cover| cover.covers(self))
    }
}

impl Containment {
    /// The automaton of a pattern without variables.
    fn of<'p>(parts: impl Iterator<Item = Part<'p>>) -> Option<Self> {
        let mut atoms = Vec::new();
        let mut named = BTreeSet::new();
        for part in parts {
            match part {
                Part::Text(text) => {
                    atoms.extend(text.chars().map(Symbol::One));
                    named.extend(text.chars());
                }
                Part::AnyCharacter => atoms.push(Symbol::AnyCharacter),
                Part::AnyRun => atoms.push(Symbol::AnyRun),
                Part::Variable(_) => return None,
            }
        }
        Some(Self { atoms, named })
    }

    /// Whether the pattern matches every string. Both automata are traversed together, over all strings at once.
    fn covers(&self, language: &Nfa) -> bool {
        let start = (language.start(), self.closed([0].into()));
        let mut seen = BTreeSet::from([start.clone()]);
        let mut ahead = vec![start];
        let mut work = 0_usize;
        while let Some((state, positions)) = ahead.pop() {
            if language.is_end(state) && !positions.contains(&self.atoms.len()) {
                return false;
            }
            for (characters, next) in language.steps(state) {
                for character in self.representatives(*characters) {
                    work += positions.len() + 1;
                    if work > MAX_WORK {
                        return false;
                    }
                    let reached = self.read(&positions, character);
                    // Every state of the language leads to its end, but the pattern cannot match from here.
                    if reached.is_empty() {
                        return false;
                    }
                    let pair = (*next, reached);
                    if seen.insert(pair.clone()) {
                        ahead.push(pair);
                    }
                }
            }
        }
        true
    }

    /// Characters that represent all of `characters`: those that the pattern names, and one other.
    fn representatives(&self, characters: Characters) -> Vec<char> {
        let mut all: Vec<char> = match characters {
            Characters::One(one) => return vec![one],
            _ => {
                let named = self.named.iter().copied();
                named.filter(|one| characters.contain(*one)).collect()
            }
        };
        let mut others = ' '..=characters.last();
        all.extend(others.find(|one| characters.contain(*one) && !self.named.contains(one)));
        all
    }

    fn read(&self, positions: &Positions, character: char) -> Positions {
        let next = positions.iter().filter_map(|position| {
            let takes = match self.atoms.get(*position)? {
                Symbol::AnyRun => return Some(*position),
                Symbol::AnyCharacter => true,
                Symbol::One(one) => *one == character,
            };
            takes.then_some(position + 1)
        });
        self.closed(next.collect())
    }

    /// Adds the positions after each `*`, because a `*` can match the empty string.
    ///
    /// If a string can still match from a position before a `*`, it can also match from that `*`. The positions before
    /// the last `*` that was reached are therefore redundant.
    fn closed(&self, mut positions: Positions) -> Positions {
        let is_run = |position: &usize| self.atoms.get(*position) == Some(&Symbol::AnyRun);
        while let Some(run) = positions.iter().rev().find(|position| is_run(position)) {
            let run = *run;
            positions = positions.split_off(&run);
            if !positions.insert(run + 1) || !is_run(&(run + 1)) {
                break;
            }
        }
        positions
    }
}
