//! `Resource` and `NotResource`.

use std::fmt;

use super::document::Version;
use super::error::{Flaw, Place, Position};
use super::values::Values;
use crate::arn::Arn;
use crate::condition::quote::Quoted;
use crate::context::{Context, Facts};
use crate::pattern::language::Language;
use crate::pattern::{Case, Extent, Match, Pattern, Syntax};
use crate::resource::RequestedResource;

/// The resources that a statement is about: those that match one of the patterns, or, negated, those that match none.
///
/// See [Resource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html) and
/// [NotResource](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html).
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceElement {
    pub(super) is_negated: bool,
    pub(super) values: Values<ResourcePattern>,
}

impl ResourceElement {
    /// Whether the element is `NotResource`: it covers the resources that match no pattern.
    pub const fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// The patterns, as they were written; never empty.
    pub fn patterns(&self) -> &[ResourcePattern] {
        &self.values.items
    }

    /// Where the value of the element stands in the document.
    pub const fn position(&self) -> Position {
        self.values.position()
    }

    /// `Resource` or `NotResource`.
    pub const fn name(&self) -> &'static str {
        if self.is_negated {
            "NotResource"
        } else {
            "Resource"
        }
    }

    /// Whether the list has elements that are `null`, which are skipped.
    pub fn has_nulls(&self) -> bool {
        !self.values.nulls.is_empty()
    }
}

/// `*`, or an ARN with wildcards and, behind the fifth colon, policy variables.
#[derive(Clone, PartialEq)]
pub struct ResourcePattern {
    text: Box<str>,
    /// The pattern of each component behind `arn:`; empty for `*`, and five at the most.
    components: Box<[Pattern]>,
    place: Place,
}

impl ResourcePattern {
    /// Reads `*` or an ARN; the ARN may be short.
    pub(super) fn parse(text: &str, version: Version, place: Place) -> Result<Self, Flaw> {
        if text == "*" {
            return Ok(Self::everything(place));
        }
        Ok(Self {
            text: text.into(),
            components: components(text, version)?,
            place,
        })
    }

    /// `*`.
    pub(super) fn everything(place: Place) -> Self {
        Self {
            text: "*".into(),
            components: Box::default(),
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

    /// Whether the pattern is `*`.
    pub const fn is_everything(&self) -> bool {
        self.components.is_empty()
    }

    /// The patterns of the ARN's components from the partition on; empty for `*`, fewer than five for a short ARN.
    pub const fn components(&self) -> &[Pattern] {
        &self.components
    }

    /// Whether the pattern matches `resource`.
    ///
    /// - `*` alone matches everything. Nothing else matches [`RequestedResource::All`], what an action without
    ///   resource-level permissions is checked against.
    /// - An ARN is split at its first five colons and matched component by component, case sensitive. A wildcard does not
    ///   reach over a colon, save in the last component, which keeps its own colons and slashes: `apps/*` covers
    ///   `apps/a1/campaigns/c1`. Component and wildcard may be empty.
    /// - The characters of the resource are data: a `*` in it is matched by `*`, by `?` and by no other character.
    /// - Variables stand behind the fifth colon; what looks like one before it is plain text. A variable without a value
    ///   makes the match [`Match::Unresolved`], and the pattern then matches no resource, under `NotResource` too.
    ///
    /// **Short ARNs** have fewer than six components, and AWS documents little of them. We chose: the missing components
    /// stand at the end and may be anything (`arn:aws:mobiletargeting` covers the whole service, `arn:*` everything), or
    /// they stand behind a component that ends in `*`, whose star then reaches over the colons
    /// (`arn:aws:mobiletargeting:*:apps/a1` covers `arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1`). A pattern
    /// with all six components is never read in that way.
    pub fn matches(
        &self,
        resource: &RequestedResource<'_>,
        facts: &(impl Facts + ?Sized),
    ) -> Match<'_> {
        match (&*self.components, resource) {
            ([], _) => Match::Yes,
            (_, RequestedResource::All) => Match::No,
            ([head @ .., last], RequestedResource::Arn(arn)) if head.len() == LAST => {
                match all_match(head, &before_the_resource(arn)) {
                    true => last.matches(arn.resource(), Case::Sensitive, facts),
                    false => Match::No,
                }
            }
            (short, RequestedResource::Arn(arn)) => {
                let [partition, service, region, account] = before_the_resource(arn);
                let components = [partition, service, region, account, arn.resource()];
                let fits = |pattern: &Pattern, index: usize| {
                    let component = components.get(index);
                    component.is_some_and(|component| is_match(pattern, component))
                };
                if short_arn_fits(short, &fits) {
                    Match::Yes
                } else {
                    Match::No
                }
            }
        }
    }

    /// How many of many ARNs the pattern matches, known by what their components may be, from the partition on.
    ///
    /// `All` and `None` are certain. No component may depend on another one.
    #[doc(hidden)]
    pub fn extent(
        &self,
        components: &[Language; LAST + 1],
        facts: &(impl Facts + ?Sized),
    ) -> Extent<'_> {
        let is = |pattern: &Pattern, index: usize, wanted: Extent<'static>| {
            let language = components.get(index);
            language.is_some_and(|language| pattern.extent(language, facts) == wanted)
        };
        if !self.could_match(|pattern, index| !is(pattern, index, Extent::None)) {
            return Extent::None;
        }
        if self.could_match(|pattern, index| is(pattern, index, Extent::All)) {
            return Extent::All;
        }
        // Variables stand in the last component only.
        let last = self.components.get(LAST).zip(components.last());
        match last.map(|(pattern, language)| pattern.extent(language, facts)) {
            Some(Extent::Unknown(key)) => Extent::Unknown(key),
            _ => Extent::Some,
        }
    }

    /// Whether the pattern could match one of many ARNs, known by what their components may be.
    ///
    /// `fits` is asked whether a component's pattern could match the ARNs' component with this index, counted from the
    /// partition, 0, to the resource, 4. How a short ARN is laid over the five is told at [`matches`](Self::matches).
    pub fn could_match(&self, fits: impl Fn(&Pattern, usize) -> bool) -> bool {
        match &*self.components {
            [] => true,
            all if all.len() > LAST => all_fit(all, 0, &fits),
            short => short_arn_fits(short, &fits),
        }
    }
}

impl fmt::Debug for ResourcePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// The index of an ARN's last component, counted from the partition.
const LAST: usize = 4;

fn components(text: &str, version: Version) -> Result<Box<[Pattern]>, Flaw> {
    let hint = "write `*`, or an ARN such as `arn:aws:mobiletargeting:*:*:apps/*`";
    if text.is_empty() {
        return Err(Flaw::new("the resource is empty", hint));
    }
    let Some((first, rest)) = text.split_once(':') else {
        return Err(Flaw::new(
            format!("the resource {} is no ARN", Quoted(text)),
            hint,
        ));
    };
    if first != "arn" && !is_match(&component(first, false)?, "arn") {
        return Err(Flaw::new(
            format!("the resource {} does not start with `arn:`", Quoted(text)),
            hint,
        ));
    }
    let mut components = Vec::with_capacity(LAST + 1);
    let mut offset = first.len() + 1;
    for (index, text) in rest.splitn(LAST + 1, ':').enumerate() {
        let has_variables = index == LAST && version.has_variables();
        components.push(component(text, has_variables).map_err(|flaw| Flaw {
            offset: flaw.offset.map(|within| offset + within),
            ..flaw
        })?);
        offset += text.len() + 1;
    }
    Ok(components.into())
}

fn component(text: &str, variables: bool) -> Result<Pattern, Flaw> {
    let syntax = Syntax {
        wildcards: true,
        variables,
    };
    Pattern::parse(text, syntax).map_err(|error| Flaw::from(&error))
}

fn before_the_resource<'a>(arn: &Arn<'a>) -> [&'a str; LAST] {
    [arn.partition(), arn.service(), arn.region(), arn.account()]
}

/// Whether the patterns fit with the missing components at the end, or behind one that ends in `*`.
fn short_arn_fits(short: &[Pattern], fits: &impl Fn(&Pattern, usize) -> bool) -> bool {
    let at_the_end = all_fit(short, 0, fits);
    at_the_end
        || (1..short.len()).any(|split| {
            let (front, back) = short.split_at(split);
            let skipped = (LAST + 1).saturating_sub(back.len());
            let reaches_over_colons = front
                .last()
                .is_some_and(|last| last.as_str().ends_with('*'));
            reaches_over_colons && all_fit(front, 0, fits) && all_fit(back, skipped, fits)
        })
}

/// Whether each pattern fits the component in its place, the first of them at the index `start`.
fn all_fit(patterns: &[Pattern], start: usize, fits: &impl Fn(&Pattern, usize) -> bool) -> bool {
    let mut indexed = patterns.iter().zip(start..);
    indexed.all(|(pattern, index)| fits(pattern, index))
}

/// Whether each pattern matches the component in its place; components without pattern may be anything.
fn all_match(patterns: &[Pattern], components: &[&str]) -> bool {
    patterns
        .iter()
        .zip(components)
        .all(|(pattern, component)| is_match(pattern, component))
}

/// For components that have no variables.
fn is_match(pattern: &Pattern, component: &str) -> bool {
    pattern.matches(component, Case::Sensitive, Context::empty()) == Match::Yes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ConditionKey;
    use crate::resource::Accepts;

    const CAMPAIGN: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1";

    fn pattern(text: &str) -> ResourcePattern {
        ResourcePattern::parse(text, Version::V2012_10_17, Place(Position::START)).unwrap()
    }

    fn covers(text: &str, arn: &str) -> bool {
        let requested = RequestedResource::Arn(Arn::parse(arn).unwrap());
        pattern(text).matches(&requested, &Context::new()) == Match::Yes
    }

    #[test]
    fn component_by_component() {
        for (pattern, expected) in [
            ("*", true),
            (CAMPAIGN, true),
            (
                "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/*",
                true,
            ),
            ("arn:aws:mobiletargeting:us-east-1:123456789012:*", true),
            ("arn:aws:mobiletargeting:*:*:*", true),
            (
                "arn:aws:mobiletargeting:*:123456789012:apps/*/campaigns/*",
                true,
            ),
            ("arn:aws:mobiletargeting:us-????-?:*:app?/a1/*", true),
            ("arn:*:*:*:*:*", true),
            ("*:*:*:*:*:*", true),
            (
                "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
                false,
            ),
            (
                "arn:aws:mobiletargeting:us-east-1:123456789012:apps/A1/*",
                false,
            ),
            (
                "arn:aws:mobiletargeting:us-east-1:123456789012:/apps/*",
                false,
            ),
            (
                "arn:aws:mobiletargeting:us-east-1:123456789012:campaigns/c1",
                false,
            ),
            ("arn:aws:MobileTargeting:us-east-1:123456789012:*", false),
            ("arn:aws-cn:mobiletargeting:us-east-1:123456789012:*", false),
            ("arn:aws:mobiletargeting:eu-west-1:123456789012:*", false),
            ("arn:aws:mobiletargeting:us-east-1:210987654321:*", false),
            ("arn:aws:mobiletargeting::123456789012:*", false),
        ] {
            assert_eq!(covers(pattern, CAMPAIGN), expected, "{pattern}");
        }
    }

    /// Which of two resources a pattern matches, and what it says of both at once.
    #[test]
    fn extents() {
        let components = |resource: &str| {
            let mut last = Language::text("apps/");
            last.push_id(Accepts::Identifier);
            last.push_text(resource);
            let [partition, service, region, account] =
                ["aws", "mobiletargeting", "us-east-1", "123456789012"].map(Language::text);
            [partition, service, region, account, last]
        };
        let mut facts = Context::unknown();
        facts.insert("aws:username", "ana");
        facts.insert("aws:PrincipalTag/none", "");
        let key = ConditionKey::new("aws:PrincipalTag/app");
        for (text, expected) in [
            ("*", Extent::All),
            ("arn:*", Extent::All),
            ("arn:aws:mobiletargeting:*:apps/*/end", Extent::All),
            ("arn:aws:mobiletargeting:us-*:1*:apps/*", Extent::All),
            ("arn:aws:mobiletargeting:*:*:apps/a*/end", Extent::Some),
            ("arn:aws:mobiletargeting:*:*:apps/a1/end", Extent::Some),
            ("arn:aws:mobiletargeting:*:apps/a*/end", Extent::Some),
            ("arn:aws:mobiletargeting:*:*:apps/a1/other", Extent::None),
            ("arn:aws:mobiletargeting:eu-*:*:*", Extent::None),
            (
                "arn:aws:mobiletargeting:*:*:apps/${aws:username}/*",
                Extent::Some,
            ),
            (
                "arn:aws:mobiletargeting:*:*:${aws:username}/*",
                Extent::None,
            ),
            (
                "arn:aws:mobiletargeting:*:*:*${aws:PrincipalTag/none}",
                Extent::None,
            ),
            (
                "arn:aws:mobiletargeting:*:*:*${aws:PrincipalTag/app}",
                Extent::Unknown(&key),
            ),
            (
                "arn:aws:mobiletargeting:*:*:x${aws:PrincipalTag/app}",
                Extent::None,
            ),
        ] {
            assert_eq!(
                pattern(text).extent(&components("/end"), &facts),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_wildcard_stays_in_its_component() {
        let other_account = "arn:aws:mobiletargeting:us-east-1:210987654321:x:123456789012:apps/a1";
        assert!(!covers(
            "arn:aws:mobiletargeting:*:123456789012:apps/*",
            other_account
        ));
        assert!(covers(
            "arn:aws:mobiletargeting:*:*:x:*:apps/a1",
            other_account
        ));
        assert!(covers("arn:aws:s3:*:*:bucket", "arn:aws:s3:::bucket"));
        assert!(!covers("arn:aws:s3:?:*:bucket", "arn:aws:s3:::bucket"));
    }

    #[test]
    fn short_arns() {
        for (pattern, expected) in [
            ("arn:*", true),
            ("*:*", true),
            ("arn:aws", true),
            ("arn:aws:*", true),
            ("arn:aws:mobile*", true),
            ("arn:aws:mobiletargeting", true),
            ("arn:aws:mobiletargeting:*", true),
            ("arn:aws:mobiletargeting:us-east-1", true),
            ("arn:aws:mobiletargeting:us-east-1:123456789012", true),
            ("arn:aws:mobiletargeting:*:apps/a1/campaigns/c1", true),
            ("arn:aws:mobiletargeting:us-*:apps/*", true),
            ("arn:*:apps/a1/campaigns/c1", true),
            ("arn:aws:m*g", true),
            ("arn:aws:mobile", false),
            ("arn:aws:mo*:eu-west-1", false),
            ("arn:aws-cn:*", false),
            (
                "arn:aws:mobiletargeting:us-east-1:apps/a1/campaigns/c1",
                false,
            ),
            ("arn:aws:mobiletargeting:*:apps/a1", false),
            ("arn:aws:mobiletargeting:eu-*:apps/*", false),
            ("arn:aws:s3:*:apps/*", false),
        ] {
            assert_eq!(covers(pattern, CAMPAIGN), expected, "{pattern}");
        }
    }

    #[test]
    fn the_request_is_data() {
        let all_apps = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/*";
        assert!(covers(all_apps, all_apps));
        assert!(covers(
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/?",
            all_apps
        ));
        assert!(!covers(
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
            all_apps
        ));
    }

    #[test]
    fn only_a_star_covers_no_single_resource() {
        let matches = |text: &str| {
            pattern(text).matches(&RequestedResource::All, &Context::new()) == Match::Yes
        };
        assert!(matches("*"));
        for text in [
            "arn:*",
            "*:*",
            "*:*:*:*:*:*",
            "arn:aws:mobiletargeting:*:*:*",
        ] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn variables_stand_behind_the_fifth_colon() {
        let mut facts = Context::new();
        facts.insert("aws:PrincipalAccount", "123456789012");
        facts.insert("aws:PrincipalTag/app", "a1");
        let requested = RequestedResource::Arn(Arn::parse(CAMPAIGN).unwrap());
        let matches = |text: &str| pattern(text).matches(&requested, &facts) == Match::Yes;
        assert!(matches(
            "arn:aws:mobiletargeting:us-east-1:123456789012:apps/${aws:PrincipalTag/app}/*"
        ));
        assert!(!matches(
            "arn:aws:mobiletargeting:us-east-1:${aws:PrincipalAccount}:apps/*"
        ));
        assert!(!matches(
            "arn:aws:mobiletargeting:us-east-1:${aws-PrincipalAccount}:apps/*"
        ));
        assert_eq!(
            pattern("arn:aws:mobiletargeting:us-east-1:123456789012:apps/${aws:username}/*")
                .matches(&requested, &facts),
            Match::Unresolved
        );
        assert_eq!(
            pattern("arn:aws:mobiletargeting:eu-west-1:123456789012:apps/${aws:username}/*")
                .matches(&requested, &facts),
            Match::No
        );
    }
}
