//! The handlers and their routes.

use axum::extract::{FromRef, Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::{Extension, Json, Router};
use pinpoint_iam::web::RouteErrors;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, Scope, public, requires, routes};
use serde_json::Value;

use crate::callers::authenticate;
use crate::store::Store;

/// The state that handlers share.
#[derive(Clone, FromRef)]
pub(crate) struct AppState {
    pub(crate) authorizer: Authorizer,
    pub(crate) store: Store,
}

#[requires(ListWidgets)]
async fn list_widgets(
    Path(shop_id): Path<String>, // names bind the placeholders of the ARN
    Extension(tenant): Extension<Scope>,
    State(store): State<Store>,
) -> Json<Vec<String>> {
    Json(store.list(tenant.account(), &shop_id))
}

#[requires(GetWidget)]
async fn get_widget(
    Path((shop_id, widget_name)): Path<(String, String)>,
    Extension(tenant): Extension<Scope>,
    State(store): State<Store>,
) -> Result<Json<Value>, StatusCode> {
    let found = store.read(tenant.account(), &shop_id, &widget_name);
    found.map(Json).ok_or(StatusCode::NOT_FOUND)
}

#[requires(PutWidget)]
async fn put_widget(
    Path((shop_id, widget_name)): Path<(String, String)>,
    Extension(tenant): Extension<Scope>,
    State(store): State<Store>,
    Json(widget): Json<Value>,
) -> StatusCode {
    store.write(tenant.account(), &shop_id, &widget_name, widget);
    StatusCode::NO_CONTENT
}

#[requires(DeleteWidget)]
async fn delete_widget(
    Path((shop_id, widget_name)): Path<(String, String)>,
    Extension(tenant): Extension<Scope>,
    State(store): State<Store>,
) -> StatusCode {
    store.remove(tenant.account(), &shop_id, &widget_name);
    StatusCode::NO_CONTENT
}

/// Requires two actions, one of them Pinpoint's, where each shop has a project with the same id.
#[requires(all(GetWidget, mobiletargeting::SendMessages(application_id = shop_id)))]
async fn announce_widget(
    Path((shop_id, widget_name)): Path<(String, String)>,
    Extension(tenant): Extension<Scope>,
    State(store): State<Store>,
) -> Result<String, StatusCode> {
    let found = store.read(tenant.account(), &shop_id, &widget_name);
    let widget = found.ok_or(StatusCode::NOT_FOUND)?;
    Ok(format!(
        "all customers of {shop_id} hear of {widget_name}: {widget}\n"
    ))
}

#[public("load balancer health check")]
async fn health() {}

/// Method and path come from the catalog, unless an entry specifies them.
pub(crate) fn routes() -> Routes<AppState> {
    routes![
        list_widgets,
        get_widget,
        put_widget,
        delete_widget,
        "POST /shops/{shop-id}/widgets/{widget-name}/announcement" => announce_widget,
        "GET /healthz" => health,
    ]
}

/// The service without the socket.
pub(crate) fn app(state: AppState) -> Result<Router, RouteErrors> {
    let router = routes().router()?;
    Ok(router
        .layer(from_fn_with_state(state.clone(), authenticate))
        .with_state(state))
}
