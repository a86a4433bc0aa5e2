//! The route of a handler in a list.

use super::{MountedRoute, RouteError};
use crate::action::Route;
use crate::web::{Access, Declaration};

/// The method and path of a handler, as far as the list specifies them. The catalog provides the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RouteOverride {
    /// The method in upper case, if it is not the catalog's.
    pub method: Option<&'static str>,
    /// The path, if it is not the catalog's.
    pub path: Option<&'static str>,
}

impl RouteOverride {
    /// Returns the complete route of a handler.
    ///
    /// # Errors
    ///
    /// Fails if neither the list nor the catalog specifies the method or the path. The catalog has a route only for
    /// handlers that require a single action, not for public handlers or for several actions.
    pub fn of(self, declaration: &'static Declaration) -> Result<MountedRoute, RouteError> {
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
                        "add the {missing}, as in `\"GET /healthz\" => {}`",
                        declaration.handler
                    );
                    RouteError::new(declaration, why, hint)
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
        Access::Public { .. } => {
            return Err("a public handler has no route in the catalog".to_owned());
        }
        Access::Requires { requirement, .. } => requirement,
    };
    match requirement.actions().as_slice() {
        [only] => only.action.route.ok_or_else(|| {
            let action = only.action;
            format!("the catalog has no route for `{action}`")
        }),
        _ => Err("a handler that requires several actions has no route in the catalog".to_owned()),
    }
}
