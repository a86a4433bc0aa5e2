//! The texts of all compile errors, in one place so that they have the same style.
//!
//! Lower case, without a full stop, user input in backticks, and a `help:` line that suggests what to do.

mod catalogs;
mod dependents;
#[cfg(feature = "tonic")]
mod grpc;
#[cfg(feature = "include-policy")]
mod include_policy;
mod public;
mod routes;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use pinpoint_iam_catalog::{Action, CatalogErrors, ResourceType, UnknownAction, nearest};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, Lit, Path, Type};

use crate::requirement::Combinator;
use crate::written::written;

pub(crate) const NO_ACTION: &str = "`#[requires]` needs an action\nhelp: write `#[requires(Action)]` with the name of an action from the catalog";
pub(crate) const EXPECTED_ENTRY: &str =
    "expected an action name, `all(..)`, `any(..)` or `name = expression`";
pub(crate) const EXPECTED_COMMA: &str = "expected `,`";
pub(crate) const NO_BODY: &str = "`#[requires]` needs a function with a body\n\
    help: apply it to the function that handles the request";
pub(crate) const METHOD: &str = "`#[requires]` without `guard = ..` can only be applied to free functions\n\
    help: add `guard = expression`, or move the handler out of the `impl` or `trait`";
pub(crate) const BELOW_DEBUG_HANDLER: &str = "`#[debug_handler]` above `#[requires]` does not see the parameter that `#[requires]` adds\n\
    help: write `#[debug_handler]` below `#[requires]`";
pub(crate) const PERMIT_OF_ANY: &str = "`permit` cannot be used with `any`, because it is unknown which action was allowed\n\
    help: remove `permit`, or require its action in a separate `#[requires(..)]`";
pub(crate) const NO_RESOURCES: &str = "these actions do not support resource-level permissions; they are checked against `*`\nhelp: remove `resource`";
pub(crate) const NO_REQUEST_TAGS: &str =
    "these actions do not accept tags\nhelp: remove `request_tags`";
pub(crate) const EMPTY_KEYS: &str =
    "`keys()` names no condition key\nhelp: write `keys(name = expression)`, or remove it";
pub(crate) const EXPECTED_KEY: &str = "expected a condition key, as in `keys(name = expression)`";
/// Reported if an item is rejected without a reason, which would be a bug in this crate.
pub(crate) const NO_REASON: &str = "`#[requires]` cannot be applied to this item";

pub(crate) use self::catalogs::*;
pub(crate) use self::dependents::*;
#[cfg(feature = "tonic")]
pub(crate) use self::grpc::*;
#[cfg(feature = "include-policy")]
pub(crate) use self::include_policy::*;
pub(crate) use self::public::*;
pub(crate) use self::routes::*;

pub(crate) fn broken_catalog(faults: &CatalogErrors) -> String {
    format!("the built-in catalog is invalid\n{faults}")
}

pub(crate) fn second_action(second: &Path) -> String {
    second_requirement(&path(second))
}

pub(crate) fn second_composition(second: Combinator) -> String {
    second_requirement(&format!("{}(..)", second.word()))
}

fn second_requirement(second: &str) -> String {
    format!(
        "unexpected second action `{second}`\nhelp: write `all(.., {second})` to require both, or `any(.., {second})` to require one of them"
    )
}

pub(crate) fn argument_in_composition(key: &Ident, kind: Combinator) -> String {
    let word = kind.word();
    format!(
        "unexpected argument `{key}` in `{word}(..)`\n\
        help: write `{key} = ..` after `{word}(..)` to apply it to all actions, or `Action({key} = ..)` to apply it to one"
    )
}

pub(crate) fn empty_brackets(action: &Path) -> String {
    let action = path(action);
    format!("expected arguments in `{action}()`\nhelp: write `{action}`")
}

pub(crate) fn expected_argument(action: &Path) -> String {
    format!(
        "expected `name = expression` as an argument of `{}`",
        path(action)
    )
}

pub(crate) fn outside(key: &Ident) -> String {
    format!("`{key}` applies to the whole attribute\nhelp: move it out of the parentheses")
}

pub(crate) fn empty_composition(kind: Combinator) -> String {
    let word = kind.word();
    let result = match kind {
        Combinator::All => "allow",
        Combinator::Any => "deny",
    };
    format!(
        "`{word}()` without actions would {result} every request\nhelp: write at least two actions, as in `{word}(First, Second)`"
    )
}

pub(crate) fn lonely_entry(kind: Combinator) -> String {
    let word = kind.word();
    format!("`{word}` with a single action is redundant\nhelp: remove `{word}` and its parentheses")
}

pub(crate) fn too_many_entries(kind: Combinator, most: usize) -> String {
    let word = kind.word();
    format!(
        "`{word}` accepts at most {most} entries\nhelp: nest them, as in `{word}({word}(..), {word}(..))`"
    )
}

pub(crate) fn too_many_attributes(most: usize) -> String {
    format!(
        "a function accepts at most {most} `#[requires]` attributes\nhelp: combine them with `all(..)`"
    )
}

pub(crate) fn same_action_twice(action: &Path, kind: Combinator) -> String {
    format!(
        "duplicate action `{}` in `{}(..)`\nhelp: remove one of the two",
        path(action),
        kind.word()
    )
}

pub(crate) fn quoted_action(literal: &Lit) -> String {
    let help = match literal {
        Lit::Str(text) => match text.value().rsplit(':').next() {
            Some(name) if syn::parse_str::<Ident>(name).is_ok() => {
                format!("remove the quotes: `{name}`")
            }
            _ => "write the name of an action without quotes".to_owned(),
        },
        _ => "write the name of an action".to_owned(),
    };
    format!(
        "expected an action name, found the literal `{}`\nhelp: {help}",
        literal.to_token_stream()
    )
}

pub(crate) fn colon_in_action(service: &Path, name: &Ident) -> String {
    let service = path(service);
    format!(
        "`{service}:{name}` is the syntax of policies\nhelp: write `{service}::{name}`, with two colons"
    )
}

pub(crate) fn not_an_action(action: &Path) -> String {
    format!(
        "unexpected delimiter after the action `{action}`\nhelp: write `{action}`",
        action = path(action)
    )
}

pub(crate) fn not_a_function(item: &str) -> String {
    format!("`#[requires]` can only be applied to functions, found {item}")
}

pub(crate) fn long_path(action: &Path) -> String {
    let name = action.segments.last().map(|last| last.ident.to_string());
    format!(
        "`{}` is not a valid action path\nhelp: write `{name}`, or `service::{name}` for an action of another service",
        path(action),
        name = name.unwrap_or_default(),
    )
}

pub(crate) fn unknown_action(error: &UnknownAction) -> String {
    format!("{}\nhelp: {}", error.message(), error.hint())
}

pub(crate) fn attribute_of_another_crate(name: &Path) -> String {
    let name = path(name);
    format!(
        "`#[{name}(..)]` is the attribute of another crate, but has the name of ours\n\
        help: write its full path, starting with the name of its crate"
    )
}

pub(crate) fn too_many_parameters(most: usize) -> String {
    format!(
        "a handler accepts at most {most} parameters in addition to those of its check\n\
        help: combine several of them in one extractor"
    )
}

pub(crate) fn another_order(ordered: &[String]) -> String {
    format!(
        "this order differs from that of the action's route, and `Path` fills a tuple by position\n\
        help: write {} in this order; if your route differs from the catalog, use a struct with these field names",
        list("and", ordered)
    )
}

pub(crate) fn generic_named_like_handler(name: &Ident) -> String {
    format!(
        "the generic parameter `{name}` has the name of its handler\nhelp: rename the parameter"
    )
}

pub(crate) fn duplicate(key: &Ident) -> String {
    format!("duplicate argument `{key}`\nhelp: remove one of the two")
}

pub(crate) fn unknown_key(
    key: &Ident,
    action: &Ident,
    fields: &BTreeSet<String>,
    near: &[String],
) -> String {
    let has = match fields.len() {
        0 => "it has none".to_owned(),
        _ => format!("it has {}", list("and", fields)),
    };
    let help = did_you_mean(near);
    format!(
        "unknown argument `{key}`: neither an option nor a placeholder of `{action}`; {has}{help}"
    )
}

pub(crate) fn unknown_shared_key(
    key: &Ident,
    fields: &BTreeSet<String>,
    near: &[String],
) -> String {
    let has = match fields.len() {
        0 => "they have none".to_owned(),
        _ => format!("they have {}", list("and", fields)),
    };
    let help = did_you_mean(near);
    format!(
        "unknown argument `{key}`: neither an option nor a placeholder of these actions; {has}{help}"
    )
}

pub(super) fn did_you_mean(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => format!("\nhelp: did you mean {}?", list("or", near)),
    }
}

pub(crate) fn overridden(key: &Ident) -> String {
    format!(
        "unused argument `{key}`: every action that has this placeholder overrides it\nhelp: remove it, or remove an override"
    )
}

pub(crate) fn pinned(key: &Ident, action: &Ident, value: &str) -> String {
    format!("`{action}` fixes `{key}` to `{value}`\nhelp: remove the argument")
}

pub(crate) fn field_beside_resource(key: &Ident) -> String {
    format!("`resource` already provides `{key}`\nhelp: remove one of the two")
}

pub(crate) fn no_resource_types(action: &Ident) -> String {
    format!(
        "`{action}` does not support resource-level permissions; it is checked against `*`\nhelp: remove `resource`"
    )
}

pub(crate) fn no_request_tags(action: &Ident) -> String {
    format!("`{action}` does not accept tags\nhelp: remove `request_tags`")
}

pub(crate) fn no_resource_keys(action: &Ident) -> String {
    format!("the resource of `{action}` has no condition keys\nhelp: remove `keys`")
}

pub(crate) const NO_RESOURCE_KEYS: &str =
    "the resources of these actions have no condition keys\nhelp: remove `keys`";

pub(crate) fn unknown_condition_key(
    key: &Ident,
    action: &str,
    names: &[String],
    near: &[String],
) -> String {
    let has = match names {
        [] => "it has none that a handler supplies".to_owned(),
        _ => format!("it has {}", list("and", names)),
    };
    let help = did_you_mean(near);
    format!("`{action}` has no condition key `{key}`; {has}{help}")
}

pub(crate) fn required_key(action: &str, key: &str, name: &str) -> String {
    format!(
        "`{action}` requires the condition key `{key}`, and policies can depend on it\n\
         help: add `keys({name} = expression)`; `None` means that this request does not have it"
    )
}

pub(crate) fn condition_key_of_another_action(
    key: &Ident,
    action: &str,
    name: &str,
    others: &[&str],
) -> String {
    format!(
        "requests for `{action}` do not have the condition key `{name}`\nhelp: remove `{key}`, or require an action \
         that has it: {}",
        list("or", others)
    )
}

pub(crate) fn request_tags_needed(action: &Action) -> String {
    format!(
        "`{}` accepts tags, and policies can depend on them\n\
        help: add `request_tags = expression` with the tags of the request, or `request_tags = none` if this handler never sets any",
        action.name
    )
}

pub(crate) fn resource_needed(action: &Action, types: &[Arc<ResourceType>]) -> String {
    let types = list("or", types.iter().map(|resource| resource.type_name()));
    format!(
        "`{}` has several resource types\nhelp: add `resource = expression` of type {types}",
        action.name
    )
}

pub(crate) fn whole_arn_needed(
    action: &Action,
    field: &str,
    types: &[Arc<ResourceType>],
) -> String {
    let types = list("or", types.iter().map(|resource| resource.type_name()));
    format!(
        "`{}` needs `{field}`, the ARN of its resource, but no parameter has this name\n\
        help: take it from the path, as in `Path({field}): Path<String>`, or add `{field} = expression`, or `resource = expression` of type {types}",
        action.name
    )
}

pub(crate) fn unbound(
    action: &Action,
    resource: &ResourceType,
    missing: &[String],
    bound: &[Ident],
) -> String {
    let bound: Vec<String> = bound.iter().map(|name| name.unraw().to_string()).collect();
    let near = missing.iter().find_map(|field| {
        let near = nearest(field, bound.iter().map(String::as_str));
        Some((field, *near.first()?))
    });
    let first = missing.first().map_or("", String::as_str);
    let help = match near {
        Some((field, near)) => {
            format!("if the parameter `{near}` is meant, rename it or add `{field} = {near}`")
        }
        None => format!(
            "take it from the path, as in `{}`, or add `{first} = expression`",
            path_parameter(action, resource)
        ),
    };
    let has = match missing {
        [_] => "no parameter has this name",
        _ => "no parameters have these names",
    };
    format!(
        "`{}` needs {}, but {has}; its resource is `{}`\nhelp: {help}",
        action.name,
        list("and", missing),
        resource.arn
    )
}

/// The parameter that extracts all values from the path.
fn path_parameter(action: &Action, resource: &ResourceType) -> String {
    let names: Vec<String> = match &action.route {
        Some(route) => route
            .parameters()
            .map(|parameter| parameter.replace('-', "_"))
            .collect(),
        None => resource.fields.iter().map(|field| field.field()).collect(),
    };
    match names.as_slice() {
        [only] => format!("Path({only}): Path<String>"),
        several => format!(
            "Path(({})): Path<({})>",
            several.join(", "),
            vec!["String"; several.len()].join(", ")
        ),
    }
}

pub(crate) fn bound_twice(name: &Ident) -> String {
    format!(
        "the check needs `{name}`, but two parameters have this name\nhelp: rename the one that does not identify the resource"
    )
}

pub(crate) fn conditional(name: &Ident) -> String {
    format!(
        "the check needs `{name}`, but `#[cfg]` removes it from some builds\n\
        help: write two handlers and apply `#[cfg]` to them"
    )
}

pub(crate) fn reads_body(ty: &Type, name: &Ident) -> String {
    format!(
        "`{name}` comes from `{}`, which reads the body, but is not the last parameter\n\
        help: make it the last parameter",
        name_of(ty)
    )
}

pub(crate) fn impl_trait(name: &Ident) -> String {
    format!(
        "the check needs `{name}`, so its type cannot be `impl Trait`\nhelp: write a concrete type"
    )
}

pub(crate) fn generic(name: &Ident, generic: &Ident) -> String {
    format!(
        "the check needs `{name}`, so its type cannot depend on the generic `{generic}`\n\
        help: write a concrete type"
    )
}

fn name_of(ty: &Type) -> String {
    match ty {
        Type::Path(ty) => ty
            .path
            .segments
            .last()
            .map_or_else(String::new, |last| last.ident.to_string()),
        other => written(other),
    }
}

pub(super) fn path(path: &Path) -> String {
    let segments: Vec<String> = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let leading = path.leading_colon.map_or("", |_| "::");
    format!("{leading}{}", segments.join("::"))
}

/// Formats names as a list: `` `a`, `b` and `c` ``.
pub(crate) fn list(last_word: &str, names: impl IntoIterator<Item = impl Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {last_word} {last}", first.join(", ")),
    }
}

/// `each(..)` without an action, or with more than one.
pub(crate) fn each_of_one_action(word: &str) -> String {
    format!(
        "`{word}` needs exactly one action\nhelp: write one `{word}(..)` for each action, in `all(..)`"
    )
}

/// An action in `each(..)` whose brackets do not contain exactly one list.
pub(crate) fn each_needs_one_list(word: &str, action: &Ident, field: Option<&String>) -> String {
    let field = field.map_or("resource", String::as_str);
    format!(
        "`{word}` needs exactly one list in the parentheses of `{action}`\n\
        help: write `{word}({action}({field} = body.ids))`, and values that are the same for all resources after it"
    )
}

/// A list of whole ARNs.
pub(crate) fn each_of_whole_arns(word: &str, action: &Ident) -> String {
    format!(
        "`{word}` does not accept a list of whole ARNs\nhelp: write `{action}(resource = ..)` with a list of resources"
    )
}

/// `keys = row` for the list of `each(..)`.
pub(crate) fn row_of_each(word: &str) -> String {
    format!(
        "`keys = ..` is the row of one resource, and `{word}(..)` checks several\n\
         help: remove it, and supply the keys of all resources with `AuthorizerBuilder::resource_keys_batch`; \
         in `all(..)` and `any(..)`, write the row in the parentheses of another action"
    )
}

/// A check of several resources that does not deny, without `permit`.
pub(crate) fn each_without_permit(word: &str) -> String {
    format!(
        "`{word}` does not deny, and its only result are the permits of the allowed resources\n\
         help: add `permit = name`, or write `each` to require all of them"
    )
}

pub(crate) const ADAPTER_BESIDE_GUARD: &str = "a function with `guard` is not called by a web framework\n\
     help: remove `adapter`, which is for handlers of a web framework";

pub(crate) const ADAPTER_IS_A_PATH: &str = "expected the path of a module with the types `Authorized`, `Prechecked` and `AfterBody`\n\
     help: write `adapter = my_adapter`; for axum and actix-web, remove `adapter`";

pub(crate) const CALLER_BESIDE_GUARD: &str =
    "`guard` already has a caller\nhelp: remove `caller`, which is for handlers of a web framework";

pub(crate) fn caller_after_body(name: &Ident) -> String {
    format!(
        "the caller must be known before the body is read, but `{name}` is the last parameter, whose type may read it\n\
        help: move `{name}` before another parameter, or make it an extractor that reads only the head of the request"
    )
}
