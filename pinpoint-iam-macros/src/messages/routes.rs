//! Messages of `routes!`.

use pinpoint_iam_catalog::nearest;
use syn::{AngleBracketedGenericArguments, Path};

use super::{list, path};
use crate::written::written;

pub(crate) const EXPECTED_HANDLER: &str =
    "expected a handler name, or a route and a handler as in `\"GET /healthz\" => health`";
pub(crate) const EXPECTED_ARROW: &str = "expected `=>` and a handler after the route\nhelp: write for example `\"GET /healthz\" => health`";
pub(crate) const CLOSURE_IN_ROUTES: &str = "a closure cannot have `#[requires]` or `#[public]`\n\
    help: move it to a function with one of them, and write the name of the function here";
pub(crate) const ROUTE_ATTRIBUTE: &str = "only `#[cfg(..)]` can be applied to a route";
pub(crate) const EMPTY_PLACE: &str =
    "expected a method, a path or both\nhelp: write for example `\"GET /healthz\"`";

/// The methods that a route may have: those that both frameworks support.
pub(crate) const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
];

pub(crate) fn called_handler(handler: &Path) -> String {
    format!(
        "`routes!` expects the handler, not a call of it\nhelp: remove the parentheses after `{}`",
        path(handler)
    )
}

pub(crate) fn generics_in_the_middle(
    handler: &Path,
    generics: &AngleBracketedGenericArguments,
) -> String {
    let generics = written(&generics.args);
    format!(
        "`{handler}` is not a valid handler path\nhelp: write generic arguments at the end, as in `{handler}::<{generics}>`",
        handler = path(handler)
    )
}

pub(crate) fn too_many_words(place: &str) -> String {
    format!("expected a method and a path, found `{place}`\nhelp: write for example `GET /healthz`")
}

pub(crate) fn unknown_method(method: &str) -> String {
    let near = nearest(method, METHODS);
    let help = if near.is_empty() {
        format!("the methods are {}", list("and", METHODS))
    } else {
        format!("did you mean {}?", list("or", near))
    };
    format!("unknown method `{method}`\nhelp: {help}")
}

pub(crate) fn relative_path(route: &str) -> String {
    format!("the path `{route}` does not start with `/`\nhelp: write `/{route}`")
}

pub(crate) fn query_in_path(route: &str, character: char) -> String {
    format!(
        "the path `{route}` contains `{character}`\nhelp: remove the query or fragment; an extractor reads the query"
    )
}
