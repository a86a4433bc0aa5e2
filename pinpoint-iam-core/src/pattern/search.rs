//! Searches a string for a run of characters and `?`, in a time that does not depend on repetitions in the two.
//!
//! Comparing a candidate character by character costs the length of the run. A search for `aaa?aaab` in many `a` would
//! therefore cost the product of both lengths. This search compares 64 characters of the run at once, as the bits of a
//! word: bit `i` means that the string before the current position ends with the first `i + 1` of them.

use super::Case;

/// The number of characters that are compared at once.
const BLOCK: usize = u64::BITS as usize;

/// The rest of `value` after the first position where the run matches; `None` in the run is any character.
pub(super) fn find(
    run: impl Iterator<Item = Option<char>>,
    value: &str,
    case: Case,
) -> Option<&str> {
    let mut run = run.peekable();
    // The positions where the blocks so far end. A match of the first block may start anywhere.
    let mut starts: Option<Places> = None;
    while run.peek().is_some() {
        let block = Block::of(run.by_ref().take(BLOCK), case);
        let is_last = run.peek().is_none();
        let mut ends = Places::default();
        let mut compared = 0_u64;
        for (place, (offset, character)) in value.char_indices().enumerate() {
            let starts_here = starts.as_ref().is_none_or(|starts| starts.has(place));
            compared = (compared << 1 | u64::from(starts_here)) & block.accepting(character, case);
            if compared & block.last == 0 {
                continue;
            }
            if is_last {
                return value.get(offset + character.len_utf8()..);
            }
            ends.add(place + 1);
        }
        if is_last || ends.0.is_empty() {
            return None;
        }
        starts = Some(ends);
    }
    Some(value)
}

/// Positions in a string.
#[derive(Default)]
struct Places(Vec<u64>);

impl Places {
    fn has(&self, place: usize) -> bool {
        let word = self.0.get(place / BLOCK).copied().unwrap_or(0);
        word >> (place % BLOCK) & 1 == 1
    }

    fn add(&mut self, place: usize) {
        let word = place / BLOCK;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (place % BLOCK);
        }
    }
}

/// Up to 64 characters of a run. For each character of the searched string, bits mark the matching characters of the
/// run.
struct Block {
    /// The bit of the last character.
    last: u64,
    any: u64,
    ascii: [u64; 128],
    /// By the character or, if case is ignored, by its lower-case letters.
    small: Keyed,
    /// If case is ignored: by its upper-case letters.
    capital: Keyed,
}

impl Block {
    fn of(run: impl Iterator<Item = Option<char>>, case: Case) -> Self {
        let mut block = Self {
            last: 0,
            any: 0,
            ascii: [0; 128],
            small: Keyed::default(),
            capital: Keyed::default(),
        };
        let mut bit = 1;
        for expected in run {
            match (expected, case) {
                (None, _) => block.any |= bit,
                (Some(expected), Case::Ignore) => {
                    block.small.add(letters(expected.to_lowercase()), bit);
                    block.capital.add(letters(expected.to_uppercase()), bit);
                }
                (Some(expected), Case::Sensitive | Case::IgnoreAscii) => {
                    block.add_exact(expected, bit);
                    if case == Case::IgnoreAscii {
                        block.add_exact(expected.to_ascii_lowercase(), bit);
                        block.add_exact(expected.to_ascii_uppercase(), bit);
                    }
                }
            }
            block.last = bit;
            bit = bit.wrapping_shl(1);
        }
        block
    }

    fn add_exact(&mut self, expected: char, bit: u64) {
        match self.ascii.get_mut(expected as usize) {
            Some(bits) => *bits |= bit,
            None => self.small.add(letters([expected].into_iter()), bit),
        }
    }

    fn accepting(&self, character: char, case: Case) -> u64 {
        let named = match (case, self.ascii.get(character as usize)) {
            (Case::Ignore, _) => {
                self.small.get(letters(character.to_lowercase()))
                    | self.capital.get(letters(character.to_uppercase()))
            }
            (_, Some(bits)) => *bits,
            (_, None) => self.small.get(letters([character].into_iter())),
        };
        self.any | named
    }
}

/// A character, or the up to three characters that it becomes in the other case.
type Letters = [char; 3];

fn letters(characters: impl Iterator<Item = char>) -> Letters {
    let mut letters = Letters::default();
    for (place, character) in letters.iter_mut().zip(characters) {
        *place = character;
    }
    letters
}

/// Bits by letters, sorted by letter.
struct Keyed {
    entries: [(Letters, u64); BLOCK],
    length: usize,
}

impl Default for Keyed {
    fn default() -> Self {
        Self {
            entries: [(Letters::default(), 0); BLOCK],
            length: 0,
        }
    }
}

impl Keyed {
    fn used(&self) -> &[(Letters, u64)] {
        self.entries.get(..self.length).unwrap_or_default()
    }

    fn add(&mut self, letters: Letters, bit: u64) {
        match self.used().binary_search_by_key(&letters, |(key, _)| *key) {
            Ok(place) => {
                if let Some((_, bits)) = self.entries.get_mut(place) {
                    *bits |= bit;
                }
            }
            Err(place) => {
                // INVARIANT: a block has at most as many characters as there are entries.
                if let Some(moved) = self.entries.get_mut(place..=self.length) {
                    moved.rotate_right(1);
                    if let Some(first) = moved.first_mut() {
                        *first = (letters, bit);
                    }
                    self.length += 1;
                }
            }
        }
    }

    fn get(&self, letters: Letters) -> u64 {
        let used = self.used();
        let found = used.binary_search_by_key(&letters, |(key, _)| *key);
        found
            .ok()
            .and_then(|place| used.get(place))
            .map_or(0, |(_, bits)| *bits)
    }
}

#[cfg(test)]
mod tests {
    use super::super::glob::{Run, find_one_by_one};
    use super::*;

    const CASES: [Case; 3] = [Case::Sensitive, Case::IgnoreAscii, Case::Ignore];

    /// Finds the run with the fast search, and by trying every candidate.
    fn both<'v>(run: &str, value: &'v str, case: Case) -> [Option<&'v str>; 2] {
        [
            find(run.characters(), value, case),
            find_one_by_one(run, value, case),
        ]
    }

    #[test]
    fn blocks_find_what_is_found_one_by_one() {
        // Words of few letters, so that there are many partial and few complete matches; letters whose length changes
        // with case, or that have several forms.
        let letters = [
            'a', 'A', 'b', 'k', 'K', '\u{212a}', 'ı', 'I', 'İ', 'ß', 'ſ', 's', 'é', 'É', '?',
        ];
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        let mut found = 0;
        for round in 0..3_000 {
            let few = 1 + next(letters.len());
            let mut word = |most: usize| -> String {
                (0..next(most))
                    .filter_map(|_| letters.get(next(few)))
                    .collect()
            };
            let (value, long) = (word(200), word(150));
            let short = word(4);
            // Part of the value, with some characters replaced by `?`.
            let start = value.chars().count() / 3;
            let part: String = value
                .chars()
                .skip(start)
                .enumerate()
                .map(|(place, letter)| {
                    if (place + round) % 7 == 0 {
                        '?'
                    } else {
                        letter
                    }
                })
                .collect();
            for run in [long, short, part] {
                for case in CASES {
                    let [blocks, one_by_one] = both(&run, &value, case);
                    assert_eq!(blocks, one_by_one, "`{run}` in `{value}`, {case:?}");
                    found += usize::from(blocks.is_some());
                }
            }
        }
        assert!(found > 3_000, "{found}");
    }

    #[test]
    fn runs_at_the_borders_of_blocks() {
        for length in [1, 63, 64, 65, 127, 128, 129, 200] {
            for before in [0, 1, 63, 64, 65] {
                let run = format!("{}b", "?".repeat(length - 1));
                let value = format!("{}{}bc", "a".repeat(before), "a".repeat(length - 1));
                for case in CASES {
                    assert_eq!(
                        both(&run, &value, case),
                        [Some("c"); 2],
                        "{length} {before}"
                    );
                    let run = format!("{run}d");
                    assert_eq!(both(&run, &value, case), [None; 2], "{length} {before}");
                }
            }
        }
        assert_eq!(both("", "ab", Case::Sensitive), [Some("ab"); 2]);
        assert_eq!(both("a", "", Case::Sensitive), [None; 2]);
    }

    /// Character by character, each of these would take 100 million comparisons.
    #[test]
    fn hostile_runs_end() {
        let value = "a".repeat(20_000);
        for run in ["a?".repeat(5_000) + "b", "?".repeat(10_000) + "b"] {
            for case in [Case::Sensitive, Case::IgnoreAscii] {
                assert_eq!(Run::find(run.as_str(), &value, case), None);
            }
        }
    }
}
