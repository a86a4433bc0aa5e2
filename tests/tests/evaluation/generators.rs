//! The assumption of the property tests: random policies and requests are related to each other.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeSet;

use pinpoint_iam::condition::BaseOperator;
use pinpoint_iam::eval::{AllowReason, Decision, DenyReason, Evaluation, PolicyType, Truth};
use pinpoint_iam_test_policies::case::Evaluator;
use pinpoint_iam_test_policies::generate::{self, CALLERS, KEYS, Lists, Scenario};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Random scenarios have all possible results, determined by policies of every type, and every operator is evaluated
/// with values that match and values that do not.
#[test]
fn random_scenes_reach_every_rule() {
    let mut runner = TestRunner::deterministic();
    let strategy = (generate::scene(), generate::unknown(), any::<bool>());
    let mut missing: BTreeSet<String> = expected_sights().collect();
    for _ in 0..4000 {
        let (mut scene, unknown, forgets) = strategy.new_tree(&mut runner).unwrap().current();
        if forgets {
            scene.ask = scene.ask.forget(&unknown);
        }
        for sight in sights(&scene) {
            missing.remove(&sight);
        }
        if missing.is_empty() {
            return;
        }
    }
    panic!("not reached: {missing:#?}");
}

const TYPES: [PolicyType; 7] = [
    PolicyType::ResourceControl,
    PolicyType::ServiceControl,
    PolicyType::VpcEndpoint,
    PolicyType::Resource,
    PolicyType::Identity,
    PolicyType::PermissionsBoundary,
    PolicyType::Session,
];

fn expected_sights() -> impl Iterator<Item = String> {
    let ends = TYPES.iter().flat_map(|policy_type| {
        [
            format!("denied by {policy_type}"),
            format!("refused by {policy_type}"),
        ]
    });
    let grants = [
        "granted by resource-based policy",
        "granted by identity-based policy",
        "granted to root",
        "needs",
    ];
    let truths = ["true", "false", "unknown"];
    let operators = BaseOperator::ALL
        .iter()
        .flat_map(move |base| truths.map(|truth| format!("{} {truth}", base.as_str())));
    let sets = ["ForAllValues", "ForAnyValue", "IfExists"]
        .into_iter()
        .flat_map(move |form| truths.map(|truth| format!("{form} {truth}")));
    let keys = KEYS.into_iter().map(|key| format!("unknown {key}"));
    let callers = CALLERS
        .into_iter()
        .map(|caller| format!("allowed `{caller}`"));
    ends.chain(grants.map(str::to_owned))
        .chain(operators)
        .chain(sets)
        .chain(keys)
        .chain(callers)
}

/// Returns the situations that occur in one scenario.
fn sights(scene: &Scenario) -> Vec<String> {
    let mut sights = Vec::new();
    let policies = scene.layers.policies(Lists::WhereNeeded).unwrap();
    let answer = scene.ask.answer(Evaluator::Reference, &policies).unwrap();
    if let Evaluation::Indeterminate(keys) = &answer {
        sights.push("needs".to_owned());
        sights.extend(keys.iter().map(|key| format!("unknown {key}")));
    }
    match answer.into_decision() {
        Decision::Allow(by) => {
            sights.push(format!("allowed `{}`", scene.ask.caller));
            sights.push(match by.reason() {
                AllowReason::Statement(statement) => {
                    format!("granted by {}", statement.policy_type())
                }
                _ => "granted to root".to_owned(),
            });
        }
        Decision::Deny(by) => match by.reason() {
            DenyReason::ExplicitDeny(statement) => {
                sights.push(format!("denied by {}", statement.policy_type()))
            }
            DenyReason::ImplicitDeny(policy_type) => {
                sights.push(format!("refused by {policy_type}"))
            }
            _ => {}
        },
    }
    let context = scene.ask.context();
    for policy in &policies.identity {
        for statement in policy.document().statements() {
            for condition in statement.conditions() {
                let operator = condition.operator();
                let truth = match condition.evaluate(&context, statement.effect()).truth {
                    Truth::True => "true",
                    Truth::False => "false",
                    Truth::Unknown => "unknown",
                };
                sights.push(format!("{} {truth}", operator.base().as_str()));
                sights.extend(
                    operator
                        .set()
                        .map(|set| format!("{} {truth}", set.as_str())),
                );
                if operator.if_exists() {
                    sights.push(format!("IfExists {truth}"));
                }
            }
        }
    }
    sights
}
