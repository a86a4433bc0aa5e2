//! The date operators: points in time.
//!
//! A policy contains a date of the ISO 8601 profile, such as `2026-10-30` or `2026-10-30T12:00:00+01:00`, or the
//! seconds since 1970 as digits; [`Instant`] parses both forms. The comparison uses instants, not strings: the offset
//! does not matter, and a date without a time is midnight UTC.

use super::error::ConditionError;
use super::operator::Relation;
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::Value;
use crate::instant::{Instant, InvalidInstant};

/// The instants in the policy, with which values of the request are compared.
#[derive(Clone, Debug)]
pub(super) struct DateMatcher {
    relation: Relation,
    instants: Box<[Instant]>,
}

impl DateMatcher {
    pub(super) fn parse(
        relation: Relation,
        values: &[ConditionValue],
    ) -> Result<Self, ConditionError> {
        let instants = ConditionError::each(values, |value| {
            match value {
                ConditionValue::Text(text) => Instant::parse(text),
                // With a minus sign, a string is a year and a number is a time before 1970; the two are too easily
                // confused.
                ConditionValue::Number(text) if text.starts_with('-') => {
                    Err(InvalidInstant::Malformed)
                }
                ConditionValue::Number(text) => Instant::parse(text),
                ConditionValue::Bool(_) => Err(InvalidInstant::Malformed),
            }
            .map_err(|error| (format!("{value} is not a date"), error.hint()))
        })?;
        Ok(Self { relation, instants })
    }

    pub(super) fn parts(&self) -> (Relation, &[Instant]) {
        (self.relation, &self.instants)
    }

    pub(super) fn matches(&self, value: &Value) -> ValueMatch<'static> {
        let instant = match value {
            Value::Time(time) => Instant::from(*time),
            Value::Number(seconds) => Instant::from_seconds(*seconds),
            Value::Text(text) => match Instant::parse_in_request(text) {
                Ok(instant) => instant,
                Err(_) => return ValueMatch::Undecidable(Undecidable::NotADate),
            },
            _ => return ValueMatch::Undecidable(Undecidable::NotADate),
        };
        ValueMatch::first(&self.instants, |known| {
            self.relation.holds(instant.cmp(known))
        })
    }
}

/// Sample instants that represent all others: each instant in the policies, one between each two, one before all and
/// one after all.
pub(super) fn samples<'a>(all: impl Iterator<Item = &'a DateMatcher>) -> Vec<Instant> {
    let mut instants: Vec<Instant> = all
        .flat_map(|dates| dates.instants.iter().copied())
        .collect();
    instants.sort_unstable();
    instants.dedup();
    let before = instants.first().map(|first| first.moved(-1));
    let behind = instants.last().map(|last| last.moved(1));
    let between = instants.windows(2).filter_map(|pair| match pair {
        [left, right] => left.between(*right),
        _ => None,
    });
    let others: Vec<Instant> = between.chain(before).chain(behind).collect();
    instants.into_iter().chain(others).collect()
}
