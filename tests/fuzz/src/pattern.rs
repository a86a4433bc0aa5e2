//! The pattern matcher agrees with a table of all prefixes.

use arbitrary::{Arbitrary, Unstructured};
use pinpoint_iam::context::Context;
use pinpoint_iam::pattern::{Case, Match, Pattern, Syntax};

/// Longer input does not find anything that shorter input would miss.
const LONGEST: usize = 48;

const KEYS: [&str; 3] = ["k", "aws:username", "aws:PrincipalTag/team"];

const LETTERS: [char; 16] = [
    'a', 'b', 'A', 'B', 'ü', 'Ü', 'k', '\u{212a}', 'I', 'ı', 'ß', '*', '?', '$', '{', '}',
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    has_variables: bool,
    has_wildcards: bool,
    case: u8,
    facts: [Fact; 3],
    pattern: Vec<Written>,
    value: Vec<Letter>,
    any: &'a str,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Letter(u8);

#[derive(Arbitrary, Debug)]
enum Written {
    Letter(Letter),
    AnyRun,
    AnyCharacter,
    Variable(u8, Option<Vec<Letter>>),
}

#[derive(Arbitrary, Debug)]
enum Fact {
    Absent,
    Unknown,
    One(Vec<Letter>),
    Several(Vec<Letter>),
}

/// An element of a pattern after its variables have been substituted.
enum Atom {
    Is(char),
    AnyCharacter,
    AnyRun,
}

impl Letter {
    fn character(self) -> char {
        LETTERS[usize::from(self.0) % LETTERS.len()]
    }
}

fn text(letters: &[Letter]) -> String {
    letters.iter().map(|letter| letter.character()).collect()
}

/// Returns the pattern as written in a policy, its atoms, and the key of its first unknown variable. The atoms are
/// `None` if a variable of the pattern has no value.
fn write(input: &Input<'_>) -> (String, Option<Vec<Atom>>, Option<&'static str>) {
    let mut written = String::new();
    let mut atoms = Some(Vec::new());
    let mut unknown = None;
    let mut push = |atom| {
        if let Some(atoms) = &mut atoms {
            atoms.push(atom);
        }
    };
    let mut is_unresolved = false;
    for piece in &input.pattern {
        match piece {
            Written::Letter(letter) => {
                let letter = letter.character();
                match letter {
                    '*' | '?' | '$' => written.extend(['$', '{', letter, '}']),
                    _ => written.push(letter),
                }
                push(Atom::Is(letter));
            }
            Written::AnyRun => {
                written.push('*');
                push(if input.has_wildcards {
                    Atom::AnyRun
                } else {
                    Atom::Is('*')
                });
            }
            Written::AnyCharacter => {
                written.push('?');
                push(if input.has_wildcards {
                    Atom::AnyCharacter
                } else {
                    Atom::Is('?')
                });
            }
            Written::Variable(index, default) => {
                let index = usize::from(*index) % KEYS.len();
                let key = KEYS[index];
                written.push_str(&match default {
                    Some(default) => format!("${{{key}, '{}'}}", text(default).replace('$', "")),
                    None => format!("${{{key}}}"),
                });
                let filled = match &input.facts[index] {
                    Fact::Unknown => {
                        unknown.get_or_insert(key);
                        push(Atom::AnyRun);
                        continue;
                    }
                    Fact::One(value) if !value.is_empty() => Some(text(value)),
                    _ => default
                        .as_ref()
                        .map(|default| text(default).replace('$', "")),
                };
                match filled {
                    Some(filled) => filled.chars().for_each(|letter| push(Atom::Is(letter))),
                    None => is_unresolved = true,
                }
            }
        }
    }
    (written, atoms.filter(|_| !is_unresolved), unknown)
}

/// Returns the atoms of a pattern that is parsed without variables.
fn plain(written: &str, has_wildcards: bool) -> Vec<Atom> {
    let atom = |letter| match letter {
        '*' if has_wildcards => Atom::AnyRun,
        '?' if has_wildcards => Atom::AnyCharacter,
        letter => Atom::Is(letter),
    };
    written.chars().map(atom).collect()
}

fn is_same(left: char, right: char, case: Case) -> bool {
    match case {
        Case::Sensitive => left == right,
        Case::IgnoreAscii => left.eq_ignore_ascii_case(&right),
        Case::Ignore => {
            left == right
                || left.to_lowercase().to_string() == right.to_lowercase().to_string()
                || left.to_uppercase().to_string() == right.to_uppercase().to_string()
        }
    }
}

/// Fills the table of "the first m atoms match the first n characters", row by row.
fn table(atoms: &[Atom], value: &str, case: Case) -> bool {
    let value: Vec<char> = value.chars().collect();
    let mut row = vec![false; value.len() + 1];
    row[0] = true;
    for atom in atoms {
        let mut next = vec![false; value.len() + 1];
        next[0] = row[0] && matches!(atom, Atom::AnyRun);
        for (index, letter) in value.iter().enumerate() {
            next[index + 1] = match atom {
                Atom::AnyRun => row[index + 1] || next[index],
                Atom::AnyCharacter => row[index],
                Atom::Is(wanted) => row[index] && is_same(*wanted, *letter, case),
            };
        }
        row = next;
    }
    row[value.len()]
}

fn check_input(input: &Input<'_>) {
    let syntax = Syntax {
        wildcards: input.has_wildcards,
        variables: input.has_variables,
    };
    match Pattern::parse(input.any, syntax) {
        Ok(pattern) => assert_eq!(pattern.as_str(), input.any),
        Err(error) => assert!(input.any.is_char_boundary(error.offset())),
    }
    if input.pattern.len() > LONGEST || input.value.len() > LONGEST {
        return;
    }
    let mut facts = Context::new();
    for (key, fact) in KEYS.iter().zip(&input.facts) {
        match fact {
            Fact::Absent => {}
            Fact::Unknown => facts.insert_unknown(key),
            Fact::One(value) => facts.insert(key, text(value)),
            Fact::Several(value) => facts.insert_all(key, [text(value), "a".to_owned()]),
        }
    }
    let case = [Case::Sensitive, Case::IgnoreAscii, Case::Ignore][usize::from(input.case) % 3];
    let value = text(&input.value);
    let (written, atoms, unknown) = write(input);
    let (atoms, unknown) = if input.has_variables {
        (atoms, unknown)
    } else {
        (Some(plain(&written, input.has_wildcards)), None)
    };
    let pattern = Pattern::parse(&written, syntax).expect("the pattern follows the syntax");
    let found = pattern.matches(&value, case, &facts);
    let expected = atoms.map(|atoms| table(&atoms, &value, case));
    match (expected, unknown) {
        (None, _) => assert_eq!(found, Match::Unresolved, "{written:?} {value:?}"),
        (Some(false), _) => assert_eq!(found, Match::No, "{written:?} {value:?}"),
        (Some(true), None) => assert_eq!(found, Match::Yes, "{written:?} {value:?}"),
        (Some(true), Some(key)) => {
            assert!(
                matches!(found, Match::Unknown(found) if found.as_str() == key),
                "{written:?} {value:?}"
            );
        }
    }
}

/// Checks one input. Any bytes are a valid input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(data: &[u8]) {
    if let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) {
        check_input(&input);
    }
}
