//! The actions that are needed, and their resources.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam_core::__private::nearest;

use super::LeastPrivilegeError;
use super::required::{dependent_types, fixing_action};
use pinpoint_iam::action::{ActionMetadata, DependentAction, ServiceMetadata};
use pinpoint_iam::arn::Scope;
use pinpoint_iam::context::Context;
use pinpoint_iam::pattern::{Case, Match, Pattern, Syntax};
use pinpoint_iam::resource::ResourceTypeMetadata;
use pinpoint_iam::web::{ActionRequirement, DependentRequirement};

/// Actions and the ARN patterns on which each of them is needed, sorted by action.
pub(super) struct Needed<'b> {
    scope: &'b Scope,
    fixed: &'b BTreeMap<String, String>,
    dependent_resources: &'b BTreeMap<String, BTreeSet<String>>,
    services: &'b [&'static ServiceMetadata],
    entries: BTreeMap<String, Entry>,
    /// The names of ids and dependent actions that exist for the needed actions. The given names are checked against
    /// them.
    fields: BTreeSet<&'static str>,
    dependent_actions: BTreeSet<String>,
    remarks: Vec<String>,
    /// The actions whose dependent actions the routes state.
    stated: BTreeSet<String>,
}

/// One action.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// The action in the catalog; `None` for an action of another service.
    pub(super) metadata: Option<&'static ActionMetadata>,
    /// The ARN patterns. None of them covers another one.
    pub(super) patterns: BTreeSet<String>,
}

impl<'b> Needed<'b> {
    pub(super) const fn new(
        scope: &'b Scope,
        fixed: &'b BTreeMap<String, String>,
        dependent_resources: &'b BTreeMap<String, BTreeSet<String>>,
        services: &'b [&'static ServiceMetadata],
    ) -> Self {
        Self {
            scope,
            fixed,
            dependent_resources,
            services,
            entries: BTreeMap::new(),
            fields: BTreeSet::new(),
            dependent_actions: BTreeSet::new(),
            remarks: Vec::new(),
            stated: BTreeSet::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn contains(&self, action: &ActionMetadata) -> bool {
        self.entries.contains_key(&action.to_string())
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(action, entry)| (action.as_str(), entry))
    }

    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    pub(super) fn remark(&mut self, remark: String) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// Adds `action` on resources of these types, or on `*` if there are none.
    pub(super) fn add(
        &mut self,
        action: &'static ActionMetadata,
        resource_types: &[&'static ResourceTypeMetadata],
    ) -> Result<(), LeastPrivilegeError> {
        let patterns = self.patterns(resource_types, action.pinned)?;
        self.insert(action.to_string(), Some(action), patterns);
        self.stated.remove(&action.to_string());
        Ok(())
    }

    /// Adds an action of a route, which states the dependent actions that it checks. If the action itself was requested as
    /// well, all of its dependent actions are needed.
    pub(super) fn add_stated(
        &mut self,
        action: &'static ActionMetadata,
        resource_types: &[&'static ResourceTypeMetadata],
    ) -> Result<(), LeastPrivilegeError> {
        let name = action.to_string();
        let is_stated = !self.entries.contains_key(&name) || self.stated.contains(&name);
        self.add(action, resource_types)?;
        if is_stated {
            self.stated.insert(name);
        }
        Ok(())
    }

    /// Adds a dependent action that a route checks.
    pub(super) fn add_dependent(
        &mut self,
        requirement: &ActionRequirement,
        dependent: &DependentRequirement,
    ) -> Result<(), LeastPrivilegeError> {
        let (action, resource_types) = (requirement.action, dependent_types(dependent));
        let name = dependent.action.to_string();
        self.dependent_actions.insert(name.clone());
        let metadata = dependent.action.has_catalog().then_some(dependent.action);
        let patterns = match (self.dependent_resources.get(&name), metadata) {
            (Some(resources), _) => resources.iter().cloned().collect(),
            (None, None) => {
                let pattern = self.pattern_outside(&name);
                self.remark(format!(
                    "`{action}` needs `{name}`; it is granted on `{pattern}`, and `dependent_resource` narrows that"
                ));
                vec![pattern]
            }
            (None, Some(_)) => {
                let fixes = fixing_action(requirement, dependent);
                self.patterns(&resource_types, fixes.pinned)?
            }
        };
        let is_new = !self.entries.contains_key(&name);
        self.insert(name.clone(), metadata, patterns);
        if is_new {
            self.stated.insert(name);
        }
        Ok(())
    }

    fn insert(
        &mut self,
        action: String,
        metadata: Option<&'static ActionMetadata>,
        patterns: Vec<String>,
    ) {
        let entry = self.entries.entry(action).or_default();
        entry.metadata = entry.metadata.or(metadata);
        for pattern in patterns {
            if !entry.patterns.iter().any(|other| covers(other, &pattern)) {
                entry.patterns.retain(|other| !covers(&pattern, other));
                entry.patterns.insert(pattern);
            }
        }
    }

    /// Returns the ARN patterns of resource types, with the fixed ids filled in.
    fn patterns(
        &mut self,
        resource_types: &[&'static ResourceTypeMetadata],
        pinned: &[(&str, &str)],
    ) -> Result<Vec<String>, LeastPrivilegeError> {
        if resource_types.is_empty() {
            return Ok(vec!["*".to_owned()]);
        }
        for resource_type in resource_types {
            self.fields
                .extend(resource_type.fields.iter().map(|field| field.name));
        }
        let pattern = |resource_type: &&'static ResourceTypeMetadata| {
            resource_type.arn_pattern(self.scope, |field| {
                let pin = pinned.iter().find(|(name, _)| *name == field.placeholder);
                pin.map(|(_, value)| *value)
                    .or_else(|| self.fixed.get(field.name).map(String::as_str))
            })
        };
        resource_types
            .iter()
            .map(pattern)
            .collect::<Result<_, _>>()
            .map_err(LeastPrivilegeError::Id)
    }

    /// Adds the dependent actions of all actions, and those of the dependent actions.
    pub(super) fn add_dependent_actions(&mut self) -> Result<(), LeastPrivilegeError> {
        let mut done: BTreeSet<String> = BTreeSet::new();
        loop {
            let next = self
                .entries()
                .find(|(action, _)| !done.contains(*action))
                .map(|(action, entry)| (action.to_owned(), entry.clone()));
            let Some((name, entry)) = next else {
                return Ok(());
            };
            if let Some(action) = entry.metadata.filter(|_| !self.stated.contains(&name)) {
                for dependent in action.dependent_actions {
                    self.add_dependent_action(action, &entry.patterns, dependent)?;
                }
            }
            done.insert(name);
        }
    }

    fn add_dependent_action(
        &mut self,
        action: &'static ActionMetadata,
        own: &BTreeSet<String>,
        dependent: &'static DependentAction,
    ) -> Result<(), LeastPrivilegeError> {
        self.dependent_actions.insert(dependent.action.to_owned());
        let metadata = self.find(action, dependent.action);
        if let Some(resources) = self.dependent_resources.get(dependent.action) {
            let resources = resources.iter().cloned().collect();
            self.insert(dependent.action.to_owned(), metadata, resources);
            return Ok(());
        }
        let patterns = match metadata {
            Some(_) if dependent.resource.is_some() => {
                self.patterns(dependent.resource.as_slice(), action.pinned)?
            }
            Some(metadata) => {
                let all = self.patterns(metadata.resource_types, action.pinned)?;
                if dependent.resource_from.is_empty() {
                    near(own, all)
                } else {
                    all
                }
            }
            None if dependent.resource_from.is_empty() => own.iter().cloned().collect(),
            None => vec![self.pattern_outside(dependent.action)],
        };
        if metadata.is_none() || !dependent.resource_from.is_empty() {
            self.remark(format!(
                "`{action}` needs `{}` {}; it is granted on {}, and `dependent_resource` narrows that",
                dependent.action,
                dependent.when,
                list(&patterns)
            ));
        }
        self.insert(dependent.action.to_owned(), metadata, patterns);
        Ok(())
    }

    /// Returns the service of an action of the catalog.
    pub(super) fn service_of(&self, action: &ActionMetadata) -> &'static ServiceMetadata {
        self.given(action.service.prefix).unwrap_or(action.service)
    }

    /// Returns the service with this prefix from those that were given.
    fn given(&self, prefix: &str) -> Option<&'static ServiceMetadata> {
        let mut services = self.services.iter().copied();
        services.find(|service| service.prefix.eq_ignore_ascii_case(prefix))
    }

    /// Returns the action called `name` from the catalog, if it belongs to a service that was given or of which
    /// something is granted.
    fn find(&self, action: &ActionMetadata, name: &str) -> Option<&'static ActionMetadata> {
        let (prefix, name) = name.split_once(':')?;
        let granted = self
            .entries
            .values()
            .filter_map(|entry| entry.metadata)
            .map(|metadata| metadata.service);
        let mut granted = std::iter::once(action.service).chain(granted);
        self.given(prefix)
            .or_else(|| granted.find(|service| service.prefix.eq_ignore_ascii_case(prefix)))?
            .action(name)
    }

    /// Returns the resources of an action of a service that no known catalog describes.
    fn pattern_outside(&self, action: &str) -> String {
        // `iam:PassRole` acts on roles of the account, whose ARNs have a known format.
        if action.eq_ignore_ascii_case("iam:PassRole") {
            format!(
                "arn:{}:iam::{}:role/*",
                self.scope.partition(),
                self.scope.account()
            )
        } else {
            "*".to_owned()
        }
    }

    /// Checks that every given name exists.
    pub(super) fn check_names(&self) -> Result<(), LeastPrivilegeError> {
        if let Some(name) = self
            .fixed
            .keys()
            .find(|name| !self.fields.contains(&***name))
        {
            return Err(LeastPrivilegeError::UnknownId {
                name: name.clone(),
                nearest: nearest(name, self.fields.iter().copied()),
            });
        }
        let given = self.dependent_resources.keys();
        match { given }.find(|name| !self.dependent_actions.contains(*name)) {
            Some(name) => Err(LeastPrivilegeError::UnknownDependentAction { name: name.clone() }),
            None => Ok(()),
        }
    }
}

/// Of the patterns on which a dependent action could act, returns those for an action's own resource: the resource, the
/// patterns that cover it, and those below it, such as the campaign that is created in a project. Returns all patterns
/// if there are none of these.
fn near(own: &BTreeSet<String>, all: Vec<String>) -> Vec<String> {
    let near: Vec<String> = own
        .iter()
        .flat_map(|own| {
            all.iter().filter_map(move |pattern| {
                if covers(own, pattern) {
                    Some(own.clone())
                } else if covers(pattern, own) || pattern.starts_with(&format!("{own}/")) {
                    Some(pattern.clone())
                } else {
                    None
                }
            })
        })
        .collect();
    if near.is_empty() { all } else { near }
}

/// Returns whether `wide` matches everything that `narrow` matches.
///
/// A `*` in `narrow` is treated as a character that only a `*` in `wide` matches. This is correct for patterns without
/// `?` and variables. Only the last component may differ, because a wildcard matches any text there.
fn covers(wide: &str, narrow: &str) -> bool {
    if wide == narrow || wide == "*" {
        return true;
    }
    let (Some((wide_start, wide)), Some((narrow_start, narrow))) =
        (split_at_resource(wide), split_at_resource(narrow))
    else {
        return false;
    };
    let syntax = Syntax {
        wildcards: true,
        variables: false,
    };
    wide_start == narrow_start
        && !narrow.contains('?')
        && !wide.contains('?')
        && Pattern::parse(wide, syntax).is_ok_and(|pattern| {
            pattern.matches(narrow, Case::Sensitive, &Context::new()) == Match::Yes
        })
}

/// Splits an ARN at its fifth colon.
fn split_at_resource(arn: &str) -> Option<(&str, &str)> {
    let (position, _) = arn.match_indices(':').nth(4)?;
    Some((arn.get(..position)?, arn.get(position..)?))
}

fn list(patterns: &[String]) -> String {
    let quoted: Vec<String> = patterns
        .iter()
        .map(|pattern| format!("`{pattern}`"))
        .collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_matches_whole() {
        let arn = |resource: &str| format!("arn:aws:m:r:1:{resource}");
        for (wide, narrow, expected) in [
            ("apps/*", "apps/*", true),
            ("apps/*", "apps/*/campaigns/*", true),
            ("apps/*/campaigns/*", "apps/*", false),
            ("apps/a1", "apps/*", false),
            ("apps/*", "apps", false),
            ("templates/*/EMAIL", "templates/*/SMS", false),
        ] {
            assert_eq!(
                covers(&arn(wide), &arn(narrow)),
                expected,
                "{wide} {narrow}"
            );
        }
        assert!(covers("*", &arn("apps/*")));
        assert!(!covers(&arn("*"), "*"));
        assert!(!covers("arn:aws:m:*:1:*", "arn:aws:m:r:1:apps/*"));
    }
}
