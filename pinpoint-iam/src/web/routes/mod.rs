//! Route tables: which handler serves which method and path.

mod error;
#[cfg(feature = "_web")]
mod list;
#[cfg(feature = "_web")]
mod proof;
#[cfg(feature = "_web")]
mod route_override;
mod rules;
mod template;

use std::borrow::Cow;
use std::fmt;

pub use self::error::{RouteError, RouteErrors};
#[cfg(feature = "_web")]
pub use self::list::RouteList;
#[cfg(feature = "_web")]
pub(crate) use self::proof::is_public;
#[cfg(feature = "_web")]
pub use self::proof::{
    AttributeOf, ByBothHalves, FirstHalf, Guarded, ProofOf, PublicRoute, SecondHalf,
};
#[cfg(feature = "_web")]
pub use self::route_override::RouteOverride;
use crate::web::Declaration;

/// One handler with its method and path.
#[derive(Clone, Debug)]
pub struct MountedRoute {
    /// The method in upper case, for example `GET`.
    pub method: &'static str,
    /// The path with its placeholders in braces, for example `/v1/apps/{application-id}`. A placeholder `{*name}` at
    /// the end stands for one or more segments, and `{{` for a literal brace.
    pub path: Cow<'static, str>,
    /// The declaration of the handler.
    pub declaration: &'static Declaration,
}

impl fmt::Display for MountedRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// Returns the names of a path's placeholders, and the path without them, which is the same for paths that match the same
/// requests.
///
/// # Errors
///
/// Returns why the path cannot be parsed.
#[cfg(feature = "tower")]
pub(crate) fn parse_path(path: &str) -> Result<(Vec<String>, String), String> {
    let template = template::Template::parse(path);
    let template = template.map_err(|fault| format!("{}: {}", fault.message, fault.hint))?;
    let names = template.names.into_iter().map(str::to_owned).collect();
    Ok((names, template.shape))
}

#[cfg(feature = "testing")]
impl MountedRoute {
    /// Fills the placeholders of the path by name.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> String) -> String {
        template::fill(&self.path, value)
    }
}

/// Every route of an application, in the order of its list.
///
/// `routes!` creates a table. An application that mounts its handlers by hand can create its own.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    routes: Vec<MountedRoute>,
}

impl RouteTable {
    /// The empty table.
    pub const EMPTY: Self = Self { routes: Vec::new() };

    /// Creates a table of these routes.
    pub fn new(routes: impl IntoIterator<Item = MountedRoute>) -> Self {
        Self {
            routes: routes.into_iter().collect(),
        }
    }

    /// Every route.
    pub fn iter(&self) -> impl Iterator<Item = &MountedRoute> {
        self.routes.iter()
    }

    /// Appends the routes of another table.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self
    }

    /// Appends the routes of another table, with `prefix` added to their paths.
    ///
    /// A slash at the end of the prefix is ignored, and the path `/` becomes the prefix itself.
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

    /// Checks the routes for conflicts with each other and with the path parameters of their handlers.
    ///
    /// The frameworks' `Routes` call this method. Call it in a test for a table that is created by hand.
    ///
    /// # Errors
    ///
    /// Returns all errors, in the order of the table: two handlers on one route, placeholders that a handler binds and
    /// that the path does not have, or has in another order, and invalid paths.
    pub fn check(&self) -> Result<(), RouteErrors> {
        RouteErrors::unless_empty(rules::faults(&self.routes))
    }

    #[cfg(feature = "_web")]
    fn push(&mut self, route: MountedRoute) {
        self.routes.push(route);
    }

    #[cfg(feature = "_web")]
    fn into_routes(self) -> impl Iterator<Item = MountedRoute> {
        self.routes.into_iter()
    }
}
