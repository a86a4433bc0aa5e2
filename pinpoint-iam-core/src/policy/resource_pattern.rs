//! The patterns of `Resource` and `NotResource`.

use std::fmt;
use std::num::NonZeroU32;

use memchr::{memchr, memchr_iter};

use super::error::{Place, TextError};
use super::short_arn::{self, LAST};
use crate::context::{Context, ContextLookup};
use crate::pattern::characters::Characters;
use crate::pattern::classes::{Atom, Unfilled, literal, unfilled};
use crate::pattern::nfa::Nfa;
use crate::pattern::{BorrowedPattern, Case, Coverage, Match, Tokens, Variable};
use crate::position::Position;
use crate::quoted::Quoted;
use crate::resource::RequestedResource;
use crate::version::Version;

/// `*`, or an ARN with wildcards and, after the fifth colon, policy variables.
///
/// Most patterns consist only of their text: components are slices of it, and their wildcards are interpreted in place.
#[derive(Clone, PartialEq)]
pub struct ResourcePattern {
    text: Box<str>,
    /// The tokens of the last component, if it has variables.
    tokens: Option<Box<Tokens>>,
    /// The offset of the last component, if the ARN has all six.
    last: Option<NonZeroU32>,
    place: Place,
}

impl ResourcePattern {
    /// Parses `*` or an ARN, which may be short.
    pub(super) fn parse(text: &str, version: Version, place: Place) -> Result<Self, TextError> {
        if text == EVERYTHING {
            return Ok(Self::everything(place));
        }
        let last = match starts_an_arn(text)? {
            true => start_of_last(text)?,
            false => None,
        };
        let tokens = match last.and_then(|last| text.get(last.get() as usize..)) {
            Some(component) if version.has_variables() => Tokens::parse(component, true)
                .map_err(|error| TextError {
                    offset: Some(text.len() - component.len() + error.offset()),
                    ..TextError::from(&error)
                })?
                .map(Box::new),
            _ => None,
        };
        Ok(Self {
            text: text.into(),
            tokens,
            last,
            place,
        })
    }

    /// `*`.
    pub(super) fn everything(place: Place) -> Self {
        Self {
            text: EVERYTHING.into(),
            tokens: None,
            last: None,
            place,
        }
    }

    /// The pattern as written.
    pub const fn as_str(&self) -> &str {
        &self.text
    }

    /// The position of the pattern in the document.
    pub const fn position(&self) -> Position {
        self.place.0
    }

    /// Whether the pattern is `*`.
    pub fn is_everything(&self) -> bool {
        &*self.text == EVERYTHING
    }

    /// Whether the pattern is neither `*` nor an ARN: a short form such as `execute-api:/*`. The service that stores
    /// the policy completes it to an ARN of the resource to which the policy is attached.
    ///
    /// Only that service knows the ARN. [`matches`](Self::matches) therefore returns [`Match::No`], and the evaluator
    /// treats the statement as undecidable: an `Allow` does not match and a `Deny` does, under `NotResource` as well.
    /// Replace the form by the ARN that the service returns for the stored policy. See
    /// [API Gateway's resource policies](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html).
    pub fn is_left_to_its_service(&self) -> bool {
        // The parser accepts only these three forms.
        self.last.is_none() && !self.is_everything() && !matches_arn(first_word(&self.text))
    }

    /// The patterns of the ARN's components, starting with the partition. Empty for `*` and for a form that [is left to
    /// its service](Self::is_left_to_its_service); fewer than five for a short ARN.
    pub fn components(&self) -> impl Iterator<Item = BorrowedPattern<'_>> {
        let arn = if self.is_left_to_its_service() {
            ""
        } else {
            &*self.text
        };
        let mut rest = arn.split_once(':').map(|(_, rest)| rest);
        (0..=LAST).map_while(move |index| {
            let text = rest?;
            let colon = match index < LAST {
                true => memchr(b':', text.as_bytes()),
                false => None,
            };
            let (component, after) = match colon {
                Some(colon) => (text.get(..colon)?, text.get(colon + 1..)),
                None => (text, None),
            };
            rest = after;
            let tokens = self.tokens.as_deref().filter(|_| index == LAST);
            Some(BorrowedPattern::new(component, tokens))
        })
    }

    /// The part between the first component, `arn`, and the last one: partition, service, region and account, separated
    /// by colons. `None` for `*` and for a short ARN.
    pub fn head(&self) -> Option<&str> {
        let (head, _) = self.split_at_last()?;
        head.split_once(':').map(|(_, head)| head)
    }

    /// The pattern of the ARN's last component; `None` for `*` and for a short ARN.
    pub fn last_component(&self) -> Option<BorrowedPattern<'_>> {
        let (_, last) = self.split_at_last()?;
        Some(BorrowedPattern::new(last, self.tokens.as_deref()))
    }

    /// The variables, in order of appearance, including duplicates.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        let tokens = self.tokens.as_ref();
        let last = tokens.and_then(|_| self.last_component());
        last.into_iter().flat_map(|last| last.variables())
    }

    /// Whether the pattern matches `resource`.
    ///
    /// - `*` alone matches everything. No other pattern matches [`RequestedResource::All`], which is used for actions
    ///   without resource-level permissions.
    /// - An ARN is split at its first five colons and matched component by component, case-sensitively. A wildcard does
    ///   not match across a colon, except in the last component, which keeps its own colons and slashes: `apps/*`
    ///   covers `apps/a1/campaigns/c1`. Components and the text that a `*` matches may be empty.
    /// - The characters of the resource are data: a `*` in it is matched by `*`, by `?` and by no other character.
    /// - Variables are only allowed after the fifth colon; before it, they are plain text. With a variable that has no
    ///   value, the result is [`Match::Unresolved`], and the pattern matches no resource, even in `NotResource`.
    ///
    /// **Short ARNs** have fewer than six components. AWS hardly documents them; these are our choices. Either the
    /// missing components are at the end and may be anything (`arn:aws:mobiletargeting` covers the whole service,
    /// `arn:*` everything), or they follow a component that ends in `*`, and this `*` also matches across colons
    /// (`arn:aws:mobiletargeting:*:apps/a1` covers `arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1`). A pattern
    /// with all six components is never interpreted in this way.
    pub fn matches(
        &self,
        resource: &RequestedResource<'_>,
        facts: &(impl ContextLookup + ?Sized),
    ) -> Match<'_> {
        let RequestedResource::Arn(arn) = resource else {
            return match self.is_everything() {
                true => Match::Yes,
                false => Match::No,
            };
        };
        let before = [arn.partition(), arn.service(), arn.region(), arn.account()];
        if let Some((head, last)) = self.split_at_last() {
            let mut texts = head.split(':').skip(1).zip(before);
            return match texts.all(|(text, component)| matches_text(text, component)) {
                true => BorrowedPattern::new(last, self.tokens.as_deref()).matches(
                    arn.resource(),
                    Case::Sensitive,
                    facts,
                ),
                false => Match::No,
            };
        }
        let [partition, service, region, account] = before;
        let components = [partition, service, region, account, arn.resource()];
        let is_match = self.could_match(|pattern, index| {
            let component = components.get(index);
            component.is_some_and(|component| is_match(pattern, component))
        });
        if is_match { Match::Yes } else { Match::No }
    }

    /// How many ARNs of a set the pattern matches. The set is given by the possible values of each component, starting
    /// with the partition.
    ///
    /// `All` and `None` are certain. The components must be independent of each other.
    #[doc(hidden)]
    pub fn extent(
        &self,
        components: &[Nfa; LAST + 1],
        facts: &(impl ContextLookup + ?Sized),
    ) -> Coverage<'_> {
        let is = |pattern: BorrowedPattern<'_>, index: usize, wanted: Coverage<'static>| {
            let language = components.get(index);
            language.is_some_and(|language| pattern.extent(language, facts) == wanted)
        };
        if !self.could_match(|pattern, index| !is(pattern, index, Coverage::None)) {
            return Coverage::None;
        }
        if self.could_match(|pattern, index| is(pattern, index, Coverage::All)) {
            return Coverage::All;
        }
        // Only the last component can have variables.
        let last = self.last_component().zip(components.last());
        match last.map(|(pattern, language)| pattern.extent(language, facts)) {
            Some(Coverage::Unknown(key)) => Coverage::Unknown(key),
            _ => Coverage::Some,
        }
    }

    /// Whether the pattern can match an ARN of a set that is given by the possible values of each component.
    ///
    /// `fits` returns whether a component's pattern can match the ARNs' component with this index, from the partition,
    /// 0, to the resource, 4. [`matches`](Self::matches) describes how the components of a short ARN are assigned to
    /// these five.
    pub fn could_match(&self, fits: impl Fn(BorrowedPattern<'_>, usize) -> bool) -> bool {
        if self.is_everything() {
            return true;
        }
        if self.is_left_to_its_service() {
            return false;
        }
        // An array, because this is part of decisions, which do not allocate.
        let mut components = [BorrowedPattern::EMPTY; LAST + 1];
        let mut count = 0;
        for (slot, component) in components.iter_mut().zip(self.components()) {
            *slot = component;
            count += 1;
        }
        let components = components.get(..count).unwrap_or_default();
        if self.last.is_some() {
            short_arn::all_fit(components, 0, &fits)
        } else {
            short_arn::fits(components, &fits)
        }
    }

    /// The patterns of the five components from the partition on, one list for each way in which a short ARN is read; a
    /// component that is missing may be anything. None for `*` and for what [is left to its service](Self::is_left_to_its_service).
    #[doc(hidden)]
    pub fn layouts(&self) -> Vec<Vec<Option<BorrowedPattern<'_>>>> {
        let components: Vec<BorrowedPattern<'_>> = self.components().collect();
        match self.last {
            _ if self.is_everything() || self.is_left_to_its_service() => Vec::new(),
            Some(_) => vec![components.into_iter().map(Some).collect()],
            None => short_arn::layouts(&components),
        }
    }

    /// The ARNs that the pattern matches, as pieces: one sequence for each interpretation of a short ARN. Empty for
    /// `*`.
    #[doc(hidden)]
    pub fn unfilled(&self) -> Vec<Vec<Unfilled<'_>>> {
        self.layouts()
            .iter()
            .map(|layout| pieces_of(layout))
            .collect()
    }

    /// The text before the last component of an ARN that has all six, and that component.
    pub(super) fn split_at_last(&self) -> Option<(&str, &str)> {
        let (head, last) = self.text.split_at_checked(self.last?.get() as usize)?;
        Some((head.strip_suffix(':')?, last))
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

/// The pattern that matches every resource.
const EVERYTHING: &str = "*";

/// The pieces of an ARN with these components, starting with the partition; `None` is any text.
fn pieces_of<'p>(components: &[Option<BorrowedPattern<'p>>]) -> Vec<Unfilled<'p>> {
    let atom = |atom| Unfilled::Atom(atom);
    let mut pieces: Vec<Unfilled<'p>> = literal("arn", Case::Sensitive).map(atom).collect();
    for (index, component) in components.iter().enumerate() {
        pieces.extend(literal(":", Case::Sensitive).map(atom));
        let within = if index < LAST {
            Characters::WithoutColon
        } else {
            Characters::All
        };
        match component {
            Some(component) => pieces.extend(unfilled(component.parts(), Case::Sensitive, within)),
            None => pieces.push(atom(Atom::Run(within))),
        }
    }
    pieces
}

/// Whether the text starts like an ARN. Fails for a text without a colon, which no service could complete.
fn starts_an_arn(text: &str) -> Result<bool, TextError> {
    let hint = "write `*`, or an ARN such as `arn:aws:mobiletargeting:*:*:apps/*`";
    if text.is_empty() {
        return Err(TextError::new("the resource is empty", hint));
    }
    if memchr(b':', text.as_bytes()).is_none() {
        return Err(TextError::new(
            format!("the resource {} is not an ARN", Quoted(text)),
            hint,
        ));
    }
    Ok(matches_arn(first_word(text)))
}

/// The text before the first colon.
fn first_word(text: &str) -> &str {
    let first = memchr(b':', text.as_bytes()).and_then(|colon| text.get(..colon));
    first.unwrap_or(text)
}

/// Whether a first component matches `arn`.
fn matches_arn(first: &str) -> bool {
    matches_text(first, "arn")
}

/// The offset of the last component, if the ARN has all six.
fn start_of_last(text: &str) -> Result<Option<NonZeroU32>, TextError> {
    let Some(colon) = memchr_iter(b':', text.as_bytes()).nth(LAST) else {
        return Ok(None);
    };
    match u32::try_from(colon + 1) {
        Ok(start) => Ok(NonZeroU32::new(start)),
        Err(_) => Err(TextError::new(
            "the resource is longer than any ARN",
            "shorten it",
        )),
    }
}

/// Whether a component without variables matches. A text always matches itself.
fn matches_text(pattern: &str, component: &str) -> bool {
    pattern == component || is_match(BorrowedPattern::without_variables(pattern), component)
}

/// For components without variables.
fn is_match(pattern: BorrowedPattern<'_>, component: &str) -> bool {
    pattern.matches(component, Case::Sensitive, Context::empty()) == Match::Yes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::context::ConditionKey;
    use crate::pattern::characters::IdCharacters;

    const CAMPAIGN: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1";

    fn pattern(text: &str) -> ResourcePattern {
        ResourcePattern::parse(text, Version::V2012_10_17, Place(Position::START)).unwrap()
    }

    fn covers(text: &str, arn: &str) -> bool {
        let requested = RequestedResource::Arn(Arn::parse(arn).unwrap());
        pattern(text).matches(&requested, &Context::new()) == Match::Yes
    }

    #[test]
    fn the_last_component_keeps_its_colons() {
        for (text, expected) in [
            (
                "arn:aws:logs::1:group:a:*",
                &["aws", "logs", "", "1", "group:a:*"][..],
            ),
            ("arn:aws:logs:*", &["aws", "logs", "*"]),
            ("arn:", &[""]),
            ("*", &[]),
            ("execute-api:/*", &[]),
        ] {
            let pattern = pattern(text);
            let components = pattern.components().map(BorrowedPattern::as_str);
            assert!(components.eq(expected.iter().copied()), "{text}");
        }
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

    /// Compares the results for two single resources with the result for the set of both.
    #[test]
    fn extents() {
        let components = |resource: &str| {
            let mut last = Nfa::text("apps/");
            last.push_id(IdCharacters::Identifier);
            last.push_text(resource);
            let [partition, service, region, account] =
                ["aws", "mobiletargeting", "us-east-1", "123456789012"].map(Nfa::text);
            [partition, service, region, account, last]
        };
        let mut facts = Context::unknown();
        facts.insert("aws:username", "ana");
        facts.insert("aws:PrincipalTag/none", "");
        let key = ConditionKey::new("aws:PrincipalTag/app");
        for (text, expected) in [
            ("*", Coverage::All),
            ("arn:*", Coverage::All),
            ("arn:aws:mobiletargeting:*:apps/*/end", Coverage::All),
            ("arn:aws:mobiletargeting:us-*:1*:apps/*", Coverage::All),
            ("arn:aws:mobiletargeting:*:*:apps/a*/end", Coverage::Some),
            ("arn:aws:mobiletargeting:*:*:apps/a1/end", Coverage::Some),
            ("arn:aws:mobiletargeting:*:apps/a*/end", Coverage::Some),
            ("arn:aws:mobiletargeting:*:*:apps/a1/other", Coverage::None),
            ("arn:aws:mobiletargeting:eu-*:*:*", Coverage::None),
            (
                "arn:aws:mobiletargeting:*:*:apps/${aws:username}/*",
                Coverage::Some,
            ),
            (
                "arn:aws:mobiletargeting:*:*:${aws:username}/*",
                Coverage::None,
            ),
            (
                "arn:aws:mobiletargeting:*:*:*${aws:PrincipalTag/none}",
                Coverage::None,
            ),
            (
                "arn:aws:mobiletargeting:*:*:*${aws:PrincipalTag/app}",
                Coverage::Unknown(&key),
            ),
            (
                "arn:aws:mobiletargeting:*:*:x${aws:PrincipalTag/app}",
                Coverage::None,
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

    /// A pattern as pieces matches the same ARNs as the pattern itself, short or not.
    #[test]
    fn pieces_match_what_the_pattern_matches() {
        use crate::pattern::classes::{Classes, Question, fill};
        let arns = [
            "arn:aws:s3:::a",
            "arn:aws:s3:::a:b",
            "arn:aws:sns:us-east-1:1:a",
            "arn:aws:sns:us-east-1:1:",
            "arn:aws:sns:::b:c",
            "arn:::::",
            "arn:aws-cn:sns:x:2:a",
        ];
        for text in [
            "arn:*",
            "arn:aws:*",
            "arn:aws",
            "arn:aws:sns",
            "arn:aws:sns:*",
            "arn:aws:s*:a",
            "arn:*:a",
            "arn:aws:sns:*:a",
            "arn:aws:*:1:a",
            "arn:aws*:?:a",
            "arn:aws:sns:us*:1",
            "arn:aws:s3:::*",
            "arn:*:sns:*:*:*",
            "arn:aws:sns:*:*:?",
        ] {
            let pattern = pattern(text);
            let pieces: Vec<_> = pattern
                .unfilled()
                .iter()
                .filter_map(|pieces| fill(pieces, &Context::new()))
                .collect();
            let all: Vec<usize> = (0..pieces.len()).collect();
            let found = Classes::of(&Question {
                patterns: &pieces,
                groups: None,
                frame: None,
                required: Some(&all),
                permits: |character| !character.is_control(),
                preferred: &arns,
                budget: 100_000,
            });
            assert!(found.is_complete, "{text}");
            for arn in &found.texts {
                assert!(covers(text, arn), "{text} {arn}");
            }
            for arn in arns {
                let alone = Classes::of(&Question {
                    patterns: &pieces,
                    groups: None,
                    frame: Some(&Nfa::text(arn)),
                    required: Some(&all),
                    permits: |_| true,
                    preferred: &[],
                    budget: 100_000,
                });
                assert_eq!(!alone.texts.is_empty(), covers(text, arn), "{text} {arn}");
            }
        }
    }
}
