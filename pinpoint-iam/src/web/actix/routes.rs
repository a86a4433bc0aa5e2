//! Lists of handlers with their routes, and the service that serves them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Resource, Responder, Route, guard, web};

use super::guarded;
use super::pattern::{is_servable, pattern, precedence};
use crate::web::routes::{RouteList, is_public};
use crate::web::{
    Annotated, AttributeOf, ByBothHalves, FirstHalf, Guarded, MountedRoute, ProofOf,
    PublicFunction, PublicRoute, RouteError, RouteErrors, RouteOverride, RouteTable, SecondHalf,
};

/// The handlers of a service, or of a part of it, with their routes. Created by [`routes!`](super::routes).
///
/// Errors are reported only by [`service`](Self::service) and [`check`](Self::check), which return all of them.
#[derive(Clone)]
#[must_use = "handlers are served by the service that `service` makes of them"]
pub struct Routes(RouteList<Endpoint>);

/// Creates the route of a handler for each worker.
type Endpoint = Arc<dyn Fn() -> Route + Send + Sync>;

impl Routes {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self(RouteList::EMPTY)
    }

    /// Adds the handler `H`, which is the function `handler`.
    ///
    /// `routes!` calls this method once for each entry. The handler is mounted with [`guarded`], so that no other part
    /// of the request is read before the check is decided.
    pub fn mount<H, T, By, F>(mut self, handler: F, place: RouteOverride) -> Self
    where
        H: Annotated,
        F: Handler<T> + Send + Sync,
        F::Output: Responder + 'static,
        H::Access: AttributeOf<H>,
        T: HandlerFor<<H::Access as AttributeOf<H>>::Handler, By> + FromRequest + 'static,
        T::Future: 'static,
    {
        let served = T::function(&handler).and_then(|()| served::<H>(place));
        self.0
            .push(served.map(|(route, method)| (route, endpoint(method, handler))));
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
    /// Returns all errors together: a handler without a route, two handlers on one route, a path that actix-web
    /// rejects, or one without a parameter that its handler extracts.
    pub fn check(&self) -> Result<(), RouteErrors> {
        self.0.check(refused_paths)
    }

    /// Returns the service, for [`App::service`](actix_web::App::service), a scope or a
    /// [`ServiceConfig`](actix_web::web::ServiceConfig).
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn service(self) -> Result<RoutesService, RouteErrors> {
        self.check()?;
        Ok(RoutesService {
            paths: self.paths().into(),
        })
    }

    /// The paths and their endpoints, in the order in which they are matched.
    fn paths(self) -> Vec<(String, Vec<Endpoint>)> {
        let mut mounted: Vec<_> = self.0.into_routes().collect();
        // The handler of `HEAD` precedes that of `GET`, which would otherwise serve the request.
        mounted.sort_by_key(|(route, _)| (precedence(&route.path), route.method != "HEAD"));
        let mut paths: Vec<(String, Vec<Endpoint>)> = Vec::new();
        for (route, endpoint) in mounted {
            let pattern = pattern(&route.path);
            match paths.iter_mut().find(|(other, _)| *other == pattern) {
                Some((_, endpoints)) => endpoints.push(endpoint),
                None => paths.push((pattern, vec![endpoint])),
            }
        }
        paths
    }
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The checked routes of a [`Routes`], in the form that actix-web serves.
///
/// Every worker needs its own copy: clone it in the function that creates the application.
#[derive(Clone)]
pub struct RoutesService {
    paths: Arc<[(String, Vec<Endpoint>)]>,
}

impl RoutesService {
    fn resources(&self) -> impl Iterator<Item = Resource> {
        self.paths.iter().map(|(path, endpoints)| {
            endpoints
                .iter()
                .fold(web::resource(path.as_str()), |resource, endpoint| {
                    resource.route(endpoint())
                })
        })
    }
}

impl HttpServiceFactory for RoutesService {
    fn register(self, config: &mut AppService) {
        for resource in self.resources() {
            resource.register(config);
        }
    }
}

impl fmt::Debug for RoutesService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.paths.iter().map(|(path, _)| path))
            .finish()
    }
}

fn endpoint<F, T>(method: Method, handler: F) -> Endpoint
where
    F: Handler<T> + Send + Sync,
    F::Output: Responder + 'static,
    T: FromRequest + 'static,
    T::Future: 'static,
{
    Arc::new(move || {
        let route = if method == Method::GET {
            // As in axum and RFC 9110, `GET` handlers also serve `HEAD`. The server omits the body.
            Route::new().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(method.clone())
        };
        route.to(guarded(handler.clone()))
    })
}

/// Returns the route of `H`, and its method as an actix-web type.
fn served<H: Annotated>(place: RouteOverride) -> Result<(MountedRoute, Method), RouteError> {
    let route = place.of(H::declaration())?;
    match Method::from_bytes(route.method.as_bytes()) {
        Ok(method) if !route.method.bytes().any(|byte| byte.is_ascii_lowercase()) => {
            Ok((route, method))
        }
        _ => Err(RouteError::new(
            H::declaration(),
            format!("actix-web cannot serve the method `{}`", route.method),
            "use a method of HTTP, in upper case",
        )),
    }
}

/// Returns errors for the paths that actix-web would reject or interpret differently.
fn refused_paths(table: &RouteTable) -> Vec<RouteError> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for route in table.iter().filter(|route| seen.insert(&route.path)) {
        if let Err(why) = is_servable(&route.path) {
            let message = format!("actix-web cannot serve the path `{}`: {why}", route.path);
            faults.push(RouteError::new(
                route.declaration,
                message,
                "use another path",
            ));
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
        impl<H, A: ProofOf<H>, $($argument),*> HandlerFor<H, Guarded> for (A, $($argument),*) {
            fn function<F: 'static>(_: &F) -> Result<(), RouteError> {
                Ok(())
            }
        }
    };
}

macro_rules! guarded_by_both_halves {
    ($($argument:ident)*) => {
        impl<H, A: FirstHalf<H>, $($argument,)* Z: SecondHalf<H>> HandlerFor<H, ByBothHalves>
            for (A, $($argument,)* Z,)
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
