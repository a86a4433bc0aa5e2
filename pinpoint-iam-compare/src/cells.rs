//! Divides statements into cells, so that parts common to both sides are recognized.
//!
//! A cell is a statement, or the part of it with some of its actions or resources. A cell that both sides have cannot
//! cause a difference, so only requests that match some *other* cell need to be examined.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pinpoint_iam::eval::PolicyType;
use pinpoint_iam::eval::parts::Place;
use pinpoint_iam::policy::{
    ActionPattern, Effect, PrincipalElement, ResourceElement, ResourcePattern, Statement,
};

/// A statement, or a part of it.
#[derive(Clone, Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) place: Place<'a>,
    /// The action patterns of the cell, or `None` for the whole element.
    pub(crate) actions: Option<Vec<&'a ActionPattern>>,
    /// The resource patterns of the cell, or `None` for the whole element.
    pub(crate) resources: Option<Vec<&'a ResourcePattern>>,
    /// The indices of the statements in the stack of each side.
    pub(crate) numbers: [Vec<usize>; 2],
}

impl<'a> Cell<'a> {
    pub(crate) fn statement(&self) -> &'a Statement {
        self.place.statement
    }

    pub(crate) fn policy_type(&self) -> PolicyType {
        self.place.policy_type
    }

    pub(crate) fn is_deny(&self) -> bool {
        self.place.statement.effect() == Effect::Deny
    }

    pub(crate) const fn is_on(&self, side: usize) -> bool {
        let [first, second] = &self.numbers;
        match side {
            0 => !first.is_empty(),
            _ => !second.is_empty(),
        }
    }

    pub(crate) const fn is_common(&self) -> bool {
        self.is_on(0) && self.is_on(1)
    }

    /// Returns the patterns of the resource element that belong to the cell.
    pub(crate) fn resource_patterns(&self) -> Vec<&'a ResourcePattern> {
        match (&self.resources, self.statement().resource()) {
            (Some(patterns), _) => patterns.clone(),
            (None, Some(element)) => element.patterns().iter().collect(),
            (None, None) => Vec::new(),
        }
    }

    /// Returns the patterns of the action element that belong to the cell.
    pub(crate) fn action_patterns(&self) -> Vec<&'a ActionPattern> {
        match &self.actions {
            Some(patterns) => patterns.clone(),
            None => self.statement().action().patterns().iter().collect(),
        }
    }
}

/// Divides the statements of both sides into cells.
///
/// If the sides do not have the same lists of policies (`comparable` is false), nothing is common, because the effect
/// of a statement depends on the list that contains it.
pub(crate) fn cut<'a>(sides: [&[Place<'a>]; 2], comparable: bool) -> Vec<Cell<'a>> {
    let mut cells = Vec::new();
    let mut groups: BTreeMap<String, [Vec<(usize, Place<'a>)>; 2]> = BTreeMap::new();
    for (side, places) in sides.into_iter().enumerate() {
        for (number, place) in places.iter().enumerate() {
            let mut key = if comparable {
                base_key(place)
            } else {
                format!("{side} {}", base_key(place))
            };
            let element = place.statement.resource();
            let resources = element.map(|element| {
                (
                    element.is_negated(),
                    texts(element.patterns().iter().map(ResourcePattern::as_str)),
                )
            });
            let _ = write!(key, "|{resources:?}");
            if place.statement.action().is_negated() {
                let patterns = place.statement.action().patterns().iter();
                let _ = write!(key, "|{:?}", texts(patterns.map(ActionPattern::as_str)));
            }
            if let Some(group) = groups.entry(key).or_default().get_mut(side) {
                group.push((number, *place));
            }
        }
    }
    // Statements of one side only, grouped by everything except their resources.
    let mut rest: BTreeMap<String, [Vec<Cell<'a>>; 2]> = BTreeMap::new();
    for group in groups.into_values() {
        let by_actions = cut_actions(group);
        for cell in by_actions {
            let can_be_cut = cell.statement().resource().is_some_and(|element| {
                let is_left = ResourcePattern::is_left_to_its_service;
                !element.is_negated() && !element.patterns().iter().any(is_left)
            });
            if cell.is_common() || !comparable || !can_be_cut {
                cells.push(cell);
                continue;
            }
            let side = usize::from(cell.is_on(1));
            let mut key = base_key(&cell.place);
            let actions = texts(
                cell.action_patterns()
                    .iter()
                    .map(|pattern| pattern.as_str()),
            );
            let _ = write!(
                key,
                "|{}|{actions:?}",
                cell.statement().action().is_negated()
            );
            if let Some(cells) = rest.entry(key).or_default().get_mut(side) {
                cells.push(cell);
            }
        }
    }
    for sides in rest.into_values() {
        cut_resources(sides, &mut cells);
    }
    cells
}

/// Divides statements that differ only in their actions.
fn cut_actions<'a>(group: [Vec<(usize, Place<'a>)>; 2]) -> Vec<Cell<'a>> {
    let [first, second] = &group;
    let Some((_, place)) = first.first().or(second.first()) else {
        return Vec::new();
    };
    let numbers =
        |side: &[(usize, Place<'a>)]| side.iter().map(|(number, _)| *number).collect::<Vec<_>>();
    if place.statement.action().is_negated() {
        return vec![Cell {
            place: *place,
            actions: None,
            resources: None,
            numbers: [numbers(first), numbers(second)],
        }];
    }
    let patterns = |side: &[(usize, Place<'a>)]| -> BTreeMap<String, &'a ActionPattern> {
        let patterns = side
            .iter()
            .flat_map(|(_, place)| place.statement.action().patterns());
        patterns
            .map(|pattern| (pattern.as_str().to_ascii_lowercase(), pattern))
            .collect()
    };
    let sides = [patterns(first), patterns(second)];
    let [of_first, of_second] = &sides;
    let mut cells = Vec::new();
    let both: Vec<&ActionPattern> = of_first
        .iter()
        .filter(|(text, _)| of_second.contains_key(*text))
        .map(|(_, pattern)| *pattern)
        .collect();
    let only = |own: &BTreeMap<String, &'a ActionPattern>,
                other: &BTreeMap<String, &'a ActionPattern>| {
        let only = own.iter().filter(|(text, _)| !other.contains_key(*text));
        only.map(|(_, pattern)| *pattern).collect::<Vec<_>>()
    };
    let parts = [
        (both, [first.as_slice(), second.as_slice()]),
        (only(of_first, of_second), [first.as_slice(), &[]]),
        (only(of_second, of_first), [&[], second.as_slice()]),
    ];
    for (patterns, [first, second]) in parts {
        let Some((_, place)) = first.first().or(second.first()) else {
            continue;
        };
        if patterns.is_empty() {
            continue;
        }
        cells.push(Cell {
            place: *place,
            actions: Some(patterns),
            resources: None,
            numbers: [numbers(first), numbers(second)],
        });
    }
    cells
}

/// Divides parts of statements that differ only in their resources.
fn cut_resources<'a>(sides: [Vec<Cell<'a>>; 2], cells: &mut Vec<Cell<'a>>) {
    let [first, second] = &sides;
    if first.is_empty() || second.is_empty() {
        cells.extend(sides.into_iter().flatten());
        return;
    }
    let texts = |side: &[Cell<'a>]| -> BTreeMap<&'a str, &'a ResourcePattern> {
        let patterns = side.iter().flat_map(Cell::resource_patterns);
        patterns
            .map(|pattern| (pattern.as_str(), pattern))
            .collect()
    };
    let (of_first, of_second) = (texts(first), texts(second));
    let numbers = |side: &[Cell<'a>], index: usize| -> Vec<usize> {
        side.iter()
            .flat_map(|cell| cell.numbers.get(index).into_iter().flatten().copied())
            .collect()
    };
    let all = [numbers(first, 0), numbers(second, 1)];
    let both: Vec<_> = of_first
        .iter()
        .filter(|(text, _)| of_second.contains_key(*text))
        .map(|(_, pattern)| *pattern)
        .collect();
    let only = |own: &BTreeMap<&'a str, &'a ResourcePattern>,
                other: &BTreeMap<&'a str, &'a ResourcePattern>| {
        let only = own.iter().filter(|(text, _)| !other.contains_key(*text));
        only.map(|(_, pattern)| *pattern).collect::<Vec<_>>()
    };
    let [in_first, in_second] = all;
    let parts = [
        (both, first.first(), [in_first.clone(), in_second.clone()]),
        (
            only(&of_first, &of_second),
            first.first(),
            [in_first, Vec::new()],
        ),
        (
            only(&of_second, &of_first),
            second.first(),
            [Vec::new(), in_second],
        ),
    ];
    for (patterns, like, numbers) in parts {
        if let Some(like) = like
            && !patterns.is_empty()
        {
            cells.push(Cell {
                resources: Some(patterns),
                numbers,
                ..like.clone()
            });
        }
    }
}

/// Returns a text that is equal for statements that can be divided together. It contains everything except actions and
/// resources.
fn base_key(place: &Place<'_>) -> String {
    let statement = place.statement;
    let mut conditions: Vec<String> = statement
        .conditions()
        .iter()
        .map(|condition| {
            let values = texts(condition.values().iter().map(|value| value.text()));
            let values_with_quotes: Vec<_> = condition
                .values()
                .iter()
                .map(|value| format!("{value:?}"))
                .collect();
            let kinds = if values.iter().any(|value| value.starts_with('-')) {
                values_with_quotes
            } else {
                Vec::new()
            };
            format!(
                "{} {} {values:?} {kinds:?}",
                condition.operator(),
                condition.key().folded()
            )
        })
        .collect();
    conditions.sort_unstable();
    // Some versions of the policy language do not have variables, so the same text is a variable in one version only.
    let has_variables = place.policy.document().version().has_variables();
    let mut resources = statement
        .resource()
        .into_iter()
        .flat_map(ResourceElement::patterns);
    let mut values = statement
        .conditions()
        .iter()
        .flat_map(|condition| condition.values());
    let looks_so = resources.any(|pattern| pattern.as_str().contains("${"))
        || values.any(|value| value.text().contains("${"));
    let variables = looks_so && has_variables;
    format!(
        "{} {} {:?} {conditions:?} {variables}",
        place.layer,
        statement.effect(),
        statement.principal().map(principals),
    )
}

fn principals(element: &PrincipalElement) -> (bool, bool, [BTreeSet<&str>; 4]) {
    (
        element.is_negated(),
        element.is_everyone(),
        [
            element.aws().collect(),
            element.federated().collect(),
            element.service().collect(),
            element.canonical_user().collect(),
        ],
    )
}

fn texts<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeSet<&'t str> {
    texts.collect()
}
