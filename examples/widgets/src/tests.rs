//! Documents are up to date, no route admits unprivileged callers, and tenants are separate.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use pinpoint_iam::testing::Sweep;
use pinpoint_iam::{Principal, Scope};
use pinpoint_iam_docs::{LeastPrivilege, Stale, files, fresh, service_page};
use serde_json::json;
use tower::ServiceExt;

use crate::api::{AppState, app, routes};
use crate::callers::authorizer;
use crate::store::Store;
use crate::widgets;

fn state() -> AppState {
    let store = Store::default();
    store.write("tenant-7", "s1", "anvil", json!("heavy"));
    store.write("tenant-8", "s1", "anvil", json!("light"));
    let authorizer = authorizer().unwrap();
    AppState { authorizer, store }
}

#[test]
fn documents_are_fresh() -> Result<(), Stale> {
    files("docs/widgets", &service_page(&widgets::SERVICE)) // Markdown, JSON, CSV, HTML
        .iter()
        .try_for_each(|file| fresh(&file.path, &file.text))
}

/// The smallest policy for a caller of every route.
#[test]
fn least_privilege_is_fresh() -> Result<(), Stale> {
    let tenant = Scope::new("acme", "", "tenant-7");
    let policies = LeastPrivilege::builder(&tenant)
        .routes(routes().table())
        .build();
    let policies = policies.unwrap();
    let [policy] = policies.documents() else {
        panic!("one document is enough");
    };
    fresh("docs/least-privilege.json", &format!("{policy:#}\n"))
}

#[tokio::test]
async fn no_route_admits_unprivileged_callers() {
    let app = app(state()).unwrap();
    let routes = routes();
    let tenant = Scope::new("acme", "", "tenant-7");
    let swept = Sweep::new(routes.table())
        .in_scope(tenant.clone())
        .run_on_axum(&app, |request| {
            let unprivileged = Principal::from_arn("arn:acme:iam::tenant-7:user/unprivileged");
            request.extensions_mut().insert(unprivileged.unwrap());
            request.extensions_mut().insert(tenant.clone());
        })
        .await
        .unwrap();
    assert_eq!(swept.public().count(), 1);
}

async fn ask(token: &str, tenant: &str, method: &str, path: &str) -> StatusCode {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Authorization", format!("Bearer {token}"))
        .header("x-tenant", tenant)
        .body(Body::empty());
    let app = app(state()).unwrap();
    app.oneshot(request.unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn tenants_are_separate() {
    let anvil = "/shops/s1/widgets/anvil";
    for (token, tenant, status) in [
        ("demo-ana", "tenant-7", StatusCode::OK),
        ("demo-ana", "tenant-8", StatusCode::FORBIDDEN),
        ("demo-eve", "tenant-8", StatusCode::OK),
        ("demo-eve", "tenant-7", StatusCode::FORBIDDEN),
        ("demo-unknown", "tenant-7", StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(
            ask(token, tenant, "GET", anvil).await,
            status,
            "{token} in {tenant}"
        );
    }
    assert_eq!(
        ask("demo-ben", "tenant-7", "DELETE", anvil).await,
        StatusCode::FORBIDDEN
    );
}
