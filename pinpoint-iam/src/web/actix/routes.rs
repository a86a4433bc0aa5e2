//! Handlers at their places, and the service that they make.

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
    Annotated, ByBothHalves, FirstHalf, Guarded, MountedRoute, ProofOf, PublicFunction,
    PublicRoute, RouteFault, RouteFaults, RouteOverride, RouteTable, SecondHalf,
};

/// The handlers of a service or of a part of it, each at its place: what [`routes!`](super::routes) makes.
///
/// Nothing is refused before [`service`](Self::service), which then says everything that is wrong.
#[derive(Clone)]
#[must_use = "handlers are served by the service that `service` makes of them"]
pub struct Routes(RouteList<Endpoint>);

/// Makes the route of a handler, anew for each worker.
type Endpoint = Arc<dyn Fn() -> Route + Send + Sync>;

impl Routes {
    /// No routes.
    pub const fn new() -> Self {
        Self(RouteList::EMPTY)
    }

    /// Adds the handler `H`, which is the function `handler`.
    ///
    /// This is what `routes!` calls, once for each entry. The handler is mounted with [`guarded`], so that nothing of the
    /// request is looked at before the check is decided.
    pub fn mount<H, T, By, F>(mut self, handler: F, place: RouteOverride) -> Self
    where
        H: Annotated,
        F: Handler<T> + Send + Sync,
        F::Output: Responder + 'static,
        T: HandlerFor<H, By> + FromRequest + 'static,
        T::Future: 'static,
    {
        let served = T::function(&handler).and_then(|()| served::<H>(place));
        self.0
            .push(served.map(|(route, method)| (route, endpoint(method, handler))));
        self
    }

    /// These routes, and those of another list behind them.
    pub fn merge(self, other: Self) -> Self {
        Self(self.0.merge(other.0))
    }

    /// These routes, and those of another list behind them, whose paths all get `prefix` in front.
    ///
    /// A slash at the end of the prefix does not count, and the path `/` becomes the prefix itself. Placeholders of the
    /// prefix are placeholders of the paths.
    pub fn nest(self, prefix: &str, other: Self) -> Self {
        Self(self.0.nest(prefix, other.0))
    }

    /// What is served where.
    ///
    /// A handler that has no place is missing; [`check`](Self::check) names it.
    pub const fn table(&self) -> &RouteTable {
        self.0.table()
    }

    /// Looks for everything that keeps the routes from being served.
    ///
    /// # Errors
    ///
    /// All faults together: a handler without a place, two handlers on one route, a path that actix-web refuses or that
    /// does not have what its handler takes from it.
    pub fn check(&self) -> Result<(), RouteFaults> {
        self.0.check(refused_paths)
    }

    /// The service, for [`App::service`](actix_web::App::service), a scope or a
    /// [`ServiceConfig`](actix_web::web::ServiceConfig).
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn service(self) -> Result<RoutesService, RouteFaults> {
        self.check()?;
        Ok(RoutesService {
            paths: self.paths().into(),
        })
    }

    /// The paths with what is served there, in the order in which they are tried.
    fn paths(self) -> Vec<(String, Vec<Endpoint>)> {
        let mut mounted: Vec<_> = self.0.into_routes().collect();
        // A handler of `HEAD` goes before that of `GET`, which would answer in its place.
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

/// The routes of a [`Routes`] without faults, in the form that actix-web serves.
///
/// Every worker has its own copy: clone it in the function that makes the application.
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
            // As axum does, and as RFC 9110 has it; the server leaves the body out.
            Route::new().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(method.clone())
        };
        route.to(guarded(handler.clone()))
    })
}

/// The route of `H`, and its method in actix-web's words.
fn served<H: Annotated>(place: RouteOverride) -> Result<(MountedRoute, Method), RouteFault> {
    let route = place.of(H::declaration())?;
    match Method::from_bytes(route.method.as_bytes()) {
        Ok(method) if !route.method.bytes().any(|byte| byte.is_ascii_lowercase()) => {
            Ok((route, method))
        }
        _ => Err(RouteFault::new(
            H::declaration(),
            format!("actix-web cannot serve the method `{}`", route.method),
            "use a method of HTTP, in upper case",
        )),
    }
}

/// The paths that actix-web would refuse, or would read in another way than they are meant.
fn refused_paths(table: &RouteTable) -> Vec<RouteFault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for route in table.iter().filter(|route| seen.insert(&route.path)) {
        if let Err(why) = is_servable(&route.path) {
            let message = format!("actix-web cannot serve the path `{}`: {why}", route.path);
            faults.push(RouteFault::new(
                route.declaration,
                message,
                "give another path",
            ));
        }
    }
    faults
}

/// The arguments of a function that may be mounted as the handler `H`.
///
/// What `#[requires]` stands on takes the proof of its own check first, or one half of the check first and the other last. An attribute below it could have dropped the
/// parameter, and a function of the same name could shadow the handler; neither compiles. A public handler takes what it
/// likes, and has to be the function that says so.
#[diagnostic::on_unimplemented(
    message = "the function `{H}` does not take the proof of its check first",
    label = "would be served unguarded",
    note = "`#[requires(..)]` adds the parameter, and makes the last one wait where the check needs the body; `#[public(..)]` adds one to a generic function; write them below the attributes that change the function's parameters",
    note = "is there another function of this name?"
)]
pub trait HandlerFor<H, By> {
    /// Whether `function` is what `H` says it is.
    ///
    /// # Errors
    ///
    /// When it is another one.
    fn function<F: 'static>(function: &F) -> Result<(), RouteFault>;
}

#[diagnostic::do_not_recommend]
impl<H: PublicFunction, T> HandlerFor<H, PublicRoute> for T {
    fn function<F: 'static>(function: &F) -> Result<(), RouteFault> {
        is_public::<H, F>(function)
    }
}

macro_rules! guarded_by_proof {
    ($($argument:ident)*) => {
        impl<H, A: ProofOf<H>, $($argument),*> HandlerFor<H, Guarded> for (A, $($argument),*) {
            fn function<F: 'static>(_: &F) -> Result<(), RouteFault> {
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
            fn function<F: 'static>(_: &F) -> Result<(), RouteFault> {
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
