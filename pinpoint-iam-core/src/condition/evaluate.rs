//! Evaluates a condition from the values of its key.

use super::matcher::Matcher;
use super::null::NullMatcher;
use super::operator::{Operator, SetOperator};
use super::outcome::{Finding, Outcome};
use super::value_match::{Undecidable, ValueMatch};
use super::{Condition, Effect};
use crate::context::{ContextLookup, Lookup, Value};
use crate::truth::Truth;

pub(super) fn evaluate<'a>(
    condition: &'a Condition,
    facts: &'a (impl ContextLookup + ?Sized),
    effect: Effect,
) -> Outcome<'a> {
    let lookup = facts.lookup(&condition.key);
    if let (Matcher::Null(test), None) = (&condition.comparison, condition.operator.set()) {
        let (truth, finding) = match lookup {
            Lookup::Absent => (test.holds(true), Finding::Absent),
            Lookup::Unknown => (test.holds_for_unknown(), Finding::Unknown(&condition.key)),
            Lookup::Present(value) => of_null_test(*test, std::slice::from_ref(value)),
            Lookup::Multivalued(values) => of_null_test(*test, values),
        };
        return Outcome::new(condition, truth, finding);
    }
    let test = Test {
        condition,
        facts,
        effect,
    };
    let (truth, finding) = match (lookup, condition.operator.set()) {
        (Lookup::Absent, _) => (if_absent(condition), Finding::Absent),
        (Lookup::Unknown, _) => (Truth::Unknown, Finding::Unknown(&condition.key)),
        (Lookup::Present(value), None) => test.one(value),
        (Lookup::Present(value), Some(set)) => test.set(set, std::slice::from_ref(value)),
        (Lookup::Multivalued([]), None) => test.none(),
        (Lookup::Multivalued(values), None) => (undecidable(effect), Finding::Multivalued(values)),
        (Lookup::Multivalued(values), Some(set)) => test.set(set, values),
    };
    Outcome::new(condition, truth, finding)
}

fn of_null_test(test: NullMatcher, values: &[Value]) -> (Truth, Finding<'_>) {
    match is_null(values) {
        true => (test.holds(true), Finding::Null),
        false => (test.holds(false), Finding::Present(values)),
    }
}

/// Whether every value is empty; also true without values.
fn is_null(values: &[Value]) -> bool {
    values.iter().all(Value::is_null)
}

/// Set operators define their own result for absent keys and ignore `IfExists`.
fn if_absent(condition: &Condition) -> Truth {
    let operator = condition.operator;
    Truth::from(match operator.set() {
        Some(SetOperator::ForAllValues) => true,
        Some(SetOperator::ForAnyValue) => false,
        None => operator.if_exists() || operator.base().is_negated(),
    })
}

/// An undecidable condition counts against the request.
fn undecidable(effect: Effect) -> Truth {
    match effect {
        Effect::Allow => Truth::False,
        Effect::Deny => Truth::True,
    }
}

/// Whether a value satisfies the operator, by what came of comparing it with the values of the policy.
pub(super) fn truth_of(operator: Operator, met: ValueMatch<'_>, effect: Effect) -> Truth {
    let negated = operator.base().is_negated();
    match met {
        ValueMatch::One(_) => Truth::from(!negated),
        ValueMatch::None { .. } => Truth::from(negated),
        ValueMatch::Unknown(_) => Truth::Unknown,
        ValueMatch::NotAnArn => Truth::False,
        // A text that is no number equals none: `NumericNotEquals` is the negation of a comparison that is false.
        ValueMatch::Undecidable(Undecidable::NotANumber) if negated => Truth::True,
        ValueMatch::Undecidable(_) => undecidable(effect),
    }
}

struct Test<'a, F: ?Sized> {
    condition: &'a Condition,
    facts: &'a F,
    effect: Effect,
}

impl<'a, F: ContextLookup + ?Sized> Test<'a, F> {
    /// Whether one value of the request satisfies the operator. This includes negation, which applies inside a set
    /// operator.
    fn one(&self, value: &'a Value) -> (Truth, Finding<'a>) {
        let written = &self.condition.values;
        let met = if written.is_empty() {
            ValueMatch::NONE
        } else {
            self.condition.comparison.matches(value, self.facts)
        };
        let truth = truth_of(self.condition.operator, met, self.effect);
        let finding = match met {
            ValueMatch::One(index) => Finding::Met { value, index },
            ValueMatch::None { unresolved } => Finding::NoneMet { value, unresolved },
            ValueMatch::Unknown(key) => Finding::Unknown(key),
            ValueMatch::NotAnArn => Finding::NotAnArn(value),
            ValueMatch::Undecidable(Undecidable::NotANumber)
                if self.condition.operator.base().is_negated() =>
            {
                Finding::NoneMet {
                    value,
                    unresolved: None,
                }
            }
            ValueMatch::Undecidable(why) => Finding::Undecidable { value, why },
        };
        (truth, finding)
    }

    /// Whether the values of the request satisfy an operator with a set operator.
    fn set(&self, set: SetOperator, values: &'a [Value]) -> (Truth, Finding<'a>) {
        if is_null(values) {
            return (if_absent(self.condition), Finding::Null);
        }
        match set {
            SetOperator::ForAllValues => self.each(values, Truth::True),
            SetOperator::ForAnyValue => self.each(values, Truth::False),
        }
    }

    /// Evaluates the values of the request in order until one of them changes the combined result from `answer`.
    fn each(&self, values: &'a [Value], answer: Truth) -> (Truth, Finding<'a>) {
        let mut unknown = None;
        let mut undecided = None;
        let mut last = Finding::Values(values);
        for value in values {
            let (truth, finding) = self.one(value);
            if truth == answer.negate() {
                return (truth, finding);
            }
            if truth == Truth::Unknown {
                unknown.get_or_insert(finding);
            } else if matches!(finding, Finding::Undecidable { .. }) {
                undecided.get_or_insert(finding);
            }
            if values.len() == 1 {
                last = finding;
            }
        }
        match (unknown, undecided) {
            (Some(finding), _) => (Truth::Unknown, finding),
            (None, Some(finding)) => (answer, finding),
            (None, None) => (answer, last),
        }
    }

    /// The result for a key that is present without a value: no value matches, and it is undecidable whether the key
    /// exists.
    fn none(&self) -> (Truth, Finding<'a>) {
        let operator = self.condition.operator;
        if operator.if_exists() && !operator.base().is_negated() {
            return (undecidable(self.effect), Finding::Valueless);
        }
        (if_absent(self.condition), Finding::Null)
    }
}
