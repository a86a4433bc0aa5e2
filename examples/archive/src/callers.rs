//! Callers, their organizations, and their policies.

use std::error::Error;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, include_policy};

use crate::archive;
use crate::store::Store;

/// The name of the authenticated user.
#[derive(Clone)]
pub(crate) struct UserName(pub(crate) String);

/// Demo tokens, with the organization and the name of their users. An organization is an account.
const CALLERS: [(&str, &str, &str); 3] = [
    ("demo-ana", "acme", "ana"),
    ("demo-ben", "acme", "ben"),
    ("demo-eve", "globex", "eve"),
];

/// Attaches the policies to the users.
pub(crate) fn policies() -> Result<PolicyStore, Box<dyn Error>> {
    let reader = Policy::new("reader", include_policy!("../policies/reader.json"));
    let author = Policy::new("author", include_policy!("../policies/author.json"));
    let mut policies = PolicyStore::new();
    for (_, organization, name) in CALLERS {
        let arn = format!("arn:acme:iam::{organization}:user/{name}");
        let user = policies.identity(&arn)?;
        user.attach(reader.clone());
        user.attach(author.clone());
    }
    Ok(policies)
}

/// Creates the authorizer. Everything that the policies depend on has a source.
pub(crate) fn authorizer(store: Store) -> Result<Authorizer, Box<dyn Error>> {
    let authorizer = Authorizer::builder()
        .scope(Scope::of_tenants("acme", "")) // no region; the account comes with each request
        .source(policies()?)
        .catalog(&archive::SERVICE)
        .resource_key_source(store) // called if a decision depends on the document
        .supplied(["archive:TargetFolder"]) // by the attribute of `move_document`
        .build()?;
    Ok(authorizer)
}

/// Inserts the caller's principal and organization into the request's extensions.
pub(crate) async fn authenticate(
    State(authorizer): State<Authorizer>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some((organization, name)) = caller_of(&request) {
        let scope = authorizer.scope().with_account(organization);
        let extensions = request.extensions_mut();
        if let Ok(principal) = Principal::user(&scope, name) {
            extensions.insert(principal);
        }
        extensions.insert(scope);
        extensions.insert(UserName(name.to_owned()));
    }
    next.run(request).await
}

fn caller_of(request: &Request) -> Option<(&'static str, &'static str)> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let token = header.strip_prefix("Bearer ")?;
    let (_, organization, name) = CALLERS.iter().find(|(known, ..)| *known == token)?;
    Some((organization, name))
}
