//! Random pairs: no request contradicts a verdict.

mod stores;

use std::collections::{BTreeMap, HashMap};

use pinpoint_iam::condition::samples::Family;
use pinpoint_iam::context::{ConditionKey, Context, ContextLookup, Lookup};
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::eval::parts::{self, Place};
use pinpoint_iam::eval::{PolicyStack, Truth, reference};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};
use pinpoint_iam_compare::{Comparer, PolicySet, Verdict};
use pinpoint_iam_test_policies::comparison::{Dice, assert_confirmed, set};
use pinpoint_iam_test_policies::generate::{self, ACTIONS, Draft, Lists, RESOURCES};
use pinpoint_iam_test_policies::policies::Policies;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// The number of requests about each pair.
const REQUESTS: usize = 1_000;

/// The number of pairs: 10,000 in optimized builds, where a pair takes a millisecond, or as many as `PAIRS` says.
fn pairs() -> usize {
    let number = std::env::var("PAIRS").ok();
    let number = number.map(|number| number.parse().unwrap());
    number.unwrap_or(if cfg!(debug_assertions) { 200 } else { 10_000 })
}

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
    let mut shown = 0;
    let pairs = pairs();
    for _ in 0..pairs {
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
        let [gains, loses] = pool.ask(&mut dice, [&first, &second]);
        let report = || format!("{verdict}\n{}\n{}", documents(&first), documents(&second));
        assert!(may_gain || gains.is_none(), "{gains:?} {}", report());
        assert!(may_lose || loses.is_none(), "{loses:?} {}", report());
        shown += usize::from(gains.is_some()) + usize::from(loses.is_some());
    }
    assert!(decided * 100 > pairs * 85, "{decided} of {pairs}");
    assert!(differences * 2 > pairs, "{differences} of {pairs}");
    // The requests find most of the differences.
    assert!(shown * 3 > differences, "{shown} of {differences}");
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
    let mut shown = 0;
    let pairs = pairs() / 2;
    for _ in 0..pairs {
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
        let [gains, loses] = pool.ask(&mut dice, [&first, &second]);
        let report = || format!("{verdict}\n{}\n{}", documents(&first), documents(&second));
        assert!(may_gain || gains.is_none(), "{gains:?} {}", report());
        assert!(may_lose || loses.is_none(), "{loses:?} {}", report());
        shown += usize::from(gains.is_some()) + usize::from(loses.is_some());
    }
    assert!(decided * 100 > pairs * 70, "{decided} of {pairs}");
    assert!(differences * 10 > pairs, "{differences} of {pairs}");
    assert!(shown * 6 > differences, "{shown} of {differences}");
}

/// Returns the documents of a set, for a message.
fn documents(set: &PolicySet) -> String {
    let places = parts::places(&set.stack()).into_iter();
    let mut lines: Vec<String> = places
        .map(|place| {
            let name = place.policy.name();
            format!(
                "{} {} {name} {}",
                place.policy_type,
                place.layer,
                place.policy.document()
            )
        })
        .collect();
    lines.dedup();
    lines.join("\n")
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
        // The policies of an organization do not apply to it.
        let service_linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/X";
        pool.callers
            .push(Principal::role_session(service_linked, "s").unwrap());
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

    /// Evaluates random requests, and returns one that only the second set allows and one that only the first allows.
    ///
    /// Requests that match the same statements in the same way are evaluated once, by both evaluators. Of the others, a
    /// few are evaluated as well, to check that the result is the same.
    fn ask(&self, dice: &mut Dice, sets: [&PolicySet; 2]) -> [Option<String>; 2] {
        let actions: Vec<RequestedAction<'_>> = self
            .actions
            .iter()
            .map(|action| RequestedAction::parse(action).unwrap())
            .collect();
        let resources: Vec<RequestedResource<'_>> = self
            .resources
            .iter()
            .map(|resource| match resource.as_str() {
                "*" => RequestedResource::All,
                arn => RequestedResource::Arn(Arn::parse(arn).unwrap()),
            })
            .collect();
        let askers: Vec<Asker> = (0..CALLERS).map(|_| self.asker(dice)).collect();
        let stacks = sets.map(PolicySet::stack);
        let compiled = stacks.map(|stack| Compiled::of(&stack).unwrap());
        let statements = Statements::of(&stacks);
        let of_actions: Vec<u128> = actions
            .iter()
            .map(|action| {
                statements.with(|place, _| {
                    parts::matches_action(
                        place.statement,
                        &askers[0].request(*action, RequestedResource::All),
                    )
                })
            })
            .collect();
        let of_askers: Vec<u128> = askers
            .iter()
            .map(|asker| {
                let request = asker.request(actions[0], RequestedResource::All);
                statements.with(|place, has_boundary| {
                    let effect = place.statement.effect();
                    let mut conditions = place.statement.conditions().iter();
                    parts::matches_principal(
                        place.statement,
                        place.policy_type,
                        has_boundary,
                        &request,
                    )
                    .0 && conditions
                        .all(|condition| condition.evaluate(&request, effect).truth == Truth::True)
                })
            })
            .collect();
        let of_resources: Vec<u128> = resources
            .iter()
            .map(|resource| {
                let request = askers[0].request(actions[0], *resource);
                statements.with(|place, _| {
                    has_variables(place)
                        || parts::matches_resource(place.statement, place.policy_type, &request)
                })
            })
            .collect();
        let mut known: HashMap<(u128, &str, &str, bool), [bool; 2]> = HashMap::new();
        let mut found = [None, None];
        for number in 0..REQUESTS {
            let [action, resource, asker] =
                [actions.len(), resources.len(), askers.len()].map(|count| dice.below(count));
            let (who, what) = (&askers[asker], actions[action]);
            let request = who.request(what, resources[resource]);
            let mut alive = of_actions[action] & of_askers[asker] & of_resources[resource];
            let mut open = alive & statements.with_variables;
            while open != 0 {
                let place = &statements.places[open.trailing_zeros() as usize].0;
                if !parts::matches_resource(place.statement, place.policy_type, &request) {
                    alive &= !(open & open.wrapping_neg());
                }
                open &= open - 1;
            }
            let is_special = matches!(what.prefix(), "kms" | "sts")
                && parts::deciding(&request)
                    != parts::deciding(&who.request(what, RequestedResource::All));
            let decide = || {
                let decided = [0, 1].map(|side| {
                    reference::decide(&stacks[side], &request)
                        .into_decision()
                        .is_allowed()
                });
                let other =
                    [0, 1].map(|side| compiled[side].decide(&request).into_decision().is_allowed());
                assert_eq!(decided, other);
                decided
            };
            let caller = who.caller.arn().unwrap_or_else(|| who.caller.name());
            let decided = *known
                .entry((alive, caller, who.account, is_special))
                .or_insert_with(decide);
            if number % 100 == 0 {
                assert_eq!(decided, decide());
            }
            let side = match decided {
                [false, true] => 0,
                [true, false] => 1,
                _ => continue,
            };
            found[side].get_or_insert_with(|| format!("{request:?}"));
        }
        found
    }

    /// Returns a random caller with condition keys.
    fn asker(&self, dice: &mut Dice) -> Asker {
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
        let other = "555566667777";
        let account = match caller.account() {
            Some(_) if self.crosses_accounts && dice.chance(3) => other,
            Some("111122223333") => "111122223333",
            Some(_) => "123456789012",
            None => other,
        };
        Asker {
            caller: caller.clone().with_keys(Context::new()),
            context,
            account,
        }
    }
}

/// The number of callers with condition keys about whom requests are made, for each pair.
const CALLERS: usize = 50;

/// A caller with condition keys.
struct Asker {
    caller: Principal,
    context: Context,
    account: &'static str,
}

impl Asker {
    fn request<'a>(
        &'a self,
        action: RequestedAction<'a>,
        resource: RequestedResource<'a>,
    ) -> Request<'a> {
        Request::new(&self.caller, action, resource, &self.context)
            .with_resource_account(self.account)
    }
}

fn has_variables(place: &Place<'_>) -> bool {
    let mut elements = place.statement.resource().into_iter();
    elements.any(|element| {
        let mut patterns = element.patterns().iter();
        patterns.any(|pattern| pattern.variables().next().is_some())
    })
}

/// The statements of both sides.
struct Statements<'a> {
    places: Vec<(Place<'a>, bool)>,
    /// The statements with variables in their resources.
    with_variables: u128,
}

impl<'a> Statements<'a> {
    fn of(stacks: &[PolicyStack<'a>; 2]) -> Self {
        let places: Vec<(Place<'a>, bool)> = stacks
            .iter()
            .flat_map(|stack| {
                let has_boundary = stack.permissions_boundary.is_some();
                let places = parts::places(stack).into_iter();
                places.map(move |place| (place, has_boundary))
            })
            .collect();
        assert!(places.len() <= 128);
        let mut statements = Self {
            places,
            with_variables: 0,
        };
        statements.with_variables = statements.with(|place, _| has_variables(place));
        statements
    }

    /// Returns the set of the statements that match.
    fn with(&self, matches: impl Fn(&Place<'a>, bool) -> bool) -> u128 {
        let places = self.places.iter().rev();
        places.fold(0, |all, (place, has_boundary)| {
            all << 1 | u128::from(matches(place, *has_boundary))
        })
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
