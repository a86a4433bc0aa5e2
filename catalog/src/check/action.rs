//! The rules for actions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::binding::Bindings;
use super::place::is_place;
use super::resource::check_type_name;
use super::route::route;
use super::{Scope, check_date, check_link, into_text, one_of};
use crate::error::Reporter;
use crate::model::{
    AccessLevel, Action, DependentAction, Lifecycle, LifecycleState, SourceVariant,
};
use crate::names;
use crate::reader::entries::{
    ActionEntry, DependentActionEntry, LifecycleEntry, SourceVariantEntry, Text,
};

pub(super) fn action(entry: ActionEntry, scope: &Scope<'_>) -> Option<Action> {
    let type_name = entry.type_name();
    let ActionEntry {
        name,
        summary,
        access_level,
        type_name: written_type_name,
        resources,
        pinned,
        route: route_text,
        success_status,
        target,
        from_request,
        whole_arn,
        whole_arn_from,
        condition_keys,
        required_keys,
        request_tags,
        dependent_actions,
        lifecycle,
        documentation,
        former_names,
        sources,
        seen,
        undocumented,
        note,
        misread,
    } = entry;
    let reporter = scope.reporter;
    let mut good = check_link(documentation.as_ref(), reporter)
        & check_type_name(written_type_name.as_ref(), scope);
    let access_level = access_level.map(|level| check_access_level(&level, scope));
    good &= check_required(&required_keys, &condition_keys, scope);
    let required_keys = scope.condition_keys.resolve_all(&required_keys, reporter);
    let condition_keys = scope.condition_keys.resolve_all(&condition_keys, reporter);
    let sources = scope.sources.resolve_all(&sources, reporter);
    let request_tags = request_tags
        .map(|place| is_place(&place, "request tags", scope).then(|| place.into_inner()));
    let target = target.map(|target| check_target(target, route_text.as_ref(), scope));
    let takes_request_tags = condition_keys
        .iter()
        .flatten()
        .any(|key| names::is_request_tag(key));
    let dependent_actions = all(dependent_actions, |entry| {
        dependent(entry, takes_request_tags, scope)
    });
    let lifecycle = match lifecycle {
        Some(entry) => check_lifecycle(entry, scope),
        None => Some(Lifecycle {
            state: LifecycleState::Unclear,
            ended: None,
            source: None,
        }),
    };
    let seen = all(seen, |entry| check_seen(entry, scope));

    good &= misread
        || check_status_is_there(&name, route_text.as_ref(), success_status.as_ref(), scope);
    let checked_route = route_text
        .as_ref()
        .map(|text| route(text, success_status.as_ref(), scope));
    let resource_names = scope.resources.resolve_all(&resources, reporter);
    let resources = resource_names.and_then(|names| {
        names
            .iter()
            .map(|name| scope.checked_resources.get(name).cloned())
            .collect::<Option<Vec<_>>>()
    });
    if let (Some(resources), None | Some(Some(_)), false) = (&resources, &checked_route, misread) {
        let binding = Bindings {
            action: &name,
            resources,
            route: checked_route.as_ref().and_then(Option::as_ref),
            pinned: &pinned,
            from_request: &from_request,
            whole_arn: whole_arn.as_ref(),
            whole_arn_from: whole_arn_from.as_ref(),
            place: route_text.as_ref().unwrap_or(&name),
        };
        good &= binding.check(scope);
    }

    let action = Action {
        name: name.into_inner(),
        type_name,
        summary: summary?.into_inner(),
        access_level: transpose(access_level)?,
        resources: resources?,
        pinned: pinned
            .into_iter()
            .map(|(placeholder, value)| (placeholder.into_inner(), value.into_inner()))
            .collect(),
        route: transpose(checked_route)?,
        target: transpose(target)?,
        from_request: from_request
            .into_iter()
            .map(|(placeholder, place)| (placeholder.into_inner(), place.into_inner()))
            .collect(),
        whole_arn: into_text(whole_arn),
        whole_arn_from: into_text(whole_arn_from),
        condition_keys: condition_keys?,
        required_keys: required_keys?,
        request_tags: transpose(request_tags)?,
        dependent_actions: dependent_actions?,
        lifecycle: lifecycle?,
        documentation: into_text(documentation),
        former_names: former_names
            .into_iter()
            .map(toml::Spanned::into_inner)
            .collect(),
        sources: sources?,
        seen: seen?,
        undocumented,
        note: into_text(note),
    };
    good.then_some(action)
}

/// Reports required keys that requests for the action do not have, or that no handler supplies by name.
fn check_required(required: &[Text], condition_keys: &[Text], scope: &Scope<'_>) -> bool {
    let mut good = true;
    for key in required {
        let text = key.get_ref();
        if !condition_keys.iter().any(|listed| listed == key) {
            scope.report(
                &key.span(),
                format!("the required key `{text}` is not a condition key of the action"),
                "add it to `condition-keys`",
            );
            good = false;
        } else if names::is_request_tag(text) || names::is_resource_tag(text) {
            scope.report(
                &key.span(),
                format!("`{text}` cannot be a required key"),
                "remove it: tags of requests are always required, and those of resources have a source",
            );
            good = false;
        }
    }
    good
}

/// Absent, invalid and valid are three different cases: an invalid value, `Some(None)`, makes the whole entry invalid.
fn transpose<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

/// Checks every entry before it returns whether one was invalid.
fn all<T, U>(entries: Vec<T>, check: impl Fn(T) -> Option<U>) -> Option<Vec<U>> {
    let checked: Vec<Option<U>> = entries.into_iter().map(check).collect();
    checked.into_iter().collect()
}

/// Checks the names and the former names of actions.
pub(super) fn check_names(actions: &[ActionEntry], reporter: &Reporter<'_>) {
    // IAM ignores case. If names are equal, the first one is kept.
    let mut known: BTreeMap<String, &Text> = BTreeMap::new();
    for entry in actions {
        let name = &entry.name;
        if !names::is_action_name(name.get_ref()) {
            reporter.report(
                &name.span(),
                format!("`{}` cannot be the name of an action", name.get_ref()),
                "use ASCII letters and digits, a capital letter first",
            );
        } else if entry.type_name.is_none() && !names::is_capitalized(name.get_ref()) {
            // Rarely intended: only about a dozen of AWS's actions have such names.
            let type_name = entry.type_name();
            reporter.report(
                &name.span(),
                format!("`{}` cannot be the name of a Rust type", name.get_ref()),
                format!(
                    "call it `{type_name}`, or add `type-name = \"{type_name}\"` if policies call it so"
                ),
            );
        }
        match known.entry(name.get_ref().to_ascii_lowercase()) {
            Entry::Vacant(entry) => {
                entry.insert(name);
            }
            Entry::Occupied(entry) => reporter.report(
                &name.span(),
                format!("there already is an action `{}`", entry.get().get_ref()),
                "IAM compares names of actions without case: give each its own",
            ),
        }
    }
    let mut claims: BTreeMap<String, usize> = BTreeMap::new();
    let former_names = || actions.iter().flat_map(|action| &action.former_names);
    for former in former_names() {
        *claims
            .entry(former.get_ref().to_ascii_lowercase())
            .or_default() += 1;
    }
    for former in former_names() {
        let folded = former.get_ref().to_ascii_lowercase();
        if known.contains_key(&folded) {
            reporter.report(
                &former.span(),
                format!(
                    "the former name `{}` is the name of an action",
                    former.get_ref()
                ),
                "leave it out: the action exists",
            );
        }
        if claims.get(&folded).is_some_and(|claims| *claims > 1) {
            reporter.report(
                &former.span(),
                format!(
                    "the former name `{}` is listed more than once",
                    former.get_ref()
                ),
                "list it with the one action that it became",
            );
        }
    }
}

fn check_access_level(level: &Text, scope: &Scope<'_>) -> Option<AccessLevel> {
    let names = AccessLevel::ALL.map(AccessLevel::name);
    one_of(level, "access level", &names, scope);
    AccessLevel::ALL
        .into_iter()
        .find(|known| known.name() == level.get_ref())
}

/// The header `X-Amz-Target` names the operation if all operations share one path: `Service.Operation`.
fn check_target(target: Text, route: Option<&Text>, scope: &Scope<'_>) -> Option<String> {
    if route.is_some() {
        scope.report(
            &target.span(),
            "the action has a `route` and a `target`",
            "keep the one by which requests name the operation",
        );
        return None;
    }
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let good = target
        .get_ref()
        .rsplit_once('.')
        .is_some_and(|(service, operation)| service.split('.').all(is_word) && is_word(operation));
    if !good {
        scope.report(
            &target.span(),
            format!("`{}` is not a valid target", target.get_ref()),
            "write the value of the header `X-Amz-Target`, as in `Orders_20261101.GetOrder`",
        );
    }
    good.then(|| target.into_inner())
}

fn dependent(
    entry: DependentActionEntry,
    takes_request_tags: bool,
    scope: &Scope<'_>,
) -> Option<DependentAction> {
    let DependentActionEntry {
        action,
        when,
        only_with_tags,
        resource,
        resource_from,
        source,
    } = entry;
    let action = action.filter(|action| {
        let good = action
            .get_ref()
            .split_once(':')
            .is_some_and(|(prefix, name)| {
                names::is_kebab_case(prefix) && names::is_action_name(name)
            });
        if !good {
            scope.report(
                &action.span(),
                format!("`{}` is not a valid action", action.get_ref()),
                "write it with its service, as in `iam:PassRole`",
            );
        }
        good
    });
    if let (true, false, Some(action)) = (only_with_tags, takes_request_tags, &action) {
        scope.report(
            &action.span(),
            format!(
                "`{}` is needed only with tags, but requests do not accept tags",
                action.get_ref()
            ),
            "remove `only-with-tags`, or add `aws:RequestTag/${TagKey}` to the `condition-keys` of the action",
        );
        return None;
    }
    if let (Some(resource), [_, ..]) = (&resource, resource_from.as_slice()) {
        scope.report(
            &resource.span(),
            "both `resource` and `resource-from` name the resource",
            "remove one of the two",
        );
        return None;
    }
    let resource = resource.map(|name| {
        let name = scope.resources.resolve(&name, scope.reporter)?;
        scope.checked_resources.get(&name).cloned()
    });
    let source = source.and_then(|source| scope.sources.resolve(&source, scope.reporter));
    Some(DependentAction {
        action: action?.into_inner(),
        when: when?.into_inner(),
        only_with_tags,
        resource: transpose(resource)?,
        resource_from: resource_from
            .into_iter()
            .map(toml::Spanned::into_inner)
            .collect(),
        source: source?,
    })
}

fn check_lifecycle(entry: LifecycleEntry, scope: &Scope<'_>) -> Option<Lifecycle> {
    let LifecycleEntry {
        span,
        state,
        ended,
        source,
    } = entry;
    let state = state.filter(|state| {
        one_of(
            state,
            "state of a lifecycle",
            &["continues", "ended", "unclear"],
            scope,
        )
    });
    let mut good = ended.as_ref().is_none_or(|date| check_date(date, scope));
    let source = source.map(|source| scope.sources.resolve(&source, scope.reporter));
    let state = match state?.get_ref().as_str() {
        "continues" => LifecycleState::Continues,
        "ended" => LifecycleState::Ended,
        _ => LifecycleState::Unclear,
    };
    if (state == LifecycleState::Ended) != ended.is_some() {
        scope.report(
            &span,
            "`ended` belongs to the state `ended`, and to no other",
            "give the day on which the action ended, or change the state",
        );
        good = false;
    }
    let lifecycle = Lifecycle {
        state,
        ended: into_text(ended),
        source: transpose(source)?,
    };
    good.then_some(lifecycle)
}

fn check_seen(entry: SourceVariantEntry, scope: &Scope<'_>) -> Option<SourceVariant> {
    let SourceVariantEntry {
        span,
        source,
        arn,
        method,
    } = entry;
    let source = source.and_then(|source| scope.sources.resolve(&source, scope.reporter));
    if arn.is_none() && method.is_none() {
        scope.report(
            &span,
            "the entry of `seen` is empty",
            "give the `arn` or the `method` that the source has",
        );
        return None;
    }
    Some(SourceVariant {
        source: source?,
        arn: into_text(arn),
        method: into_text(method),
    })
}

/// A route requires a status, and a status without a route is meaningless.
fn check_status_is_there(
    action: &Text,
    route: Option<&Text>,
    status: Option<&toml::Spanned<u16>>,
    scope: &Scope<'_>,
) -> bool {
    match (route, status) {
        (Some(route), None) => scope.report(
            &route.span(),
            format!(
                "the action `{}` has a route and no `success-status`",
                action.get_ref()
            ),
            "add `success-status = 200`, or the status of a successful response",
        ),
        (None, Some(status)) => scope.report(
            &status.span(),
            format!(
                "the action `{}` has a `success-status` and no route",
                action.get_ref()
            ),
            "add the `route` or leave the status out",
        ),
        _ => return true,
    }
    false
}
