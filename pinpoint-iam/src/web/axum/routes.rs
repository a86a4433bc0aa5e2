//! Lists of handlers with their routes, and the router that serves them.

use std::collections::BTreeSet;
use std::fmt;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

use super::StateFor;
#[cfg(feature = "tower")]
use crate::web::Access;
use crate::web::routes::{RouteList, is_public};
#[cfg(feature = "tower")]
use crate::web::tower::PublicLayer;
use crate::web::{
    Annotated, AttributeOf, ByBothHalves, FirstHalf, Guarded, MountedRoute, ProofOf,
    PublicFunction, PublicRoute, RouteError, RouteErrors, RouteOverride, RouteTable, SecondHalf,
};

/// The handlers of a service, or of a part of it, with their routes. Created by [`routes!`](super::routes).
///
/// `S` is the state that the handlers share. Errors are reported only by [`with_state`](Self::with_state),
/// [`router`](Self::router) and [`check`](Self::check), which return all of them.
#[must_use = "handlers are served by the router that `with_state` makes of them"]
pub struct Routes<S>(RouteList<MethodRouter<S>>);

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self(RouteList::EMPTY)
    }

    /// Adds the handler `H`, which is the function `handler`.
    ///
    /// `routes!` calls this method once for each entry.
    pub fn mount<H, T, By, F>(mut self, handler: F, place: RouteOverride) -> Self
    where
        H: Annotated,
        S: StateFor<H::Access, State = S>,
        H::Access: AttributeOf<H>,
        F: Handler<T, <S as StateFor<H::Access>>::State>,
        T: HandlerFor<<H::Access as AttributeOf<H>>::Handler, By> + 'static,
    {
        let served = T::function(&handler).and_then(|()| served::<H>(place));
        self.0.push(served.map(|(route, method)| {
            let endpoint = on(method, handler);
            #[cfg(feature = "tower")]
            let endpoint = match route.declaration.access {
                Access::Public { reason, .. } => endpoint.layer(PublicLayer::new(reason)),
                Access::Requires { .. } => endpoint,
            };
            (route, endpoint)
        }));
        self
    }

    /// Appends the routes of another list.
    pub fn merge(self, other: Self) -> Self {
        Self(self.0.merge(other.0))
    }

    /// Appends the routes of another list, with `prefix` added to their paths.
    ///
    /// A slash at the end of the prefix is ignored, and the path `/` becomes the prefix itself. Placeholders of the
    /// prefix become placeholders of the paths.
    pub fn nest(self, prefix: &str, other: Self) -> Self {
        Self(self.0.nest(prefix, other.0))
    }

    /// Returns the route table.
    ///
    /// A handler without a route is not in the table; [`check`](Self::check) reports it.
    pub const fn table(&self) -> &RouteTable {
        self.0.table()
    }

    /// Checks that the routes can be served.
    ///
    /// # Errors
    ///
    /// Returns all errors together: a handler without a route, two handlers on one route, a path that axum rejects, or
    /// one without a parameter that its handler extracts.
    pub fn check(&self) -> Result<(), RouteErrors> {
        self.0.check(refused_paths)
    }

    /// Returns the router without its state.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn router(self) -> Result<Router<S>, RouteErrors> {
        self.check()?;
        let routes = self.0.into_routes();
        Ok(routes.fold(Router::new(), |router, (route, endpoint)| {
            router.route(&route.path, endpoint)
        }))
    }

    /// Returns the router with its state.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn with_state(self, state: S) -> Result<Router, RouteErrors> {
        Ok(self.router()?.with_state(state))
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Clone for Routes<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Returns the route of `H`, and its method as an axum type.
fn served<H: Annotated>(place: RouteOverride) -> Result<(MountedRoute, MethodFilter), RouteError> {
    let route = place.of(H::declaration())?;
    let method = Method::from_bytes(route.method.as_bytes())
        .ok()
        .and_then(|method| MethodFilter::try_from(method).ok());
    match method {
        Some(method) => Ok((route, method)),
        None => Err(RouteError::new(
            H::declaration(),
            format!("axum cannot serve the method `{}`", route.method),
            "use a method of HTTP, in upper case",
        )),
    }
}

/// Returns errors for the paths that the router would reject by its own rules.
fn refused_paths(table: &RouteTable) -> Vec<RouteError> {
    let mut tree = matchit::Router::new();
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for route in table.iter().filter(|route| seen.insert(&route.path)) {
        if let Err(error) = tree.insert(&*route.path, ()) {
            let (message, hint) = match error {
                matchit::InsertError::Conflict { with } => (
                    format!("`{route}` cannot be served together with the path `{with}`"),
                    "change one of the paths, so that each request matches only one",
                ),
                other => (
                    format!("axum cannot serve the path `{}`: {other}", route.path),
                    "use another path",
                ),
            };
            faults.push(RouteError::new(route.declaration, message, hint));
        }
    }
    faults
}

/// The parameters of a function that may be mounted as the handler `H`.
///
/// A handler with `#[requires]` has the proof of its own check as its first parameter, or one half of the check as the
/// first and the other as the last. An attribute below `#[requires]` could have dropped the parameter, and a function
/// of the same name could shadow the handler; neither compiles. A public handler may have any parameters, but the
/// mounted function must be the one with the attribute.
#[diagnostic::on_unimplemented(
    message = "the first parameter of `{H}` is not the proof of its check",
    label = "not guarded",
    note = "`#[requires(..)]` adds this parameter, and replaces the last one if the check needs the body; `#[public(..)]` adds one to generic functions; write them below attributes that change the parameters",
    note = "check whether another function has this name"
)]
pub trait HandlerFor<H, By> {
    /// Checks that `function` is the handler `H`.
    ///
    /// # Errors
    ///
    /// Fails if it is a different function.
    fn function<F: 'static>(function: &F) -> Result<(), RouteError>;
}

#[diagnostic::do_not_recommend]
impl<H: PublicFunction, T> HandlerFor<H, PublicRoute> for T {
    fn function<F: 'static>(function: &F) -> Result<(), RouteError> {
        is_public::<H, F>(function)
    }
}

macro_rules! guarded_by_proof {
    ($($argument:ident)*) => {
        impl<H, M, A: ProofOf<H>, $($argument),*> HandlerFor<H, Guarded> for (M, A, $($argument),*) {
            fn function<F: 'static>(_: &F) -> Result<(), RouteError> {
                Ok(())
            }
        }
    };
}

macro_rules! guarded_by_both_halves {
    ($($argument:ident)*) => {
        impl<H, M, A: FirstHalf<H>, $($argument,)* Z: SecondHalf<H>> HandlerFor<H, ByBothHalves>
            for (M, A, $($argument,)* Z,)
        {
            fn function<F: 'static>(_: &F) -> Result<(), RouteError> {
                Ok(())
            }
        }
    };
}

guarded_by_proof!();
guarded_by_proof!(T2);
guarded_by_proof!(T2 T3);
guarded_by_proof!(T2 T3 T4);
guarded_by_proof!(T2 T3 T4 T5);
guarded_by_proof!(T2 T3 T4 T5 T6);
guarded_by_proof!(T2 T3 T4 T5 T6 T7);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9 T10);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15);
guarded_by_proof!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16);

guarded_by_both_halves!();
guarded_by_both_halves!(T2);
guarded_by_both_halves!(T2 T3);
guarded_by_both_halves!(T2 T3 T4);
guarded_by_both_halves!(T2 T3 T4 T5);
guarded_by_both_halves!(T2 T3 T4 T5 T6);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8 T9);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8 T9 T10);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14);
guarded_by_both_halves!(T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15);
