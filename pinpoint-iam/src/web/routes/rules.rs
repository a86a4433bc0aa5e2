//! Rules for the routes of an application in all frameworks.

use std::collections::BTreeMap;

use super::template::Template;
use super::{MountedRoute, RouteError};
use crate::guard::is_parameter;
use crate::web::{BindingSource, Declaration, PathParameter, Requirement, ResourceBinding};

/// Returns all errors, in the order of the routes.
pub(crate) fn faults(routes: &[MountedRoute]) -> Vec<RouteError> {
    let mut faults = Vec::new();
    let mut served: BTreeMap<String, Vec<&MountedRoute>> = BTreeMap::new();
    for route in routes {
        let template = match Template::parse(&route.path) {
            Ok(template) => template,
            Err(fault) => {
                faults.push(RouteError::new(
                    route.declaration,
                    fault.message,
                    fault.hint,
                ));
                continue;
            }
        };
        faults.extend(parameter_faults(route, &template.names));
        let others = served.entry(template.shape).or_default();
        faults.extend(others.iter().find_map(|other| clash(other, route)));
        others.push(route);
    }
    faults
}

/// Returns the error if two routes of one shape cannot be served together.
fn clash(one: &MountedRoute, other: &MountedRoute) -> Option<RouteError> {
    let Declaration {
        handler,
        file,
        line,
        ..
    } = one.declaration;
    if one.method == other.method {
        Some(RouteError::new(
            other.declaration,
            format!("`{handler}` at {file}:{line} has the same route `{other}`"),
            "change the method or the path of one of them",
        ))
    } else if one.path != other.path {
        Some(RouteError::new(
            other.declaration,
            format!(
                "`{other}` and `{one}` of `{handler}` at {file}:{line} name the placeholders of one path differently"
            ),
            "use the same names in both",
        ))
    } else {
        None
    }
}

/// Returns errors for parameters of a handler that its path does not provide.
fn parameter_faults(route: &MountedRoute, names: &[&str]) -> Vec<RouteError> {
    let declaration = route.declaration;
    let bound: Vec<&str> = declaration
        .requirement()
        .map(bound_parameters)
        .unwrap_or_default();
    let path = &route.path;
    let fault = |message: String, hint: String| RouteError::new(declaration, message, hint);
    let lacks = |name: &str| {
        fault(
            format!(
                "the handler needs the placeholder `{}`, which the path `{path}` does not have",
                braced(name)
            ),
            format!("write `{}` in the path", braced(name)),
        )
    };
    let has = |parameter: &str| names.iter().any(|name| is_parameter(name, parameter));
    let mut faults = Vec::new();
    for parameter in declaration.path_parameters {
        match parameter {
            // A name that the check does not use may bind a struct, whose fields may take any number of placeholders.
            PathParameter::Single(name) if !bound.contains(name) => {}
            PathParameter::Single(name) if !has(name) => faults.push(lacks(name)),
            PathParameter::Single(_) if names.len() < 2 => {}
            PathParameter::Single(name) => faults.push(fault(
                format!(
                    "`Path({name})` expects a path with one placeholder, but `{path}` has {}",
                    names.len()
                ),
                format!("bind all of them, as in `Path(({}))`", tuple(names)),
            )),
            PathParameter::Tuple(parameters) if parameters.len() != names.len() => {
                faults.push(fault(
                    format!(
                        "`Path` expects {} placeholders, but the path `{path}` has {}",
                        parameters.len(),
                        names.len()
                    ),
                    match names {
                        [] => "remove the parameter, or use another path".to_owned(),
                        [only] => format!("write `Path({})`", only.replace('-', "_")),
                        several => format!("write `Path(({}))`", tuple(several)),
                    },
                ));
            }
            PathParameter::Tuple(parameters) => {
                let misplaced = parameters
                    .iter()
                    .zip(names)
                    .filter(|(parameter, name)| !is_parameter(name, parameter))
                    .map(|(parameter, _)| *parameter);
                let mut is_out_of_order = false;
                for parameter in misplaced {
                    if has(parameter) {
                        is_out_of_order = true;
                    } else if bound.contains(&parameter) {
                        faults.push(lacks(parameter));
                    }
                }
                if is_out_of_order {
                    faults.push(fault(
                        format!(
                            "`Path(({}))` has another order than the placeholders of `{path}`, and `Path` fills a tuple by position",
                            parameters.join(", ")
                        ),
                        format!("write `Path(({}))`", tuple(names)),
                    ));
                }
            }
            PathParameter::Named(fields) => {
                for field in fields.iter().filter(|field| !has(field)) {
                    faults.push(fault(
                        format!("the path `{path}` has no placeholder for the field `{field}`"),
                        format!(
                            "use the name `{}` in the path; if serde renames the field, bind the whole struct as `Path(ids)` and add `{field} = ids.{field}`",
                            braced(field)
                        ),
                    ));
                }
            }
        }
    }
    faults
}

/// The parameters of the handler that fill placeholders of ARNs by name.
fn bound_parameters(requirement: &Requirement) -> Vec<&'static str> {
    let mut bound = Vec::new();
    let resources = requirement.actions().into_iter().flat_map(|action| {
        let dependents = action.dependents.iter();
        std::iter::once(&action.resource).chain(dependents.map(|dependent| &dependent.resource))
    });
    for resource in resources {
        match resource {
            ResourceBinding::Fields(fields) => {
                bound.extend(fields.iter().filter_map(|field| match field.from {
                    BindingSource::Parameter(name) => Some(name),
                    BindingSource::Pinned(_) | BindingSource::Expression(_) => None,
                }));
            }
            ResourceBinding::WholeArn(name) => bound.push(*name),
            ResourceBinding::All
            | ResourceBinding::Resource(_)
            | ResourceBinding::Constructed(..)
            | ResourceBinding::Created(_) => {}
        }
    }
    bound
}

/// Writes a parameter as in a path: `{application-id}`.
fn braced(parameter: &str) -> String {
    format!("{{{}}}", parameter.replace('_', "-"))
}

fn tuple(names: &[&str]) -> String {
    names.join(", ").replace('-', "_")
}
