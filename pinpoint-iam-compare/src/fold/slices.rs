//! Patterns for the values of a variable: the parts of other patterns that the variable is compared with.

use std::collections::BTreeMap;

use pinpoint_iam::context::{ConditionKey, Context, ContextLookup, Lookup};
use pinpoint_iam::pattern::Case;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, Atoms, Unfilled, fill, literal, positions_behind};

use crate::bits::Bits;

use super::Fold;

/// The maximum number of patterns that distinguish the values of a variable.
const MOST_SLICES: usize = 256;

impl<'a> Fold<'a> {
    /// Returns patterns that distinguish values of a variable by how the patterns containing it relate to other
    /// patterns, and the cells for which they do not distinguish all values.
    pub(super) fn slices(
        &self,
        key: &ConditionKey,
        alive: &Bits,
        context: &Context,
    ) -> (Vec<Atoms>, Vec<(usize, String)>) {
        // Patterns that are compared with the same target, by target.
        let mut targets: BTreeMap<String, Vec<(usize, Vec<Unfilled<'a>>)>> = BTreeMap::new();
        // The values of keys that are known already, by target.
        let mut known_values: BTreeMap<String, Vec<Unfilled<'a>>> = BTreeMap::new();
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
                let is_compared = condition.keys().skip(1).any(|variable| variable == key);
                if is_compared && let Lookup::Present(value) = context.lookup(condition.key()) {
                    // The value of the condition's key is known, and one value of the variable may be part of it.
                    let target = format!("{} {}", usize::MAX, condition.key().folded());
                    let text = value.text();
                    let pieces = literal(&text, Case::Sensitive).map(Unfilled::Atom);
                    known_values.insert(target, pieces.collect());
                }
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
                "the patterns before `${{{key}}}` or next to it do not determine where its value starts"
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
                    .chain(known_values.get(target))
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
pub(super) fn literal_text(atoms: &[Atom]) -> Option<String> {
    let character = |atom: &Atom| match atom {
        Atom::One(Characters::One(character)) => Some(*character),
        _ => None,
    };
    atoms.iter().map(character).collect()
}
