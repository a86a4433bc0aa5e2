//! Random policies and requests that are related to each other.
//!
//! All word lists are short, so that patterns often match actions, resources and values. This covers `Allow` and `Deny`
//! in every policy type, every condition operator with keys that are absent, empty, single-valued or multivalued,
//! variables with and without values, and unknown keys. `tests/tests/evaluation/generators.rs` checks that they occur.

mod draft;
mod scenario;
mod words;

use std::collections::BTreeMap;

use pinpoint_iam::condition::BaseOperator;
use pinpoint_iam::policy::Effect;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub use draft::{Condition, Draft, Layers, Lists, Patterns, Statement};
pub use scenario::{RequestCase, Scenario};
pub use words::{
    ACTION_PATTERNS, ACTIONS, CALLERS, KEYS, PLAIN_ACTION_PATTERNS, PLAIN_RESOURCE_PATTERNS,
    RESOURCE_PATTERNS, RESOURCES,
};
use words::{Family, PRINCIPALS};

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Returns one or two of `words`.
fn few(words: &[&str]) -> impl Strategy<Value = Vec<String>> + use<> {
    let longest = words.len().min(2);
    subsequence(owned(words), 1..=longest)
}

fn patterns(words: &'static [&'static str]) -> impl Strategy<Value = Patterns> {
    (prop::bool::weighted(0.12), few(words))
        .prop_map(|(negated, patterns)| Patterns { negated, patterns })
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Deny)]
}

/// Returns a condition: any operator in any form, usually with a suitable key and suitable values.
pub fn condition() -> impl Strategy<Value = Condition> {
    let set = prop_oneof![4 => Just(""), 1 => Just("ForAllValues:"), 1 => Just("ForAnyValue:")];
    let if_exists = prop::bool::weighted(0.2);
    (select(BaseOperator::ALL), set, if_exists).prop_flat_map(|(base, set, if_exists)| {
        let family = Family::of(base);
        let keys = match base {
            BaseOperator::Null => KEYS.to_vec(),
            _ => family.keys(),
        };
        let key = prop_oneof![9 => select(keys), 1 => select(KEYS.to_vec())];
        let values = prop_oneof![19 => few(family.written()), 1 => Just(Vec::new())];
        (key, values).prop_map(move |(key, values)| {
            let operator = match (base, if_exists) {
                (BaseOperator::Null, _) => format!("{set}{}", base.as_str()),
                (_, true) => format!("{set}{}IfExists", base.as_str()),
                (_, false) => format!("{set}{}", base.as_str()),
            };
            Condition {
                operator,
                key: key.to_owned(),
                values,
            }
        })
    })
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let count = prop_oneof![5 => Just(0usize), 4 => Just(1), 2 => Just(2)];
    count
        .prop_flat_map(|count| vec(condition(), count))
        .prop_map(|mut conditions| {
            conditions.sort_by(|left, right| {
                (&left.operator, &left.key).cmp(&(&right.operator, &right.key))
            });
            conditions.dedup_by(|left, right| {
                (&left.operator, &left.key) == (&right.operator, &right.key)
            });
            conditions
        })
}

/// Returns a statement, with a principal in the fraction `with_principal` of all cases.
fn statement(with_principal: f64) -> impl Strategy<Value = Statement> {
    let not = prop::bool::weighted(0.3);
    let principal = option::weighted(with_principal, (not, select(PRINCIPALS.to_vec())));
    let resources = patterns(&RESOURCE_PATTERNS);
    (
        effect(),
        principal,
        patterns(&ACTION_PATTERNS),
        resources,
        conditions(),
    )
        .prop_map(|(effect, principal, actions, resources, conditions)| {
            let principal = principal.map(|(not, principal)| {
                let element = match not {
                    true => "NotPrincipal",
                    false => "Principal",
                };
                (element, principal)
            });
            Statement {
                effect,
                principal,
                actions,
                resources,
                conditions,
            }
        })
}

/// Returns an identity-based statement.
pub fn identity_statement() -> impl Strategy<Value = Statement> {
    statement(0.03)
}

/// Returns a resource-based statement.
pub fn resource_statement() -> impl Strategy<Value = Statement> {
    statement(0.97)
}

fn draft(statement: impl Strategy<Value = Statement>) -> impl Strategy<Value = Draft> {
    let version =
        prop_oneof![8 => Just(Some("2012-10-17")), 1 => Just(Some("2008-10-17")), 1 => Just(None)];
    (version, vec(statement, 1..3)).prop_map(|(version, statements)| Draft {
        version,
        statements,
    })
}

/// Returns a policy that allows everything in half of the cases, so that other types decide, and `random` otherwise.
fn limiting(
    principal: Option<(&'static str, &'static str)>,
    random: impl Strategy<Value = Draft>,
) -> impl Strategy<Value = Draft> {
    let mut everything = Statement::everything(Effect::Allow);
    everything.principal = principal;
    prop_oneof![1 => Just(Draft::of(vec![everything])), 1 => random]
}

fn identity_limit() -> impl Strategy<Value = Draft> {
    limiting(None, draft(identity_statement()))
}

fn resource_limit() -> impl Strategy<Value = Draft> {
    limiting(Some(("Principal", "\"*\"")), draft(resource_statement()))
}

/// Returns policies of every type. Most scenarios contain only some of them.
pub fn layers() -> impl Strategy<Value = Layers> {
    let limit = || option::weighted(0.25, vec(identity_limit(), 0..3));
    let levels = prop_oneof![
        3 => Just(Vec::new()),
        1 => vec(vec(identity_limit(), 1..3), 1..3),
    ];
    let resource_levels = prop_oneof![
        6 => Just(Vec::new()),
        1 => vec(vec(resource_limit(), 1..3), 1..3),
    ];
    (
        vec(draft(identity_statement()), 0..3),
        limit(),
        limit(),
        option::weighted(0.5, draft(resource_statement())),
        option::weighted(0.15, resource_limit()),
        levels,
        resource_levels,
    )
        .prop_map(
            |(identity, boundary, session, resource, vpc_endpoint, scps, rcps)| Layers {
                identity,
                boundary,
                session,
                resource,
                vpc_endpoint,
                scps,
                rcps,
            },
        )
}

/// Returns values of `key`: often one, sometimes several, an empty one, or an empty list. `None` means that it is
/// absent.
pub fn values(key: &str) -> impl Strategy<Value = Option<Vec<String>>> + use<> {
    let words = Family::of_key(key).brought();
    prop_oneof![
        4 => Just(None),
        8 => select(words).prop_map(|word| Some(vec![word.to_owned()])),
        2 => subsequence(owned(words), 2).prop_map(Some),
        1 => Just(Some(vec![String::new()])),
        1 => Just(Some(Vec::new())),
    ]
}

/// Returns the condition keys of a request.
pub fn context() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    KEYS.map(values).prop_map(|values| {
        let present = KEYS.into_iter().zip(values);
        present
            .filter_map(|(key, values)| Some((key.to_owned(), values?)))
            .collect()
    })
}

/// Returns a request without unknown keys.
pub fn ask() -> impl Strategy<Value = RequestCase> {
    let account = prop_oneof![
        2 => Just(None),
        2 => Just(Some("111122223333")),
        1 => Just(Some("999988887777")),
    ];
    (
        select(CALLERS.to_vec()),
        select(ACTIONS.to_vec()),
        select(RESOURCES.to_vec()),
        account,
        context(),
    )
        .prop_map(|(caller, action, resource, account, context)| RequestCase {
            caller,
            action: action.to_owned(),
            resource: resource.to_owned(),
            account,
            context,
            unknown: Vec::new(),
        })
}

/// Returns a request and policies.
pub fn scene() -> impl Strategy<Value = Scenario> {
    (layers(), ask()).prop_map(|(layers, ask)| Scenario { layers, ask })
}

/// Returns the unknown keys, some of [`KEYS`].
pub fn unknown() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(KEYS.to_vec(), 1..=KEYS.len())
}
