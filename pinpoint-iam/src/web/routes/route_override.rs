//! Where a list puts a handler.

use super::{MountedRoute, RouteFault};
use crate::action::Route;
use crate::web::{Access, Declaration};

/// The method and path of a handler, as far as the list says them; the catalog says the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RouteOverride {
    /// The method in upper case, where it is not the catalog's.
    pub method: Option<&'static str>,
    /// The path, where it is not the catalog's.
    pub path: Option<&'static str>,
}

impl RouteOverride {
    /// The route of a handler at this place.
    ///
    /// # Errors
    ///
    /// When a part is missing and the catalog does not say it: it has a route for the one action that a handler requires,
    /// and none for public handlers and for several actions at once.
    pub(crate) fn of(self, declaration: &'static Declaration) -> Result<MountedRoute, RouteFault> {
        let (method, path) = match self {
            Self {
                method: Some(method),
                path: Some(path),
            } => (method, path),
            Self { method, path } => {
                let route = catalog_route(declaration).map_err(|why| {
                    let missing = match (method, path) {
                        (None, None) => "method and path",
                        (None, Some(_)) => "method",
                        (Some(_), _) => "path",
                    };
                    let hint = format!(
                        "say its {missing}, as in `\"GET /healthz\" => {}`",
                        declaration.handler
                    );
                    RouteFault::new(declaration, why, hint)
                })?;
                (method.unwrap_or(route.method), path.unwrap_or(route.path))
            }
        };
        Ok(MountedRoute {
            method,
            path: path.into(),
            declaration,
        })
    }
}

fn catalog_route(declaration: &Declaration) -> Result<Route, String> {
    let requirement = match &declaration.access {
        Access::Public { .. } => return Err("a public handler has no route of its own".to_owned()),
        Access::Requires { requirement, .. } => requirement,
    };
    match requirement.actions().as_slice() {
        [only] => only.action.route.ok_or_else(|| {
            let action = only.action;
            format!("the catalog has no route for `{action}`")
        }),
        _ => Err("a handler that requires several actions has no route of its own".to_owned()),
    }
}
