//! A change with a known direction changes the verdict in that direction, and verdicts are consistent with each other.

use pinpoint_iam::policy::Effect;
use pinpoint_iam_compare::{Comparer, PolicySet, Verdict};
use pinpoint_iam_test_policies::comparison::{assert_confirmed, set};
use pinpoint_iam_test_policies::generate::{self, Draft, Lists, Patterns, Statement};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// More in optimized builds.
const DOCUMENTS: usize = if cfg!(debug_assertions) { 25 } else { 1_000 };

fn compare(first: &PolicySet, second: &PolicySet) -> Verdict {
    let comparison = Comparer::new().compare(first, second);
    assert_confirmed(&comparison);
    comparison.verdict()
}

fn set_of(statements: &[Statement]) -> PolicySet {
    let draft = Draft::of(statements.to_vec());
    set("policy", &draft.to_json(Lists::WhereNeeded).to_string())
}

/// Returns whether a verdict is undecided, equal or one of `others`.
fn allows(verdict: Verdict, others: &[Verdict]) -> bool {
    verdict == Verdict::Undecided || verdict == Verdict::Equal || others.contains(&verdict)
}

fn draw() -> impl Iterator<Item = Vec<Statement>> {
    let mut runner = TestRunner::deterministic();
    let plain = generate::identity_statement().prop_map(|mut statement| {
        statement.principal = None;
        statement
    });
    let strategy = vec(plain, 1..4);
    (0..DOCUMENTS).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

#[test]
fn a_change_of_a_known_direction_goes_in_this_direction() {
    let mut changed = 0;
    let mut decided = 0;
    let mut all = 0;
    for statements in draw() {
        let before = set_of(&statements);
        assert_eq!(compare(&before, &before), Verdict::Equal);
        for index in 0..statements.len() {
            let is_allow = statements[index].effect == Effect::Allow;
            let (more, less) = if is_allow {
                (Verdict::Wider, Verdict::Narrower)
            } else {
                (Verdict::Narrower, Verdict::Wider)
            };
            let mut check = |change: &dyn Fn(&mut Statement), expected: Verdict| {
                let mut statements = statements.clone();
                change(&mut statements[index]);
                let verdict = compare(&before, &set_of(&statements));
                assert!(allows(verdict, &[expected]), "{verdict} {statements:#?}");
                all += 1;
                decided += usize::from(verdict != Verdict::Undecided);
                changed += usize::from(verdict == expected);
            };
            let everything = || Patterns {
                negated: false,
                patterns: vec!["*".to_owned()],
            };
            check(&|statement| statement.actions = everything(), more);
            check(&|statement| statement.resources = everything(), more);
            check(&|statement| statement.conditions.clear(), more);
            if statements.len() > 1 {
                let mut fewer = statements.clone();
                fewer.remove(index);
                let verdict = compare(&before, &set_of(&fewer));
                assert!(allows(verdict, &[less]), "{verdict} {statements:#?}");
            }
        }
    }
    assert!(changed * 10 > all, "{changed} of {all}");
    assert!(decided * 10 > all * 8, "{decided} of {all}");
}

/// A relation between the first and second and between the second and third also applies to the first and third.
#[test]
fn verdicts_are_transitive_and_mirrored() {
    let documents: Vec<PolicySet> = draw().map(|statements| set_of(&statements)).collect();
    let at_most = |verdict| matches!(verdict, Verdict::Equal | Verdict::Wider);
    let mut chains = 0;
    for three in documents.windows(3).step_by(2) {
        let [a, b, c] = three else { continue };
        // Random sets rarely have anything in common, so a chain consists of unions.
        let union = |left: &PolicySet, right: &PolicySet| {
            PolicySet::of_identity(left.identity.iter().chain(&right.identity).cloned())
        };
        let (first, second, third) = (a.clone(), union(a, b), union(&union(a, b), c));
        let (one, two, both) = (
            compare(&first, &second),
            compare(&second, &third),
            compare(&first, &third),
        );
        if at_most(one) && at_most(two) && both != Verdict::Undecided {
            chains += 1;
            assert!(at_most(both), "{one} {two} {both}\n{three:#?}");
            if one == Verdict::Wider || two == Verdict::Wider {
                assert_eq!(both, Verdict::Wider, "{three:#?}");
            }
        }
        let back = compare(&third, &first);
        let mirrored = match both {
            Verdict::Wider => Verdict::Narrower,
            Verdict::Narrower => Verdict::Wider,
            other => other,
        };
        assert!(back == mirrored, "{both} {back}\n{three:#?}");
    }
    assert!(chains * 10 > DOCUMENTS, "{chains} of {DOCUMENTS}");
}
