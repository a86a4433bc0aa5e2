//! Compares `dependents(..)` with the dependent actions that the catalog lists for an action.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{DependentAction, ResourceType, nearest};
use quote::ToTokens;
use syn::Path;
use syn::ext::IdentExt;

use super::arguments::{Named, dependent_question};
use super::{
    Argument, Bound, Dependent, DependentCheck, Names, RequestTags, Resolved, Target,
    arguments_of_action, span_of,
};
use crate::errors::Errors;
use crate::messages::{self, DependentText};
use crate::requirement::Requirement;
use crate::requires::parse::{Dependents, NamedDependent};

/// The statement of an action, if it has one.
pub(super) struct GivenDependents(pub(super) Option<Dependents>);

/// What is known about an action whose dependent actions are checked.
pub(super) struct OfAction<'q, 'c> {
    pub(super) action: &'q Resolved<'c>,
    /// `None` after an error.
    pub(super) request_tags: Option<&'q RequestTags>,
    /// `None` after an error.
    pub(super) target: Option<&'q Target<'c>>,
    /// Whether the action is checked on a list of resources.
    pub(super) is_list: bool,
}

/// The only statement. Reports further ones.
pub(super) fn only(all: Vec<Dependents>, errors: &mut Errors) -> Option<Dependents> {
    for further in all.iter().skip(1) {
        errors.push(
            further.keyword.span(),
            messages::duplicate(&further.keyword),
        );
    }
    all.into_iter().next()
}

/// Gives the statement after a composition to the actions without a statement of their own: each gets the entries that
/// the catalog lists for it.
pub(super) fn share(
    tree: &mut Requirement<Named<'_>>,
    shared: &Dependents,
    names: Names<'_, '_>,
    errors: &mut Errors,
) {
    if let Requirement::Leaf(named) = tree {
        if named.dependents.is_some() {
            errors.push(shared.keyword.span(), messages::duplicate(&shared.keyword));
        } else {
            named.dependents = Some(shared.clone());
        }
        return;
    }
    let mut listed: BTreeSet<String> = BTreeSet::new();
    let mut taken = vec![false; shared.entries.as_ref().map_or(0, Vec::len)];
    tree.for_each(&mut |named| {
        let dependent_actions = &named.action.entry.dependent_actions;
        if dependent_actions.is_empty() {
            return;
        }
        listed.extend(
            dependent_actions
                .iter()
                .map(|dependent| names.path(dependent, &named.action)),
        );
        let entries = shared.entries.as_ref().map(|entries| {
            let entries = entries
                .iter()
                .zip(&mut taken)
                .filter(|(entry, _)| names.listed(&entry.path, &named.action).is_some());
            let entries = entries.map(|(entry, taken)| {
                *taken = true;
                entry.clone()
            });
            entries.collect::<Vec<_>>()
        });
        let is_about_it = entries.as_ref().is_none_or(|entries| !entries.is_empty());
        let is_about_it = is_about_it || shared.is_broken;
        if named.dependents.is_none() && is_about_it {
            named.dependents = Some(Dependents {
                keyword: shared.keyword.clone(),
                entries,
                is_broken: shared.is_broken,
            });
        }
    });
    if listed.is_empty() {
        errors.push(shared.keyword.span(), messages::NO_DEPENDENTS_OF_THESE);
        return;
    }
    let listed: Vec<String> = listed.into_iter().collect();
    for (entry, _) in shared
        .entries
        .iter()
        .flatten()
        .zip(taken)
        .filter(|(_, taken)| !taken)
    {
        let fault = messages::not_a_dependent(
            &entry.path,
            "these actions",
            &listed,
            &near(&entry.path, &listed),
        );
        errors.push(span_of(&entry.path), fault);
    }
}

/// The listed paths that are similar to `path`.
fn near(path: &Path, listed: &[String]) -> Vec<String> {
    let last = path
        .segments
        .last()
        .map(|last| last.ident.unraw().to_string());
    let last = last.unwrap_or_default();
    let name = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
    let names: Vec<String> = listed.iter().map(|path| name(path)).collect();
    let near = nearest(&last, names.iter().map(String::as_str));
    let is_near = |path: &&String| near.iter().any(|near| *near == name(path));
    listed.iter().filter(is_near).cloned().collect()
}

impl<'c> Names<'c, '_> {
    /// The module of the service, and the name in code, of a dependent action.
    fn in_code(self, dependent: &DependentAction) -> (String, String) {
        let (prefix, name) = dependent.action.split_once(':').unwrap_or_default();
        let service = self.catalogs.catalog().service(prefix);
        let known = service.and_then(|service| service.find(name));
        let name = known.map_or(name, |action| action.type_name());
        (prefix.replace('-', "_"), name.replace('-', "_"))
    }

    /// The path by which the attribute of `action` names a dependent action.
    fn path(self, dependent: &DependentAction, action: &Resolved<'_>) -> String {
        let (module, name) = self.in_code(dependent);
        if module == action.service.module_name() {
            name
        } else {
            format!("{module}::{name}")
        }
    }

    /// The dependent action of `action` that `path` names. A name without a service is that of the action's service.
    fn listed(self, path: &Path, action: &Resolved<'c>) -> Option<&'c DependentAction> {
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let (service, name) = match segments.as_slice() {
            [name] => (action.service.module_name(), name),
            [service, name] => (service.clone(), name),
            _ => return None,
        };
        let mut listed = action.entry.dependent_actions.iter();
        listed.find(|dependent| self.in_code(dependent) == (service.clone(), name.clone()))
    }

    /// The dependent action in its catalog; `None` if its service has no catalog.
    fn dependent(self, dependent: &DependentAction, path: &Path) -> Option<Resolved<'c>> {
        let (prefix, name) = dependent.action.split_once(':')?;
        let service = self.catalogs.catalog().service(prefix)?;
        let entry = service.find(name)?;
        let mut segments = path.segments.iter().rev().map(|segment| &segment.ident);
        let name = segments.next()?;
        Some(self.resolved(service, entry, segments.next(), name))
    }
}

impl<'c> OfAction<'_, 'c> {
    /// The dependent actions to check. Returns `None` only after it has reported an error.
    pub(super) fn check(
        &self,
        GivenDependents(given): GivenDependents,
        names: Names<'c, '_>,
        bound: Bound<'_>,
        errors: &mut Errors,
    ) -> Option<Vec<Dependent<'c>>> {
        let action = self.action;
        let listed = &action.entry.dependent_actions;
        if let ([], Some(given)) = (listed.as_slice(), &given) {
            errors.push(given.keyword.span(), messages::no_dependents(&action.name));
            return None;
        }
        // An error about the tags has been reported.
        let has_tags = self.request_tags.is_some();
        let needed = listed.iter().filter(|dependent| {
            self.may_need(dependent) && (has_tags || !dependent.only_with_tags)
        });
        let Some(Dependents {
            entries, is_broken, ..
        }) = given
        else {
            return self.without_statement(&needed.collect::<Vec<_>>(), names, errors);
        };
        let Some(entries) = entries else {
            return (!is_broken).then(Vec::new);
        };
        let mut checks = Some(Vec::new());
        let mut seen: Vec<(&DependentAction, String)> = Vec::new();
        let mut is_misnamed = false;
        for NamedDependent { path, arguments } in entries {
            let place = span_of(&path);
            let Some(entry) = names.listed(&path, action) else {
                let paths = listed.iter().map(|dependent| names.path(dependent, action));
                let paths: Vec<String> = paths.collect();
                let near = near(&path, &paths);
                is_misnamed = true;
                let of = format!("`{}`", action.name);
                errors.push(place, messages::not_a_dependent(&path, &of, &paths, &near));
                continue;
            };
            // A request may name several resources of a dependent action, such as two roles.
            let written = written(arguments.as_deref());
            let same = seen.iter().filter(|(seen, _)| std::ptr::eq(*seen, entry));
            let is_repeated = same.clone().count() >= entry.resource_from.len().max(1);
            if is_repeated || same.clone().any(|(_, seen)| *seen == written) {
                errors.push(place, messages::duplicate_dependent(&path));
                continue;
            }
            seen.push((entry, written));
            let Some(arguments) = arguments else {
                continue;
            };
            if !self.may_need(entry) {
                errors.push(place, messages::dependent_without_tags(&path, &action.name));
                continue;
            }
            let check = self.one(entry, &path, arguments, names, bound, errors);
            match (check, &mut checks) {
                (Some(check), Some(checks)) => checks.push(Dependent { entry, check }),
                (None, checks) => *checks = None,
                (Some(_), None) => {}
            }
        }
        // A misspelled name, or one that could not be parsed, is probably the missing one.
        if is_misnamed || is_broken {
            return None;
        }
        for missing in needed {
            if !seen.iter().any(|(seen, _)| std::ptr::eq(*seen, missing)) {
                self.report(&[missing], names, &mut |texts| {
                    let texts = texts
                        .iter()
                        .map(|text| messages::dependent_missing(&action.name, text));
                    errors.push(action.name.span(), texts.collect::<String>());
                });
                checks = None;
            }
        }
        checks
    }

    /// Whether requests of this handler may need the dependent action: those without tags do not need all of them.
    fn may_need(&self, dependent: &DependentAction) -> bool {
        !(dependent.only_with_tags && matches!(self.request_tags, Some(RequestTags::None)))
    }

    fn without_statement(
        &self,
        needed: &[&'c DependentAction],
        names: Names<'c, '_>,
        errors: &mut Errors,
    ) -> Option<Vec<Dependent<'c>>> {
        if needed.is_empty() {
            return Some(Vec::new());
        }
        let name = &self.action.name;
        self.report(needed, names, &mut |texts| {
            errors.push(name.span(), messages::dependents_needed(name, texts));
        });
        None
    }

    /// Calls `report` with the texts for messages.
    fn report(
        &self,
        dependents: &[&'c DependentAction],
        names: Names<'c, '_>,
        report: &mut dyn FnMut(&[DependentText<'_>]),
    ) {
        let texts: Vec<(String, String)> = dependents
            .iter()
            .map(|dependent| {
                let path = names.path(dependent, self.action);
                let entry = self.example(dependent, &path, names);
                (path, entry)
            })
            .collect();
        let texts: Vec<DependentText<'_>> = texts
            .iter()
            .zip(dependents)
            .map(|((path, entry), dependent)| DependentText {
                path,
                entry,
                when: &dependent.when,
            })
            .collect();
        report(&texts);
    }

    /// An entry of `dependents(..)` for the dependent action.
    fn example(&self, dependent: &'c DependentAction, path: &str, names: Names<'c, '_>) -> String {
        let (prefix, name) = dependent.action.split_once(':').unwrap_or_default();
        let service = names.catalogs.catalog().service(prefix);
        let Some(entry) = service.and_then(|service| service.find(name)) else {
            return format!("{path}({} = expression)", arn_argument(dependent));
        };
        let is_own = self.action.service.prefix == prefix;
        if entry.resources.is_empty()
            || (is_own && self.created(dependent, &entry.resources).is_some())
        {
            return path.to_owned();
        }
        let argument = match (entry.whole_arn_field(), entry.resources.as_slice()) {
            (Some(field), _) => field,
            (None, [only]) => only
                .fields
                .last()
                .map_or_else(|| "resource".to_owned(), |field| field.field()),
            (None, _) => "resource".to_owned(),
        };
        format!("{path}({argument} = expression)")
    }

    /// The type of the resource on which a dependent action is needed if the attribute does not name one: the resource
    /// that the action creates, or the resource of the action.
    fn created(
        &self,
        dependent: &'c DependentAction,
        acts_on: &[std::sync::Arc<ResourceType>],
    ) -> Option<&'c ResourceType> {
        if self.is_list || !dependent.resource_from.is_empty() {
            return None;
        }
        if let Some(created) = &dependent.resource {
            // A whole ARN states no ids, so none of the created resource may be among them.
            let is_by_arn = matches!(self.target, Some(Target::WholeArn(_)));
            let types = self.action.entry.resources.iter();
            let mut own = types.flat_map(|resource| &resource.fields);
            let shares_ids = own.any(|own| created.fields.contains(own));
            return (!is_by_arn || !shares_ids).then_some(created);
        }
        match (self.target?, self.action.entry.resources.as_slice()) {
            (Target::Fields { .. } | Target::Given(_), [only]) => {
                acts_on.iter().any(|other| other == only).then_some(&**only)
            }
            _ => None,
        }
    }

    /// The check of one dependent action. Returns `None` only after it has reported an error.
    fn one(
        &self,
        entry: &'c DependentAction,
        path: &Path,
        arguments: Vec<Argument>,
        names: Names<'c, '_>,
        bound: Bound<'_>,
        errors: &mut Errors,
    ) -> Option<DependentCheck<'c>> {
        let Some(action) = names.dependent(entry, path) else {
            return outside(entry, path, arguments, errors);
        };
        let (keys, own) = arguments_of_action(arguments, errors);
        let is_own = action.service.prefix == self.action.service.prefix;
        let created = match is_own {
            true => self.created(entry, &action.entry.resources),
            false => None,
        };
        let named = Named {
            action,
            own,
            each: None,
            keys,
            dependents: None,
        };
        let check = dependent_question(named, created, self.request_tags, bound, errors)?;
        Some(DependentCheck::InCatalog(Box::new(check)))
    }
}

/// The arguments as text, to find duplicates.
fn written(arguments: Option<&[Argument]>) -> String {
    let Some(arguments) = arguments else {
        return "none".to_owned();
    };
    let each = arguments.iter().map(|argument| {
        let value = argument.value.to_token_stream();
        format!("{} = {value}", argument.key)
    });
    each.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The name of the argument for the whole ARN in examples: `role_arn` for the member `ExportJobRequest.RoleArn`.
fn arn_argument(dependent: &DependentAction) -> String {
    let member = dependent.resource_from.first();
    let member = member.and_then(|member| member.rsplit('.').next());
    let mut name = String::new();
    for letter in member.unwrap_or("ResourceArn").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    if is_arn_argument(&name) {
        name
    } else {
        "resource_arn".to_owned()
    }
}

fn is_arn_argument(name: &str) -> bool {
    name == "arn" || name.ends_with("_arn")
}

/// The check of an action of a service without a catalog.
fn outside<'c>(
    entry: &DependentAction,
    path: &Path,
    arguments: Vec<Argument>,
    errors: &mut Errors,
) -> Option<DependentCheck<'c>> {
    let segments: Vec<String> = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let example = format!(
        "{}({} = expression)",
        segments.join("::"),
        arn_argument(entry)
    );
    let mut arn = None;
    for Argument {
        key,
        value,
        is_condition_key,
    } in arguments
    {
        let is_arn = is_arn_argument(&key.unraw().to_string()) && !is_condition_key;
        if is_arn && arn.is_none() {
            arn = Some(value);
        } else {
            let fault = messages::argument_of_dependent(&key, path, &example);
            errors.push(key.span(), fault);
            return None;
        }
    }
    match arn {
        Some(arn) => Some(DependentCheck::Outside {
            arn,
            is_late: false,
        }),
        None => {
            let fault = messages::whole_arn_of_dependent(path, &example);
            errors.push(span_of(path), fault);
            None
        }
    }
}
