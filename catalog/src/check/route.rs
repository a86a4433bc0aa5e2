//! The rules for routes.

use std::collections::BTreeMap;

use toml::Spanned;

use super::{Scope, one_of, within};
use crate::error::Reporter;
use crate::model::Route;
use crate::names;
use crate::reader::entries::{ActionEntry, Text};

/// The methods that a route may have.
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Checks `METHOD /path` and reports all errors in it.
pub(super) fn route(
    text: &Text,
    success_status: Option<&Spanned<u16>>,
    scope: &Scope<'_>,
) -> Option<Route> {
    let Some((method, path)) = text.get_ref().split_once(' ') else {
        scope.report(
            &text.span(),
            format!("`{}` is not a valid route", text.get_ref()),
            "write the method and the path, as in `GET /v1/apps/{application-id}`",
        );
        return None;
    };
    let method = Spanned::new(within(text, &(0..method.len())), method.to_owned());
    let method_is_good = one_of(&method, "HTTP method", &METHODS, scope);
    let path_is_good = check_path(text, path, scope);
    let status = success_status.filter(|status| {
        // A WebSocket route succeeds by switching protocols.
        let good = *status.get_ref() == 101 || (200..400).contains(status.get_ref());
        if !good {
            scope.report(
                &status.span(),
                format!("{} is not a success status", status.get_ref()),
                "write a status from 200 to 399, or 101 for a WebSocket",
            );
        }
        good
    });
    let route = Route {
        method: method.into_inner(),
        path: path.to_owned(),
        success_status: *status?.get_ref(),
    };
    (method_is_good && path_is_good).then_some(route)
}

/// Reports segments that are neither plain text nor exactly one `{parameter}`; `path` is the end of `route`.
fn check_path(route: &Text, path: &str, scope: &Scope<'_>) -> bool {
    let start = route.get_ref().len() - path.len();
    let Some(segments) = path.strip_prefix('/') else {
        scope.report(
            &within(route, &(start..start + path.len())),
            format!("the path `{path}` does not start with `/`"),
            "write it from the root of the service, as in `/v1/apps`",
        );
        return false;
    };
    let mut good = true;
    let mut parameters: Vec<&str> = Vec::new();
    let mut start = start;
    // An empty last segment is a path that ends in `/`, which differs from the path without it.
    let segments: Vec<&str> = segments.split('/').collect();
    for (index, segment) in segments.iter().enumerate() {
        // After the slash.
        start += 1;
        let range = start..start + segment.len();
        start = range.end;
        let parameter = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let fault = match parameter {
            Some(name) if !names::is_kebab_case(name) => Some((
                format!("`{segment}` is not a valid path parameter"),
                "use lower-case letters, digits and single hyphens in braces, as in `{application-id}`",
            )),
            Some(name) if parameters.contains(&name) => Some((
                format!("the path parameter `{name}` is in the path twice"),
                "give each parameter of a path its own name",
            )),
            Some(name) => {
                parameters.push(name);
                None
            }
            None if Route::is_literal_segment(segment) => None,
            None if segment.is_empty() && index + 1 == segments.len() => None,
            None => Some((
                format!("`{segment}` cannot be a segment of a path"),
                "use letters, digits, `-`, `_`, `.` and `~`, or one parameter in braces",
            )),
        };
        if let Some((message, hint)) = fault {
            scope.report(&within(route, &range), message, hint);
            good = false;
        }
    }
    good
}

/// Two actions with the same method and the same shape of path would be ambiguous for a request.
pub(super) fn check_collisions(actions: &[ActionEntry], reporter: &Reporter<'_>) {
    let mut shapes: BTreeMap<String, &str> = BTreeMap::new();
    for action in actions {
        let Some(route) = &action.route else { continue };
        let shape: Vec<&str> = route
            .get_ref()
            .split('/')
            .map(|segment| {
                if segment.starts_with('{') {
                    "{}"
                } else {
                    segment
                }
            })
            .collect();
        if let Some(first) = shapes.get(&shape.join("/")) {
            reporter.report(
                &route.span(),
                format!(
                    "the route `{}` collides with that of the action `{first}`",
                    route.get_ref()
                ),
                "a request could mean either: change the method or a fixed segment of the path",
            );
        } else {
            shapes.insert(shape.join("/"), action.name.get_ref());
        }
    }
}
