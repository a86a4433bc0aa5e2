//! Which handler is served where.

mod fault;
#[cfg(any(feature = "axum", feature = "actix"))]
mod list;
#[cfg(any(feature = "axum", feature = "actix"))]
mod proof;
#[cfg(any(feature = "axum", feature = "actix"))]
mod route_override;
mod rules;
mod template;

use std::borrow::Cow;
use std::fmt;

pub use self::fault::{RouteFault, RouteFaults};
#[cfg(any(feature = "axum", feature = "actix"))]
pub(crate) use self::list::RouteList;
#[cfg(any(feature = "axum", feature = "actix"))]
pub(crate) use self::proof::is_public;
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::proof::{ByBothHalves, FirstHalf, Guarded, ProofOf, PublicRoute, SecondHalf};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::route_override::RouteOverride;
use crate::web::Declaration;

/// One handler and the place where it is served.
#[derive(Clone, Debug)]
pub struct MountedRoute {
    /// The method in upper case, for example `GET`.
    pub method: &'static str,
    /// The path with its placeholders in braces, for example `/v1/apps/{application-id}`. A last placeholder `{*name}`
    /// stands for one or more segments, and `{{` for a brace of the path itself.
    pub path: Cow<'static, str>,
    /// What stands on the handler.
    pub declaration: &'static Declaration,
}

impl fmt::Display for MountedRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

#[cfg(feature = "testing")]
impl MountedRoute {
    /// The path with its placeholders filled by name.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> String) -> String {
        template::fill(&self.path, value)
    }
}

/// Every route of an application, in the order in which they were listed.
///
/// `routes!` makes one; an application that mounts its handlers by hand can write its own.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    routes: Vec<MountedRoute>,
}

impl RouteTable {
    /// No routes.
    pub const EMPTY: Self = Self { routes: Vec::new() };

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

    /// This table with the routes of another one behind its own.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self
    }

    /// This table with the routes of another one behind its own, each of these under `prefix`.
    ///
    /// A slash at the end of the prefix does not count, and the path `/` becomes the prefix itself.
    #[must_use]
    pub fn nest(self, prefix: &str, other: Self) -> Self {
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let nested = other.routes.into_iter().map(|route| {
            let path = match &*route.path {
                "/" if !prefix.is_empty() => prefix.to_owned(),
                path => format!("{prefix}{path}"),
            };
            MountedRoute {
                path: path.into(),
                ..route
            }
        });
        Self::new(self.routes.into_iter().chain(nested))
    }

    /// Holds the routes against each other and against what their handlers need of the path.
    ///
    /// The frameworks' `Routes` do so by themselves; a table that was written by hand can be asked in a test.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in the order of the table: two handlers on one route, placeholders that a handler binds
    /// and the path does not have, or has in another order, and paths that cannot be read.
    pub fn check(&self) -> Result<(), RouteFaults> {
        RouteFaults::unless_empty(rules::faults(&self.routes))
    }

    #[cfg(any(feature = "axum", feature = "actix"))]
    fn push(&mut self, route: MountedRoute) {
        self.routes.push(route);
    }

    #[cfg(any(feature = "axum", feature = "actix"))]
    fn into_routes(self) -> impl Iterator<Item = MountedRoute> {
        self.routes.into_iter()
    }
}
