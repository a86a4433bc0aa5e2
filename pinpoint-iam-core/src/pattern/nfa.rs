//! All strings that a component of a template can become, and whether a pattern matches one or all of them.

use super::Part;
use super::characters::{Characters, IdCharacters};

/// A set of strings, as an automaton that reads them character by character.
///
/// A pattern is traversed once, with all states that its characters so far can have reached. The time is at most the
/// product of the pattern's length and the number of steps, for all inputs, because the traversal never backtracks.
#[derive(Clone, Debug)]
pub struct Nfa {
    /// For each state, the characters that lead to other states. The first state is the start.
    steps: Vec<Vec<(Characters, usize)>>,
    /// The accepting state.
    end: usize,
}

impl Nfa {
    /// Accepts only the empty string.
    pub fn empty_text() -> Self {
        Self {
            steps: vec![Vec::new()],
            end: 0,
        }
    }

    /// Accepts only `text`.
    pub fn text(text: &str) -> Self {
        let mut language = Self::empty_text();
        language.push_text(text);
        language
    }

    /// Accepts each of `texts` and nothing else.
    pub fn one_of(texts: &[impl AsRef<str>]) -> Self {
        let mut language = Self::empty_text();
        language.push_one_of(texts);
        language
    }

    /// Accepts every possible partition, region or account: any string without a slash, including the empty one.
    ///
    /// With a slash, a short ARN such as `arn:aws:mobiletargeting:*:app/a1` would name the account `app/a1`.
    pub fn of_scope() -> Self {
        let mut language = Self::empty_text();
        language.step(language.end, Characters::Unslashed, language.end);
        language
    }

    /// Appends `text` to every string.
    pub fn push_text(&mut self, text: &str) {
        self.end = self.append_text(self.end, text);
    }

    /// Appends any run of characters, including the empty one.
    pub fn push_anything(&mut self) {
        self.step(self.end, Characters::All, self.end);
    }

    /// Appends any run of these characters, including the empty one. Must not be the first part.
    pub fn push_run(&mut self, characters: Characters) {
        self.step(self.end, characters, self.end);
    }

    /// Appends a non-empty run of these characters.
    pub fn push_some(&mut self, characters: Characters) {
        let behind = self.state();
        self.step(self.end, characters, behind);
        self.step(behind, characters, behind);
        self.end = behind;
    }

    /// Appends the name of a user, role or session.
    pub fn push_name(&mut self) {
        self.push_some(Characters::Name);
    }

    /// Appends the name of a user or role, after any path.
    pub fn push_path(&mut self) {
        let start = self.end;
        let segment = self.state();
        self.step(start, Characters::PathSegment, segment);
        self.step(segment, Characters::PathSegment, segment);
        self.step(segment, Characters::One('/'), start);
        self.push_name();
    }

    /// Appends every string of `other`. Must not be the first part.
    pub fn push_language(&mut self, other: &Self) {
        let mut states = vec![self.end];
        for _ in other.steps.iter().skip(1) {
            states.push(self.state());
        }
        for (from, steps) in states.iter().zip(&other.steps) {
            for (characters, to) in steps {
                if let Some(to) = states.get(*to) {
                    self.step(*from, *characters, *to);
                }
            }
        }
        self.end = states.get(other.end).copied().unwrap_or(self.end);
    }

    /// Appends one of `values`, as written.
    pub fn push_one_of(&mut self, values: &[impl AsRef<str>]) {
        let start = self.end;
        let behind = self.state();
        for value in values {
            let mut characters = value.as_ref().chars();
            let Some(last) = characters.next_back() else {
                continue;
            };
            let before = self.append_text(start, characters.as_str());
            self.step(before, Characters::One(last), behind);
        }
        self.end = behind;
    }

    /// Appends any id of these characters except the empty one, `.` and `..`, in the form used in ARNs. Ids of any
    /// length are included.
    pub fn push_id(&mut self, accepts: IdCharacters) {
        let start = self.end;
        let [one_dot, two_dots, behind] = [self.state(), self.state(), self.state()];
        let encoded = (accepts == IdCharacters::Opaque).then(|| {
            let [percent, digit] = [self.state(), self.state()];
            self.step(percent, Characters::UpperHexadecimal, digit);
            self.step(digit, Characters::UpperHexadecimal, behind);
            percent
        });
        let dots = [
            (start, one_dot),
            (one_dot, two_dots),
            (two_dots, behind),
            (behind, behind),
        ];
        for (state, after_a_dot) in dots {
            self.step(state, Characters::One('.'), after_a_dot);
            self.step(state, Characters::Undotted(accepts), behind);
            if let Some(percent) = encoded {
                self.step(state, Characters::One('%'), percent);
            }
        }
        self.end = behind;
    }

    /// Appends `text` after a state and returns the state in which it ends.
    fn append_text(&mut self, start: usize, text: &str) -> usize {
        text.chars().fold(start, |state, character| {
            let next = self.state();
            self.step(state, Characters::One(character), next);
            next
        })
    }

    fn state(&mut self) -> usize {
        self.steps.push(Vec::new());
        self.steps.len() - 1
    }

    fn step(&mut self, from: usize, characters: Characters, to: usize) {
        if let Some(steps) = self.steps.get_mut(from) {
            steps.push((characters, to));
        }
    }

    /// Whether a pattern of these parts matches at least one string of the language.
    ///
    /// A variable may have any value. A `StepTable` gives the same result faster for many
    /// patterns.
    pub fn meets<'p>(&self, parts: impl Iterator<Item = Part<'p>>) -> bool {
        let reader = StatesReader {
            automaton: self,
            states: self.start_states(),
            next: self.no_states(),
        };
        meets(reader, parts)
    }

    /// The states before the first character.
    pub(super) fn start_states(&self) -> States {
        let mut states = self.no_states();
        states.insert(self.start());
        states
    }

    /// The empty set.
    pub(super) fn no_states(&self) -> States {
        States::of(self.steps.len())
    }

    /// Whether the accepting state is one of `states`.
    pub(super) fn has_end(&self, states: &States) -> bool {
        states.contains(self.end)
    }

    pub(super) const fn start(&self) -> usize {
        0
    }

    pub(super) const fn is_end(&self, state: usize) -> bool {
        state == self.end
    }

    /// The steps from a state: characters and target states.
    pub(super) fn steps(&self, state: usize) -> &[(Characters, usize)] {
        self.steps.get(state).map_or(&[], Vec::as_slice)
    }

    /// Sets `next` to the states that can be reached from `states` with this character; `None` is any character.
    pub(super) fn advance(&self, states: &States, next: &mut States, character: Option<char>) {
        next.clear();
        for state in states.iter() {
            for (characters, to) in self.steps(state) {
                if character.is_none_or(|character| characters.contain(character)) {
                    next.insert(*to);
                }
            }
        }
    }

    /// Adds the states that can be reached in any number of steps.
    pub(super) fn add_reachable(&self, states: &mut States) {
        let mut ahead: Vec<usize> = states.iter().collect();
        while let Some(state) = ahead.pop() {
            for (_, to) in self.steps(state) {
                if states.insert(*to) {
                    ahead.push(*to);
                }
            }
        }
    }
}

/// Reads the parts of a pattern, and keeps the states of an automaton that they can have reached.
pub(super) trait PatternReader {
    /// Reads one character; `None` is any character. Returns `false` if no state is left.
    fn read(&mut self, character: Option<char>) -> bool;

    /// Reads any run of characters.
    fn read_run(&mut self);

    /// Whether the accepting state is reached.
    fn is_at_end(&self) -> bool;
}

/// Whether a pattern of these parts matches at least one string of the reader's automaton.
pub(super) fn meets<'p>(
    mut reader: impl PatternReader,
    parts: impl Iterator<Item = Part<'p>>,
) -> bool {
    for part in parts {
        let is_alive = match part {
            Part::Text(text) => text.chars().all(|character| reader.read(Some(character))),
            Part::AnyCharacter => reader.read(None),
            Part::AnyRun | Part::Variable(_) => {
                reader.read_run();
                true
            }
        };
        if !is_alive {
            return false;
        }
    }
    reader.is_at_end()
}

/// Computes each step.
struct StatesReader<'a> {
    automaton: &'a Nfa,
    states: States,
    /// Reused for each step.
    next: States,
}

impl PatternReader for StatesReader<'_> {
    fn read(&mut self, character: Option<char>) -> bool {
        let Self {
            automaton,
            states,
            next,
        } = self;
        automaton.advance(states, next, character);
        std::mem::swap(states, next);
        !states.is_empty()
    }

    fn read_run(&mut self) {
        self.automaton.add_reachable(&mut self.states);
    }

    fn is_at_end(&self) -> bool {
        self.automaton.has_end(&self.states)
    }
}

/// A set of the states of an automaton.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct States(Vec<u64>);

impl States {
    /// The empty set, for an automaton with this number of states.
    fn of(states: usize) -> Self {
        Self(vec![0; states.div_ceil(64)])
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Adds a state; `false` if the set contains it.
    fn insert(&mut self, state: usize) -> bool {
        let Some(word) = self.0.get_mut(state / 64) else {
            return false;
        };
        let bit = 1 << (state % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn contains(&self, state: usize) -> bool {
        let word = self.0.get(state / 64);
        word.is_some_and(|word| word & (1 << (state % 64)) != 0)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::pattern::step_table::StepTable;
    use crate::pattern::{Case, Match, Pattern, Syntax};

    const SYNTAX: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };

    /// The result of the automaton, which is also that of its table.
    fn meets(language: &Nfa, pattern: &str) -> bool {
        let pattern = Pattern::parse(pattern, SYNTAX).unwrap();
        let is_met = language.meets(pattern.parts());
        let mut table = StepTable::of(language.clone());
        for _ in 0..6 {
            assert_eq!(table.meets(pattern.parts()), is_met, "{pattern}");
        }
        is_met
    }

    fn apps_and(accepts: IdCharacters) -> Nfa {
        let mut language = Nfa::text("apps/");
        language.push_id(accepts);
        language.push_text("/end");
        language
    }

    fn apps_and_channels() -> Nfa {
        let mut language = Nfa::text("apps/");
        language.push_one_of(&["SMS", "VOICE"]);
        language.push_text("/end");
        language
    }

    #[test]
    fn a_text_meets_the_patterns_that_match_it() {
        for (pattern, expected) in [
            ("", false),
            ("*", true),
            ("ab*c", true),
            ("ab?c", true),
            ("a*?*c", true),
            ("ab${*}c", true),
            ("ab${?}c", false),
            ("abc", false),
            ("ab*cd", false),
            ("?ab*c", false),
            ("AB*C", false),
            ("${aws:username}", true),
            ("a${aws:username}c", true),
            ("b${aws:username}", false),
        ] {
            assert_eq!(meets(&Nfa::text("ab*c"), pattern), expected, "{pattern}");
        }
        assert!(meets(&Nfa::empty_text(), ""));
        assert!(meets(&Nfa::empty_text(), "**"));
        assert!(!meets(&Nfa::empty_text(), "?"));
    }

    #[test]
    fn a_scope_meets_every_pattern_without_a_slash() {
        for pattern in ["", "*", "?", "us-east-1", "a*b?c", "${aws:username}"] {
            assert!(meets(&Nfa::of_scope(), pattern), "{pattern}");
        }
        assert!(!meets(&Nfa::of_scope(), "app/a1"));
    }

    #[test]
    fn an_identifier_is_any_text_that_is_accepted() {
        let language = apps_and(IdCharacters::Identifier);
        for (pattern, expected) in [
            ("apps/a1/end", true),
            ("apps/A-1_b.c/end", true),
            ("apps/*", true),
            ("apps/?/end", true),
            ("apps/a*1/e?d", true),
            ("*d", true),
            ("apps/${aws:PrincipalTag/app}/end", true),
            ("apps/.a/end", true),
            ("apps/../end", false),
            ("apps/./end", false),
            ("apps/.../end", true),
            ("apps/..?/end", true),
            ("apps//end", false),
            ("apps/a/b/end", false),
            ("apps/a b/end", false),
            ("apps/a%2F/end", false),
            ("apps/${*}/end", false),
            ("apps/ä/end", false),
            ("/apps/a1/end", false),
            ("app/a1/end", false),
            ("apps/a1", false),
            ("apps/a1/end/more", false),
            ("*end?", false),
        ] {
            assert_eq!(meets(&language, pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn an_opaque_value_is_any_text_as_it_is_encoded() {
        let language = apps_and(IdCharacters::Opaque);
        for (pattern, expected) in [
            ("apps/ana@example.com/end", true),
            ("apps/a%2Fb/end", true),
            ("apps/%C3%A4/end", true),
            ("apps/%2*/end", true),
            ("apps/%?F/end", true),
            ("apps/a%2fb/end", false),
            ("apps/a%2/end", false),
            ("apps/%/end", false),
            ("apps/a%zz/end", false),
            ("apps/../end", false),
            ("apps/.%2E/end", true),
            ("apps/a/b/end", false),
            ("apps/a:b/end", false),
        ] {
            assert_eq!(meets(&language, pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn a_value_of_a_list_is_written_as_the_list_spells_it() {
        let language = apps_and_channels();
        for (pattern, expected) in [
            ("apps/SMS/end", true),
            ("apps/VOICE/end", true),
            ("apps/*S/end", true),
            ("apps/?????/end", true),
            ("apps/sms/end", false),
            ("apps/SMS*S/end", false),
            ("apps/EMAIL/end", false),
            ("apps/????/end", false),
            ("apps//end", false),
        ] {
            assert_eq!(meets(&language, pattern), expected, "{pattern}");
        }
    }

    fn covers(language: &Nfa, pattern: &str) -> bool {
        language.is_covered_by(Pattern::parse(pattern, SYNTAX).unwrap().parts())
    }

    #[test]
    fn a_pattern_covers_a_language_when_every_text_matches() {
        let identifier = apps_and(IdCharacters::Identifier);
        for (pattern, expected) in [
            ("*", true),
            ("apps/*", true),
            ("apps/*/end", true),
            ("*/end", true),
            ("apps/?*/end", true),
            ("apps/*?/end", true),
            ("a*p*/*d", true),
            ("**/**", true),
            ("apps/??*/end", false),
            ("apps/?/end", false),
            ("apps/a*/end", false),
            ("apps/*a*/end", false),
            ("apps/*.*/end", false),
            ("apps/a1/end", false),
            ("apps/*/*/end", false),
            ("apps/*/en", false),
            ("", false),
            ("${aws:username}", false),
        ] {
            assert_eq!(covers(&identifier, pattern), expected, "{pattern}");
        }
        for (pattern, expected) in [
            ("apps/*/end", true),
            ("apps/*S*/end", false),
            ("apps/?*?*?/end", true),
            ("apps/????*/end", false),
            ("apps/SMS/end", false),
        ] {
            assert_eq!(covers(&apps_and_channels(), pattern), expected, "{pattern}");
        }
        // Both values of the list contain a letter that the pattern names, at different positions.
        assert!(covers(&Nfa::one_of(&["ab", "cb"]), "?b"));
        assert!(covers(&Nfa::one_of(&["ab", "xxb"]), "*b"));
        assert!(!covers(&Nfa::one_of(&["ab", "ba"]), "?b"));
        assert!(covers(&Nfa::of_scope(), "*"));
        assert!(!covers(&Nfa::of_scope(), "?*"));
        assert!(covers(&Nfa::empty_text(), "**"));
        assert!(!covers(&apps_and(IdCharacters::Opaque), "apps/*%*/end"));
    }

    /// A pattern that covers a language matches all of its members.
    #[test]
    fn what_covers_a_language_matches_its_members() {
        let languages = [
            (
                apps_and(IdCharacters::Identifier),
                vec!["apps/a/end", "apps/b.1/end", "apps/apps/end"],
            ),
            (
                apps_and(IdCharacters::Opaque),
                vec!["apps/%2F/end", "apps/~/end", "apps/a/end"],
            ),
            (apps_and_channels(), vec!["apps/SMS/end", "apps/VOICE/end"]),
        ];
        let parts = ["", "*", "?", "apps/", "a", "/end", "S", "%", "."];
        let mut covered = 0;
        for number in 0..parts.len().pow(4) {
            let pattern: String = (0..4)
                .map(|place| parts[number / parts.len().pow(place) % parts.len()])
                .collect();
            let parsed = Pattern::parse(&pattern, SYNTAX).unwrap();
            for (language, members) in &languages {
                if language.is_covered_by(parsed.parts()) {
                    covered += 1;
                    assert!(language.meets(parsed.parts()), "{pattern}");
                    for member in members {
                        let matched = parsed.matches(member, Case::Sensitive, &Context::new());
                        assert_eq!(matched, Match::Yes, "{pattern} {member}");
                    }
                }
            }
        }
        assert!(covered > 100, "{covered}");
    }

    #[test]
    fn hostile_patterns_are_given_up() {
        let language = apps_and(IdCharacters::Identifier);
        for piece in ["*a", "a*", "*?", "*a?????????????????????????"] {
            let pattern = format!("apps/{}*", piece.repeat(200));
            assert!(!covers(&language, &pattern), "{piece}");
        }
    }

    /// Tries every pattern of up to five parts on strings that belong to the language: if it matches one of them, it
    /// meets the language.
    #[test]
    fn a_pattern_that_matches_a_member_meets_the_language() {
        let members = [
            (apps_and(IdCharacters::Identifier), "apps/a.1/end"),
            (apps_and(IdCharacters::Opaque), "apps/a%2F/end"),
            (apps_and_channels(), "apps/SMS/end"),
        ];
        let parts = ["", "*", "?", "apps/", "a", "/end", "SMS", "%", "."];
        let mut met = 0;
        for number in 0..parts.len().pow(5) {
            let pattern: String = (0..5)
                .map(|place| parts[number / parts.len().pow(place) % parts.len()])
                .collect();
            let parsed = Pattern::parse(&pattern, SYNTAX).unwrap();
            for (language, member) in &members {
                let matched = parsed.matches(member, Case::Sensitive, &Context::new());
                if matched == Match::Yes {
                    assert!(language.meets(parsed.parts()), "{pattern} {member}");
                    met += 1;
                }
            }
        }
        assert!(met > 1000, "{met}");
    }

    /// A backtracking search would need 2,000 to the power of 20 steps for these, and never end.
    #[test]
    fn hostile_patterns_end() {
        let mut language = apps_and(IdCharacters::Identifier);
        language.push_id(IdCharacters::Opaque);
        for piece in ["*a", "a*", "*?", "a*a", "${aws:username}"] {
            let pattern = format!("apps/{}/nowhere", piece.repeat(2000));
            assert!(!meets(&language, &pattern), "{piece}");
        }
    }
}
