//! `Action` and `NotAction`.

use std::fmt;

use super::error::{Flaw, Place, Position};
use super::statement::Effect;
use super::values::Values;
use crate::condition::quote::Quoted;
use crate::context::Context;
use crate::pattern::{Case, Match, Pattern, Syntax};

/// The actions that a statement is about: those that match one of the patterns, or, negated, those that match none.
///
/// See [Action](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html) and
/// [NotAction](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html).
#[derive(Clone, Debug, PartialEq)]
pub struct ActionElement {
    pub(super) is_negated: bool,
    pub(super) values: Values<ActionPattern>,
}

impl ActionElement {
    /// Whether the element is `NotAction`: it covers the actions of all services that match no pattern.
    pub const fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// The patterns, as they were written; never empty.
    pub fn patterns(&self) -> &[ActionPattern] {
        &self.values.items
    }

    /// Where the value of the element stands in the document.
    pub const fn position(&self) -> Position {
        self.values.position()
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
    text: Box<str>,
    form: Form,
    place: Place,
}

#[derive(Clone, PartialEq)]
enum Form {
    /// `*` and `*:*`.
    Everything,
    /// One service, whose prefix the text starts with.
    Service { name: Pattern },
    /// A wildcard in the prefix, which AWS lets nobody write.
    Services(Box<Services>),
}

/// The two patterns of [`Form::Services`], which hardly any policy has.
#[derive(Clone, PartialEq)]
struct Services {
    prefix: Pattern,
    name: Pattern,
}

const WILDCARDS: Syntax = Syntax {
    wildcards: true,
    variables: false,
};

impl ActionPattern {
    /// Reads `*` or `prefix:name`. Neither has to be known to any catalog.
    pub(super) fn parse(text: &str, place: Place) -> Result<Self, Flaw> {
        Ok(Self {
            form: Form::parse(text)?,
            text: text.into(),
            place,
        })
    }

    /// `*`.
    pub(super) fn everything(place: Place) -> Self {
        Self {
            text: "*".into(),
            form: Form::Everything,
            place,
        }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the pattern stands in the document.
    pub const fn position(&self) -> Position {
        self.place.0
    }

    /// Whether the pattern is for every action of every service: `*` or `*:*`.
    pub const fn is_everything(&self) -> bool {
        matches!(self.form, Form::Everything)
    }

    /// The part before the colon; none for `*`.
    pub fn prefix(&self) -> Option<&str> {
        self.text.split_once(':').map(|(prefix, _)| prefix)
    }

    /// Whether the pattern matches the action called `name` of the service with `prefix`.
    ///
    /// Prefix and name are compared without regard to ASCII case. `*` stands for any run of characters and `?` for one
    /// character, anchored at both ends: `Get*` also matches `GetCampaigns`. `*:*` is `*`.
    ///
    /// AWS does not say what another wildcard in the prefix means, as in `mobile*:GetApp`. Where a match would widen
    /// what is granted the pattern matches nothing, and otherwise it is honoured: so `effect` is that of the statement for
    /// an `Action`, and the *other* one for a `NotAction`.
    pub fn matches(&self, prefix: &str, name: &str, effect: Effect) -> bool {
        match &self.form {
            Form::Everything => true,
            Form::Service { name: pattern } => {
                self.prefix()
                    .is_some_and(|wanted| wanted.eq_ignore_ascii_case(prefix))
                    && covers(pattern, name)
            }
            Form::Services(wanted) => {
                effect == Effect::Deny
                    && covers(&wanted.prefix, prefix)
                    && covers(&wanted.name, name)
            }
        }
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

impl Form {
    fn parse(text: &str) -> Result<Self, Flaw> {
        if matches!(text, "*" | "*:*") {
            return Ok(Self::Everything);
        }
        if let Some(offset) = text.find("${") {
            let flaw = Flaw::new(
                "a policy variable cannot stand in an action",
                "list the actions, or use `*` and `?`",
            );
            return Err(flaw.at(offset));
        }
        if text.is_empty() {
            return Err(Flaw::new(
                "the action is empty",
                "write `*`, or an action such as `mobiletargeting:GetApp`",
            ));
        }
        let Some((prefix, name)) = text.split_once(':') else {
            return Err(Flaw::new(
                format!("the action {} has no service prefix", Quoted(text)),
                "write `*`, or a service prefix in front, as in `mobiletargeting:GetApp`",
            ));
        };
        if let Some(colon) = name.find(':') {
            let flaw = Flaw::new(
                format!("the action {} has more than one colon", Quoted(text)),
                "write the service prefix, one colon and the name of the action",
            );
            return Err(flaw.at(prefix.len() + 1 + colon));
        }
        if prefix.is_empty() {
            return Err(Flaw::new(
                format!("the action {} has an empty service prefix", Quoted(text)),
                "write a service prefix in front, as in `mobiletargeting:GetApp`",
            ));
        }
        let name = pattern(name)?;
        Ok(if prefix.contains(['*', '?']) {
            Self::Services(Box::new(Services {
                prefix: pattern(prefix)?,
                name,
            }))
        } else {
            Self::Service { name }
        })
    }
}

fn pattern(text: &str) -> Result<Pattern, Flaw> {
    Pattern::parse(text, WILDCARDS).map_err(|error| Flaw::from(&error))
}

fn covers(pattern: &Pattern, text: &str) -> bool {
    // There is no variable that could be looked up.
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
            let pattern = ActionPattern::parse(pattern, place).unwrap();
            let matches = |effect| pattern.matches("mobiletargeting", "GetCampaign", effect);
            assert_eq!(matches(Effect::Allow), allow, "{pattern}");
            assert_eq!(matches(Effect::Deny), deny, "{pattern}");
        }
    }
}
