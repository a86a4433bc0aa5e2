//! Messages of `routes!`.

use pinpoint_iam_catalog::nearest;
use syn::Path;

use super::{list, path};

pub(crate) const EXPECTED_HANDLER: &str =
    "expected the name of a handler, or `\"GET /healthz\" => health`";
pub(crate) const EXPECTED_ARROW: &str =
    "expected `=>` and the handler\nhelp: write for example `\"GET /healthz\" => health`";
pub(crate) const CLOSURE_IN_ROUTES: &str = "a closure has no `#[requires]`\n\
    help: make it a function, and name it here";
pub(crate) const ROUTE_ATTRIBUTE: &str = "only `#[cfg(..)]` may stand on a route";
pub(crate) const EMPTY_PLACE: &str =
    "this names neither method nor path\nhelp: write for example `\"GET /healthz\"`";

/// The methods that a route may have: those that both frameworks support.
pub(crate) const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
];

pub(crate) fn called_handler(handler: &Path) -> String {
    format!(
        "`routes!` takes the handler itself, not what it answers\nhelp: write `{}` without brackets",
        path(handler)
    )
}

pub(crate) fn generics_in_the_middle(handler: &Path) -> String {
    format!(
        "`{}` is no path of a function in a module\nhelp: generics stand at the end, as in `campaigns::get::<Database>`",
        path(handler)
    )
}

pub(crate) fn too_many_words(place: &str) -> String {
    format!("`{place}` is no method and path\nhelp: write for example `GET /healthz`")
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
        "the path `{route}` contains `{character}`, which no path has\nhelp: take the query with an extractor"
    )
}
