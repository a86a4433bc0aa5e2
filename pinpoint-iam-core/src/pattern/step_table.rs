//! Compares many patterns with one automaton.

use std::collections::HashMap;

use super::Part;
use super::nfa::{Nfa, PatternReader, States, meets};

/// An automaton that remembers its steps between sets of states, so that each of them is computed once.
///
/// The sets are numbered in the order in which patterns reach them, as in the subset construction. A pattern is then read
/// with one look-up for each character.
pub(crate) struct StepTable {
    automaton: Nfa,
    /// The sets by their numbers.
    sets: Vec<States>,
    numbers: HashMap<States, Number>,
    /// The known steps from each set.
    rows: Vec<Row>,
    /// The number of sets at which the table is emptied.
    limit: usize,
    /// The number of patterns that are read before the table is made.
    delay: usize,
}

/// The number of a set.
type Number = u16;

/// For each ASCII character, for any character, and for any run of characters: the set that it leads to, or [`UNKNOWN`].
type Row = [Number; COLUMNS];

const ASCII: usize = 128;
const ANY_CHARACTER: usize = ASCII;
const ANY_RUN: usize = ASCII + 1;
const COLUMNS: usize = ASCII + 2;

/// A step that is not computed yet.
const UNKNOWN: Number = Number::MAX;

/// The number of the empty set.
const NOTHING: Number = 0;

/// The number of the set before the first character.
const START: Number = 1;

/// The usual limit of sets. Patterns of people reach a few sets for each character of a template; a hostile document
/// could make a table without a limit as large as itself.
const MOST_SETS: usize = 1_000;

/// Computing and storing the steps of a pattern takes as long as reading several patterns without a table.
const PATTERNS_BEFORE_TABLE: usize = 4;

impl StepTable {
    pub(crate) fn of(automaton: Nfa) -> Self {
        Self {
            automaton,
            sets: Vec::new(),
            numbers: HashMap::new(),
            rows: Vec::new(),
            limit: MOST_SETS,
            delay: PATTERNS_BEFORE_TABLE,
        }
    }

    /// See [`Nfa::meets`].
    pub(crate) fn meets<'p>(&mut self, parts: impl Iterator<Item = Part<'p>>) -> bool {
        if self.delay > 0 {
            self.delay -= 1;
            return self.automaton.meets(parts);
        }
        if self.sets.is_empty() {
            self.empty();
        }
        let reader = TableReader {
            table: self,
            reached: START,
        };
        meets(reader, parts)
    }

    /// Forgets all sets except the first two. Numbers of other sets become invalid.
    fn empty(&mut self) {
        self.sets.clear();
        self.numbers.clear();
        self.rows.clear();
        self.add(self.automaton.no_states());
        self.add(self.automaton.start_states());
    }

    /// Adds a set that is not in the table.
    fn add(&mut self, set: States) -> Number {
        // INVARIANT: the limit is far below the largest number.
        let number = Number::try_from(self.sets.len()).unwrap_or(UNKNOWN);
        self.numbers.insert(set.clone(), number);
        self.sets.push(set);
        self.rows.push([UNKNOWN; COLUMNS]);
        number
    }

    /// The set that `column` leads to. `step` computes it if it is unknown.
    #[inline]
    fn step(
        &mut self,
        from: Number,
        column: Option<usize>,
        step: impl FnOnce(&Nfa, &States) -> States,
    ) -> Number {
        let row = self.rows.get(usize::from(from));
        let known = row.zip(column).and_then(|(row, column)| row.get(column));
        match known {
            Some(known) if *known != UNKNOWN => *known,
            _ => self.compute(from, column, step),
        }
    }

    #[cold]
    fn compute(
        &mut self,
        from: Number,
        column: Option<usize>,
        step: impl FnOnce(&Nfa, &States) -> States,
    ) -> Number {
        let Some(states) = self.sets.get(usize::from(from)) else {
            return NOTHING;
        };
        let set = step(&self.automaton, states);
        let to = match self.numbers.get(&set) {
            Some(known) => *known,
            None if self.sets.len() < self.limit => self.add(set),
            None => {
                // `from` is the number of another set from now on, so the step cannot be stored.
                self.empty();
                return self.add(set);
            }
        };
        let row = self.rows.get_mut(usize::from(from));
        if let Some(slot) = row
            .zip(column)
            .and_then(|(row, column)| row.get_mut(column))
        {
            *slot = to;
        }
        to
    }
}

/// Looks up each step.
struct TableReader<'a> {
    table: &'a mut StepTable,
    /// The number of the reached set.
    reached: Number,
}

impl PatternReader for TableReader<'_> {
    #[inline]
    fn read(&mut self, character: Option<char>) -> bool {
        let column = match character {
            None => Some(ANY_CHARACTER),
            Some(character) => {
                let column = usize::try_from(u32::from(character)).ok();
                column.filter(|column| *column < ASCII)
            }
        };
        self.reached = self.table.step(self.reached, column, |automaton, states| {
            let mut next = automaton.no_states();
            automaton.advance(states, &mut next, character);
            next
        });
        self.reached != NOTHING
    }

    fn read_run(&mut self) {
        self.reached = self
            .table
            .step(self.reached, Some(ANY_RUN), |automaton, states| {
                let mut states = states.clone();
                automaton.add_reachable(&mut states);
                states
            });
    }

    fn is_at_end(&self) -> bool {
        let set = self.table.sets.get(usize::from(self.reached));
        set.is_some_and(|set| self.table.automaton.has_end(set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::characters::{Characters, IdCharacters};
    use crate::pattern::{Pattern, Syntax};

    const SYNTAX: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };

    /// One table reads all patterns of four parts, in an order in which each step is read after different ones. A small
    /// limit empties it in the middle of most patterns.
    #[test]
    fn a_table_gives_the_results_of_its_automaton() {
        let mut ids = Nfa::text("é/");
        ids.push_id(IdCharacters::Opaque);
        ids.push_text("/end");
        let mut names = Nfa::text("apps/");
        names.push_one_of(&["SMS", "VOICE", "é"]);
        names.push_path();
        // `i` is the ASCII character with the lowest bits of `é`.
        let parts = [
            "", "*", "?", "é", "i", "apps/", "/", "a", "%4F", "SMS", ".", "${a:b}", "/end",
        ];
        for automaton in [ids, names, Nfa::of_scope(), Nfa::empty_text()] {
            let mut tables = [3, 4, 7, 20, MOST_SETS].map(|limit| StepTable {
                limit,
                delay: 0,
                ..StepTable::of(automaton.clone())
            });
            let mut met = 0;
            for number in 0..parts.len().pow(4) {
                let pattern: String = (0..4)
                    .map(|place| parts[number / parts.len().pow(place) % parts.len()])
                    .collect();
                let pattern = Pattern::parse(&pattern, SYNTAX).unwrap();
                let expected = automaton.meets(pattern.parts());
                met += usize::from(expected);
                for table in &mut tables {
                    let limit = table.limit;
                    assert_eq!(table.meets(pattern.parts()), expected, "{pattern} {limit}");
                    assert!(table.sets.len() <= limit, "{pattern} {limit}");
                }
            }
            assert!(met > 50, "{met}");
        }
    }

    /// Each character adds a set of states. A table without a limit would keep them all.
    #[test]
    fn hostile_patterns_do_not_fill_memory() {
        // The states are the positions of each `a` among the last twelve characters.
        let mut automaton = Nfa::empty_text();
        automaton.push_some(Characters::Name);
        automaton.push_text("a");
        for _ in 0..12 {
            automaton.push_one_of(&["a", "b"]);
        }
        let mut table = StepTable::of(automaton.clone());
        table.delay = 0;
        let mut state = 1_u64;
        let mut most = 0;
        let mut met = 0;
        for _ in 0..300 {
            let mut pattern = "*".to_owned();
            for _ in 0..30 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                pattern.push(if state >> 63 == 0 { 'a' } else { 'b' });
            }
            let pattern = Pattern::parse(&pattern, SYNTAX).unwrap();
            let is_met = table.meets(pattern.parts());
            assert_eq!(is_met, automaton.meets(pattern.parts()), "{pattern}");
            met += usize::from(is_met);
            most = most.max(table.sets.len());
        }
        assert!(met > 100, "{met}");
        assert_eq!(most, MOST_SETS);
    }
}
