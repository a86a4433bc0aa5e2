//! Which handler is served where.

use std::fmt;

use crate::web::Declaration;

/// One handler and the place where it is served.
#[derive(Clone, Copy, Debug)]
pub struct MountedRoute {
    /// The method in upper case, for example `GET`.
    pub method: &'static str,
    /// The path with its parameters in braces, for example `/v1/apps/{application-id}`.
    pub path: &'static str,
    /// What stands on the handler.
    pub declaration: &'static Declaration,
}

impl fmt::Display for MountedRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// Every route of an application, in the order in which they were listed.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    routes: Vec<MountedRoute>,
}

impl RouteTable {
    /// A table of these routes.
    pub fn new(routes: impl IntoIterator<Item = MountedRoute>) -> Self {
        Self {
            routes: routes.into_iter().collect(),
        }
    }

    /// Every route.
    pub fn iter(&self) -> impl Iterator<Item = &MountedRoute> {
        self.routes.iter()
    }
}
