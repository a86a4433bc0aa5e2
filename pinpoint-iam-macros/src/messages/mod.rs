//! The texts of all compile errors, in one place so that they have the same style.
//!
//! Lower case, without a full stop, user input in backticks, and a `help:` line that suggests what to do.

mod catalogs;
#[cfg(feature = "include-policy")]
mod include_policy;
mod public;
mod routes;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use pinpoint_iam_catalog::{Action, Faults, ResourceType, UnknownAction, nearest};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Ident, Lit, Path, Type};

use crate::requires::parse::NamedAction;
use crate::requires::requirement::{Combinator, Requirement};
use crate::written::written;

pub(crate) const NO_ACTION: &str = "`#[requires]` names no action\nhelp: write `#[requires(Action)]`, with the name of an action of the catalog";
pub(crate) const EXPECTED_ENTRY: &str =
    "expected the name of an action, `all(..)`, `any(..)`, or `name = expression`";
pub(crate) const EXPECTED_COMMA: &str = "expected `,`";
pub(crate) const NO_BODY: &str = "`#[requires]` needs a function with a body\n\
    help: put it on the function that handles the request";
pub(crate) const METHOD: &str = "`#[requires]` without `guard = ..` can only be applied to free functions\n\
    help: write `guard = expression`, or make it a free function that takes what it needs as parameters";
pub(crate) const PERMIT_OF_ANY: &str = "`any` proves no action: which one was allowed is not known here\n\
    help: remove `permit`, or require the action that the proof is for by an attribute of its own";
pub(crate) const NO_RESOURCES: &str =
    "none of the actions acts on a single resource\nhelp: remove `resource`";
pub(crate) const NO_REQUEST_TAGS: &str =
    "requests for these actions carry no tags\nhelp: remove `request_tags`";
/// Reported if an item is rejected without a reason, which would be a bug in this crate.
pub(crate) const NO_REASON: &str = "`#[requires]` cannot guard this item";

pub(crate) use self::catalogs::*;
#[cfg(feature = "include-policy")]
pub(crate) use self::include_policy::*;
pub(crate) use self::public::*;
pub(crate) use self::routes::*;

pub(crate) fn broken_catalog(faults: &Faults) -> String {
    format!("the built-in catalog cannot be read\n{faults}")
}

pub(crate) fn second_requirement(second: &Requirement<NamedAction>) -> String {
    let second = match second {
        Requirement::Leaf(action) => path(&action.path),
        Requirement::Several(several) => format!("{}(..)", several.kind.word()),
    };
    format!(
        "`{second}` is the second action\nhelp: write `all(.., {second})` if both are needed, `any(.., {second})` if one is enough"
    )
}

pub(crate) fn argument_in_composition(key: &Ident, kind: Combinator) -> String {
    let word = kind.word();
    format!(
        "`{word}` combines actions, and `{key}` is an argument\n\
        help: write it behind `{word}(..)` for all of the actions, or in brackets behind one: `Action({key} = ..)`"
    )
}

pub(crate) fn empty_brackets(action: &Path) -> String {
    let action = path(action);
    format!("the brackets of `{action}` hold nothing\nhelp: write `{action}`")
}

pub(crate) fn expected_argument(action: &Path) -> String {
    format!(
        "expected `name = expression` in the brackets of `{}`",
        path(action)
    )
}

pub(crate) fn outside(key: &Ident) -> String {
    format!("`{key}` is for the whole attribute\nhelp: write it outside the brackets")
}

pub(crate) fn empty_composition(kind: Combinator) -> String {
    let word = kind.word();
    let who = match kind {
        Combinator::All => "everybody",
        Combinator::Any => "nobody",
    };
    format!(
        "`{word}()` holds no actions, and would let {who} in\nhelp: write at least two, as in `{word}(First, Second)`"
    )
}

pub(crate) fn lonely_entry(kind: Combinator) -> String {
    let word = kind.word();
    format!("`{word}` of one is that one\nhelp: remove `{word}` and its brackets")
}

pub(crate) fn too_many_entries(kind: Combinator, most: usize) -> String {
    let word = kind.word();
    format!("`{word}` takes up to {most}\nhelp: nest them, as in `{word}({word}(..), {word}(..))`")
}

pub(crate) fn too_many_attributes(most: usize) -> String {
    format!("a function takes up to {most} `#[requires]`\nhelp: combine some of them by `all(..)`")
}

pub(crate) fn same_action_twice(action: &Path, kind: Combinator) -> String {
    format!(
        "`{}` stands twice in one `{}`, on the same resource\nhelp: remove one of the two",
        path(action),
        kind.word()
    )
}

pub(crate) fn quoted_action(literal: &Lit) -> String {
    let help = match literal {
        Lit::Str(text) => match text.value().rsplit(':').next() {
            Some(name) if syn::parse_str::<Ident>(name).is_ok() => {
                format!("write `{name}`, without quotes")
            }
            _ => "write the name of an action, without quotes".to_owned(),
        },
        _ => "write the name of an action".to_owned(),
    };
    format!(
        "an action is a name and no literal such as `{}`\nhelp: {help}",
        literal.to_token_stream()
    )
}

pub(crate) fn colon_in_action(service: &Path, name: &Ident) -> String {
    let service = path(service);
    format!(
        "`{service}:{name}` is how policies write an action\nhelp: write `{service}::{name}`, with two colons"
    )
}

pub(crate) fn not_an_action(action: &Path) -> String {
    format!(
        "`{action}` with such brackets is no action\nhelp: write `{action}`",
        action = path(action)
    )
}

pub(crate) fn not_a_function(item: &str) -> String {
    format!("`#[requires]` guards functions, and {item} starts none")
}

pub(crate) fn long_path(action: &Path) -> String {
    let name = action.segments.last().map(|last| last.ident.to_string());
    format!(
        "`{}` is no path of an action\nhelp: write `{name}`, or `service::{name}` for an action of another service",
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
        "`#[{name}(..)]` below `#[requires(..)]` is the attribute of another crate, and would be taken for a second one of ours\n\
        help: write its path, beginning with the crate that it comes from"
    )
}

pub(crate) fn too_many_parameters(most: usize) -> String {
    format!(
        "a handler takes up to {most} parameters that its check does not need\n\
        help: take several of them by one type that implements the framework's trait for extractors"
    )
}

pub(crate) fn another_order(ordered: &[String]) -> String {
    format!(
        "the route of the action has these placeholders in another order, and a tuple is filled by position\n\
        help: write {} in this order; for a path of your own, take a struct with fields of these names",
        list("and", ordered)
    )
}

pub(crate) fn generic_named_like_handler(name: &Ident) -> String {
    format!("a generic parameter cannot have the name of its handler, `{name}`\nhelp: rename it")
}

pub(crate) fn duplicate(key: &Ident) -> String {
    format!("`{key}` is given twice\nhelp: remove one of the two")
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
    format!("`{key}` is no option, and `{action}` has no placeholder of that name; {has}{help}")
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
    format!("`{key}` is no option, and no action here has a placeholder of that name; {has}{help}")
}

fn did_you_mean(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => format!("\nhelp: did you mean {}?", list("or", near)),
    }
}

pub(crate) fn overridden(key: &Ident) -> String {
    format!(
        "every action that takes `{key}` has its own resource or `{key}` in its brackets\nhelp: remove it here or there"
    )
}

pub(crate) fn pinned(key: &Ident, action: &Ident, value: &str) -> String {
    format!("`{key}` is always `{value}` for `{action}`\nhelp: remove it")
}

pub(crate) fn field_beside_resource(key: &Ident) -> String {
    format!("`{key}` is part of what `resource` already gives\nhelp: remove one of the two")
}

pub(crate) fn no_resource_types(action: &Ident) -> String {
    format!(
        "`{action}` acts on no single resource; it is checked against `*`\nhelp: remove `resource`"
    )
}

pub(crate) fn no_request_tags(action: &Ident) -> String {
    format!("requests for `{action}` carry no tags\nhelp: remove `request_tags`")
}

pub(crate) fn request_tags_needed(action: &Action) -> String {
    format!(
        "requests for `{}` may carry tags, and policies may ask for them\n\
        help: write `request_tags = expression` with the tags, or `request_tags = none`",
        action.name
    )
}

pub(crate) fn resource_needed(action: &Action, types: &[Arc<ResourceType>]) -> String {
    let types = list("or", types.iter().map(|resource| resource.type_name()));
    format!(
        "`{}` acts on several resource types\nhelp: write `resource = expression`, of type {types}",
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
        "nothing binds `{field}`, the whole ARN that tells `{}` its resource\n\
        help: take it from the path, as in `Path({field}): Path<String>`, or write `{field} = expression`, or `resource = expression` of type {types}",
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
        Some((field, near)) => format!("if the parameter `{near}` is it, write `{field} = {near}`"),
        None => format!(
            "take it from the path, as in `{}`, or write `{first} = expression`",
            path_parameter(action, resource)
        ),
    };
    format!(
        "nothing binds {}, which `{}` needs for `{}`\nhelp: {help}",
        list("and", missing),
        action.name,
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
        "`{name}` is needed by the check, and two parameters are called so\nhelp: rename the one that does not name the resource"
    )
}

pub(crate) fn conditional(name: &Ident) -> String {
    format!(
        "`{name}` is needed by the check, but `#[cfg]` removes it from some builds\n\
        help: write the handler twice, each with a `#[cfg]` of its own"
    )
}

pub(crate) fn reads_body(ty: &Type, name: &Ident) -> String {
    format!(
        "`{name}` comes from `{}`, which reads the body, and another parameter follows\n\
        help: make it the last parameter",
        name_of(ty)
    )
}

pub(crate) fn impl_trait(name: &Ident) -> String {
    format!(
        "`{name}` is needed by the check, so its type cannot be `impl Trait`\nhelp: name the type"
    )
}

pub(crate) fn generic(name: &Ident, generic: &Ident) -> String {
    format!(
        "`{name}` is needed by the check, so its type cannot depend on the generic `{generic}`\n\
        help: name the type"
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

fn path(path: &Path) -> String {
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
