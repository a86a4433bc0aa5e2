//! Services whose methods all have a check or a reason.

use std::sync::Arc;

use pinpoint_iam_core::__private::Seal;
use tonic::server::NamedService;

use crate::authorizer::Authorizer;
use crate::web::{Declaration, MountedRoute, RouteTable};

/// A service that contains an [`Authorizer`].
#[diagnostic::on_unimplemented(
    message = "the service `{Self}` does not contain an `Authorizer`",
    label = "requires an authorizer",
    note = "write `impl pinpoint_iam::web::tonic::HasAuthorizer for Service {{ fn authorizer(&self) -> &Authorizer {{ &self.authorizer }} }}`"
)]
pub trait HasAuthorizer {
    /// Returns the authorizer.
    fn authorizer(&self) -> &Authorizer;
}

#[diagnostic::do_not_recommend]
impl<S: HasAuthorizer + ?Sized> HasAuthorizer for &S {
    fn authorizer(&self) -> &Authorizer {
        (**self).authorizer()
    }
}

#[diagnostic::do_not_recommend]
impl<S: HasAuthorizer + ?Sized> HasAuthorizer for Arc<S> {
    fn authorizer(&self) -> &Authorizer {
        (**self).authorizer()
    }
}

/// A method of a service, and its declaration.
#[derive(Debug)]
pub struct Method {
    /// The name of the method in the service's definition, for example `GetCampaign`.
    pub name: &'static str,
    /// The declaration of its check.
    pub declaration: Declaration,
}

/// An implementation of a service with [`#[guarded]`](super::guarded). `N` is the generated server. The trait is
/// sealed.
#[diagnostic::on_unimplemented(
    message = "the methods of `{Self}` may have no checks",
    label = "not a guarded service",
    note = "write `#[guarded({N})]`, without the argument of the server, above the implementation of the service"
)]
pub trait GuardedService<N>: Sized {
    /// Only the attribute implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Returns the methods, in the order of writing.
    fn methods() -> &'static [Method];

    /// Returns the generated server of the service.
    fn into_server(self) -> N;
}

/// Returns the generated server of a service. A service without [`#[guarded]`](super::guarded) does not compile.
///
/// ```ignore
/// Server::builder()
///     .add_service(server::<CampaignsServer<_>, _>(service))
/// ```
pub fn server<N, S: GuardedService<N>>(service: S) -> N {
    service.into_server()
}

/// Returns the methods of a service as routes, for documents, the access matrix and tests: `POST` with the path
/// `/package.Service/Method`.
pub fn route_table<N: NamedService, S: GuardedService<N>>() -> RouteTable {
    let methods = S::methods().iter();
    RouteTable::new(methods.map(|method| MountedRoute {
        method: "POST",
        path: format!("/{}/{}", N::NAME, method.name).into(),
        declaration: &method.declaration,
    }))
}
