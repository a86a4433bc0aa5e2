//! Rules for elements that change nothing.

use std::collections::HashMap;

use pinpoint_iam_core::__private::Quoted;

use crate::checker::Checker;
use crate::glob::{Patterns, has_wildcard, lower_action_covers, resource_covers};
use crate::read::{Element, Policy, Statement};

rules! {
    REDUNDANT_ACTION: "redundant-action", Some("REDUNDANT_ACTION"), Suggestion, IdentityManaged,
        "Another action of the list covers this one.",
        statements!(r#""Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"], "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Action": ["s3:Get*", "s3:*Object"], "Resource": "arn:aws:s3:::b/*""#);
    REDUNDANT_RESOURCE: "redundant-resource", Some("REDUNDANT_RESOURCE"), Suggestion, IdentityManaged,
        "Another resource of the list covers this one.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/reports/*"]"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b"]"#);
    REDUNDANT_STATEMENT: "redundant-statement", Some("REDUNDANT_STATEMENT"), Suggestion, IdentityManaged,
        "Another statement with the same effect covers all that this one does.",
        statements!(
            r#""Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*""#,
            r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/reports/*""#
        ),
        statements!(
            r#""Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#,
            r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/reports/*""#
        );
    DENIED_ALLOW: "denied-allow", None, Warning, IdentityManaged,
        "A `Deny` without conditions in the same document covers all that this statement allows, so the statement allows nothing.",
        statements!(
            r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/reports/*""#,
            r#""Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*""#
        ),
        statements!(
            r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#,
            r#""Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/reports/*""#
        );
}

pub(super) fn apply(policy: &Policy<'_>, check: &mut Checker<'_>) {
    for statement in &policy.statements {
        let action = statement.action.iter();
        for element in action.chain(&statement.resource) {
            entries(element, check);
        }
    }
    let candidates = Candidates::of(policy);
    for (index, statement) in policy.statements.iter().enumerate() {
        for other_index in candidates.that_may_cover(statement) {
            let Some(other) = policy.statements.get(other_index) else {
                continue;
            };
            if other_index == index || !covers(other, statement) {
                continue;
            }
            if other.effect.map(|(effect, _)| effect) == statement.effect.map(|(effect, _)| effect)
            {
                // Of two equal statements, the second one is reported.
                if other_index > index && covers(statement, other) {
                    continue;
                }
                let reference = check.related(other.at, "the statement that covers it");
                check
                    .report(
                        &REDUNDANT_STATEMENT,
                        statement.at,
                        format!(
                            "statement {} covers all that this statement does",
                            other_index + 1
                        ),
                        "remove this statement",
                    )
                    .related
                    .push(reference);
                break;
            }
            if statement.allows() && other.condition_text.is_none() {
                let reference = check.related(other.at, "the statement that denies the same");
                check
                    .report(
                        &DENIED_ALLOW,
                        statement.at,
                        format!(
                            "statement {} denies all that this statement allows",
                            other_index + 1
                        ),
                        "remove this statement, or narrow the `Deny`",
                    )
                    .related
                    .push(reference);
                break;
            }
        }
    }
}

/// The statements of a document by their actions and resources. A document may have thousands, which are not compared
/// with each other.
struct Candidates<'p> {
    actions: Patterns<'p>,
    resources: Patterns<'p>,
    /// How many statements there are.
    count: usize,
}

impl<'p> Candidates<'p> {
    fn of(policy: &'p Policy<'_>) -> Self {
        let (mut actions, mut resources) = (Patterns::default(), Patterns::default());
        for (index, statement) in policy.statements.iter().enumerate() {
            for (element, patterns) in [
                (&statement.action, &mut actions),
                (&statement.resource, &mut resources),
            ] {
                for text in element.iter().flat_map(|element| &element.compared) {
                    patterns.add(text, index);
                }
            }
        }
        Self {
            actions,
            resources,
            count: policy.statements.len(),
        }
    }

    /// The numbers of the statements that may cover this one, in their order.
    fn that_may_cover(&self, statement: &Statement<'_>) -> Vec<usize> {
        fn first<'a>(
            element: &'a Option<Element<'_>>,
            patterns: &'a Patterns<'a>,
        ) -> Option<(&'a str, &'a Patterns<'a>)> {
            let element = element.as_ref().filter(|element| !element.is_negated)?;
            Some((element.compared.first()?, patterns))
        }

        // An element is covered by statements with the same element, so each of them is found by its first entry.
        let found = [
            first(&statement.resource, &self.resources),
            first(&statement.action, &self.actions),
        ];
        let fewest = found.into_iter().flatten();
        match fewest.min_by_key(|(text, patterns)| patterns.count(text)) {
            Some((text, patterns)) => patterns.that_may_cover(text),
            None => (0..self.count).collect(),
        }
    }
}

fn entries(element: &Element<'_>, check: &mut Checker<'_>) {
    let covers = covering(element);
    let compared = &element.compared;
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (index, text) in compared.iter().enumerate() {
        first.entry(text).or_insert(index);
    }
    // Only an equal entry or one with a wildcard covers another.
    let mut wildcards = Patterns::default();
    for (index, text) in compared.iter().enumerate() {
        if has_wildcard(text) && first.get(&**text) == Some(&index) {
            wildcards.add(text, index);
        }
    }
    for (index, (item, text)) in element.items.iter().zip(compared).enumerate() {
        let earlier = first.get(&**text).copied().filter(|first| *first < index);
        let covering = earlier.or_else(|| {
            wildcards.that_may_cover(text).into_iter().find(|other| {
                let pattern = compared.get(*other).map_or("", |pattern| &**pattern);
                *other != index
                    && covers(pattern, text)
                    && (*other < index || !covers(text, pattern))
            })
        });
        let Some(place) = covering else { continue };
        let Some(other) = element.items.get(place) else {
            continue;
        };
        let (rule, what) = match element.is_action() {
            true => (&REDUNDANT_ACTION, "action"),
            false => (&REDUNDANT_RESOURCE, "resource"),
        };
        let shown = Quoted(&item.text);
        let (message, note) = match item.text == other.text {
            true => (
                format!("the {what} {shown} is also entry {} of the list", place + 1),
                "the same",
            ),
            false => (
                format!("the {what} {shown} is covered by {}", Quoted(&other.text)),
                "covers it",
            ),
        };
        let reference = check.related(other.at, note);
        check
            .report(rule, item.at, message, "remove it")
            .related
            .push(reference);
    }
}

/// How the entries of an element are compared.
fn covering(element: &Element<'_>) -> fn(&str, &str) -> bool {
    match element.is_action() {
        true => lower_action_covers,
        false => resource_covers,
    }
}

/// Whether each request that matches `specific` also matches `general`, apart from their effects. `true` is certain.
fn covers(general: &Statement<'_>, specific: &Statement<'_>) -> bool {
    let principals = [general, specific].map(|statement| {
        let principal = statement.principal.as_ref();
        principal.map(|principal| (principal.is_negated, principal.written))
    });
    let has_same_condition =
        general.condition_text.is_none() || general.condition_text == specific.condition_text;
    let is_complete = general.effect.is_some() && specific.effect.is_some();
    is_complete
        && has_same_condition
        && principals[0] == principals[1]
        && element_covers(general.action.as_ref(), specific.action.as_ref())
        && match (&general.resource, &specific.resource) {
            (None, None) => true,
            (general, specific) => element_covers(general.as_ref(), specific.as_ref()),
        }
}

fn element_covers(general: Option<&Element<'_>>, specific: Option<&Element<'_>>) -> bool {
    let (Some(general), Some(specific)) = (general, specific) else {
        return false;
    };
    let covers = covering(general);
    // The excluded entries of the general element must be among those of the specific one.
    let (outer, inner) = match (general.is_negated, specific.is_negated) {
        (false, false) => (general, specific),
        (true, true) => (specific, general),
        _ => return false,
    };
    !inner.items.is_empty()
        && !outer.items.is_empty()
        && inner
            .compared
            .iter()
            .all(|item| outer.compared.iter().any(|other| covers(other, item)))
}
