//! All evaluators return the same result: decision, responsible statement and missing keys.
//!
//! The compiled evaluator finds statements differently from the reference. Random policies and requests are evaluated by
//! both, and the results must be equal. The random words have enough in common that every part of the index is used.
//! The parts that were used are counted, and must be all of them.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeSet;

use pinpoint_iam::condition::BaseOperator;
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::eval::{AllowReason, Decision, DenyReason, Evaluation, PolicyType, reference};
use pinpoint_iam::request::Request;
use pinpoint_iam_test_policies::generate::{
    self, ACTIONS, CALLERS, KEYS, Layers, Lists, RESOURCES, RequestCase,
};
use pinpoint_iam_test_policies::policies::Policies;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// The number of random sets of policies, and of requests for each of them.
const POLICIES: usize = 2_000;
const REQUESTS: usize = 50;

#[test]
fn evaluators_answer_the_same() {
    let mut runner = TestRunner::deterministic();
    let requests = (generate::ask(), generate::unknown(), any::<bool>());
    let strategy = (crowds(), vec(requests, REQUESTS));
    let mut compared = 0;
    let mut missing: BTreeSet<String> = expected_sights().collect();
    for _ in 0..POLICIES {
        let (layers, asks) = strategy.new_tree(&mut runner).unwrap().current();
        let policies = layers.policies(Lists::WhereNeeded).unwrap();
        let compiled = Compiled::of(&policies.stack()).unwrap();
        note_policies(&policies, &mut missing);
        for (ask, unknown, forgets) in asks {
            let ask = if forgets { ask.forget(&unknown) } else { ask };
            compare(&ask, &layers, &policies, &compiled, &mut missing);
            if compared % 10 == 0 {
                compare_of_any_resource(&ask, &layers, &policies, &compiled, &mut missing);
            }
            compared += 1;
        }
    }
    assert!(compared >= 100_000, "only {compared} answers were compared");
    assert!(missing.is_empty(), "not reached: {missing:#?}");
}

/// Returns policies of every type. Half of them have so many statements that lists in the index are long.
fn crowds() -> impl Strategy<Value = Layers> {
    let more = prop_oneof![
        1 => Just(0_usize),
        1 => 8_usize..24,
    ];
    (generate::layers(), more, any::<prop::sample::Index>())
        .prop_flat_map(|(layers, more, place)| {
            let statements = vec(
                prop_oneof![
                    4 => generate::identity_statement().boxed(),
                    1 => generate::resource_statement().boxed(),
                ],
                more,
            );
            (Just(layers), Just(place), statements)
        })
        .prop_map(|(mut layers, place, statements)| {
            let drafts = layers.drafts_mut().count();
            if drafts > 0
                && let Some(draft) = layers.drafts_mut().nth(place.index(drafts))
            {
                draft.statements.extend(statements);
            }
            layers
        })
}

fn compare(
    ask: &RequestCase,
    layers: &Layers,
    policies: &Policies,
    compiled: &Compiled,
    missing: &mut BTreeSet<String>,
) {
    let stack = policies.stack();
    let both =
        |request: &Request<'_>| (reference::decide(&stack, request), compiled.decide(request));
    let (expected, found) = ask.put(both).unwrap();
    if found != expected {
        panic!("{ask:#?}\n{layers:#?}\nreference: {expected:?}\ncompiled: {found:?}");
    }
    note_answer(ask, &expected, missing);
}

/// Compares the evaluators for the same request before the body has determined the resource.
fn compare_of_any_resource(
    ask: &RequestCase,
    layers: &Layers,
    policies: &Policies,
    compiled: &Compiled,
    missing: &mut BTreeSet<String>,
) {
    let stack = policies.stack();
    let both =
        |request: &Request<'_>| (reference::decide(&stack, request), compiled.decide(request));
    let (expected, found) = ask
        .put(|request| both(&request.with_unknown_resource()))
        .unwrap();
    if found != expected {
        panic!("{ask:#?}\n{layers:#?}\nany resource, reference: {expected:?}\ncompiled: {found:?}");
    }
    let what = match &expected {
        Evaluation::Indeterminate(keys) if keys.iter().count() > 1 => {
            "of any resource: several keys are needed"
        }
        Evaluation::Indeterminate(_) => "of any resource: the resource is needed",
        Evaluation::Decided(Decision::Allow(_)) => "of any resource: allowed",
        Evaluation::Decided(Decision::Deny(by)) => match by.reason() {
            DenyReason::ExplicitDeny(_) => "of any resource: denied",
            _ => "of any resource: refused",
        },
    };
    missing.remove(what);
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

/// Returns the situations that must occur for the comparison to be meaningful.
fn expected_sights() -> impl Iterator<Item = String> {
    let ends = TYPES.iter().flat_map(|policy_type| {
        [
            format!("denied by {policy_type}"),
            format!("denied by a later statement of {policy_type}"),
            format!("refused by {policy_type}"),
        ]
    });
    let grants = [
        "granted by resource-based policy",
        "granted by identity-based policy",
        "granted by a later statement",
        "granted to root",
        "several keys are needed",
    ];
    let by_action = ACTIONS
        .iter()
        .flat_map(|action| [format!("allowed {action}"), format!("denied {action}")]);
    let by_resource = RESOURCES.iter().flat_map(|resource| {
        [
            format!("allowed on {resource}"),
            format!("denied on {resource}"),
        ]
    });
    let callers = CALLERS
        .iter()
        .map(|caller| format!("allowed to `{caller}`"));
    let keys = KEYS.iter().map(|key| format!("needs {key}"));
    let operators = BaseOperator::ALL
        .iter()
        .flat_map(|base| ["Allow", "Deny"].map(|effect| format!("{effect} if {}", base.as_str())));
    let shapes = [
        "many statements",
        "NotAction",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "a variable",
        "several resources under conditions",
        "left to its service",
        "Allow NotPrincipal",
        "of any resource: several keys are needed",
        "of any resource: the resource is needed",
        "of any resource: allowed",
        "of any resource: denied",
        "of any resource: refused",
    ];
    ends.chain(grants.map(str::to_owned))
        .chain(by_action)
        .chain(by_resource)
        .chain(callers)
        .chain(keys)
        .chain(operators)
        .chain(shapes.map(str::to_owned))
}

fn note_answer(ask: &RequestCase, answer: &Evaluation, missing: &mut BTreeSet<String>) {
    let mut note = |sight: String| missing.remove(&sight);
    if let Evaluation::Indeterminate(keys) = answer {
        for key in keys.iter() {
            note(format!("needs {key}"));
        }
        if keys.iter().count() > 1 {
            note("several keys are needed".to_owned());
        }
        return;
    }
    match answer.clone().into_decision() {
        Decision::Allow(by) => {
            note(format!("allowed {}", ask.action));
            note(format!("allowed on {}", ask.resource));
            note(format!("allowed to `{}`", ask.caller));
            match by.reason() {
                AllowReason::Statement(statement) => {
                    note(format!("granted by {}", statement.policy_type()));
                    if statement.index() > 0 {
                        note("granted by a later statement".to_owned());
                    }
                }
                _ => {
                    note("granted to root".to_owned());
                }
            }
        }
        Decision::Deny(by) => match by.reason() {
            DenyReason::ExplicitDeny(statement) => {
                let policy_type = statement.policy_type();
                note(format!("denied {}", ask.action));
                note(format!("denied on {}", ask.resource));
                note(format!("denied by {policy_type}"));
                if statement.index() > 0 {
                    note(format!("denied by a later statement of {policy_type}"));
                }
            }
            DenyReason::ImplicitDeny(policy_type) => {
                note(format!("refused by {policy_type}"));
            }
            _ => {}
        },
    }
}

fn note_policies(policies: &Policies, missing: &mut BTreeSet<String>) {
    let mut note = |sight: &str| missing.remove(sight);
    let all = policies
        .identity
        .iter()
        .chain(&policies.resource)
        .chain(&policies.vpc_endpoint)
        .chain(policies.boundary.iter().flatten())
        .chain(policies.session.iter().flatten())
        .chain(policies.scps.iter().flatten())
        .chain(policies.rcps.iter().flatten());
    for policy in all {
        let statements = policy.document().statements();
        if statements.len() > 16 {
            note("many statements");
        }
        for statement in statements {
            note(statement.action().name());
            if let Some(principal) = statement.principal() {
                note(principal.name());
                note(&format!("{} {}", statement.effect(), principal.name()));
            }
            for condition in statement.conditions() {
                let base = condition.operator().base().as_str();
                note(&format!("{} if {base}", statement.effect()));
            }
            let Some(resource) = statement.resource() else {
                continue;
            };
            note(resource.name());
            if resource
                .patterns()
                .iter()
                .any(|it| it.is_left_to_its_service())
            {
                note("left to its service");
            }
            let mut variables = resource.patterns().iter().flat_map(|it| it.variables());
            if variables.next().is_some() {
                note("a variable");
            }
            if resource.patterns().len() > 1 && !statement.conditions().is_empty() {
                note("several resources under conditions");
            }
        }
    }
}
