//! The comparison agrees with the evaluation of every request, in universes that are small enough for that.

use pinpoint_iam::Principal;
use pinpoint_iam::context::Context;
use pinpoint_iam_compare::{Comparer, KeyValue, PolicySet, Verdict};
use pinpoint_iam_test_policies::comparison::{Dice, assert_confirmed, set};

use super::universe::{Universe, texts};

/// Words for statements whose requests can all be enumerated.
struct Words {
    actions: &'static [&'static str],
    resources: &'static [&'static str],
    conditions: &'static [&'static str],
    principals: &'static [&'static str],
}

fn list(dice: &mut Dice, words: &[&str], most: usize) -> String {
    let count = 1 + dice.below(most);
    let words: Vec<String> = (0..count)
        .map(|_| format!("\"{}\"", dice.one(words)))
        .collect();
    format!("[{}]", words.join(", "))
}

fn statement(dice: &mut Dice, words: &Words) -> String {
    let not = |dice: &mut Dice| if dice.chance(6) { "Not" } else { "" };
    let effect = if dice.chance(3) { "Deny" } else { "Allow" };
    let mut members = vec![format!(r#""Effect": "{effect}""#)];
    if !words.principals.is_empty() {
        let element = if effect == "Deny" && dice.chance(3) {
            "NotPrincipal"
        } else {
            "Principal"
        };
        members.push(format!(r#""{element}": {}"#, dice.one(words.principals)));
    }
    let element = not(dice);
    members.push(format!(
        r#""{element}Action": {}"#,
        list(dice, words.actions, 2)
    ));
    let element = not(dice);
    members.push(format!(
        r#""{element}Resource": {}"#,
        list(dice, words.resources, 2)
    ));
    if !words.conditions.is_empty() && !dice.chance(3) {
        let mut conditions: Vec<&str> = (0..=dice.below(2))
            .map(|_| *dice.one(words.conditions))
            .collect();
        conditions.sort_by_key(|condition| condition.split(':').next());
        conditions.dedup_by_key(|condition| condition.split('"').nth(1));
        members.push(format!(r#""Condition": {{{}}}"#, conditions.join(", ")));
    }
    format!("{{{}}}", members.join(", "))
}

fn document(dice: &mut Dice, words: &Words) -> String {
    let count = 1 + dice.below(3);
    let statements: Vec<String> = (0..count).map(|_| statement(dice, words)).collect();
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
        statements.join(", ")
    )
}

/// Returns two documents. Often the second is the first with one statement more or less, so that they have parts in
/// common.
fn pair(dice: &mut Dice, words: &Words) -> [String; 2] {
    let first = document(dice, words);
    if dice.chance(2) {
        return [first, document(dice, words)];
    }
    let (start, end) = first.rsplit_once(']').unwrap();
    let second = format!("{start}, {}]{end}", statement(dice, words));
    if dice.chance(2) {
        [first, second]
    } else {
        [second, first]
    }
}

/// Compares `pairs` pairs of documents in both ways, and returns the number of each verdict and the number of witnesses
/// outside the universe.
fn agree(seed: u64, pairs: usize, words: &Words, universe: &Universe) -> [usize; 6] {
    let mut dice = Dice::new(seed);
    let mut counts = [0; 6];
    for _ in 0..pairs {
        let [first, second] = pair(&mut dice, words);
        let sets: [PolicySet; 2] = [set("first", &first), set("second", &second)];
        let [of_first, of_second] = &sets;
        let comparison = Comparer::new().compare(of_first, of_second);
        assert_confirmed(&comparison);
        let verdict = comparison.verdict();
        let place = [
            Verdict::Equal,
            Verdict::Narrower,
            Verdict::Wider,
            Verdict::Incomparable,
            Verdict::Undecided,
        ]
        .iter()
        .position(|known| *known == verdict);
        counts[place.unwrap()] += 1;
        let found = universe.differences(&of_first.stack(), &of_second.stack());
        let shown = [&comparison.newly_allowed, &comparison.no_longer_allowed];
        for ((found, shown), allowing) in found.into_iter().zip(shown).zip([1, 0]) {
            let report = || format!("\n{first}\n{second}\n{comparison:#?}");
            match shown {
                Some(difference) if !found => {
                    // A witness is a proof. Only the universe may be too small to contain it.
                    let decided = sets
                        .each_ref()
                        .map(|set| universe.is_allowed(&set.stack(), &difference.witness));
                    assert!(decided[allowing] && !decided[1 - allowing], "{}", report());
                    assert!(!universe.has(&difference.witness), "{}", report());
                    counts[5] += 1;
                }
                Some(_) => {}
                None => assert!(!found || verdict == Verdict::Undecided, "{}", report()),
            }
        }
    }
    counts
}

fn anybody() -> (Principal, String) {
    let principal = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
    (
        principal.with_keys(Context::new()),
        "123456789012".to_owned(),
    )
}

fn actions() -> Vec<String> {
    let names = texts(&['a', 'b', 'c'], 3);
    let names = names.iter().filter(|name| !name.is_empty());
    names
        .map(|name| format!("s:{name}"))
        .chain(["t:a".to_owned(), "x:a".to_owned()])
        .collect()
}

fn resources() -> Vec<String> {
    let parts = texts(&['a', 'b', '/', ':'], 4);
    let arns = parts.iter().map(|part| format!("arn:p:s:::{part}"));
    arns.chain([
        "*".to_owned(),
        "arn:p:s:r::a".to_owned(),
        "arn:q:s:::a".to_owned(),
    ])
    .collect()
}

const ACTIONS: &[&str] = &[
    "*", "s:*", "s:a", "s:a*", "s:*b", "s:?", "s:a?", "S:B", "t:*", "s:*a*",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:p:s:::*",
    "arn:p:s:::a*",
    "arn:p:s:::*b",
    "arn:p:s:::a/*",
    "arn:p:s:::?",
    "arn:p:s:::a:?",
    "arn:p:s:::ab",
    "arn:p:s:*:*:a",
    "arn:p:*",
    "arn:*:s:*:a",
];

#[test]
fn actions_and_resources() {
    let words = Words {
        actions: ACTIONS,
        resources: RESOURCES,
        conditions: &[],
        principals: &[],
    };
    let universe = Universe {
        callers: vec![anybody()],
        actions: actions(),
        resources: resources(),
        keys: Vec::new(),
    };
    let counts = agree(1, 250, &words, &universe);
    let [equal, narrower, wider, incomparable, undecided, outside] = counts;
    assert!(
        equal.min(narrower).min(wider).min(incomparable) > 5,
        "{counts:?}"
    );
    assert_eq!(undecided, 0);
    assert!(outside < 30, "{counts:?}");
}

#[test]
fn conditions() {
    let words = Words {
        actions: &["*", "s:a", "s:*b"],
        resources: &["*", "arn:p:s:::a*", "arn:p:s:::*b"],
        conditions: &[
            r#""StringEquals": {"app:k": "a"}"#,
            r#""StringNotEquals": {"app:k": ["a", "b"]}"#,
            r#""StringLike": {"app:k": "a*"}"#,
            r#""StringNotLikeIfExists": {"app:k": "*b"}"#,
            r#""StringEqualsIfExists": {"app:k": "ab"}"#,
            r#""StringEqualsIgnoreCase": {"app:k": "AB"}"#,
            r#""Null": {"app:k": "true"}"#,
            r#""Null": {"app:k": "false"}"#,
            r#""Bool": {"app:b": "true"}"#,
            r#""BoolIfExists": {"app:b": "false"}"#,
            r#""ForAnyValue:StringEquals": {"app:set": ["a", "b"]}"#,
            r#""ForAllValues:StringLike": {"app:set": "a*"}"#,
            r#""ForAnyValue:StringNotLike": {"app:set": "*b"}"#,
            r#""ForAllValues:StringNotEquals": {"app:set": "a"}"#,
        ],
        principals: &[],
    };
    let one = |text: String| Some(KeyValue::One(text));
    let mut values: Vec<Option<KeyValue>> = vec![None];
    values.extend(texts(&['a', 'b', 'A', 'B', 'c'], 3).into_iter().map(one));
    let list = |texts: &[&str]| {
        let texts = texts.iter().map(|text| (*text).to_owned());
        Some(KeyValue::List(texts.collect()))
    };
    let mut sets: Vec<Option<KeyValue>> = vec![None];
    let parts = texts(&['a', 'b', 'c'], 2);
    for left in &parts {
        sets.push(one(left.clone()));
        sets.push(list(&[left]));
        for right in ["a", "b", "ab", "c", ""] {
            sets.push(list(&[left, right]));
        }
    }
    sets.push(list(&["a", "b", "c"]));
    sets.push(list(&["a", "ab", "c"]));
    let mut universe = Universe {
        callers: vec![anybody()],
        actions: ["s:a", "s:b", "s:c", "s:ab"].map(str::to_owned).to_vec(),
        resources: [
            "*",
            "arn:p:s:::a",
            "arn:p:s:::b",
            "arn:p:s:::ab",
            "arn:p:s:::c",
        ]
        .map(str::to_owned)
        .to_vec(),
        keys: vec![
            ("app:k".to_owned(), values),
            (
                "app:b".to_owned(),
                vec![None, one("true".to_owned()), one("false".to_owned())],
            ),
        ],
    };
    // One key at a time keeps the universe small. Both occur in the same documents.
    let words_of = |prefix: &'static str| {
        let all = words.conditions.iter().copied();
        let kept: Vec<&'static str> = all.filter(|condition| condition.contains(prefix)).collect();
        Words {
            conditions: kept.leak(),
            ..Words {
                ..words_like(&words)
            }
        }
    };
    let counts = agree(2, 80, &words_of("app:k"), &universe);
    assert_eq!(counts[4], 0, "{counts:?}");
    universe.keys = vec![("app:set".to_owned(), sets)];
    let counts = agree(3, 80, &words_of("app:set"), &universe);
    assert_eq!(counts[4], 0, "{counts:?}");
    universe.keys = vec![
        (
            "app:k".to_owned(),
            vec![
                None,
                one(String::new()),
                one("a".to_owned()),
                one("b".to_owned()),
                one("ab".to_owned()),
                one("c".to_owned()),
                one("aB".to_owned()),
                one("ac".to_owned()),
                one("cb".to_owned()),
                one("acb".to_owned()),
            ],
        ),
        (
            "app:b".to_owned(),
            vec![None, one("true".to_owned()), one("false".to_owned())],
        ),
    ];
    let mixed = words
        .conditions
        .iter()
        .copied()
        .filter(|condition| !condition.contains("app:set"));
    let words = Words {
        conditions: mixed.collect::<Vec<_>>().leak(),
        ..words_like(&words)
    };
    let counts = agree(4, 100, &words, &universe);
    assert_eq!(counts[4], 0, "{counts:?}");
}

const fn words_like(words: &Words) -> Words {
    Words {
        actions: words.actions,
        resources: words.resources,
        conditions: words.conditions,
        principals: words.principals,
    }
}

#[test]
fn variables() {
    let words = Words {
        actions: &["*", "s:a"],
        resources: &[
            "*",
            "arn:p:s:::${app:v}",
            "arn:p:s:::a/${app:v}",
            "arn:p:s:::a/*",
            "arn:p:s:::a",
            "arn:p:s:::a/b",
            "arn:p:s:::${app:v, 'b'}/a",
        ],
        conditions: &[
            r#""StringEquals": {"app:v": "a"}"#,
            r#""StringNotLike": {"app:v": "b*"}"#,
            r#""StringEquals": {"app:k": "${app:v}"}"#,
            r#""StringNotEquals": {"app:k": ["${app:v}", "a"]}"#,
        ],
        principals: &[],
    };
    let values = |longest| {
        let texts = texts(&['a', 'b', '/'], longest).into_iter();
        std::iter::once(None)
            .chain(texts.map(|text| Some(KeyValue::One(text))))
            .collect::<Vec<_>>()
    };
    let parts = texts(&['a', 'b', '/'], 5);
    let universe = Universe {
        callers: vec![anybody()],
        actions: ["s:a", "s:b"].map(str::to_owned).to_vec(),
        resources: parts
            .iter()
            .map(|part| format!("arn:p:s:::{part}"))
            .chain(["*".to_owned()])
            .collect(),
        keys: vec![
            ("app:v".to_owned(), values(2)),
            ("app:k".to_owned(), values(1)),
        ],
    };
    let counts = agree(5, 80, &words, &universe);
    assert!(counts[4] < 20, "{counts:?}");
}

#[test]
fn callers() {
    let words = Words {
        actions: &["*", "s:a", "sts:AssumeRole"],
        resources: &["*", "arn:p:s:::a", "arn:aws:iam::111111111111:role/r"],
        conditions: &[
            r#""StringEquals": {"aws:username": "a"}"#,
            r#""StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}"#,
            r#""ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}"#,
            r#""StringEquals": {"aws:PrincipalAccount": "111111111111"}"#,
            r#""StringNotEquals": {"aws:PrincipalType": "User"}"#,
            r#""Bool": {"aws:PrincipalIsAWSService": "true"}"#,
        ],
        principals: &[
            r#""*""#,
            r#"{"AWS": "111111111111"}"#,
            r#"{"AWS": "arn:aws:iam::111111111111:user/a"}"#,
            r#"{"AWS": "arn:aws:iam::111111111111:role/r"}"#,
            r#"{"AWS": ["arn:aws:sts::111111111111:assumed-role/r/s", "arn:aws:iam::111111111111:root"]}"#,
            r#"{"Service": "x.amazonaws.com"}"#,
            r#"{"AWS": "arn:aws:iam::222222222222:root"}"#,
        ],
    };
    let accounts = ["111111111111", "222222222222", "333333333333"];
    let mut callers = Vec::new();
    let mut push = |principal: Principal, account: &str| {
        callers.push((principal, account.to_owned()));
    };
    for own in accounts {
        for account in accounts {
            for name in ["a", "b", "p/a", "r"] {
                push(
                    Principal::from_arn(&format!("arn:aws:iam::{own}:user/{name}")).unwrap(),
                    account,
                );
                push(
                    Principal::role_session(&format!("arn:aws:iam::{own}:role/{name}"), "s")
                        .unwrap(),
                    account,
                );
                push(
                    Principal::role_session(&format!("arn:aws:iam::{own}:role/{name}"), "session")
                        .unwrap(),
                    account,
                );
            }
            push(
                Principal::from_arn(&format!("arn:aws:sts::{own}:federated-user/a")).unwrap(),
                account,
            );
            // No policy grants permissions to the root user in its own account.
            if own != account {
                push(
                    Principal::from_arn(&format!("arn:aws:iam::{own}:root")).unwrap(),
                    account,
                );
            }
        }
    }
    push(Principal::service("x.amazonaws.com"), accounts[0]);
    push(Principal::service("y.amazonaws.com"), accounts[0]);
    push(Principal::anonymous(), accounts[0]);
    let universe = Universe {
        callers,
        actions: ["s:a", "s:b", "sts:AssumeRole"].map(str::to_owned).to_vec(),
        resources: [
            "*",
            "arn:p:s:::a",
            "arn:p:s:::b",
            "arn:aws:iam::111111111111:role/r",
        ]
        .map(str::to_owned)
        .to_vec(),
        keys: Vec::new(),
    };
    let counts = agree(6, 120, &words, &universe);
    let [equal, narrower, wider, incomparable, undecided, outside] = counts;
    assert!(
        equal.min(narrower).min(wider).min(incomparable) > 5,
        "{counts:?}"
    );
    assert_eq!(undecided, 0);
    assert!(outside < 30, "{counts:?}");
}
