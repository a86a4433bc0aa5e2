//! Lints on conditions.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::keys::{brought_along_by, is_often_absent_boolean, is_single_valued};
use super::{Finding, LintCode, Report, why_no_variables};
use crate::condition::{BaseOperator, Condition, ConditionValue, SetOperator};
use crate::condition::{arn, boolean, ip_address};
use crate::context::{ConditionKey, is_multivalued};
use crate::effect::Effect;
use crate::policy::document::Document;
use crate::policy::statement::Statement;
use crate::quoted::Quoted;

/// A condition with its context.
struct Subject<'d> {
    document: &'d Document,
    statement: &'d Statement,
    condition: &'d Condition,
    /// The condition keys that a request must have, because otherwise one of the statement's conditions fails.
    asked_for: &'d BTreeSet<&'d ConditionKey>,
}

type ConditionRule = fn(&Subject<'_>) -> Option<Finding>;
type ValueRule = fn(&Subject<'_>, &ConditionValue) -> Option<Finding>;

/// Rules whose findings are reported at the condition key.
const CONDITION_RULES: &[(LintCode, ConditionRule)] = &[
    (LintCode::BoolWithoutIfExists, bool_without_if_exists),
    (LintCode::EmptyValues, empty_values),
    (LintCode::ForAllValuesAllow, for_all_values_allow),
    (LintCode::IfExistsOfSet, if_exists_of_set),
    (LintCode::MultivaluedWithoutSet, multivalued_without_set),
    (LintCode::NullOfBoth, null_of_both),
    (LintCode::NullOfSet, null_of_set),
    (LintCode::SetOfSingle, set_of_single),
];

/// Rules whose findings are reported at the value.
const VALUE_RULES: &[(LintCode, ValueRule)] = &[
    (LintCode::ArnWithoutComponents, arn_without_components),
    (LintCode::BoolVariable, bool_variable),
    (LintCode::HostBits, host_bits),
    (LintCode::LiteralVariable, literal_variable),
    (LintCode::MappedRange, mapped_range),
];

/// Applies the rules to the conditions of a statement.
pub(super) fn examine(document: &Document, statement: &Statement, report: &mut Report<'_>) {
    let Some(conditions) = &statement.conditions else {
        return;
    };
    let asked_for = statement
        .conditions()
        .iter()
        .filter(|condition| fails_without_key(condition))
        .map(Condition::key)
        .collect();
    for (condition, place) in statement.conditions().iter().zip(&conditions.places) {
        let subject = Subject {
            document,
            statement,
            condition,
            asked_for: &asked_for,
        };
        for (code, rule) in CONDITION_RULES {
            report(place.key.0, *code, rule(&subject));
        }
        for (value, place) in condition.values().iter().zip(&place.values) {
            for (code, rule) in VALUE_RULES {
                report(place.0, *code, rule(&subject, value));
            }
        }
    }
    let operators = &conditions.operators;
    if operators.is_empty() {
        let finding = empty_condition("`Condition`");
        report(conditions.place.0, LintCode::EmptyCondition, Some(finding));
    }
    for operator in operators.iter().filter(|operator| operator.length == 0) {
        let finding = empty_condition(&Quoted(&operator.operator).to_string());
        report(operator.place.0, LintCode::EmptyCondition, Some(finding));
    }
}

fn empty_condition(what: &str) -> Finding {
    Finding::new(
        format!("{what} is empty and has no effect"),
        "add a condition, or remove the empty block",
    )
}

impl Subject<'_> {
    fn effect(&self) -> Effect {
        self.statement.effect()
    }

    fn base(&self) -> BaseOperator {
        self.condition.operator().base()
    }

    fn set(&self) -> Option<SetOperator> {
        self.condition.operator().set()
    }

    /// The condition key in backticks.
    fn key(&self) -> Quoted<'_> {
        Quoted(self.condition.key().as_str())
    }

    /// Whether another condition of the statement fails for requests without the key.
    fn key_is_asked_for(&self) -> bool {
        let key = self.condition.key();
        self.asked_for.contains(key)
            || brought_along_by(key).is_some_and(|start| {
                self.asked_for
                    .iter()
                    .any(|asked| asked.folded().starts_with(start))
            })
    }
}

/// Whether the condition fails for every request without its key, for all policy values.
fn fails_without_key(condition: &Condition) -> bool {
    let operator = condition.operator();
    match (operator.base(), operator.set()) {
        (BaseOperator::Null, None) => !asks_for(condition, true),
        (_, Some(SetOperator::ForAnyValue)) => true,
        (_, Some(SetOperator::ForAllValues)) => false,
        (base, None) => !base.is_negated() && !operator.if_exists(),
    }
}

/// Whether one of the values of a `Bool` or `Null` condition is `wanted`.
fn asks_for(condition: &Condition, wanted: bool) -> bool {
    condition
        .values()
        .iter()
        .any(|value| boolean::of_policy(value) == Some(wanted))
}

fn bool_without_if_exists(subject: &Subject<'_>) -> Option<Finding> {
    let skips_absent_keys = subject.effect() == Effect::Deny
        && subject.base() == BaseOperator::Bool
        && subject.set().is_none()
        && !subject.condition.operator().if_exists()
        && asks_for(subject.condition, false)
        && is_often_absent_boolean(subject.condition.key());
    skips_absent_keys.then(|| {
        Finding::new(
            format!("requests without {} are not denied", subject.key()),
            "write `BoolIfExists`, which also matches these requests",
        )
    })
}

fn empty_values(subject: &Subject<'_>) -> Option<Finding> {
    subject.condition.values().is_empty().then(|| {
        Finding::new(
            format!(
                "{} is compared with an empty list, so {} value satisfies `{}`",
                subject.key(),
                if subject.base().is_negated() {
                    "every"
                } else {
                    "no"
                },
                subject.condition.operator()
            ),
            "list the values, or remove the condition",
        )
    })
}

fn for_all_values_allow(subject: &Subject<'_>) -> Option<Finding> {
    let is_hole = subject.effect() == Effect::Allow
        && subject.set() == Some(SetOperator::ForAllValues)
        && subject.base() != BaseOperator::Null
        // Another lint already advises against the set operator.
        && !is_single_valued(subject.condition.key())
        && !subject.key_is_asked_for();
    is_hole.then(|| {
        let key = subject.condition.key().as_str();
        Finding::new(
            format!(
                "requests without {} satisfy `{}`",
                subject.key(),
                subject.condition.operator()
            ),
            format!(
                "to exclude them, add {}",
                Quoted(&format!("\"Null\": {{\"{key}\": \"false\"}}"))
            ),
        )
    })
}

fn if_exists_of_set(subject: &Subject<'_>) -> Option<Finding> {
    let set = subject.set()?;
    subject.condition.operator().if_exists().then(|| {
        Finding::new(
            format!(
                "the `IfExists` of `{}` has no effect, because `{}:` already determines the result for requests without {}",
                subject.condition.operator(),
                set.as_str(),
                subject.key()
            ),
            match set {
                SetOperator::ForAllValues => "remove it; the condition is true for these requests",
                SetOperator::ForAnyValue => "remove it; the condition is false for these requests",
            },
        )
    })
}

fn multivalued_without_set(subject: &Subject<'_>) -> Option<Finding> {
    let is_ambiguous = subject.base() != BaseOperator::Null
        && subject.set().is_none()
        && is_multivalued(subject.condition.key());
    is_ambiguous.then(|| {
        let operator = subject.condition.operator().base().as_str();
        Finding::new(
            format!(
                "{} is multivalued, and `{}` compares one value: the condition {}",
                subject.key(),
                subject.condition.operator(),
                match subject.effect() {
                    Effect::Allow => "is always false",
                    Effect::Deny => "is always true",
                }
            ),
            format!("write `ForAnyValue:{operator}` or `ForAllValues:{operator}`"),
        )
    })
}

fn null_of_both(subject: &Subject<'_>) -> Option<Finding> {
    let always_holds = subject.base() == BaseOperator::Null
        && subject.set().is_none()
        && asks_for(subject.condition, true)
        && asks_for(subject.condition, false);
    always_holds.then(|| {
        Finding::new(
            format!(
                "{} is tested for both `true` and `false`, so the condition always holds",
                subject.key()
            ),
            "keep `true` or `false`",
        )
    })
}

fn null_of_set(subject: &Subject<'_>) -> Option<Finding> {
    let set = subject
        .set()
        .filter(|_| subject.base() == BaseOperator::Null)?;
    Some(Finding::new(
        format!(
            "`{}` asks `Null` of each value of {}, and {} for requests without it",
            subject.condition.operator(),
            subject.key(),
            match set {
                SetOperator::ForAllValues => "holds",
                SetOperator::ForAnyValue => "does not hold",
            }
        ),
        "write `Null`",
    ))
}

fn set_of_single(subject: &Subject<'_>) -> Option<Finding> {
    // Another lint is more specific about `Null`.
    let set = subject
        .set()
        .filter(|_| subject.base() != BaseOperator::Null)?;
    is_single_valued(subject.condition.key()).then(|| {
        Finding::new(
            format!(
                "{} never has several values, and requests without it {} `{}`",
                subject.key(),
                match set {
                    SetOperator::ForAllValues => "satisfy",
                    SetOperator::ForAnyValue => "do not satisfy",
                },
                subject.condition.operator()
            ),
            format!("remove the `{}:`", set.as_str()),
        )
    })
}

fn arn_without_components(subject: &Subject<'_>, value: &ConditionValue) -> Option<Finding> {
    let compares_arns = matches!(
        subject.base(),
        BaseOperator::ArnEquals
            | BaseOperator::ArnLike
            | BaseOperator::ArnNotEquals
            | BaseOperator::ArnNotLike
    );
    let matches_nothing =
        compares_arns && !arn::has_all_components(value.text(), subject.document.version());
    matches_nothing.then(|| {
        Finding::new(
            format!(
                "{value} does not have the six components of an ARN and never matches{}",
                if subject.base().is_negated() {
                    ", so it excludes nothing"
                } else {
                    ""
                }
            ),
            "write all six components, as in `arn:aws:iam::*:role/*`",
        )
    })
}

fn bool_variable(subject: &Subject<'_>, value: &ConditionValue) -> Option<Finding> {
    let is_no_boolean = subject.base() == BaseOperator::Bool && boolean::of_policy(value).is_none();
    is_no_boolean.then(|| {
        Finding::new(
            format!("`Bool` does not support variables, so {value} is neither true nor false"),
            "write `true` or `false`, or compare with `StringEquals`",
        )
    })
}

fn literal_variable(subject: &Subject<'_>, value: &ConditionValue) -> Option<Finding> {
    let why = why_no_variables(subject.document)?;
    let is_meant = subject.base() != BaseOperator::Bool && value.text().contains("${");
    is_meant.then(|| {
        Finding::new(
            format!("the `${{` in {value} is plain text, because {why}"),
            "write `\"Version\": \"2012-10-17\"` if it is a variable",
        )
    })
}

fn host_bits(subject: &Subject<'_>, value: &ConditionValue) -> Option<Finding> {
    let range = range(subject, value)?;
    (range.addr() != range.network()).then(|| {
        Finding::new(
            format!("{value} is read as `{}`", range.trunc()),
            format!(
                "write the range, or `{}` for a single address",
                range.addr()
            ),
        )
    })
}

fn mapped_range(subject: &Subject<'_>, value: &ConditionValue) -> Option<Finding> {
    range(subject, value)?;
    let IpAddr::V6(address) = ip_address::parse_as_written(value.text())?.addr() else {
        return None;
    };
    let mapped = address.to_ipv4_mapped()?;
    Some(match range(subject, value)? {
        IpNet::V4(range) => Finding::new(
            format!("{value} is read as the IPv4 range `{range}`"),
            "write the IPv4 range",
        ),
        IpNet::V6(_) => Finding::new(
            format!("{value} is an IPv6 range, which does not contain IPv4 addresses"),
            format!("write an IPv4 range that contains `{mapped}`"),
        ),
    })
}

/// The range in a value of an address operator.
fn range(subject: &Subject<'_>, value: &ConditionValue) -> Option<IpNet> {
    match subject.base() {
        BaseOperator::IpAddress | BaseOperator::NotIpAddress => ip_address::parse(value.text()),
        _ => None,
    }
}
