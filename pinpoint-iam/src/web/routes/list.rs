//! Handlers at their places, with what a framework needs to serve each.

use std::fmt;

use super::{MountedRoute, RouteFault, RouteFaults, RouteTable};

/// What the `Routes` of every framework hold. `E` is how the framework knows a handler.
#[derive(Clone)]
pub(crate) struct RouteList<E> {
    table: RouteTable,
    /// One for each route of the table.
    endpoints: Vec<E>,
    /// What kept a handler out of the table.
    faults: Vec<RouteFault>,
}

impl<E> RouteList<E> {
    pub(crate) const EMPTY: Self = Self {
        table: RouteTable::EMPTY,
        endpoints: Vec::new(),
        faults: Vec::new(),
    };

    /// Adds a handler, or what kept it out.
    pub(crate) fn push(&mut self, handler: Result<(MountedRoute, E), RouteFault>) {
        match handler {
            Ok((route, endpoint)) => {
                self.table.push(route);
                self.endpoints.push(endpoint);
            }
            Err(fault) => self.faults.push(fault),
        }
    }

    /// This list with another one behind it.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.table = self.table.merge(other.table);
        self.endpoints.extend(other.endpoints);
        self.faults.extend(other.faults);
        self
    }

    /// This list with another one behind it, whose paths all get `prefix` in front.
    pub(crate) fn nest(self, prefix: &str, mut other: Self) -> Self {
        other.table = RouteTable::default().nest(prefix, other.table);
        self.merge(other)
    }

    pub(crate) const fn table(&self) -> &RouteTable {
        &self.table
    }

    /// Every fault together. `refused` tells those that a framework finds by its own rules; it is asked for paths that can be
    /// read only, and would repeat what was said otherwise.
    pub(crate) fn check(
        &self,
        refused: impl FnOnce(&RouteTable) -> Vec<RouteFault>,
    ) -> Result<(), RouteFaults> {
        let mut faults = self.faults.clone();
        match self.table.check() {
            Ok(()) => faults.extend(refused(&self.table)),
            Err(more) => faults.extend(more.iter().cloned()),
        }
        RouteFaults::unless_empty(faults)
    }

    /// The routes with their handlers.
    pub(crate) fn into_routes(self) -> impl Iterator<Item = (MountedRoute, E)> {
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
