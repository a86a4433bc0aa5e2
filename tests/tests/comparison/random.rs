//! Random pairs: no request contradicts a verdict.

use std::collections::BTreeMap;

use pinpoint_iam::condition::samples::Family;
use pinpoint_iam::context::{ConditionKey, Context, ContextLookup, Lookup};
use pinpoint_iam::eval::reference;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};
use pinpoint_iam_compare::{Comparer, PolicySet, Verdict};
use pinpoint_iam_tests::generate::{self, ACTIONS, Draft, Lists, RESOURCES};
use pinpoint_iam_tests::policies::Policies;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::brute_force::Dice;
use super::{assert_confirmed, set};

/// The number of pairs, and of requests for each of them. `cargo test --release` uses the larger numbers.
const PAIRS: usize = if cfg!(debug_assertions) { 150 } else { 10_000 };
const REQUESTS: usize = if cfg!(debug_assertions) { 60 } else { 1_000 };

#[test]
fn no_request_contradicts_a_verdict() {
    let mut runner = TestRunner::deterministic();
    let mut dice = Dice::new(7);
    let plain = generate::identity_statement().prop_map(|mut statement| {
        statement.principal = None;
        statement
    });
    let strategy = (vec(plain, 1..4), any::<bool>(), 0_usize..3);
    let mut last: Option<Draft> = None;
    let mut decided = 0;
    let mut differences = 0;
    for _ in 0..PAIRS {
        let (statements, is_change, place) = strategy.new_tree(&mut runner).unwrap().current();
        let first = Draft::of(statements.clone());
        let second = match &last {
            // A change of the first document: one statement is replaced.
            Some(other) if is_change => {
                let mut statements = statements.clone();
                let place = place % statements.len();
                statements[place] = other.statements[0].clone();
                Draft::of(statements)
            }
            Some(other) => other.clone(),
            None => first.clone(),
        };
        last = Some(first.clone());
        let text = |draft: &Draft| draft.to_json(Lists::WhereNeeded).to_string();
        let (first, second) = (set("first", &text(&first)), set("second", &text(&second)));
        let comparison = Comparer::new().compare(&first, &second);
        assert_confirmed(&comparison);
        let verdict = comparison.verdict();
        decided += usize::from(verdict != Verdict::Undecided);
        differences += usize::from(verdict != Verdict::Equal);
        let may_gain = !matches!(verdict, Verdict::Equal | Verdict::Narrower);
        let may_lose = !matches!(verdict, Verdict::Equal | Verdict::Wider);
        let pool = Pool::of([&first, &second]);
        for _ in 0..REQUESTS {
            let (before, after) = pool.ask(&mut dice, &first, &second);
            assert!(
                before == after || if after { may_gain } else { may_lose },
                "{verdict}\n{first:#?}\n{second:#?}"
            );
        }
    }
    assert!(decided * 100 > PAIRS * 85, "{decided} of {PAIRS}");
    assert!(differences * 2 > PAIRS, "{differences} of {PAIRS}");
}

/// Policies of every type, in which one statement changes.
#[test]
fn no_request_contradicts_a_verdict_on_policies_of_all_types() {
    let mut runner = TestRunner::deterministic();
    let mut dice = Dice::new(11);
    let strategy = (
        generate::layers(),
        generate::layers(),
        any::<prop::sample::Index>(),
    );
    let mut decided = 0;
    let mut differences = 0;
    for _ in 0..PAIRS / 2 {
        let (layers, others, place) = strategy.new_tree(&mut runner).unwrap().current();
        let mut changed = layers.clone();
        let mut others = others;
        let count = changed.drafts_mut().count();
        if count == 0 {
            continue;
        }
        let other = others
            .drafts_mut()
            .next()
            .map(|draft| draft.statements[0].clone());
        if let (Some(draft), Some(other)) = (changed.drafts_mut().nth(place.index(count)), other) {
            draft.statements[0] = other;
        }
        let [first, second] = [&layers, &changed]
            .map(|layers| all_types(layers.policies(Lists::WhereNeeded).unwrap()));
        let comparison = Comparer::new().compare(&first, &second);
        assert_confirmed(&comparison);
        let verdict = comparison.verdict();
        decided += usize::from(verdict != Verdict::Undecided);
        differences += usize::from(verdict != Verdict::Equal);
        let may_gain = !matches!(verdict, Verdict::Equal | Verdict::Narrower);
        let may_lose = !matches!(verdict, Verdict::Equal | Verdict::Wider);
        let pool = Pool::of([&first, &second]);
        for _ in 0..REQUESTS {
            let (before, after) = pool.ask(&mut dice, &first, &second);
            assert!(
                before == after || if after { may_gain } else { may_lose },
                "{verdict}\n{first:#?}\n{second:#?}"
            );
        }
    }
    assert!(decided * 100 > PAIRS / 2 * 70, "{decided} of {}", PAIRS / 2);
    assert!(
        differences * 10 > PAIRS / 2,
        "{differences} of {}",
        PAIRS / 2
    );
}

fn all_types(policies: Policies) -> PolicySet {
    let Policies {
        identity,
        boundary,
        session,
        resource,
        vpc_endpoint,
        scps,
        rcps,
    } = policies;
    PolicySet {
        identity,
        permissions_boundary: boundary,
        session,
        resource,
        vpc_endpoint,
        service_control: scps,
        resource_control: rcps,
    }
}

/// The values from which requests about two sets of policies are built.
struct Pool {
    callers: Vec<Principal>,
    actions: Vec<String>,
    resources: Vec<String>,
    keys: BTreeMap<String, (Vec<String>, bool)>,
    crosses_accounts: bool,
}

impl Pool {
    fn of(sets: [&PolicySet; 2]) -> Self {
        let mut pool = Self {
            callers: [
                "arn:aws:iam::111122223333:user/ana",
                "arn:aws:iam::111122223333:user/staff/bob",
                "arn:aws:iam::123456789012:user/c",
                "arn:aws:sts::111122223333:assumed-role/worker/s1",
                "arn:aws:sts::123456789012:federated-user/ana",
            ]
            .map(|arn| Principal::from_arn(arn).unwrap())
            .to_vec(),
            actions: ACTIONS.map(str::to_owned).to_vec(),
            resources: RESOURCES.map(str::to_owned).to_vec(),
            keys: BTreeMap::new(),
            crosses_accounts: false,
        };
        let has_resource = sets.iter().any(|set| set.resource.is_some());
        if has_resource {
            pool.callers.push(Principal::anonymous());
            pool.callers.push(Principal::service("sns.amazonaws.com"));
            pool.crosses_accounts = true;
        }
        let policies = sets.into_iter().flat_map(|set| {
            let lists = [&set.identity]
                .into_iter()
                .chain(&set.permissions_boundary)
                .chain(&set.session);
            let levels = set.service_control.iter().chain(&set.resource_control);
            let single = set.resource.iter().chain(&set.vpc_endpoint);
            lists.chain(levels).flatten().chain(single)
        });
        for statement in policies.flat_map(|policy| policy.document().statements()) {
            for pattern in statement
                .resource()
                .into_iter()
                .flat_map(|element| element.patterns())
            {
                for name in ["", "x", "a/b", "ana", "111122223333"] {
                    let text = filled(pattern.as_str(), name);
                    if Arn::parse(&text).is_ok() {
                        pool.resources.push(text);
                    }
                }
            }
            for condition in statement.conditions() {
                let mut names: Vec<String> = Vec::new();
                let mut values: Vec<String> = Vec::new();
                match condition.family() {
                    Family::Texts | Family::Arns => {
                        names.extend(["", "x", "ana"].map(str::to_owned));
                        for value in condition.values() {
                            values.extend(names.iter().map(|name| filled(value.text(), name)));
                        }
                        values.extend(["x", "ana", "111122223333"].map(str::to_owned));
                        if condition.family() == Family::Arns {
                            values.retain(|value| Arn::parse(value).is_ok());
                        }
                    }
                    family => values.extend(pinpoint_iam::condition::Condition::samples(
                        &[condition],
                        family,
                    )),
                }
                values.retain(|value| !value.chars().any(char::is_control));
                let key = condition.key().folded().to_owned();
                let (known, has_sets) = pool.keys.entry(key).or_default();
                known.extend(values);
                *has_sets |= condition.operator().set().is_some();
                for key in condition.keys().skip(1) {
                    let (known, _) = pool.keys.entry(key.folded().to_owned()).or_default();
                    known.extend(["ana", "x"].map(str::to_owned));
                }
            }
        }
        pool
    }

    /// Evaluates a random request, and returns the result of each side.
    fn ask(&self, dice: &mut Dice, first: &PolicySet, second: &PolicySet) -> (bool, bool) {
        let caller = dice.one(&self.callers);
        let mut context = Context::new();
        for (key, (values, has_sets)) in &self.keys {
            if let Lookup::Present(value) = caller.lookup(&ConditionKey::new(key)) {
                context.insert(key, value.text().into_owned());
                continue;
            }
            let is_of_principal = caller.account().is_none() && key.starts_with("aws:principal")
                || [
                    "aws:principalarn",
                    "aws:principalaccount",
                    "aws:principaltype",
                    "aws:username",
                ]
                .contains(&key.as_str());
            if values.is_empty() || is_of_principal || dice.chance(3) {
                continue;
            }
            let count = if *has_sets { 1 + dice.below(3) } else { 1 };
            let mut chosen: Vec<&String> = (0..count).map(|_| dice.one(values)).collect();
            chosen.dedup();
            match chosen.as_slice() {
                [one] if dice.chance(2) || !has_sets => context.insert(key, one.as_str()),
                many => context.insert_all(key, many.iter().map(|value| value.as_str())),
            }
        }
        let bare = caller.clone().with_keys(Context::new());
        let account = match caller.account() {
            Some(account) if !(self.crosses_accounts && dice.chance(3)) => account,
            _ => "555566667777",
        };
        let action = RequestedAction::parse(dice.one::<String>(&self.actions)).unwrap();
        let resource = match dice.one(&self.resources).as_str() {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(Arn::parse(arn).unwrap()),
        };
        let request =
            Request::new(&bare, action, resource, &context).with_resource_account(account);
        let is_allowed = |set: &PolicySet| {
            reference::decide(&set.stack(), &request)
                .into_decision()
                .is_allowed()
        };
        (is_allowed(first), is_allowed(second))
    }
}

/// Returns a pattern with `name` in place of wildcards and variables.
fn filled(pattern: &str, name: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        text.push_str(name);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.replace('*', name).replace('?', "q")
}
