//! Checks a whole service by method and path.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::routes::{Found, InvalidRoutes, Routes, Rule, Written, of_service};
use super::{ResponseFuture, take_ready};
use crate::action::{ActionMetadata, DependentAction, ServiceMetadata, TypedAction};
use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::guard::Guard;
use crate::principal::Principal;
use crate::web::RequestHead;
use crate::web::adapter::{AdapterRequest, caller, keep_keys};
use crate::web::caller::log_denial;
use crate::web::response::response;

/// The place of a denial, in the log.
const PLACE: &str = "a layer that checks by method and path";

/// Headers by which a service may replace the method or the path of a request after this check.
const REPLACING: [&str; 5] = [
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

const REPLACED: &str = "the request has a header that replaces its method or its path, such as `x-http-method-override`";

/// A layer that checks every request to a service by its method and path.
///
/// For services whose handlers are not yours: another framework, a proxy, a file server. The action follows from the
/// routes of catalogs, the resource from the placeholders of the path, and the caller is the [`Principal`] in the
/// extensions of the request, which a layer outside of this one inserts. A tenant's [`Scope`](crate::Scope) is used as
/// by `#[requires]`.
///
/// The check is coarse, because it does not know the body and the handler:
///
/// - A request whose method and path are not in a catalog is denied, with 403. So is one whose path other programs
///   may read differently: with an empty segment, `.` or `..`, `;`, `\`, an escaped `/` outside of an ARN, an escape
///   of a character that needs none, or a path that another route has if case is ignored; and one with a header that
///   replaces method or path, such as `x-http-method-override`. Services that take the method from the body or the query
///   must have this turned off.
/// - If the path does not identify the resource, the policies must allow the action on every resource: `*`.
/// - The dependent actions of an action must be allowed on every resource, or turned off with
///   [`without_dependent_actions`](CatalogLayerBuilder::without_dependent_actions).
/// - A decision that depends on tags of the request is denied.
///
/// `HEAD` requires the action of `GET`. For `OPTIONS`, add a layer for CORS outside of this one.
///
/// ```
/// use pinpoint_iam::mobiletargeting::{self, GetCampaign};
/// use pinpoint_iam::web::tower::{CatalogLayer, InvalidRoutes};
/// use pinpoint_iam::Authorizer;
///
/// fn layer(authorizer: Authorizer) -> Result<CatalogLayer, InvalidRoutes> {
///     CatalogLayer::builder(authorizer)
///         .service(&mobiletargeting::SERVICE)
///         .route("GET", "/v2/{application-id}/{campaign-id}", GetCampaign)
///         .public("GET", "/healthz", "health check of the load balancer")
///         .build()
/// }
/// ```
#[derive(Clone)]
pub struct CatalogLayer(Arc<Checks>);

struct Checks {
    authorizer: Authorizer,
    routes: Routes,
    services: Vec<&'static ServiceMetadata>,
    ignores_dependents: bool,
}

impl CatalogLayer {
    /// Starts a layer without routes, which would deny every request.
    pub const fn builder(authorizer: Authorizer) -> CatalogLayerBuilder {
        CatalogLayerBuilder {
            authorizer,
            routes: Vec::new(),
            services: Vec::new(),
            ignores_dependents: false,
        }
    }
}

impl fmt::Debug for CatalogLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<String> = self.0.routes.written().collect();
        formatter
            .debug_struct("CatalogLayer")
            .field("routes", &routes)
            .finish_non_exhaustive()
    }
}

/// Creates a [`CatalogLayer`].
#[derive(Debug)]
#[must_use = "a builder has no effect until it is built"]
pub struct CatalogLayerBuilder {
    authorizer: Authorizer,
    routes: Written,
    services: Vec<&'static ServiceMetadata>,
    ignores_dependents: bool,
}

impl CatalogLayerBuilder {
    /// Adds the routes of a catalog: `SERVICE` of its generated module.
    pub fn service(mut self, service: &'static ServiceMetadata) -> Self {
        self.routes.extend(of_service(service));
        self.services.push(service);
        self
    }

    /// Adds a route that is not in the catalog. The placeholders of the path have the names in the catalog, such as
    /// `{campaign-id}`.
    pub fn route<A: TypedAction>(mut self, method: &'static str, path: &'static str, _: A) -> Self {
        let rule = Rule::Action(A::METADATA);
        self.routes.push((method.into(), path.into(), rule));
        self
    }

    /// Adds a route without a check, also for callers without a principal. The reason is for readers of the code.
    pub fn public(mut self, method: &'static str, path: &'static str, _reason: &str) -> Self {
        self.routes.push((method.into(), path.into(), Rule::Public));
        self
    }

    /// Does not check dependent actions, such as `iam:PassRole` of an action with a role in its body.
    ///
    /// Only for services that check them, because this layer cannot know on which resources they are required.
    pub const fn without_dependent_actions(mut self) -> Self {
        self.ignores_dependents = true;
        self
    }

    /// Creates the layer.
    ///
    /// # Errors
    ///
    /// Fails if two routes have the same method and path, or if a path is invalid.
    pub fn build(self) -> Result<CatalogLayer, InvalidRoutes> {
        Ok(CatalogLayer(Arc::new(Checks {
            authorizer: self.authorizer,
            routes: Routes::new(self.routes)?,
            services: self.services,
            ignores_dependents: self.ignores_dependents,
        })))
    }
}

impl<S> Layer<S> for CatalogLayer {
    type Service = CatalogService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CatalogService {
            inner,
            checks: Arc::clone(&self.0),
        }
    }
}

/// The service that [`CatalogLayer`] makes of another one.
#[derive(Clone)]
pub struct CatalogService<S> {
    inner: S,
    checks: Arc<Checks>,
}

impl<S: fmt::Debug> fmt::Debug for CatalogService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CatalogService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for CatalogService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<Vec<u8>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<Response<R>, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut inner = take_ready(&mut self.inner);
        let checks = Arc::clone(&self.checks);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match checks.check(&mut parts).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await,
                Err(denied) => {
                    let principal = parts.extensions.get::<Principal>();
                    log_denial(&denied, principal, PLACE);
                    Ok(response(checks.authorizer.rejection(&denied)))
                }
            }
        })
    }
}

impl Checks {
    async fn check(&self, parts: &mut Parts) -> Result<(), Denied> {
        let found = self.find(parts);
        parts.with_state(|state| state.note.set());
        if let Ok(Found {
            rule: Rule::Public, ..
        }) = found
        {
            return Ok(());
        }
        // A caller without a principal does not learn which routes there are.
        let mut caller = caller(&self.authorizer, parts)?;
        let Found { rule, parameters } = found.map_err(Denied::unknown_route)?;
        let Rule::Action(action) = rule else {
            return Ok(());
        };
        let parameters: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let check = |guard: &Guard<'_>| {
            guard.check_by_path(action, &parameters)?;
            self.check_dependents(guard, action)
        };
        let outcome = caller
            .check_with_keys(&self.authorizer, parts.headers(), check)
            .await;
        keep_keys(&caller, parts);
        outcome
    }

    /// The route of the request.
    fn find(&self, parts: &Parts) -> Result<Found<'_>, &'static str> {
        if REPLACING
            .iter()
            .any(|name| parts.headers.contains_key(*name))
        {
            return Err(REPLACED);
        }
        self.routes
            .find(RequestHead::method(parts), parts.uri.path())
    }

    fn check_dependents(
        &self,
        guard: &Guard<'_>,
        action: &'static ActionMetadata,
    ) -> Result<(), Denied> {
        if self.ignores_dependents {
            return Ok(());
        }
        let mut dependents = action.dependent_actions.iter();
        dependents.try_for_each(|dependent| match self.known(dependent) {
            Some(known) => guard.check_unknown(known),
            None => Err(Denied::misconfigured(
                "the action has a dependent action of a service without a catalog; call `without_dependent_actions` if the \
                 service checks it",
            )
            .on(action, dependent.action.to_owned())),
        })
    }

    /// The metadata of a dependent action.
    fn known(&self, dependent: &DependentAction) -> Option<&'static ActionMetadata> {
        let (prefix, name) = dependent.action.split_once(':')?;
        let service = self
            .services
            .iter()
            .find(|service| service.prefix == prefix);
        service?.action(name)
    }
}
