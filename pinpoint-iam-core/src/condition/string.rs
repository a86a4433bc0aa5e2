//! The string operators: exact, ignoring case, or with wildcards.
//!
//! Strings are compared character by character, without Unicode normalization. Policy variables are filled in, and
//! their values are data, not patterns. A policy value whose variable has no value matches nothing.
//!
//! AWS does not document whether the case of letters outside ASCII is ignored, except that `ß` and `ss` differ. If this
//! makes a difference, the comparison is undecidable.

use super::error::{ConditionError, pattern_fault};
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::{ContextLookup, Value};
use crate::pattern::characters::Characters;
use crate::pattern::classes::{Unfilled, unfilled};
use crate::pattern::{Case, Pattern, Syntax};
use crate::version::Version;

/// The strings in the policy, with which values of the request are compared.
#[derive(Clone, Debug)]
pub(super) struct StringMatcher {
    case: Case,
    patterns: Box<[Pattern]>,
}

impl StringMatcher {
    pub(super) fn parse(
        values: &[ConditionValue],
        case: Case,
        wildcards: bool,
        version: Version,
    ) -> Result<Self, ConditionError> {
        let syntax = Syntax {
            wildcards,
            variables: version.has_variables(),
        };
        let patterns = ConditionError::each(values, |value| {
            Pattern::parse(value.text(), syntax).map_err(|error| pattern_fault(value, &error))
        })?;
        Ok(Self { case, patterns })
    }

    pub(super) fn matches(
        &self,
        value: &Value,
        facts: &(impl ContextLookup + ?Sized),
    ) -> ValueMatch<'_> {
        let text = value.text();
        let met = self.first_match(&text, self.case, facts);
        if self.case == Case::Sensitive || !matches!(met, ValueMatch::None { .. }) {
            return met;
        }
        match self.first_match(&text, Case::Ignore, facts) {
            ValueMatch::None { .. } => met,
            ValueMatch::Unknown(key) => ValueMatch::Unknown(key),
            _ => ValueMatch::Undecidable(Undecidable::LetterOutsideAscii),
        }
    }

    pub(super) fn parts(&self) -> (Case, &[Pattern]) {
        (self.case, &self.patterns)
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter()
    }

    /// The patterns as pieces, once for each way of comparing letters that the result can depend on.
    pub(super) fn unfilled(&self) -> Vec<Vec<Vec<Unfilled<'_>>>> {
        let cases: &[Case] = match self.case {
            Case::Sensitive => &[Case::Sensitive],
            _ => &[Case::IgnoreAscii, Case::Ignore],
        };
        let in_case = |case: &Case| {
            let patterns = self.patterns.iter();
            let pieces = patterns.map(|pattern| unfilled(pattern.parts(), *case, Characters::All));
            pieces.collect()
        };
        cases.iter().map(in_case).collect()
    }

    /// Whether letters outside ASCII may be compared without regard to case.
    pub(super) fn folds_foreign_letters(&self) -> bool {
        self.case != Case::Sensitive
            && self
                .patterns
                .iter()
                .any(|pattern| !pattern.as_str().is_ascii())
    }

    fn first_match(
        &self,
        text: &str,
        case: Case,
        facts: &(impl ContextLookup + ?Sized),
    ) -> ValueMatch<'_> {
        ValueMatch::first_match(
            self.patterns
                .iter()
                .map(|pattern| pattern.matches(text, case, facts)),
        )
    }
}
