use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use pinpoint_iam::web::Caller;
use pinpoint_iam::{Principal, Scope, requires};

struct Claims {
    sub: String,
}

impl<S: Sync> FromRequestParts<S> for Claims {
    type Rejection = ();

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, ()> {
        Err(())
    }
}

impl Caller for Claims {
    fn principal(&self) -> Option<Principal> {
        let scope = Scope::new("aws", "us-east-1", "123456789012");
        Principal::user(&scope, &self.sub).ok()
    }
}

#[requires(GetApp, caller = claims)]
async fn get_app(claims: Claims, Path(application_id): Path<String>) -> String {
    format!("{application_id} {}", claims.sub)
}

/// The caller is only used by the check.
#[requires(all(GetApp, GetApps), caller = claims)]
async fn both(claims: Claims, Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let router: axum::Router<pinpoint_iam::Authorizer> = axum::Router::new()
        .route("/{application_id}", axum::routing::get(get_app).post(both));
    drop(router);
}
