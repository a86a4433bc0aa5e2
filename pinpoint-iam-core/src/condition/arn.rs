//! The ARN operators: `ArnLike` and its variants, which compare ARNs component by component.
//!
//! `ArnEquals` is the same as `ArnLike`, and `ArnNotEquals` is the same as `ArnNotLike`. Value and pattern are split at
//! their first five colons, not counting those inside a variable. Each of the six components is matched separately and
//! case-sensitively. A wildcard or a variable never matches across a colon, except in the last component, which keeps
//! its own colons.
//!
//! A value that is not an ARN satisfies neither the positive nor the negated operators, and a pattern without six
//! components matches nothing. A value that starts like an ARN but exceeds the maximum length or contains control
//! characters is undecidable.

use super::error::{ConditionError, pattern_fault};
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::arn::{Arn, InvalidArn};
use crate::context::{ContextLookup, Value};
use crate::pattern::characters::Characters;
use crate::pattern::classes::{Atom, Unfilled, unfilled};
use crate::pattern::{Case, Match, Pattern, Syntax};
use crate::version::Version;

/// The patterns of the policy; `None` for a pattern without six components.
#[derive(Clone, Debug)]
pub(super) struct ArnMatcher(Box<[Option<ArnPattern>]>);

/// A pattern for each component: `arn`, partition, service, region, account and resource.
type ArnPattern = [Pattern; COMPONENTS];

const COMPONENTS: usize = 6;

impl ArnMatcher {
    pub(super) fn parse(
        values: &[ConditionValue],
        version: Version,
    ) -> Result<Self, ConditionError> {
        let syntax = syntax(version);
        ConditionError::each(values, |value| {
            let components: Vec<Pattern> = split(value.text(), syntax)
                .map(|component| {
                    Pattern::parse(component, syntax).map_err(|error| pattern_fault(value, &error))
                })
                .collect::<Result<_, _>>()?;
            Ok::<_, (String, String)>(components.try_into().ok())
        })
        .map(Self)
    }

    pub(super) fn matches(
        &self,
        value: &Value,
        facts: &(impl ContextLookup + ?Sized),
    ) -> ValueMatch<'_> {
        let text = value.text();
        let arn = match Arn::parse(&text) {
            Ok(arn) => arn,
            Err(InvalidArn::NoPrefix | InvalidArn::TooFewComponents) => {
                return ValueMatch::NotAnArn;
            }
            Err(_) => return ValueMatch::Undecidable(Undecidable::UnusableArn),
        };
        ValueMatch::first_match(self.0.iter().map(|pattern| match pattern {
            Some(pattern) => matches(pattern, &arn, facts),
            None => Match::No,
        }))
    }

    pub(super) fn parts(&self) -> &[Option<[Pattern; COMPONENTS]>] {
        &self.0
    }

    /// The index of the first pattern that cannot match because it does not have six components.
    pub(super) fn first_without_components(&self) -> Option<usize> {
        self.0.iter().position(Option::is_none)
    }

    /// The patterns as pieces, with variables not filled in.
    pub(super) fn unfilled(&self) -> Vec<Vec<Unfilled<'_>>> {
        self.0.iter().flatten().map(whole).collect()
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.0.iter().flatten().flatten()
    }
}

/// Whether a pattern has six components. Without them, it matches no ARN. `version` is that of the policy.
pub(crate) fn has_all_components(pattern: &str, version: Version) -> bool {
    split(pattern, syntax(version)).count() == COMPONENTS
}

const fn syntax(version: Version) -> Syntax {
    Syntax {
        wildcards: true,
        variables: version.has_variables(),
    }
}

/// The pieces of all components, joined by colons.
fn whole(pattern: &ArnPattern) -> Vec<Unfilled<'_>> {
    let mut pieces = Vec::new();
    for (index, component) in pattern.iter().enumerate() {
        let within = if index + 1 < COMPONENTS {
            pieces.extend((index > 0).then_some(Unfilled::Atom(COLON)));
            Characters::WithoutColon
        } else {
            pieces.push(Unfilled::Atom(COLON));
            Characters::All
        };
        pieces.extend(unfilled(component.parts(), Case::Sensitive, within));
    }
    pieces
}

const COLON: Atom = Atom::One(Characters::One(':'));

/// A single component that does not match decides the result, even if other components depend on unknown keys.
fn matches<'p>(
    pattern: &'p ArnPattern,
    arn: &Arn<'_>,
    facts: &(impl ContextLookup + ?Sized),
) -> Match<'p> {
    let components = [
        "arn",
        arn.partition(),
        arn.service(),
        arn.region(),
        arn.account(),
        arn.resource(),
    ];
    let mut all = Match::Yes;
    for (pattern, component) in pattern.iter().zip(components) {
        match (pattern.matches(component, Case::Sensitive, facts), all) {
            (Match::No, _) => return Match::No,
            (Match::Unresolved, _) => all = Match::Unresolved,
            (Match::Unknown(key), Match::Yes) => all = Match::Unknown(key),
            (Match::Unknown(_) | Match::Yes, _) => {}
        }
    }
    all
}

/// Splits at the first five colons that are not part of a variable.
fn split(text: &str, syntax: Syntax) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let mut splits = 0;
    std::iter::from_fn(move || {
        let text = rest?;
        splits += 1;
        let colon = if splits < COMPONENTS {
            first_colon(text, syntax)
        } else {
            None
        };
        let Some((component, after)) = colon.and_then(|colon| text.split_at_checked(colon)) else {
            rest = None;
            return Some(text);
        };
        rest = after.strip_prefix(':');
        Some(component)
    })
}

fn first_colon(text: &str, syntax: Syntax) -> Option<usize> {
    let mut inside = false;
    let mut quoted = false;
    let mut dollar = false;
    for (offset, character) in text.char_indices() {
        match character {
            '{' if dollar && !inside && syntax.variables => inside = true,
            '\'' if inside => quoted = !quoted,
            '}' if !quoted => inside = false,
            ':' if !inside => return Some(offset),
            _ => {}
        }
        dollar = character == '$';
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_of_variables_do_not_split() {
        let parts = |text, variables| -> Vec<&str> {
            split(
                text,
                Syntax {
                    wildcards: true,
                    variables,
                },
            )
            .collect()
        };
        assert_eq!(
            parts("arn:aws:sns:*:${aws:account, 'a:}b'}:t:${*}:${x}", true),
            [
                "arn",
                "aws",
                "sns",
                "*",
                "${aws:account, 'a:}b'}",
                "t:${*}:${x}"
            ]
        );
        assert_eq!(parts("a:${b:c}", false), ["a", "${b", "c}"]);
        assert_eq!(parts("a{b:c}", true), ["a{b", "c}"]);
        assert_eq!(parts("*", true), ["*"]);
        assert_eq!(parts("", true), [""]);
    }
}
