//! Callers, their tenants, and their policies.

use std::error::Error;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, include_policy};

/// Demo tokens and the principals that they identify. A tenant is an account.
pub(crate) const CALLERS: [(&str, &str); 3] = [
    ("demo-ana", "arn:acme:iam::tenant-7:user/ana"),
    ("demo-ben", "arn:acme:iam::tenant-7:user/ben"),
    ("demo-eve", "arn:acme:iam::tenant-8:user/eve"),
];

/// The policies, checked against the catalog at compile time, attached to users.
pub(crate) fn authorizer() -> Result<Authorizer, Box<dyn Error>> {
    let reader = Policy::new("reader", include_policy!("../policies/reader.json"));
    let keeper = Policy::new("keeper", include_policy!("../policies/keeper.json"));
    let mut store = PolicyStore::new();
    let mut attach =
        |user, policy: &Policy| store.identity(user).map(|it| it.attach(policy.clone()));
    attach("arn:acme:iam::tenant-7:user/ana", &keeper)?;
    attach("arn:acme:iam::tenant-7:user/ben", &reader)?;
    attach("arn:acme:iam::tenant-8:user/eve", &keeper)?;
    let authorizer = Authorizer::builder()
        .scope(Scope::of_tenants("acme", "")) // no region; the account comes with each request
        .source(store)
        .build()?;
    Ok(authorizer)
}

/// Inserts the caller's principal and the scope of the requested tenant into the request's extensions.
///
/// A request is for the caller's own tenant unless the header `x-tenant` names another one.
pub(crate) async fn authenticate(
    State(authorizer): State<Authorizer>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(principal) = principal_of(&request) {
        let tenant = match request.headers().get("x-tenant") {
            Some(named) => named.to_str().unwrap_or_default(), // an unreadable header matches no tenant
            None => principal.account().unwrap_or_default(),
        };
        let scope = authorizer.scope().with_account(tenant);
        request.extensions_mut().insert(scope);
        request.extensions_mut().insert(principal);
    }
    next.run(request).await
}

fn principal_of(request: &Request) -> Option<Principal> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let token = header.strip_prefix("Bearer ")?;
    let (_, arn) = CALLERS.iter().find(|(known, _)| *known == token)?;
    Principal::from_arn(arn).ok()
}
