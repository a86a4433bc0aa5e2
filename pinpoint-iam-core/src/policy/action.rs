//! `Action` and `NotAction`.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::error::{Place, TextError};
use super::values::Values;
use crate::context::Context;
use crate::effect::Effect;
use crate::pattern::{BorrowedPattern, Case, Match};
use crate::position::Position;
use crate::quoted::Quoted;

/// The actions that a statement covers: those that match one of the patterns or, if negated, those that match none.
///
/// See [Action](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html) and
/// [NotAction](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html).
#[derive(Clone, Debug, PartialEq)]
pub struct ActionElement {
    pub(super) is_negated: bool,
    pub(super) values: Values<ActionPattern>,
}

impl ActionElement {
    /// Whether the element is `NotAction`, which covers the actions of all services that match no pattern.
    pub const fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// The patterns as written; never empty.
    pub fn patterns(&self) -> &[ActionPattern] {
        self.values.items()
    }

    /// The position of the element's value in the document.
    pub const fn position(&self) -> Position {
        match &self.values {
            Values::One(pattern) => pattern.position(),
            Values::List(list) => list.position(),
        }
    }

    /// `Action` or `NotAction`.
    pub const fn name(&self) -> &'static str {
        if self.is_negated {
            "NotAction"
        } else {
            "Action"
        }
    }
}

/// `*`, or a service prefix and the name of an action, with wildcards.
#[derive(Clone, PartialEq)]
pub struct ActionPattern {
    /// Shared, because documents repeat the same actions many times.
    text: Arc<str>,
    place: Place,
}

impl ActionPattern {
    /// `*`.
    pub(super) fn everything(place: Place) -> Self {
        Self {
            text: "*".into(),
            place,
        }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The position of the pattern in the document.
    pub const fn position(&self) -> Position {
        self.place.0
    }

    /// Whether the pattern matches every action of every service: `*` or `*:*`.
    pub fn is_everything(&self) -> bool {
        matches!(&*self.text, "*" | "*:*")
    }

    /// The part before the colon; `None` for `*`.
    pub fn prefix(&self) -> Option<&str> {
        self.split_at_colon().map(|(prefix, _)| prefix)
    }

    /// The part before the colon and the part after it; `None` for `*`.
    fn split_at_colon(&self) -> Option<(&str, &str)> {
        let colon = memchr(b':', self.text.as_bytes())?;
        Some((self.text.get(..colon)?, self.text.get(colon + 1..)?))
    }

    /// Whether the pattern matches the action `name` of the service with this `prefix`.
    ///
    /// Prefix and name are compared ignoring ASCII case. `*` matches any run of characters and `?` one character,
    /// anchored at both ends: `Get*` also matches `GetCampaigns`. `*:*` is `*`.
    ///
    /// AWS does not document other wildcards in the prefix, as in `mobile*:GetApp`. If a match would widen access, such
    /// a pattern matches nothing; otherwise the wildcard is honored. Therefore `effect` is the statement's effect for
    /// an `Action`, and the *opposite* effect for a `NotAction`.
    pub fn matches(&self, prefix: &str, name: &str, effect: Effect) -> bool {
        if self.is_everything() {
            return true;
        }
        let Some((wanted_prefix, wanted_name)) = self.split_at_colon() else {
            return false;
        };
        let is_prefix = if has_wildcards(wanted_prefix) {
            effect == Effect::Deny && covers(wanted_prefix, prefix)
        } else {
            wanted_prefix.eq_ignore_ascii_case(prefix)
        };
        is_prefix && covers(wanted_name, name)
    }
}

/// The patterns of the document so far.
#[derive(Default)]
pub(super) struct KnownActions(HashSet<Arc<str>>);

impl KnownActions {
    /// Parses `*` or `prefix:name`. No catalog has to contain the service or the action.
    pub(super) fn parse(&mut self, text: &str, place: Place) -> Result<ActionPattern, TextError> {
        if let Some(known) = self.0.get(text) {
            let text = Arc::clone(known);
            return Ok(ActionPattern { text, place });
        }
        check(text)?;
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        Ok(ActionPattern { text, place })
    }
}

impl fmt::Debug for ActionPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Rejects a text that is neither `*` nor `prefix:name`.
fn check(text: &str) -> Result<(), TextError> {
    if text == "*" {
        return Ok(());
    }
    if let Some(offset) = text.find("${") {
        let flaw = TextError::new(
            "an action cannot contain a policy variable",
            "list the actions, or use `*` and `?`",
        );
        return Err(flaw.at(offset));
    }
    if text.is_empty() {
        return Err(TextError::new(
            "the action is empty",
            "write `*`, or an action such as `mobiletargeting:GetApp`",
        ));
    }
    let Some((prefix, name)) = text.split_once(':') else {
        return Err(TextError::new(
            format!("the action {} has no service prefix", Quoted(text)),
            "write `*`, or a service prefix in front, as in `mobiletargeting:GetApp`",
        ));
    };
    if let Some(colon) = name.find(':') {
        let flaw = TextError::new(
            format!("the action {} has more than one colon", Quoted(text)),
            "write the service prefix, one colon and the name of the action",
        );
        return Err(flaw.at(prefix.len() + 1 + colon));
    }
    if prefix.is_empty() {
        return Err(TextError::new(
            format!("the action {} has an empty service prefix", Quoted(text)),
            "write a service prefix in front, as in `mobiletargeting:GetApp`",
        ));
    }
    Ok(())
}

fn has_wildcards(text: &str) -> bool {
    memchr2(b'*', b'?', text.as_bytes()).is_some()
}

/// Whether a pattern with wildcards and without variables matches `text`.
fn covers(pattern: &str, text: &str) -> bool {
    let pattern = BorrowedPattern::without_variables(pattern);
    pattern.matches(text, Case::IgnoreAscii, Context::empty()) == Match::Yes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching() {
        let place = Place(Position::START);
        for (pattern, allow, deny) in [
            ("*", true, true),
            ("*:*", true, true),
            ("mobiletargeting:GetCampaign", true, true),
            ("MobileTargeting:getcampaign", true, true),
            ("mobiletargeting:GetCampaign*", true, true),
            ("mobiletargeting:*Campaign", true, true),
            ("mobiletargeting:Get?ampaign", true, true),
            ("mobiletargeting:*", true, true),
            ("mobiletargeting:GetCampaign?", false, false),
            ("mobiletargeting:GetCampaign ", false, false),
            ("mobiletargeting:Campaign", false, false),
            ("mobiletargeting:", false, false),
            ("s3:GetCampaign", false, false),
            ("mobile*:GetCampaign", false, true),
            ("mobiletargetin?:*", false, true),
            ("*:GetCampaign", false, true),
            ("m*:GetApp", false, false),
        ] {
            let pattern = KnownActions::default().parse(pattern, place).unwrap();
            let matches = |effect| pattern.matches("mobiletargeting", "GetCampaign", effect);
            assert_eq!(matches(Effect::Allow), allow, "{pattern}");
            assert_eq!(matches(Effect::Deny), deny, "{pattern}");
        }
    }
}
