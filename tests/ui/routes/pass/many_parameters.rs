use axum::http::HeaderMap;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, requires, routes};

type H = HeaderMap;

/// With the proof as the first parameter there are 16, the maximum in axum.
#[requires(GetApps)]
#[allow(clippy::too_many_arguments)]
async fn get_apps(
    _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: H, _: String,
) {
}

fn main() {
    let routes: Routes<Authorizer> = routes![get_apps];
    routes.check().unwrap();
}
