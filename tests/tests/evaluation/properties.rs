//! Properties of all policies and all requests, tested with random ones.
//!
//! `condition_properties.rs` and `patterns.rs` contain the properties of single conditions and patterns.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam::context::ConditionKey;
use pinpoint_iam::eval::{Decision, Evaluation, reference};
use pinpoint_iam::policy::Effect;
use pinpoint_iam_test_policies::case::Evaluator;
use pinpoint_iam_test_policies::generate::{
    self, ACTION_PATTERNS, ACTIONS, CALLERS, Draft, Layers, Lists, PLAIN_ACTION_PATTERNS,
    PLAIN_RESOURCE_PATTERNS, Patterns, RESOURCE_PATTERNS, RESOURCES, RequestCase, Scenario,
    Statement,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;

/// The result of a request, regardless of the responsible statement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Allowed,
    Refused,
    Denied,
    Needs(BTreeSet<String>),
}

fn end(answer: &Evaluation) -> End {
    match answer {
        Evaluation::Decided(Decision::Allow(_)) => End::Allowed,
        Evaluation::Decided(Decision::Deny(by)) if by.is_explicit() => End::Denied,
        Evaluation::Decided(Decision::Deny(_)) => End::Refused,
        Evaluation::Indeterminate(keys) => {
            End::Needs(keys.iter().map(|key| key.folded().to_owned()).collect())
        }
    }
}

/// Returns the result of the scenario with each evaluator.
fn ends(scene: &Scenario) -> Vec<End> {
    ends_by(scene, Lists::WhereNeeded)
}

fn ends_by(scene: &Scenario, lists: Lists) -> Vec<End> {
    Evaluator::ALL
        .map(|evaluator| end(&scene.answer_by(evaluator, lists).unwrap()))
        .to_vec()
}

fn is_allowed(scene: &Scenario) -> Vec<bool> {
    ends(scene).iter().map(|end| *end == End::Allowed).collect()
}

/// Checks that each evaluator allows `less` only if it allows `more`.
fn assert_no_more(less: &Scenario, more: &Scenario) -> Result<(), TestCaseError> {
    for (less, more) in is_allowed(less).into_iter().zip(is_allowed(more)) {
        prop_assert!(!less || more, "allowed only with less");
    }
    Ok(())
}

fn config(cases: u32) -> Config {
    Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    }
}

/// The number of policy types to which a statement can be added.
const PLACES: usize = 7;

/// Adds a policy with one statement to the policies of one type, and creates the type if it is missing.
fn add(layers: &mut Layers, place: usize, statement: Statement) {
    let draft = Draft::of(vec![statement.clone()]);
    let single = |slot: &mut Option<Draft>| match slot {
        Some(found) => found.statements.push(statement.clone()),
        None => *slot = Some(draft.clone()),
    };
    match place {
        0 => layers.identity.push(draft),
        1 => layers.boundary.get_or_insert_default().push(draft),
        2 => layers.session.get_or_insert_default().push(draft),
        3 => single(&mut layers.resource),
        4 => single(&mut layers.vpc_endpoint),
        5 => match layers.scps.first_mut() {
            Some(level) => level.push(draft),
            None => layers.scps.push(vec![draft]),
        },
        _ => match layers.rcps.first_mut() {
            Some(level) => level.push(draft),
            None => layers.rcps.push(vec![draft]),
        },
    }
}

/// Returns whether the type already exists. An `Allow` can only extend permissions of an existing limit.
fn has(layers: &Layers, place: usize) -> bool {
    match place {
        0 | 3 => true,
        1 => layers.boundary.is_some(),
        2 => layers.session.is_some(),
        4 => layers.vpc_endpoint.is_some(),
        5 => !layers.scps.is_empty(),
        _ => !layers.rcps.is_empty(),
    }
}

/// Changes the case of every second letter.
fn toggle(text: &str) -> String {
    text.char_indices()
        .map(|(index, letter)| match index % 2 {
            0 if letter.is_ascii_lowercase() => letter.to_ascii_uppercase(),
            0 => letter.to_ascii_lowercase(),
            _ => letter,
        })
        .collect()
}

proptest! {
    #![proptest_config(config(1000))]

    /// An additional `Deny` in a policy of any type never allows a request that was denied before.
    #[test]
    fn a_deny_never_opens(
        before in generate::scene(),
        place in 0..PLACES,
        identity in generate::identity_statement(),
        resource in generate::resource_statement(),
    ) {
        let mut statement = if place < 3 || place == 5 { identity } else { resource };
        statement.effect = Effect::Deny;
        let mut after = before.clone();
        add(&mut after.layers, place, statement);
        assert_no_more(&after, &before)?;
    }

    /// An additional `Allow` in an existing type never denies a request that was allowed before.
    #[test]
    fn an_allow_never_closes(
        before in generate::scene(),
        place in any::<Index>(),
        identity in generate::identity_statement(),
        resource in generate::resource_statement(),
    ) {
        let places: Vec<usize> = (0..PLACES).filter(|place| has(&before.layers, *place)).collect();
        let place = *place.get(&places);
        let mut statement = if place < 3 || place == 5 { identity } else { resource };
        statement.effect = Effect::Allow;
        statement.principal = statement.principal.map(|(_, principal)| ("Principal", principal));
        let mut after = before.clone();
        add(&mut after.layers, place, statement);
        assert_no_more(&before, &after)?;
    }

    /// Removing a policy type that only limits permissions never denies a request that was allowed before.
    #[test]
    fn limits_only_limit(more in generate::scene(), place in 0..5) {
        let mut less = more.clone();
        match place {
            0 => less.layers.boundary = None,
            1 => less.layers.session = None,
            2 => less.layers.vpc_endpoint = None,
            3 => less.layers.scps.truncate(less.layers.scps.len().saturating_sub(1)),
            _ => less.layers.rcps.clear(),
        }
        assert_no_more(&more, &less)?;
    }

    /// Without identity-based and resource-based policies, only the root user is allowed anything.
    #[test]
    fn limits_never_grant(mut scene in generate::scene()) {
        scene.layers.identity.clear();
        scene.layers.resource = None;
        let is_root = scene.ask.caller.ends_with(":root");
        prop_assume!(!is_root);
        prop_assert!(!is_allowed(&scene).contains(&true));
    }
}

proptest! {
    #![proptest_config(config(800))]

    /// The order of statements, policies, patterns and values does not matter, and neither do duplicates.
    #[test]
    fn order_and_repetition_do_not_matter(scene in generate::scene(), twice in any::<Index>()) {
        let mut other = scene.clone();
        for draft in other.layers.drafts_mut() {
            for statement in &mut draft.statements {
                statement.actions.patterns.reverse();
                statement.resources.patterns.reverse();
                for condition in &mut statement.conditions {
                    condition.values.reverse();
                    condition.values.extend(condition.values.first().cloned());
                }
            }
            let repeated = twice.get(&draft.statements).clone();
            draft.statements.push(repeated);
            draft.statements.reverse();
        }
        other.layers.identity.reverse();
        other.layers.scps.reverse();
        other.layers.rcps.reverse();
        prop_assert_eq!(ends(&scene), ends(&other));
    }

    /// A string and a list that contains only it have the same meaning. The same applies to one statement.
    #[test]
    fn a_string_is_a_list_of_one(scene in generate::scene()) {
        prop_assert_eq!(ends(&scene), ends_by(&scene, Lists::Always));
    }

    /// Actions and condition keys are case-insensitive, in policies and in requests.
    #[test]
    fn case_of_actions_and_keys_does_not_matter(scene in generate::scene()) {
        let mut other = scene.clone();
        for draft in other.layers.drafts_mut() {
            for statement in &mut draft.statements {
                for pattern in &mut statement.actions.patterns {
                    *pattern = toggle(pattern);
                }
                for condition in &mut statement.conditions {
                    condition.key = toggle(&condition.key);
                }
            }
        }
        let mut shouted = other.clone();
        let context = std::mem::take(&mut shouted.ask.context);
        shouted.ask.action = shouted.ask.action.to_ascii_uppercase();
        shouted.ask.context = context
            .into_iter()
            .map(|(key, values)| (key.to_ascii_uppercase(), values))
            .collect();
        let expected = ends(&scene);
        prop_assert_eq!(&expected, &ends(&other));
        prop_assert_eq!(&expected, &ends(&shouted));
    }

    /// A statement with several actions or resources is equivalent to several statements with one each.
    #[test]
    fn a_list_is_as_many_statements(scene in generate::scene()) {
        let mut other = scene.clone();
        for draft in other.layers.drafts_mut() {
            draft.statements = draft.statements.iter().flat_map(split).collect();
        }
        prop_assert_eq!(ends(&scene), ends(&other));
    }

    /// The explanation of a request has the same result as the decision.
    #[test]
    fn an_explanation_agrees_with_the_decision(
        scene in generate::scene(),
        unknown in generate::unknown(),
    ) {
        let policies = scene.layers.policies(Lists::WhereNeeded).unwrap();
        let ask = scene.ask.forget(&unknown);
        let answer = ask.answer(Evaluator::Reference, &policies).unwrap();
        let explanation = ask
            .put(|request| reference::explain(&policies.stack(), request))
            .unwrap();
        let needs: BTreeSet<String> =
            explanation.needs.iter().map(|key| key.to_ascii_lowercase()).collect();
        match end(&answer) {
            End::Needs(expected) => prop_assert_eq!(needs, expected),
            _ => prop_assert!(needs.is_empty()),
        }
        let decision = answer.into_decision();
        prop_assert_eq!(explanation.allowed, decision.is_allowed());
        prop_assert_eq!(&explanation.decision, &decision.to_string());
        prop_assert!(explanation.to_string().starts_with(&explanation.decision));
    }
}

/// Returns the statement as statements with one action and one resource each. A negated list cannot be split.
fn split(statement: &Statement) -> Vec<Statement> {
    let parts = |list: &Patterns| {
        if list.negated {
            return vec![list.clone()];
        }
        let one = |pattern: &String| Patterns {
            negated: false,
            patterns: vec![pattern.clone()],
        };
        list.patterns.iter().map(one).collect()
    };
    let mut statements = Vec::new();
    for actions in parts(&statement.actions) {
        for resources in parts(&statement.resources) {
            statements.push(Statement {
                actions: actions.clone(),
                resources,
                ..statement.clone()
            });
        }
    }
    statements
}

proptest! {
    #![proptest_config(config(2000))]

    /// The rule of three-valued evaluation: a definite result with unknown keys remains the same after the keys are
    /// known, regardless of their values.
    #[test]
    fn a_definite_result_remains_when_all_keys_are_known(
        scene in generate::scene(),
        unknown in generate::unknown(),
        others in vec(generate::context(), 3),
    ) {
        let policies = scene.layers.policies(Lists::WhereNeeded).unwrap();
        let completions = others.into_iter().map(|mut context| {
            let known = scene.ask.context.clone();
            context.retain(|key, _| unknown.contains(&key.as_str()));
            context.extend(known.into_iter().filter(|(key, _)| !unknown.contains(&key.as_str())));
            context
        });
        let actual = std::iter::once(scene.ask.context.clone());
        for context in actual.chain(completions) {
            let complete = RequestCase { context, ..scene.ask.clone() };
            for evaluator in Evaluator::ALL {
                let before = scene.ask.forget(&unknown).answer(evaluator, &policies).unwrap();
                let after = end(&complete.answer(evaluator, &policies).unwrap());
                prop_assert!(!matches!(after, End::Needs(_)));
                match end(&before) {
                    End::Needs(_) => {}
                    End::Allowed => prop_assert_eq!(after, End::Allowed),
                    // An explicit deny remains one. An implicit deny may become an explicit one.
                    End::Denied => prop_assert_eq!(after, End::Denied),
                    End::Refused => prop_assert_ne!(after, End::Allowed),
                }
            }
        }
    }

    /// Supplying the keys that a result names leads to a decision. It is the same as if all keys had been known from
    /// the start.
    #[test]
    fn supplying_the_needed_keys_leads_to_the_answer(
        scene in generate::scene(),
        unknown in generate::unknown(),
    ) {
        let policies = scene.layers.policies(Lists::WhereNeeded).unwrap();
        for evaluator in Evaluator::ALL {
            let full = scene.ask.answer(evaluator, &policies).unwrap();
            let full = full.into_decision().is_allowed();
            let mut unknown = unknown.clone();
            loop {
                let answer = scene.ask.forget(&unknown).answer(evaluator, &policies).unwrap();
                let Evaluation::Indeterminate(keys) = answer else {
                    prop_assert_eq!(answer.into_decision().is_allowed(), full);
                    break;
                };
                let before = unknown.len();
                let needed = |name: &&str| keys.iter().any(|key| *key == ConditionKey::new(name));
                unknown.retain(|name| !needed(name));
                prop_assert_eq!(unknown.len() + keys.iter().count(), before, "asks for what is known");
                prop_assert!(unknown.len() < before, "asks for nothing");
            }
        }
    }
}

/// Returns a scenario with one identity-based statement and a caller of the resource's account.
fn alone(statement: Statement, action: &str, resource: &str) -> Scenario {
    Scenario {
        layers: Layers {
            identity: vec![Draft::of(vec![statement])],
            boundary: None,
            session: None,
            resource: None,
            vpc_endpoint: None,
            scps: Vec::new(),
            rcps: Vec::new(),
        },
        ask: RequestCase {
            caller: CALLERS[0],
            action: action.to_owned(),
            resource: resource.to_owned(),
            account: Some("111122223333"),
            context: BTreeMap::new(),
            unknown: Vec::new(),
        },
    }
}

fn listed(negated: bool, pattern: &str) -> Patterns {
    Patterns {
        negated,
        patterns: vec![pattern.to_owned()],
    }
}

/// A list and its negation together match every request exactly once. There are few enough requests to try them all.
#[test]
fn a_list_and_its_negation_are_complementary() {
    for action in ACTIONS {
        for pattern in &ACTION_PATTERNS[..PLAIN_ACTION_PATTERNS] {
            let [with, without] = [false, true].map(|negated| {
                let mut statement = Statement::everything(Effect::Allow);
                statement.actions = listed(negated, pattern);
                is_allowed(&alone(statement, action, RESOURCES[0]))
            });
            assert!(
                with.iter()
                    .zip(without)
                    .all(|(with, without)| *with != without),
                "{pattern} {action}"
            );
        }
    }
    // The policy of a KMS key must also allow the request, so other tests cover that resource.
    for resource in RESOURCES
        .into_iter()
        .filter(|resource| !resource.contains(":kms:"))
    {
        for pattern in &RESOURCE_PATTERNS[..PLAIN_RESOURCE_PATTERNS] {
            let [with, without] = [false, true].map(|negated| {
                let mut statement = Statement::everything(Effect::Allow);
                statement.resources = listed(negated, pattern);
                is_allowed(&alone(statement, ACTIONS[0], resource))
            });
            assert!(
                with.iter()
                    .zip(without)
                    .all(|(with, without)| *with != without),
                "{pattern} {resource}"
            );
        }
    }
}

/// Returns whether `pattern` matches `text`, by trying every way to split the text.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => {
            glob(rest, text)
                || text
                    .split_first()
                    .is_some_and(|(_, text)| glob(pattern, text))
        }
        [first, rest @ ..] => text
            .split_first()
            .is_some_and(|(letter, text)| (*first == '?' || first == letter) && glob(rest, text)),
    }
}

proptest! {
    #![proptest_config(config(1500))]

    /// A pattern of six components matches an ARN if each component of the pattern matches that of the ARN.
    #[test]
    fn a_resource_is_covered_component_by_component(
        pattern in vec("[ab*?]{0,3}", 4),
        pattern_of_the_rest in "[ab/:*?]{0,5}",
        arn in vec("[ab*]{0,3}", 4),
        rest in "[ab/:*]{0,5}",
    ) {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let covered = pattern
            .iter()
            .zip(&arn)
            .chain([(&pattern_of_the_rest, &rest)])
            .all(|(pattern, component)| glob(&letters(pattern), &letters(component)));
        let whole = |components: &[String], rest: &str| format!("arn:{}:{rest}", components.join(":"));
        let mut statement = Statement::everything(Effect::Allow);
        statement.resources = listed(false, &whole(&pattern, &pattern_of_the_rest));
        let scene = alone(statement, ACTIONS[0], &whole(&arn, &rest));
        prop_assert_eq!(is_allowed(&scene), vec![covered; Evaluator::ALL.len()]);
    }
}
