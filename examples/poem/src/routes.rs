//! Handlers on the routes of the catalog, for the adapter.

use std::collections::BTreeMap;

use pinpoint_iam::web::adapter::RouteList;
use pinpoint_iam::web::{
    Annotated, ByBothHalves, FirstHalf, Guarded, Prechecks, ProofOf, PublicFunction, PublicRoute,
    Requires, RequiresAfterBody, RouteError, RouteErrors, RouteOverride, RouteTable, SecondHalf,
};
use poem::http::Method;
use poem::{Route, RouteMethod};

use crate::adapter::{AfterBody, Authorized, Handler, Prechecked, endpoint};

/// The parameters of a function that may be mounted as the handler `H`: they prove that it is guarded or public.
pub trait HandlerFor<H, By> {
    /// Whether `function` is the handler, if its parameters do not prove it.
    fn is<F: 'static>(_: &F) -> bool {
        true
    }
}

impl<H: PublicFunction, A> HandlerFor<H, PublicRoute> for A {
    fn is<F: 'static>(function: &F) -> bool {
        H::is(function)
    }
}

impl<H: Requires<P, T>, P, T> ProofOf<H> for Authorized<H, P, T> {}
impl<H: Prechecks<P>, P> FirstHalf<H> for Prechecked<H, P> {}
impl<H: RequiresAfterBody<P, B, T>, P, B, T> SecondHalf<H> for AfterBody<H, P, B, T> {}

macro_rules! several {
    ($($one:ident)*) => {
        impl<H, First: ProofOf<H>, $($one),*> HandlerFor<H, Guarded> for (First, $($one,)*) {}
        impl<H, First: FirstHalf<H>, $($one,)* Last: SecondHalf<H>> HandlerFor<H, ByBothHalves>
            for (First, $($one,)* Last,) {}
    };
}

several!();
several!(A1);
several!(A1 A2);
several!(A1 A2 A3);
several!(A1 A2 A3 A4);

/// Handlers on the routes of the catalog.
pub struct Routes(RouteList<Mount>);

type Mount = Box<dyn FnOnce(RouteMethod) -> RouteMethod>;

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

impl Routes {
    /// Creates an empty list.
    pub const fn new() -> Self {
        Self(RouteList::EMPTY)
    }

    /// Adds the handler `H`, which is the function `handler`.
    pub fn mount<H: Annotated, By, A>(
        mut self,
        handler: impl Handler<A>,
        place: RouteOverride,
    ) -> Self
    where
        A: HandlerFor<H, By> + Send + Sync + 'static,
    {
        let is_handler = <A as HandlerFor<H, By>>::is(&handler);
        let route = place.of(H::declaration()).and_then(|route| {
            let error = |message, hint| RouteError::new(route.declaration, message, hint);
            if !is_handler {
                return Err(error("another function is mounted", "write its full path"));
            }
            let method: Method = route
                .method
                .parse()
                .map_err(|_| error("poem cannot serve the method", "use a method of HTTP"))?;
            let endpoint = endpoint(handler);
            let mount: Mount = Box::new(|methods| methods.method(method, endpoint));
            Ok((route, mount))
        });
        self.0.push(route);
        self
    }

    /// Returns the route table.
    pub const fn table(&self) -> &RouteTable {
        self.0.table()
    }

    /// Returns poem's router.
    ///
    /// # Errors
    ///
    /// Fails if routes contradict each other or their handlers.
    pub fn router(self) -> Result<Route, RouteErrors> {
        self.0.check(|_| Vec::new())?;
        let mut paths: BTreeMap<String, RouteMethod> = BTreeMap::new();
        for (route, mount) in self.0.into_routes() {
            let methods = paths.entry(poem_path(&route.path)).or_default();
            *methods = mount(std::mem::take(methods));
        }
        let mounted = paths.into_iter();
        Ok(mounted.fold(Route::new(), |router, (path, methods)| {
            router.at(path, methods)
        }))
    }
}

/// Translates the placeholders of a path to poem's notation.
fn poem_path(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match name.map(|name| name.replace('-', "_")) {
            Some(name) if name.starts_with('*') => name,
            Some(name) => format!(":{name}"),
            None => segment.to_owned(),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}
