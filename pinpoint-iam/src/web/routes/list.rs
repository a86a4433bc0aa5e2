//! Handlers with their routes and the endpoints of a framework.

use std::fmt;

use super::{MountedRoute, RouteError, RouteErrors, RouteTable};

/// Handlers with their routes, for the adapter of a framework. `E` is the framework's type for a handler.
#[derive(Clone)]
pub struct RouteList<E> {
    table: RouteTable,
    /// One endpoint for each route of the table.
    endpoints: Vec<E>,
    /// The errors of handlers that are not in the table.
    faults: Vec<RouteError>,
}

impl<E> RouteList<E> {
    /// The empty list.
    pub const EMPTY: Self = Self {
        table: RouteTable::EMPTY,
        endpoints: Vec::new(),
        faults: Vec::new(),
    };

    /// Adds a handler, or the error that prevents this.
    pub fn push(&mut self, handler: Result<(MountedRoute, E), RouteError>) {
        match handler {
            Ok((route, endpoint)) => {
                self.table.push(route);
                self.endpoints.push(endpoint);
            }
            Err(fault) => self.faults.push(fault),
        }
    }

    /// Appends another list.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table = self.table.merge(other.table);
        self.endpoints.extend(other.endpoints);
        self.faults.extend(other.faults);
        self
    }

    /// Appends another list, with `prefix` added to its paths.
    #[must_use]
    pub fn nest(self, prefix: &str, mut other: Self) -> Self {
        other.table = RouteTable::default().nest(prefix, other.table);
        self.merge(other)
    }

    /// Returns the route table.
    pub const fn table(&self) -> &RouteTable {
        &self.table
    }

    /// Returns all errors together. `refused` returns those that a framework finds by its own rules. It is called only
    /// if all paths can be parsed, because it would otherwise repeat their errors.
    ///
    /// # Errors
    ///
    /// Those of [`RouteTable::check`], those of [`push`](Self::push), and those that `refused` returns.
    pub fn check(
        &self,
        refused: impl FnOnce(&RouteTable) -> Vec<RouteError>,
    ) -> Result<(), RouteErrors> {
        let mut faults = self.faults.clone();
        match self.table.check() {
            Ok(()) => faults.extend(refused(&self.table)),
            Err(more) => faults.extend(more.iter().cloned()),
        }
        RouteErrors::unless_empty(faults)
    }

    /// Returns the routes with their endpoints.
    pub fn into_routes(self) -> impl Iterator<Item = (MountedRoute, E)> {
        self.table.into_routes().zip(self.endpoints)
    }
}

impl<E> fmt::Debug for RouteList<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Routes")
            .field("table", &self.table)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
