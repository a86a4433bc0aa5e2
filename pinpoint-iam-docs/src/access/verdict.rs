//! Verdicts about all requests to a route.

use std::collections::BTreeSet;

use crate::cell::{Cell, Line};
use pinpoint_iam::policy::Effect;

/// The verdict of a principal's policies on a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteVerdict {
    /// The route is public, so no policy is evaluated.
    Public,
    /// Every request is allowed.
    Allowed,
    /// Every request is denied, because no policy allows what it requires. An additional policy could allow it.
    ///
    /// Some of the requests may also be denied explicitly. The principal and its added roles may also have different
    /// permissions boundaries, so that all its requests are denied.
    ImplicitDeny,
    /// Every request is denied explicitly by a statement. No additional policy can override that.
    ExplicitDeny,
    /// Some requests may be allowed and others denied.
    Depends(Dependence),
}

/// What a verdict depends on.
///
/// Two are equal if the same statements are undecided for the same caller. Equal ones decide every request in the same
/// way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependence {
    pub(super) keys: BTreeSet<String>,
    pub(super) resources: BTreeSet<ResourceDependence>,
    /// Everything in the policies that contributes to the verdict.
    pub(super) grounds: BTreeSet<String>,
}

/// Resources for which the decision differs from that for other resources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ResourceDependence {
    /// A statement applies to resources with these ARN patterns, under its conditions, and not to others.
    On(Effect, Vec<String>),
    /// A statement applies to resources with none of these ARN patterns, under its conditions.
    AllBut(Effect, Vec<String>),
    /// Of the resource types that the route can name, those with these ARN templates are allowed.
    Allowed(Vec<String>),
    /// Of the resource types that the route can name, those with these ARN templates are denied.
    Denied(Vec<String>),
}

impl Dependence {
    /// Returns the condition keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// Returns the resources for which decisions differ, in a stable order.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceDependence> {
        self.resources.iter()
    }

    pub(super) fn join(&mut self, other: Self) {
        let Self {
            keys,
            resources,
            grounds,
        } = other;
        self.keys.extend(keys);
        self.resources.extend(resources);
        self.grounds.extend(grounds);
    }
}

impl RouteVerdict {
    /// Returns whether every request is allowed.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Public | Self::Allowed)
    }

    /// Returns whether every request is denied.
    pub const fn is_denied(&self) -> bool {
        matches!(self, Self::ImplicitDeny | Self::ExplicitDeny)
    }

    /// Returns the verdict for a requirement that all of `parts` are allowed.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        if parts.contains(&Self::ExplicitDeny) {
            return Self::ExplicitDeny;
        }
        // A requirement without parts is denied, because it would not require anything.
        if parts.is_empty() || parts.contains(&Self::ImplicitDeny) {
            return Self::ImplicitDeny;
        }
        if parts.iter().all(Self::is_allowed) {
            return Self::Allowed;
        }
        Self::depends(parts)
    }

    /// Returns the verdict for a requirement that exists only for requests with tags.
    pub(super) fn only_for_tags(self) -> Self {
        let mut dependence = match self {
            Self::Public | Self::Allowed => return self,
            Self::ImplicitDeny | Self::ExplicitDeny => Dependence::default(),
            Self::Depends(dependence) => dependence,
        };
        dependence.keys.insert("aws:TagKeys".to_owned());
        Self::Depends(dependence)
    }

    /// Returns the verdict for a requirement that one of `parts` is allowed.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        if parts.iter().any(Self::is_allowed) {
            return Self::Allowed;
        }
        match Self::denied(&parts) {
            Some(denied) => denied,
            None => Self::depends(parts),
        }
    }

    /// Returns the verdict if it is unknown which of `parts` applies to a request. Each part has the ARN template of
    /// its resource.
    pub(super) fn one_of(parts: Vec<(String, Self)>) -> Self {
        let (templates, verdicts): (Vec<String>, Vec<Self>) = parts.into_iter().unzip();
        if !verdicts.is_empty() && verdicts.iter().all(Self::is_allowed) {
            return Self::Allowed;
        }
        if let Some(denied) = Self::denied(&verdicts) {
            return denied;
        }
        let of = |is: fn(&Self) -> bool| -> Vec<String> {
            let found = templates.iter().zip(&verdicts);
            found
                .filter(|(_, verdict)| is(verdict))
                .map(|(template, _)| template.clone())
                .collect()
        };
        let (allowed, denied) = (of(Self::is_allowed), of(Self::is_denied));
        let mut dependence = match Self::depends(verdicts) {
            Self::Depends(dependence) => dependence,
            other => return other,
        };
        for (resources, made) in [
            (
                allowed,
                ResourceDependence::Allowed as fn(Vec<String>) -> ResourceDependence,
            ),
            (denied, ResourceDependence::Denied),
        ] {
            if !resources.is_empty() {
                dependence.resources.insert(made(resources));
            }
        }
        Self::Depends(dependence)
    }

    /// Returns the denial if all of `parts` are denied. It is explicit if all of them are, so that no policy can
    /// override any.
    fn denied(parts: &[Self]) -> Option<Self> {
        if !parts.iter().all(Self::is_denied) {
            return None;
        }
        let is_explicit = !parts.is_empty() && parts.iter().all(|part| *part == Self::ExplicitDeny);
        Some(if is_explicit {
            Self::ExplicitDeny
        } else {
            Self::ImplicitDeny
        })
    }

    fn depends(parts: Vec<Self>) -> Self {
        let mut all = Dependence::default();
        for part in parts {
            if let Self::Depends(dependence) = part {
                all.join(dependence);
            }
        }
        Self::Depends(all)
    }

    /// Returns the verdict as text.
    pub(super) fn cell(&self) -> Cell {
        Cell::lines(self.lines())
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let dependence = match self {
            Self::Public => return vec![Line::text("public")],
            Self::Allowed => return vec![Line::text("allowed")],
            Self::ImplicitDeny => return vec![Line::text("implicit deny")],
            Self::ExplicitDeny => return vec![Line::text("explicit deny")],
            Self::Depends(dependence) => dependence,
        };
        let mut lines = vec![Line::text("depends on:")];
        lines.extend(dependence.keys().map(Line::code));
        lines.extend(dependence.resources().map(ResourceDependence::line));
        if lines.len() == 1 {
            lines.push(Line::text("the resource"));
        }
        lines
    }
}

impl ResourceDependence {
    fn line(&self) -> Line {
        let line = Line::text("the resource: ");
        let (line, patterns) = match self {
            Self::On(effect, patterns) => (line.and_code(effect.name()).and_text(" on "), patterns),
            Self::AllBut(effect, patterns) => (
                line.and_code(effect.name()).and_text(" on all but "),
                patterns,
            ),
            Self::Allowed(templates) => (line.and_text("allowed on "), templates),
            Self::Denied(templates) => (line.and_text("denied on "), templates),
        };
        patterns
            .iter()
            .enumerate()
            .fold(line, |line, (index, pattern)| {
                let joint = if index == 0 { "" } else { ", " };
                line.and_text(joint).and_code(pattern)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::RouteVerdict::{self, Allowed, ExplicitDeny, ImplicitDeny};
    use super::*;

    fn depends() -> RouteVerdict {
        let mut dependence = Dependence::default();
        dependence.keys.insert("aws:SourceIp".to_owned());
        RouteVerdict::Depends(dependence)
    }

    #[test]
    fn all_need_every_part() {
        for (parts, expected) in [
            (vec![Allowed, Allowed], Allowed),
            (vec![Allowed, ImplicitDeny], ImplicitDeny),
            (vec![ImplicitDeny, ExplicitDeny], ExplicitDeny),
            (vec![depends(), ExplicitDeny], ExplicitDeny),
            (vec![depends(), ImplicitDeny], ImplicitDeny),
            (vec![depends(), Allowed], depends()),
            (vec![], ImplicitDeny),
        ] {
            assert_eq!(RouteVerdict::all(parts.clone()), expected, "{parts:?}");
        }
    }

    #[test]
    fn any_needs_one_part() {
        for (parts, expected) in [
            (vec![Allowed, ExplicitDeny], Allowed),
            (vec![depends(), Allowed], Allowed),
            (vec![depends(), ExplicitDeny], depends()),
            (vec![ExplicitDeny, ExplicitDeny], ExplicitDeny),
            (vec![ImplicitDeny, ExplicitDeny], ImplicitDeny),
            (vec![], ImplicitDeny),
        ] {
            assert_eq!(RouteVerdict::any(parts.clone()), expected, "{parts:?}");
        }
    }

    #[test]
    fn one_of_several_types_depends_unless_all_agree() {
        let parts = |first, second| vec![("a".to_owned(), first), ("b".to_owned(), second)];
        assert_eq!(RouteVerdict::one_of(parts(Allowed, Allowed)), Allowed);
        assert_eq!(
            RouteVerdict::one_of(parts(ImplicitDeny, ExplicitDeny)),
            ImplicitDeny
        );
        assert_eq!(RouteVerdict::one_of(Vec::new()), ImplicitDeny);
        let lines = RouteVerdict::one_of(parts(Allowed, ExplicitDeny)).lines();
        let lines: Vec<String> = lines.iter().map(Line::plain).collect();
        assert_eq!(
            lines,
            [
                "depends on:",
                "the resource: allowed on a",
                "the resource: denied on b"
            ]
        );
    }
}
