//! Sample strings that represent all others: one for every set of groups of patterns that a string can match at the same
//! time.
//!
//! All patterns are read together, character by character. As in the subset construction, a state is the set of
//! positions in the patterns that the string so far can have reached. States are visited in the order of the shortest
//! strings that reach them, so that every set of patterns is found with a shortest string.

use std::collections::{BTreeSet, HashMap};

use super::characters::Characters;
use super::nfa::Nfa;
use super::part::{Filled, Variable};
use super::{Case, Part};
use crate::context::ContextLookup;

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    /// One of these characters.
    One(Characters),
    /// Any number of these characters.
    Run(Characters),
}

/// A pattern as a sequence of pieces. It matches from the first character to the last.
pub type Atoms = Vec<Atom>;

/// The atoms of a string without wildcards.
pub fn literal(text: &str, case: Case) -> impl Iterator<Item = Atom> {
    text.chars()
        .map(move |character| Atom::One(alike(character, case)))
}

/// A piece of a pattern whose variables are not filled in yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfilled<'p> {
    /// A piece without variables.
    Atom(Atom),
    /// A variable, and how its value is compared.
    Variable(&'p Variable, Case),
}

/// The pieces of a pattern whose wildcards match the characters of `within`.
pub fn unfilled<'p>(
    parts: impl Iterator<Item = Part<'p>>,
    case: Case,
    within: Characters,
) -> Vec<Unfilled<'p>> {
    let mut pieces = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => pieces.extend(literal(text, case).map(Unfilled::Atom)),
            Part::AnyCharacter => pieces.push(Unfilled::Atom(Atom::One(within))),
            Part::AnyRun => pieces.push(Unfilled::Atom(Atom::Run(within))),
            Part::Variable(variable) => pieces.push(Unfilled::Variable(variable, case)),
        }
    }
    pieces
}

/// The pattern with its variables filled in from `facts`; `None` if a variable has no value, because then nothing
/// matches.
pub fn fill(pieces: &[Unfilled<'_>], facts: &(impl ContextLookup + ?Sized)) -> Option<Atoms> {
    let mut atoms = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Unfilled::Atom(atom) => atoms.push(*atom),
            Unfilled::Variable(variable, case) => match variable.fill(facts) {
                Filled::Value(text) => atoms.extend(literal(&text, *case)),
                Filled::Unresolved | Filled::Unknown => return None,
            },
        }
    }
    Some(atoms)
}

/// The positions in a pattern that `text` can reach from the start. A position is the number of atoms before it.
pub fn positions_behind(atoms: &[Atom], text: &str) -> BTreeSet<usize> {
    let closed = |positions: BTreeSet<usize>| {
        let mut closed = positions.clone();
        for position in positions {
            let mut position = position;
            while let Some(Atom::Run(_)) = atoms.get(position) {
                position += 1;
                closed.insert(position);
            }
        }
        closed
    };
    let mut positions = closed(BTreeSet::from([0]));
    for character in text.chars() {
        let next = positions
            .iter()
            .filter_map(|position| match atoms.get(*position)? {
                Atom::One(characters) => characters.contain(character).then_some(position + 1),
                Atom::Run(characters) => characters.contain(character).then_some(*position),
            });
        positions = closed(next.collect());
    }
    positions
}

fn alike(character: char, case: Case) -> Characters {
    let has_case = match case {
        Case::Sensitive => false,
        Case::IgnoreAscii => character.is_ascii_alphabetic(),
        Case::Ignore => character.is_alphabetic(),
    };
    if has_case {
        Characters::Alike(character, case)
    } else {
        Characters::One(character)
    }
}

/// The strings to search for.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The patterns by which strings are distinguished.
    pub patterns: &'a [Atoms],
    /// The group of each pattern; if `None`, each pattern is its own group. Strings are distinguished only by the groups
    /// in which they match a pattern, so alternatives of one condition are a group.
    pub groups: Option<&'a [usize]>,
    /// A language that every string must belong to; no restriction if `None`.
    pub frame: Option<&'a Nfa>,
    /// Only strings that match a pattern of one of these groups are searched for; all strings if `None`.
    pub required: Option<&'a [usize]>,
    /// Whether a string may contain a character.
    pub permits: fn(char) -> bool,
    /// Strings that are preferred over others of their class.
    pub preferred: &'a [&'a str],
    /// The maximum number of steps of the search.
    pub budget: usize,
}

/// The result of the search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// One string for each set of groups, shortest first.
    pub texts: Vec<String>,
    /// Whether every set of groups was found; otherwise the budget was too small.
    pub is_complete: bool,
    /// The number of steps.
    pub steps: usize,
}

impl Classes {
    /// Finds a string for each set of groups in which a string can match a pattern at the same time.
    pub fn of(question: &Question<'_>) -> Self {
        Reader::new(question).read()
    }
}

/// The positions in all patterns that a string can have reached, sorted, and the states of the frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    positions: Box<[u32]>,
    frame: Box<[u32]>,
}

/// A piece of a pattern, or the end of the pattern.
#[derive(Clone, Copy, Debug)]
enum Place {
    Atom(Atom),
    End,
}

struct Reader<'a> {
    question: &'a Question<'a>,
    places: Vec<Place>,
    /// The pattern to which each position belongs.
    owners: Vec<u32>,
    /// The group to which each position belongs.
    groups: Vec<u32>,
    /// For each group, the first position from which its pattern matches whatever follows.
    settled: HashMap<u32, u32>,
    /// The first position of each pattern.
    starts: Vec<u32>,
    required: Option<BTreeSet<u32>>,
    /// Characters that no pattern names, by the character sets that they belong to; the most readable come first.
    unnamed: HashMap<Vec<Characters>, Vec<Vec<char>>>,
    steps: usize,
}

/// The path by which a state was reached.
struct Reached {
    state: State,
    by: Option<(usize, char)>,
}

impl<'a> Reader<'a> {
    fn new(question: &'a Question<'a>) -> Self {
        let mut places = Vec::new();
        let mut owners = Vec::new();
        let mut groups = Vec::new();
        let mut starts = Vec::new();
        let mut settled = HashMap::new();
        for (pattern, owner) in question.patterns.iter().zip(0..) {
            let group = match question.groups {
                Some(groups) => groups.get(owner).copied().unwrap_or(owner),
                None => owner,
            };
            starts.push(number(places.len()));
            places.extend(pattern.iter().map(|atom| Place::Atom(*atom)));
            if let Some(Atom::Run(Characters::All)) = pattern.last() {
                settled
                    .entry(number(group))
                    .or_insert_with(|| number(places.len() - 1));
            }
            places.push(Place::End);
            owners.resize(places.len(), number(owner));
            groups.resize(places.len(), number(group));
        }
        let required = question
            .required
            .map(|required| required.iter().map(|group| number(*group)).collect());
        Self {
            question,
            places,
            owners,
            groups,
            settled,
            starts,
            required,
            unnamed: HashMap::new(),
            steps: 0,
        }
    }

    fn read(mut self) -> Classes {
        let start = State {
            positions: self.close(self.starts.clone()).into(),
            frame: match self.question.frame {
                Some(_) => [0].into(),
                None => [].into(),
            },
        };
        let mut texts: Vec<(Vec<u32>, String)> = Vec::new();
        let mut classes: HashMap<Vec<u32>, usize> = HashMap::new();
        let preferred = self.classes_of_preferred(&start);
        for (preferred, class) in self.question.preferred.iter().zip(preferred) {
            if let Some(class) = class
                && !classes.contains_key(&class)
            {
                classes.insert(class.clone(), texts.len());
                texts.push((class, (*preferred).to_owned()));
            }
        }
        let mut is_complete = true;
        let mut known: HashMap<State, ()> = HashMap::new();
        let mut reached: Vec<Reached> = Vec::new();
        if self.is_alive(&start) {
            known.insert(start.clone(), ());
            reached.push(Reached {
                state: start,
                by: None,
            });
        }
        let mut next = 0;
        while let Some(Reached { state, .. }) = reached.get(next) {
            let state = state.clone();
            if let Some(class) = self.accepted(&state)
                && !classes.contains_key(&class)
            {
                classes.insert(class.clone(), texts.len());
                texts.push((class, text_of(&reached, next)));
            }
            if self.steps > self.question.budget {
                is_complete = false;
                break;
            }
            for character in self.characters(&state) {
                let after = self.step(&state, character);
                if self.is_alive(&after) && !known.contains_key(&after) {
                    known.insert(after.clone(), ());
                    reached.push(Reached {
                        state: after,
                        by: Some((next, character)),
                    });
                }
            }
            next += 1;
        }
        Classes {
            texts: texts.into_iter().map(|(_, text)| text).collect(),
            is_complete,
            steps: self.steps,
        }
    }

    /// The set of groups of each preferred string, if it is one of the strings to search for.
    ///
    /// The strings are read in alphabetical order, so that a start that several have in common is read once.
    fn classes_of_preferred(&mut self, start: &State) -> Vec<Option<Vec<u32>>> {
        let preferred = self.question.preferred;
        let mut order: Vec<usize> = (0..preferred.len()).collect();
        order.sort_unstable_by_key(|index| preferred.get(*index));
        let mut classes = vec![None; preferred.len()];
        let mut path: Vec<(char, State)> = Vec::new();
        for index in order {
            let (Some(text), Some(class)) = (preferred.get(index), classes.get_mut(index)) else {
                continue;
            };
            let common = path.iter().zip(text.chars());
            let common = common.take_while(|((known, _), new)| known == new).count();
            path.truncate(common);
            for character in text.chars().skip(common) {
                let state = path.last().map_or(start, |(_, state)| state);
                if !(self.question.permits)(character) || !self.is_alive(state) {
                    break;
                }
                let state = state.clone();
                path.push((character, self.step(&state, character)));
            }
            let state = path.last().map_or(start, |(_, state)| state);
            if path.len() == text.chars().count() && self.is_alive(state) {
                *class = self.accepted(state);
            }
        }
        classes
    }

    /// Whether a string to search for can still be reached from a state.
    fn is_alive(&self, state: &State) -> bool {
        if self.question.frame.is_some() && state.frame.is_empty() {
            return false;
        }
        match &self.required {
            None => true,
            Some(required) => state.positions.iter().any(|position| {
                let group = self.groups.get(*position as usize);
                group.is_some_and(|group| required.contains(group))
            }),
        }
    }

    /// The groups matched by strings that reach this state; `None` if the string is not one to search for.
    fn accepted(&self, state: &State) -> Option<Vec<u32>> {
        if let Some(frame) = self.question.frame
            && !state
                .frame
                .iter()
                .any(|state| frame.is_end(*state as usize))
        {
            return None;
        }
        let mut accepted: Vec<u32> = state
            .positions
            .iter()
            .filter(|position| matches!(self.places.get(**position as usize), Some(Place::End)))
            .filter_map(|position| self.groups.get(*position as usize).copied())
            .collect();
        accepted.sort_unstable();
        accepted.dedup();
        let is_wanted = match &self.required {
            None => true,
            Some(required) => accepted.iter().any(|group| required.contains(group)),
        };
        is_wanted.then_some(accepted)
    }

    fn step(&mut self, state: &State, character: char) -> State {
        self.steps += state.positions.len() + state.frame.len() + 1;
        let mut positions = Vec::with_capacity(state.positions.len());
        for position in &state.positions {
            match self.places.get(*position as usize) {
                Some(Place::Atom(Atom::One(characters))) if characters.contain(character) => {
                    positions.push(position + 1);
                }
                Some(Place::Atom(Atom::Run(characters))) if characters.contain(character) => {
                    positions.push(*position);
                }
                _ => {}
            }
        }
        let mut frame = Vec::new();
        if let Some(language) = self.question.frame {
            for from in &state.frame {
                for (characters, to) in language.steps(*from as usize) {
                    if characters.contain(character) {
                        frame.push(number(*to));
                    }
                }
            }
            frame.sort_unstable();
            frame.dedup();
        }
        State {
            positions: self.close(positions).into(),
            frame: frame.into(),
        }
    }

    /// Adds the positions after runs, because a run can be empty. The result is sorted.
    ///
    /// If a string can still match from a position before a run, it can also match from the run, provided that the run
    /// accepts the characters in between. The positions before the run are then redundant.
    fn close(&self, mut positions: Vec<u32>) -> Vec<u32> {
        positions.sort_unstable();
        positions.dedup();
        let mut closed: Vec<u32> = Vec::with_capacity(positions.len() + 1);
        let mut owner = None;
        // The start of the current pattern's positions.
        let mut first = 0;
        for position in positions {
            let mut position = position;
            let its_owner = self.owners.get(position as usize).copied();
            if its_owner != owner {
                owner = its_owner;
                first = closed.len();
            }
            loop {
                if closed.last().is_some_and(|last| *last >= position) {
                    break;
                }
                if let Some(Place::Atom(Atom::Run(run))) = self.places.get(position as usize) {
                    let earlier = closed.get(first..).unwrap_or_default();
                    let covers = *run == Characters::All
                        || earlier
                            .iter()
                            .all(|earlier| match self.places.get(*earlier as usize) {
                                Some(Place::Atom(Atom::Run(other))) => other == run,
                                _ => true,
                            });
                    if covers {
                        closed.truncate(first);
                    }
                    closed.push(position);
                    position += 1;
                } else {
                    closed.push(position);
                    break;
                }
            }
        }
        self.settle(closed)
    }

    /// Removes the positions of groups of which a pattern matches whatever follows: the others can change nothing.
    fn settle(&self, positions: Vec<u32>) -> Vec<u32> {
        let mut settled: Vec<(u32, u32)> = Vec::new();
        for position in &positions {
            let here = self.places.get(*position as usize);
            let next = self.places.get(*position as usize + 1);
            if let (Some(Place::Atom(Atom::Run(Characters::All))), Some(Place::End)) = (here, next)
                && let Some(group) = self.groups.get(*position as usize)
                && let Some(first) = self.settled.get(group)
                && !settled.contains(&(*group, *first))
            {
                settled.push((*group, *first));
            }
        }
        if settled.is_empty() {
            return positions;
        }
        let is_open = |position: &u32| {
            let group = self.groups.get(*position as usize);
            !settled.iter().any(|(settled, _)| Some(settled) == group)
        };
        let mut left: Vec<u32> = positions.into_iter().filter(is_open).collect();
        left.extend(settled.iter().flat_map(|(_, first)| [*first, first + 1]));
        left.sort_unstable();
        left
    }

    /// Characters that represent all others: those that the patterns name in this state, and one of each other kind.
    fn characters(&mut self, state: &State) -> Vec<char> {
        let mut named: Vec<char> = Vec::new();
        let mut sets: Vec<Characters> = Vec::new();
        let mut note = |characters: Characters| match characters {
            Characters::One(one) => named.push(one),
            Characters::Alike(one, case) => {
                named.extend([one, one.to_ascii_lowercase(), one.to_ascii_uppercase()]);
                if case == Case::Ignore {
                    named.extend(one.to_lowercase());
                    named.extend(one.to_uppercase());
                    // Non-ASCII characters that equal ASCII letters: the long s, the dotless i and the Kelvin sign.
                    named.extend(['\u{17f}', '\u{131}', '\u{212a}']);
                }
            }
            Characters::All => {}
            set => {
                if !sets.contains(&set) {
                    sets.push(set);
                }
            }
        };
        for position in &state.positions {
            if let Some(Place::Atom(Atom::One(characters) | Atom::Run(characters))) =
                self.places.get(*position as usize)
            {
                note(*characters);
            }
        }
        if let Some(language) = self.question.frame {
            for state in &state.frame {
                for (characters, _) in language.steps(*state as usize) {
                    note(*characters);
                }
            }
        }
        named.sort_unstable();
        named.dedup();
        let permits = self.question.permits;
        named.retain(|character| permits(*character));
        let unnamed = self
            .unnamed
            .entry(sets)
            .or_insert_with_key(|sets| unnamed(sets, permits));
        let others: Vec<char> = unnamed
            .iter()
            .filter_map(|alike| {
                let mut alike = alike.iter().copied();
                alike.find(|character| named.binary_search(character).is_err())
            })
            .collect();
        // Characters that no pattern names come first, so that strings do not contain the characters of unrelated
        // patterns.
        others.into_iter().chain(named).collect()
    }
}

/// Groups characters by the `sets` that contain them; the most readable ones come first.
///
/// No set distinguishes between characters outside ASCII, so a few of them represent all.
fn unnamed(sets: &[Characters], permits: fn(char) -> bool) -> Vec<Vec<char>> {
    let letters = ('a'..='z').chain('0'..='9').chain('A'..='Z');
    let others = (' '..='~').filter(|character| !character.is_ascii_alphanumeric());
    let foreign = '\u{c0}'..='\u{df}';
    let mut found: Vec<(u64, Vec<char>)> = Vec::new();
    for character in letters.chain(others).chain(foreign) {
        if !permits(character) {
            continue;
        }
        let kind = sets
            .iter()
            .fold(0, |kind, set| kind << 1 | u64::from(set.contain(character)));
        match found.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, alike)) => alike.push(character),
            None => found.push((kind, vec![character])),
        }
    }
    found.into_iter().map(|(_, alike)| alike).collect()
}

fn text_of(reached: &[Reached], mut index: usize) -> String {
    let mut characters = Vec::new();
    while let Some(Reached {
        by: Some((before, character)),
        ..
    }) = reached.get(index)
    {
        characters.push(*character);
        index = *before;
    }
    characters.iter().rev().collect()
}

/// Saturation is not reached in practice: patterns are far shorter than `u32::MAX`.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::pattern::{Match, Pattern, Syntax};

    fn atoms<'p>(
        parts: impl Iterator<Item = Part<'p>>,
        case: Case,
        within: Characters,
    ) -> Option<Atoms> {
        fill(&unfilled(parts, case, within), &Context::new())
    }

    const SYNTAX: Syntax = Syntax {
        wildcards: true,
        variables: false,
    };

    fn classes(patterns: &[&str], case: Case) -> Vec<String> {
        classes_within(patterns, case, |_| true, None).texts
    }

    fn classes_within(
        patterns: &[&str],
        case: Case,
        permits: fn(char) -> bool,
        required: Option<&[usize]>,
    ) -> Classes {
        let atoms: Vec<Atoms> = patterns
            .iter()
            .map(|pattern| {
                let pattern = Pattern::parse(pattern, SYNTAX).unwrap();
                atoms(pattern.parts(), case, Characters::All).unwrap()
            })
            .collect();
        Classes::of(&Question {
            patterns: &atoms,
            groups: None,
            frame: None,
            required,
            permits,
            preferred: &[],
            budget: 1_000_000,
        })
    }

    fn signature(patterns: &[&str], text: &str, case: Case) -> Vec<bool> {
        patterns
            .iter()
            .map(|pattern| {
                let pattern = Pattern::parse(pattern, SYNTAX).unwrap();
                pattern.matches(text, case, &Context::new()) == Match::Yes
            })
            .collect()
    }

    #[test]
    fn each_class_has_a_shortest_text() {
        assert_eq!(
            classes(&["a*", "*b"], Case::Sensitive),
            ["", "a", "b", "ab"]
        );
        assert_eq!(classes(&["*"], Case::Sensitive), [""]);
        assert_eq!(classes(&["?*", "??"], Case::Sensitive), ["", "a", "aa"]);
        assert_eq!(classes(&[], Case::Sensitive), [""]);
    }

    /// Every string over a small alphabet belongs to a class that was found, for arbitrary patterns.
    #[test]
    fn no_class_is_missing() {
        let pieces = ["", "*", "?", "a", "b", "ab"];
        let texts: Vec<String> = (0..=6)
            .flat_map(|length: u32| {
                (0..3_usize.pow(length)).map(move |number| {
                    (0..length)
                        .map(|place| ['a', 'b', 'c'][number / 3_usize.pow(place) % 3])
                        .collect()
                })
            })
            .collect();
        let pattern = |number: usize| -> String {
            (0..4)
                .map(|place| pieces[number / pieces.len().pow(place) % pieces.len()])
                .collect()
        };
        let count = pieces.len().pow(4);
        for number in (0..count).step_by(7) {
            let three = [
                pattern(number),
                pattern(number * 31 % count),
                pattern(number * 77 % count),
            ];
            let patterns: Vec<&str> = three.iter().map(String::as_str).collect();
            for case in [Case::Sensitive, Case::IgnoreAscii] {
                let found: BTreeSet<Vec<bool>> = classes(&patterns, case)
                    .iter()
                    .map(|text| signature(&patterns, text, case))
                    .collect();
                for text in &texts {
                    let class = signature(&patterns, text, case);
                    assert!(found.contains(&class), "{patterns:?} {text}");
                }
            }
        }
    }

    /// The classes of groups are those that the patterns of each group have together.
    #[test]
    fn groups_are_distinguished_and_their_patterns_are_not() {
        let pieces = ["", "*", "?", "a", "b", "ab"];
        let pattern = |number: usize| -> String {
            (0..4)
                .map(|place| pieces[number / pieces.len().pow(place) % pieces.len()])
                .collect()
        };
        let groups = [0, 1, 0, 1];
        let texts = classes(&["a*", "*b", "??", "*a*"], Case::Sensitive);
        for number in (0..1296).step_by(5) {
            let four = [1, 31, 77, 131].map(|factor| pattern(number * factor % 1296));
            let atoms: Vec<Atoms> = four
                .iter()
                .map(|text| {
                    let pattern = Pattern::parse(text, SYNTAX).unwrap();
                    atoms(pattern.parts(), Case::Sensitive, Characters::All).unwrap()
                })
                .collect();
            let found = Classes::of(&Question {
                patterns: &atoms,
                groups: Some(&groups),
                frame: None,
                required: None,
                permits: |_| true,
                preferred: &[],
                budget: 1_000_000,
            });
            let four: Vec<&str> = four.iter().map(String::as_str).collect();
            let class = |text: &str| {
                let each = signature(&four, text, Case::Sensitive);
                [each[0] || each[2], each[1] || each[3]]
            };
            let classes_found: BTreeSet<_> = found.texts.iter().map(|text| class(text)).collect();
            assert_eq!(classes_found.len(), found.texts.len(), "{four:?}");
            let all = classes(&four, Case::Sensitive);
            for text in all.iter().chain(&texts) {
                assert!(classes_found.contains(&class(text)), "{four:?} {text}");
            }
        }
    }

    /// One condition with many alternatives is no more work than each of them.
    #[test]
    fn alternatives_of_one_group_stay_cheap() {
        let atoms: Vec<Atoms> = ('a'..='z')
            .map(|letter| {
                let text = format!("*{letter}*{}*", letter.to_ascii_uppercase());
                let pattern = Pattern::parse(&text, SYNTAX).unwrap();
                atoms(pattern.parts(), Case::Sensitive, Characters::All).unwrap()
            })
            .collect();
        let question = |groups| Question {
            patterns: &atoms,
            groups,
            frame: None,
            required: None,
            permits: |_| true,
            preferred: &[],
            budget: 2_000_000,
        };
        assert!(!Classes::of(&question(None)).is_complete);
        let words: Vec<Atoms> = ('a'..='z')
            .map(|letter| {
                let pattern = Pattern::parse(&format!("*{letter}1*"), SYNTAX).unwrap();
                self::atoms(pattern.parts(), Case::Sensitive, Characters::All).unwrap()
            })
            .collect();
        let groups = vec![0; words.len()];
        let found = Classes::of(&Question {
            patterns: &words,
            ..question(Some(&groups))
        });
        assert!(found.is_complete);
        assert_eq!(found.texts.len(), 2);
    }

    #[test]
    fn only_texts_that_match_a_required_pattern_are_looked_for() {
        let found = classes_within(&["a*", "b*", "*c"], Case::Sensitive, |_| true, Some(&[1]));
        assert_eq!(found.texts, ["b", "bc"]);
        assert!(found.is_complete);
    }

    #[test]
    fn letters_that_only_unicode_takes_for_equal_have_a_class() {
        let mut patterns: Vec<Atoms> = Vec::new();
        for case in [Case::IgnoreAscii, Case::Ignore] {
            patterns.push(literal("k", case).collect());
        }
        let found = Classes::of(&Question {
            patterns: &patterns,
            groups: None,
            frame: None,
            required: None,
            permits: |_| true,
            preferred: &[],
            budget: 10_000,
        });
        assert!(found.texts.contains(&"\u{212a}".to_owned()), "{found:?}");
        assert!(
            found
                .texts
                .iter()
                .any(|text| text.eq_ignore_ascii_case("k"))
        );
    }

    #[test]
    fn texts_are_as_the_frame_has_them() {
        let mut frame = Nfa::text("apps/");
        frame.push_id(crate::pattern::characters::IdCharacters::Identifier);
        let pattern = Pattern::parse("apps/*x", SYNTAX).unwrap();
        let patterns = [atoms(pattern.parts(), Case::Sensitive, Characters::All).unwrap()];
        let found = Classes::of(&Question {
            patterns: &patterns,
            groups: None,
            frame: Some(&frame),
            required: None,
            permits: |_| true,
            preferred: &["apps/known", "apps/a/b", "apps/knownx"],
            budget: 10_000,
        });
        assert_eq!(found.texts, ["apps/known", "apps/knownx"]);
    }

    #[test]
    fn a_wildcard_of_a_component_does_not_reach_over_a_colon() {
        let component = |text| {
            let pattern = Pattern::parse(text, SYNTAX).unwrap();
            atoms(pattern.parts(), Case::Sensitive, Characters::WithoutColon).unwrap()
        };
        let found = Classes::of(&Question {
            patterns: &[component("a*:*b"), component("*:b")],
            groups: None,
            frame: None,
            required: Some(&[0]),
            permits: |_| true,
            preferred: &[],
            budget: 10_000,
        });
        assert_eq!(found.texts, ["a:b", "a:ab"]);
    }

    #[test]
    fn hostile_patterns_end_within_the_budget() {
        let patterns: Vec<String> = (b'a'..=b'p')
            .map(|letter| {
                let letter = char::from(letter);
                format!("*{letter}*{}*", letter.to_ascii_uppercase())
            })
            .collect();
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let found = classes_within(&patterns, Case::Sensitive, |_| true, None);
        assert!(!found.is_complete);
        assert!(found.steps < 1_100_000, "{}", found.steps);
        assert!(!found.texts.is_empty());
    }
}
