//! Assigns the arguments of an attribute to its actions.

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Action, Binding, KeyField, ResourceType, nearest};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Expr, ExprField, ExprParen, Ident, Member, Token, token};

use super::dependents::GivenDependents;
use super::{
    ADAPTER, Bound, CALLER, CheckExpr, FIELDS_OF, GUARD, Names, OF_ATTRIBUTE, RequestTags,
    Resolved, SuppliedKey, Target, Value, dependents,
};
use crate::errors::Errors;
use crate::messages;
use crate::requirement::Requirement;
use crate::requires::parse::{Argument, DEPENDENTS, Dependents, Each, EachKind, KEYS, PERMIT};

/// The key of the argument that contains a complete resource.
const RESOURCE: &str = "resource";
/// The key of the argument that contains the tags of the request.
const REQUEST_TAGS: &str = "request_tags";
/// The value for a request without tags.
const NO_TAGS: &str = "none";
/// Further arguments of an attribute outside the brackets of its actions.
const OPTIONS: [&str; 6] = [ADAPTER, CALLER, DEPENDENTS, FIELDS_OF, GUARD, PERMIT];

/// An action of the catalog and the arguments in its own brackets.
pub(super) struct Named<'c> {
    pub(super) action: Resolved<'c>,
    pub(super) own: Vec<Argument>,
    /// The kind of `each(..)`, and the key of the argument that is a list.
    pub(super) each: Option<(EachKind, String)>,
    /// The entries of `keys(..)`.
    pub(super) keys: Vec<Argument>,
    /// The statement about its dependent actions.
    pub(super) dependents: Option<Dependents>,
}

/// The arguments of an attribute outside the brackets of its actions.
pub(super) struct Shared {
    pub(super) arguments: Vec<Argument>,
    pub(super) dependents: Option<Dependents>,
}

/// Finds the argument that contains the list of `each(..)`: the only one in the brackets of its action.
///
/// Returns `None` only after it has reported an error.
pub(super) fn list_of(
    action: &Resolved<'_>,
    each: Each,
    own: &[Argument],
    errors: &mut Errors,
) -> Option<(EachKind, String)> {
    let Each { kind, keyword } = each;
    let keys = own.iter().map(|argument| argument.key.unraw().to_string());
    let keys: Vec<String> = keys
        .filter(|key| key != REQUEST_TAGS && key != KEYS)
        .collect();
    let fault = match keys.as_slice() {
        [only] if action.entry.whole_arn_field().is_some() && only != RESOURCE => {
            messages::each_of_whole_arns(kind.word(), &action.name)
        }
        [only] => return Some((kind, only.clone())),
        _ => {
            let fields = fields(action.entry);
            messages::each_needs_one_list(kind.word(), &action.name, fields.last())
        }
    };
    errors.push(keyword.span(), fault);
    None
}

/// The meaning of a key for an action.
enum Meaning<'c> {
    /// A placeholder, or the parameter that contains a complete ARN.
    Field,
    /// A placeholder whose value the catalog fixes.
    Pinned(&'c str),
    /// The resource.
    Resource,
    /// The tags of the request.
    RequestTags,
    /// The row with the condition keys of the resource.
    Row,
    /// The key has no meaning.
    Nothing,
}

/// Assigns arguments to every action: those in its own brackets, and those `shared` arguments that apply to it.
///
/// Returns `None` only after it has reported an error.
pub(super) fn bind<'c>(
    mut tree: Requirement<Named<'c>>,
    shared: Shared,
    names: Names<'c, '_>,
    bound: Bound<'_>,
    errors: &mut Errors,
) -> Option<Requirement<CheckExpr<'c>>> {
    if let Some(shared) = shared.dependents {
        dependents::share(&mut tree, &shared, names, errors);
    }
    let (shared_keys, shared): (Vec<_>, Vec<_>) = shared
        .arguments
        .into_iter()
        .partition(|argument| argument.is_condition_key);
    share_keys(&mut tree, shared_keys, errors);
    // The arguments after a single action belong to that action.
    if let Requirement::Leaf(Named { own, .. }) = &mut tree {
        for argument in shared {
            if has(own, &argument.key.unraw().to_string()) {
                errors.push(argument.key.span(), messages::duplicate(&argument.key));
            } else {
                own.push(argument);
            }
        }
        return tree
            .try_map(&mut |named| question(named, &[], &BTreeSet::new(), names, bound, errors));
    }
    let suggested = check_shared(&tree, &shared, errors);
    tree.try_map(&mut |named| question(named, &shared, &suggested, names, bound, errors))
}

/// Adds the entries of a shared `keys(..)` to the actions that have these condition keys, and rejects those that none has.
fn share_keys(tree: &mut Requirement<Named<'_>>, shared: Vec<Argument>, errors: &mut Errors) {
    if let Requirement::Leaf(Named { keys, .. }) = tree {
        for argument in shared {
            if has(keys, &argument.key.unraw().to_string()) {
                errors.push(argument.key.span(), messages::duplicate(&argument.key));
            } else {
                keys.push(argument);
            }
        }
        return;
    }
    for argument in shared {
        let name = argument.key.unraw().to_string();
        let mut first = None;
        let mut is_known = false;
        tree.for_each(&mut |named| {
            let fields = named.action.entry.key_fields(named.action.service);
            if fields.iter().any(|field| is_field(field, &name)) {
                is_known = true;
                if !has(&named.keys, &name) {
                    named.keys.push(argument.clone());
                }
            }
            first.get_or_insert_with(|| unknown_key(&argument.key, &named.action));
        });
        if let (false, Some(message)) = (is_known, first) {
            errors.push(argument.key.span(), message);
        }
    }
}

fn is_field(field: &KeyField<'_>, name: &str) -> bool {
    field.name.trim_start_matches("r#") == name
}

/// The message for a condition key that the action does not have.
fn unknown_key(key: &Ident, action: &Resolved<'_>) -> String {
    let name = key.unraw().to_string();
    let entry = action.entry;
    let others: Vec<(&str, String)> = action
        .service
        .actions()
        .iter()
        .filter_map(|other| {
            let fields = other.key_fields(action.service);
            let field = fields.into_iter().find(|field| is_field(field, &name))?;
            Some((other.type_name(), field.key.name.clone()))
        })
        .collect();
    if let Some((_, full)) = others.first() {
        let others: Vec<&str> = others.iter().map(|(other, _)| *other).collect();
        return messages::condition_key_of_another_action(key, &entry.name, full, &others);
    }
    let names: Vec<String> = entry
        .key_fields(action.service)
        .into_iter()
        .map(|field| field.name)
        .collect();
    let near = nearest(&name, names.iter().map(String::as_str));
    let near: Vec<String> = near.into_iter().map(str::to_owned).collect();
    messages::unknown_condition_key(key, &entry.name, &names, &near)
}

/// The condition keys of the request that the attribute supplies.
fn supplied_keys<'c>(
    action: &Resolved<'c>,
    keys: Vec<Argument>,
    errors: &mut Errors,
) -> Vec<SuppliedKey<'c>> {
    let mut supplied: Vec<SuppliedKey<'c>> = Vec::new();
    let mut has_unknown = false;
    for Argument { key, value, .. } in keys {
        let name = key.unraw().to_string();
        let mut fields = action.entry.key_fields(action.service).into_iter();
        match fields.find(|field| is_field(field, &name)) {
            Some(field) => supplied.push(SuppliedKey { field, value }),
            None => {
                errors.push(key.span(), unknown_key(&key, action));
                has_unknown = true;
            }
        }
    }
    // A misspelled key is probably the missing one.
    if has_unknown {
        return supplied;
    }
    for field in action.entry.key_fields(action.service) {
        let is_required = action.entry.required_keys.contains(&field.key.name);
        if is_required && !supplied.iter().any(|key| key.field == field) {
            let message = messages::required_key(&action.entry.name, &field.key.name, &field.name);
            errors.push(action.name.span(), message);
        }
    }
    supplied
}

/// Rejects shared arguments that no action accepts.
///
/// Returns the keys that were probably meant: reporting them as missing would repeat the same error.
fn check_shared(
    tree: &Requirement<Named<'_>>,
    shared: &[Argument],
    errors: &mut Errors,
) -> BTreeSet<String> {
    let leaves = tree.leaves();
    let gives_resource = has(shared, RESOURCE);
    let mut suggested = BTreeSet::new();
    for argument in shared {
        let key = &argument.key;
        let name = key.unraw().to_string();
        let meanings = leaves
            .iter()
            .map(|named| (named, meaning(named.action.entry, &name)));
        let mut is_taken = false;
        let mut is_known = false;
        let mut is_field = false;
        let mut row_of_each = None;
        let mut pinned = None;
        for (named, meaning) in meanings {
            match meaning {
                Meaning::Nothing => {}
                Meaning::Pinned(value) => pinned = Some((&named.action.name, value)),
                meaning => {
                    is_known = true;
                    is_field |= matches!(meaning, Meaning::Field);
                    is_taken |= takes(named, &name, &meaning);
                    if let (Meaning::Row, Some((kind, _))) = (&meaning, &named.each) {
                        row_of_each = Some(kind.word());
                    }
                }
            }
        }
        if let Some(word) = row_of_each {
            errors.push(key.span(), messages::row_of_each(word));
            continue;
        }
        let fault = match (is_taken, is_known, pinned) {
            _ if is_field && gives_resource => messages::field_beside_resource(key),
            (true, ..) => continue,
            (false, true, _) => messages::overridden(key),
            (false, false, Some((action, value))) => messages::pinned(key, action, value),
            (false, false, None) if name == RESOURCE => messages::NO_RESOURCES.to_owned(),
            (false, false, None) if name == REQUEST_TAGS => messages::NO_REQUEST_TAGS.to_owned(),
            (false, false, None) if name == KEYS => messages::NO_RESOURCE_KEYS.to_owned(),
            (false, false, None) => {
                let entries = leaves.iter().map(|named| named.action.entry);
                let fields: BTreeSet<String> = entries.clone().flat_map(fields).collect();
                let takes_tags = entries.clone().any(Action::takes_request_tags);
                let near = suggestions(&name, &fields, takes_tags);
                suggested.extend(near.iter().cloned());
                messages::unknown_shared_key(key, &fields, &near)
            }
        };
        errors.push(key.span(), fault);
    }
    suggested
}

/// Whether an action accepts a shared argument and does not have one of its own with the same meaning.
fn takes(named: &Named<'_>, key: &str, meaning: &Meaning<'_>) -> bool {
    let own = &named.own;
    let names_a_field = || {
        own.iter().any(|argument| {
            let key = argument.key.unraw().to_string();
            matches!(meaning_of(named, &key), Meaning::Field)
        })
    };
    !has(own, key)
        && match meaning {
            Meaning::Field => !has(own, RESOURCE),
            Meaning::Resource => !names_a_field(),
            Meaning::RequestTags | Meaning::Row => true,
            Meaning::Pinned(_) | Meaning::Nothing => false,
        }
}

fn meaning_of<'c>(named: &Named<'c>, key: &str) -> Meaning<'c> {
    meaning(named.action.entry, key)
}

fn meaning<'c>(entry: &'c Action, key: &str) -> Meaning<'c> {
    match key {
        RESOURCE if !entry.resources.is_empty() => return Meaning::Resource,
        REQUEST_TAGS if entry.takes_request_tags() => return Meaning::RequestTags,
        KEYS if has_resource_keys(entry) => return Meaning::Row,
        _ => {}
    }
    match entry.whole_arn_field() {
        Some(field) if field == key => return Meaning::Field,
        Some(_) => return Meaning::Nothing,
        None => {}
    }
    let mut placeholders = entry.resources.iter().flat_map(|resource| &resource.fields);
    match placeholders.find(|placeholder| placeholder.field() == key) {
        Some(placeholder) => match entry.binding(placeholder) {
            Some(Binding::Pinned(value)) => Meaning::Pinned(value),
            _ => Meaning::Field,
        },
        None => Meaning::Nothing,
    }
}

/// Whether a resource type of the action has condition keys.
fn has_resource_keys(entry: &Action) -> bool {
    let mut resources = entry.resources.iter();
    resources.any(|resource| !resource.condition_keys.is_empty())
}

/// The names of all fields that can be filled.
fn fields(entry: &Action) -> BTreeSet<String> {
    match entry.whole_arn_field() {
        Some(field) => [field].into(),
        None => {
            let placeholders = entry.resources.iter().flat_map(|resource| &resource.fields);
            placeholders.map(|field| field.field()).collect()
        }
    }
}

fn suggestions(key: &str, fields: &BTreeSet<String>, takes_request_tags: bool) -> Vec<String> {
    let options = fields.iter().map(String::as_str).chain([RESOURCE]);
    let tags = takes_request_tags.then_some(REQUEST_TAGS);
    nearest(key, options.chain(tags).chain(OPTIONS))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn has(arguments: &[Argument], key: &str) -> bool {
    arguments.iter().any(|argument| argument.key.unraw() == key)
}

fn remove(arguments: &mut Vec<Argument>, key: &str) -> Option<Argument> {
    let position = arguments
        .iter()
        .position(|argument| argument.key.unraw() == key)?;
    Some(arguments.swap_remove(position))
}

/// The check of one action, with those of its dependent actions.
fn question<'c>(
    named: Named<'c>,
    shared: &[Argument],
    suggested: &BTreeSet<String>,
    names: Names<'c, '_>,
    bound: Bound<'_>,
    errors: &mut Errors,
) -> Option<CheckExpr<'c>> {
    let mut suggested = suggested.clone();
    check_own(&named, &mut suggested, errors);
    let inherited: Vec<Argument> = shared
        .iter()
        .filter(|argument| {
            let key = argument.key.unraw().to_string();
            takes(&named, &key, &meaning_of(&named, &key))
        })
        .cloned()
        .collect();
    let Named {
        action,
        own: mut arguments,
        each,
        keys,
        dependents,
    } = named;
    let keys = supplied_keys(&action, keys, errors);
    arguments.extend(inherited);
    let tags = remove(&mut arguments, REQUEST_TAGS).map(|argument| argument.value);
    let request_tags = request_tags(&action, tags, &suggested, errors);
    let row = remove(&mut arguments, KEYS).map(|argument| argument.value);
    let target = target(&action, arguments, &suggested, bound, errors);
    let of_action = dependents::OfAction {
        action: &action,
        request_tags: request_tags.as_ref(),
        target: target.as_ref(),
        is_list: each.is_some(),
    };
    let dependents = of_action.check(GivenDependents(dependents), names, bound, errors);
    let mut target = target?;
    if let (Some((_, list)), Target::Fields { resource, values }) = (&each, &mut target) {
        for (field, value) in resource.fields.iter().zip(values) {
            if field.field() == *list
                && let Value::Expression(expression) = value
            {
                *value = Value::Elements(expression.clone());
            }
        }
    }
    Some(CheckExpr {
        action,
        target,
        each: each.map(|(kind, _)| kind),
        request_tags: request_tags?,
        keys,
        row,
        keys_are_late: false,
        row_is_late: false,
        resource_is_late: false,
        tags_are_late: false,
        dependents: dependents?,
    })
}

/// The check of a dependent action.
///
/// `created` is the type of the resource that the action creates, which is the default; `of_action` are the tags of the
/// action.
pub(super) fn dependent_question<'c>(
    named: Named<'c>,
    created: Option<&'c ResourceType>,
    of_action: Option<&RequestTags>,
    bound: Bound<'_>,
    errors: &mut Errors,
) -> Option<CheckExpr<'c>> {
    let mut suggested = BTreeSet::new();
    check_own(&named, &mut suggested, errors);
    let Named {
        action,
        own: mut arguments,
        keys,
        ..
    } = named;
    let keys = supplied_keys(&action, keys, errors);
    let tags = remove(&mut arguments, REQUEST_TAGS).map(|argument| argument.value);
    let request_tags = match (tags, of_action) {
        (None, Some(RequestTags::None)) if action.entry.takes_request_tags() => {
            Some(RequestTags::None)
        }
        (None, Some(RequestTags::Expression(_))) if action.entry.takes_request_tags() => {
            Some(RequestTags::OfAction)
        }
        // An error about the tags of the action has been reported.
        (None, None) => None,
        (tags, _) => request_tags(&action, tags, &suggested, errors),
    };
    let row = remove(&mut arguments, KEYS).map(|argument| argument.value);
    let target = match created {
        Some(created) if arguments.is_empty() => Some(Target::Created(created)),
        _ => target(&action, arguments, &suggested, bound, errors),
    };
    Some(CheckExpr {
        action,
        target: target?,
        each: None,
        request_tags: request_tags?,
        keys,
        row,
        keys_are_late: false,
        row_is_late: false,
        resource_is_late: false,
        tags_are_late: false,
        dependents: Vec::new(),
    })
}

/// Rejects arguments that do not apply to the action, and collects the keys that were probably meant.
fn check_own(named: &Named<'_>, suggested: &mut BTreeSet<String>, errors: &mut Errors) {
    let Named {
        action, own, each, ..
    } = named;
    let gives_resource = has(own, RESOURCE);
    for argument in own {
        let key = &argument.key;
        let name = key.unraw().to_string();
        let fault = match meaning(action.entry, &name) {
            Meaning::Pinned(value) => messages::pinned(key, &action.name, value),
            Meaning::Field if gives_resource => messages::field_beside_resource(key),
            Meaning::Row => match each {
                Some((kind, _)) => messages::row_of_each(kind.word()),
                None => continue,
            },
            Meaning::Field | Meaning::Resource | Meaning::RequestTags => continue,
            Meaning::Nothing if name == RESOURCE => messages::no_resource_types(&action.name),
            Meaning::Nothing if name == REQUEST_TAGS => messages::no_request_tags(&action.name),
            Meaning::Nothing if name == KEYS => messages::no_resource_keys(&action.name),
            // Already reported as misplaced.
            Meaning::Nothing if OF_ATTRIBUTE.iter().any(|option| key == option) => {
                continue;
            }
            Meaning::Nothing => {
                let fields = fields(action.entry);
                let near = suggestions(&name, &fields, action.entry.takes_request_tags());
                suggested.extend(near.iter().cloned());
                messages::unknown_key(key, &action.name, &fields, &near)
            }
        };
        errors.push(key.span(), fault);
    }
}

/// The tags of the request, which are required for actions that accept tags.
fn request_tags(
    action: &Resolved<'_>,
    given: Option<Expr>,
    suggested: &BTreeSet<String>,
    errors: &mut Errors,
) -> Option<RequestTags> {
    match given {
        _ if !action.entry.takes_request_tags() => Some(RequestTags::NotTaken),
        Some(Expr::Path(path)) if path.path.is_ident(NO_TAGS) => Some(RequestTags::None),
        Some(expression) => Some(RequestTags::Expression(expression)),
        None => {
            if !suggested.contains(REQUEST_TAGS) {
                let place = action.name.span();
                errors.push(place, messages::request_tags_needed(action.entry));
            }
            None
        }
    }
}

/// The resource that the action is checked against.
fn target<'c>(
    action: &Resolved<'c>,
    mut arguments: Vec<Argument>,
    suggested: &BTreeSet<String>,
    bound: Bound<'_>,
    errors: &mut Errors,
) -> Option<Target<'c>> {
    let entry = action.entry;
    let place = action.name.span();
    if let Some(given) = remove(&mut arguments, RESOURCE) {
        return Some(Target::Given(given.value));
    }
    match (entry.whole_arn_field(), entry.resources.as_slice()) {
        (_, []) => Some(Target::All),
        (Some(field), types) => {
            let value = value(&field, place, &mut arguments, bound);
            if value.is_none() && !suggested.contains(&field) {
                errors.push(place, messages::whole_arn_needed(entry, &field, types));
            }
            value.map(Target::WholeArn)
        }
        (None, [only]) => {
            let (values, missing) = fill(action, only, arguments, bound);
            let missing: Vec<String> = missing
                .into_iter()
                .filter(|field| !suggested.contains(field))
                .collect();
            if !missing.is_empty() {
                errors.push(
                    place,
                    messages::unbound(entry, only, &missing, bound.parameters),
                );
            }
            Some(Target::Fields {
                resource: only,
                values,
            })
        }
        (None, types) => {
            errors.push(place, messages::resource_needed(entry, types));
            None
        }
    }
}

/// Finds a value for each field of the resource type, and the fields without a value.
fn fill(
    action: &Resolved<'_>,
    resource: &ResourceType,
    mut arguments: Vec<Argument>,
    bound: Bound<'_>,
) -> (Vec<Value>, Vec<String>) {
    let place = action.name.span();
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for placeholder in &resource.fields {
        if let Some(Binding::Pinned(value)) = action.entry.binding(placeholder) {
            values.push(Value::Fixed(value.to_owned()));
            continue;
        }
        let field = placeholder.field();
        match value(&field, place, &mut arguments, bound) {
            Some(value) => values.push(value),
            None => missing.push(field),
        }
    }
    (values, missing)
}

/// The value of `field`: the argument with this name, or else the parameter, or else the field of the value in
/// `fields_of`.
fn value(
    field: &str,
    place: Span,
    arguments: &mut Vec<Argument>,
    bound: Bound<'_>,
) -> Option<Value> {
    if let Some(argument) = remove(arguments, field) {
        return Some(Value::Expression(argument.value));
    }
    let mut parameters = bound.parameters.iter();
    if let Some(parameter) = parameters.find(|name| name.unraw() == field) {
        return Some(Value::Binding(parameter.clone()));
    }
    let whole = bound.fields_of?;
    let mut field: Ident = syn::parse_str(field).unwrap_or_else(|_| Ident::new_raw(field, place));
    field.set_span(place);
    let whole = Expr::Paren(ExprParen {
        attrs: Vec::new(),
        paren_token: token::Paren(place),
        expr: Box::new(whole.clone()),
    });
    Some(Value::Expression(Expr::Field(ExprField {
        attrs: Vec::new(),
        base: Box::new(whole),
        dot_token: Token![.](place),
        member: Member::Named(field),
    })))
}
