//! Representative values of condition keys.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam::condition::Condition;
use pinpoint_iam::condition::samples::Family;
use pinpoint_iam::context::{ConditionKey, ContextLookup, Lookup, Value, is_multivalued};
use pinpoint_iam::eval::Truth;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, Atoms, Classes, Question, fill};
use pinpoint_iam::pattern::nfa::Nfa;
use pinpoint_iam::policy::Effect;

use crate::catalog::{any_arn, arn_atoms};
use crate::grouped::Grouped;
use crate::result::KeyValue;

/// A condition on a key, with the effect of its statement.
#[derive(Clone, Copy)]
pub(crate) struct OnKey<'a> {
    pub(crate) condition: &'a Condition,
    pub(crate) effect: Effect,
}

/// Representative values of a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    /// The values. `None` means that the key is absent.
    pub(crate) lists: Vec<Option<KeyValue>>,
    /// The reason why these values may not represent all others.
    pub(crate) inexact: Option<String>,
    pub(crate) steps: usize,
}

/// A context in which one key has another value.
pub(crate) struct With<'a, F: ?Sized> {
    pub(crate) key: &'a ConditionKey,
    pub(crate) held: Option<Held>,
    pub(crate) others: &'a F,
}

/// The value of a key, as evaluators look it up.
pub(crate) enum Held {
    One(Value),
    List(Vec<Value>),
}

impl Held {
    pub(crate) fn of(key: &ConditionKey, value: &KeyValue) -> Self {
        match value {
            KeyValue::One(text) if !is_multivalued(key) => Self::One(text.as_str().into()),
            value => Self::List(
                value
                    .as_slice()
                    .iter()
                    .map(|text| text.as_str().into())
                    .collect(),
            ),
        }
    }
}

impl<F: ContextLookup + ?Sized> ContextLookup for With<'_, F> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        if key == self.key {
            return match &self.held {
                Some(Held::One(value)) => Lookup::Present(value),
                Some(Held::List(values)) => Lookup::Multivalued(values),
                None => Lookup::Absent,
            };
        }
        self.others.lookup(key)
    }
}

/// A value that no operator for a type other than texts can compare.
const OTHER_TYPE: &str = "x";

/// The maximum number of sets of values to examine.
const MOST_SETS: usize = 512;

/// Returns representative values of the key of these conditions, given the other keys.
///
/// `also` contains further patterns that distinguish values. `of_any_type` adds values of other types than those that
/// the conditions compare.
pub(crate) fn values(
    key: &ConditionKey,
    conditions: &[OnKey<'_>],
    also: &[Atoms],
    facts: &impl ContextLookup,
    budget: usize,
    of_any_type: bool,
) -> Values {
    let families: BTreeSet<Family> = conditions
        .iter()
        .map(|on| on.condition.family())
        .filter(|family| *family != Family::Any)
        .collect();
    let mut found = Values::default();
    let all: Vec<&Condition> = conditions.iter().map(|on| on.condition).collect();
    let families: Vec<Family> = families.into_iter().collect();
    let mut singles: Vec<String> = match families.as_slice() {
        [] if also.is_empty() => Condition::samples(&all, Family::Any),
        [
            Family::Numbers
            | Family::Dates
            | Family::Addresses
            | Family::Booleans
            | Family::Binaries,
        ] if also.is_empty() => families
            .iter()
            .flat_map(|family| Condition::samples(&all, *family))
            .collect(),
        [family @ (Family::Numbers | Family::Dates | Family::Addresses)] => {
            found.inexact = Some(format!(
                "`{key}` is the key of a variable, and another condition compares it as a number, date or address"
            ));
            Condition::samples(&all, *family)
        }
        _ => Vec::new(),
    };
    if singles.is_empty() {
        let is_text =
            |family: &Family| matches!(family, Family::Texts | Family::Arns | Family::Booleans);
        if !families.iter().all(is_text) {
            found.inexact = Some(format!(
                "operators of different types compare `{key}`, such as `String…` and `Numeric…`"
            ));
            singles.extend(
                families
                    .iter()
                    .flat_map(|family| Condition::samples(&all, *family)),
            );
        }
        if all
            .iter()
            .any(|condition| condition.folds_foreign_letters())
        {
            found.inexact = Some(format!(
                "a condition ignores the case of non-ASCII letters in `{key}`"
            ));
        }
        singles.extend(texts(
            key,
            &all,
            also,
            families == [Family::Arns] && !of_any_type,
            facts,
            budget,
            &mut found,
        ));
    }
    // This is not a number, a date, an address, a Boolean value or base64.
    if of_any_type && !singles.iter().any(|single| single == OTHER_TYPE) {
        singles.push(OTHER_TYPE.to_owned());
    }
    // `Null` and `…IfExists` treat an empty text like an absent key, also next to other values, whatever their type.
    if !singles.iter().any(String::is_empty) {
        singles.push(String::new());
    }
    let has_sets = all
        .iter()
        .any(|condition| condition.operator().set().is_some());
    found.lists.push(None);
    let is_list = is_multivalued(key);
    if !is_list {
        let ones = singles
            .iter()
            .map(|single| Some(KeyValue::One(single.clone())));
        found.lists.extend(ones);
    }
    if has_sets || is_list {
        sets(key, conditions, &singles, facts, &mut found);
    }
    found
}

/// Returns representative texts.
fn texts(
    key: &ConditionKey,
    conditions: &[&Condition],
    also: &[Atoms],
    are_arns: bool,
    facts: &impl ContextLookup,
    budget: usize,
    found: &mut Values,
) -> Vec<String> {
    let mut patterns = Grouped::default();
    let mut next = 0;
    for alternatives in conditions
        .iter()
        .flat_map(|condition| condition.text_alternatives())
    {
        for pieces in alternatives {
            if let Some(atoms) = fill(&pieces, facts) {
                patterns.add(atoms, next);
            }
        }
        next += 1;
    }
    // An empty text is a null value, and operators treat it like an absent key.
    patterns.add(
        vec![Atom::One(Characters::All), Atom::Run(Characters::All)],
        next,
    );
    next += 1;
    let has_arns = |condition: &&Condition| condition.family() == Family::Arns;
    if !are_arns && conditions.iter().any(has_arns) {
        // Other texts satisfy neither `ArnLike` nor `ArnNotLike`.
        patterns.add(arn_atoms(), next);
        next += 1;
    }
    for atoms in also {
        patterns.add(atoms.clone(), next);
        next += 1;
    }
    let patterns = patterns.build();
    let frame: Option<Nfa> = are_arns.then(any_arn);
    let preferred: Vec<&str> = conditions
        .iter()
        .flat_map(|condition| condition.values())
        .map(|value| value.text())
        .filter(|text| !text.contains(['*', '?', '$']))
        .collect();
    let classes = Classes::of(&Question {
        patterns: &patterns.patterns,
        groups: Some(&patterns.groups),
        frame: frame.as_ref(),
        required: None,
        permits: |character| !character.is_control(),
        preferred: &preferred,
        budget,
    });
    found.steps += classes.steps;
    if !classes.is_complete {
        found.inexact = Some(format!(
            "the values that are compared with `{key}` have too many combinations"
        ));
    }
    let mut texts = classes.texts;
    if texts.iter().all(String::is_empty) {
        texts.push("x".to_owned());
    }
    texts
}

/// Returns sets of values, one for each combination of results that the conditions can have.
///
/// The result of a set operator for two lists together follows from its results for each. So lists are extended by one
/// value at a time until there are no new results.
fn sets(
    key: &ConditionKey,
    conditions: &[OnKey<'_>],
    singles: &[String],
    facts: &impl ContextLookup,
    found: &mut Values,
) {
    let answers = |list: &[String]| -> Vec<Truth> {
        let facts = With {
            key,
            held: Some(Held::of(key, &KeyValue::List(list.to_vec()))),
            others: facts,
        };
        conditions
            .iter()
            .map(|on| on.condition.evaluate(&facts, on.effect).truth)
            .collect()
    };
    let mut known: BTreeMap<Vec<u8>, ()> = BTreeMap::new();
    let mut is_new = |list: &[String]| {
        let answers = answers(list);
        let mut class: Vec<u8> = answers
            .iter()
            .map(|truth| u8::from(*truth == Truth::True))
            .collect();
        class.push(u8::from(list.len() > 1));
        class.push(u8::from(list.iter().all(String::is_empty)));
        known.insert(class, ()).is_none()
    };
    let kinds: Vec<&String> = singles
        .iter()
        .filter(|single| is_new(std::slice::from_ref(single)))
        .collect();
    let mut lists: Vec<Vec<String>> = kinds.iter().map(|single| vec![(*single).clone()]).collect();
    let mut next = 0;
    while let Some(list) = lists.get(next).cloned() {
        for single in &kinds {
            if list.contains(single) {
                continue;
            }
            let mut longer = list.clone();
            longer.push((*single).clone());
            found.steps += conditions.len() * longer.len();
            if is_new(&longer) {
                lists.push(longer);
            }
        }
        if lists.len() > MOST_SETS {
            found.inexact = Some(format!(
                "`{key}` is multivalued, and its values have too many combinations"
            ));
            break;
        }
        next += 1;
    }
    found
        .lists
        .extend(lists.into_iter().map(|list| Some(KeyValue::List(list))));
}
