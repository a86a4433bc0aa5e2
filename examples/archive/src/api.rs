//! The handlers and their routes.

use axum::extract::{FromRef, Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use pinpoint_iam::guard::PageTokens;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::web::{RequestGuard, RouteErrors};
use pinpoint_iam::{Authorizer, Denied, Scope, public, requires, routes};
use serde::{Deserialize, Serialize};

use crate::archive::GetDocument;
use crate::callers::{UserName, authenticate};
use crate::facts::columns;
use crate::store::{Document, Store, StoreError};

/// The state that handlers share.
#[derive(Clone, FromRef)]
pub(crate) struct AppState {
    pub(crate) authorizer: Authorizer,
    pub(crate) store: Store,
    pub(crate) tokens: PageTokens,
}

/// The error of a handler.
pub(crate) enum ApiError {
    Denied(Denied),
    Store(StoreError),
    NotFound,
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Denied(denied) => denied.into_response(),
            Self::Store(error) if error.is_conflict() => StatusCode::CONFLICT.into_response(),
            Self::Store(error) => {
                eprintln!("{error}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

#[requires(GetDocument)]
async fn get_document(
    Path(document_id): Path<String>, // the name binds the placeholder of the ARN
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
) -> Result<Json<Document>, ApiError> {
    let found = store.document(organization.account(), &document_id)?;
    found.map(Json).ok_or(ApiError::NotFound)
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    word: String,
    token: Option<String>,
}

#[derive(Serialize)]
struct Found {
    documents: Vec<Document>,
    /// The token of the next page.
    next: Option<String>,
}

/// Lists the documents that the caller may read: the policies become a condition of the query.
#[requires(SearchDocuments)]
async fn search_documents(
    Query(search): Query<Search>,
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
    State(tokens): State<PageTokens>,
    guard: RequestGuard,
) -> Result<Json<Found>, ApiError> {
    let account = organization.account();
    let page = tokens.request(20, search.token.as_deref(), &search.word);
    let page = guard
        .filter_page_by_token(GetDocument, &columns(), page, async |query| {
            let (filter, after) = (query.filter.as_ref(), query.after.as_deref());
            let found = store.search(account, &search.word, filter, after, query.limit)?;
            Ok::<_, ApiError>(found)
        })
        .await?;
    Ok(Json(Found {
        documents: page.rows,
        next: page.next,
    }))
}

#[derive(Deserialize)]
struct NewDocument {
    id: String,
    title: String,
    classification: String,
    content: String,
}

#[requires(CreateDocument)]
async fn create_document(
    Path(folder_id): Path<String>,
    Extension(organization): Extension<Scope>,
    Extension(UserName(owner)): Extension<UserName>,
    State(store): State<Store>,
    Json(new): Json<NewDocument>,
) -> Result<StatusCode, ApiError> {
    let document = Document {
        id: new.id,
        folder_id,
        owner,
        classification: new.classification,
        state: "draft".to_owned(),
        title: new.title,
    };
    store.create(organization.account(), &document, &new.content)?;
    Ok(StatusCode::CREATED)
}

#[requires(ListVersions)]
async fn list_versions(
    Path(document_id): Path<String>,
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
) -> Result<Json<Vec<i64>>, ApiError> {
    Ok(Json(store.versions(organization.account(), &document_id)?))
}

#[requires(CreateVersion)]
async fn create_version(
    Path(document_id): Path<String>,
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
    content: String,
) -> Result<StatusCode, ApiError> {
    store.write_version(organization.account(), &document_id, &content)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Target {
    folder_id: String,
}

/// Where a document is moved to is a key of the request, so a policy can depend on it.
#[requires(MoveDocument, keys(target_folder = target.folder_id))]
async fn move_document(
    Path(document_id): Path<String>,
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
    Json(target): Json<Target>,
) -> Result<StatusCode, ApiError> {
    store.move_to(organization.account(), &document_id, &target.folder_id)?;
    Ok(StatusCode::NO_CONTENT)
}

#[requires(DeleteDocument)]
async fn delete_document(
    Path(document_id): Path<String>,
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
) -> Result<StatusCode, ApiError> {
    store.delete(organization.account(), &[document_id])?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Deletion {
    ids: Vec<String>,
}

/// Deletes several documents, if the caller may delete each of them.
#[requires(each(DeleteDocument(document_id = deletion.ids)))]
async fn delete_documents(
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
    Json(deletion): Json<Deletion>,
) -> Result<StatusCode, ApiError> {
    store.delete(organization.account(), &deletion.ids)?;
    Ok(StatusCode::NO_CONTENT)
}

#[requires(CreateLink)]
async fn create_link(
    Path(document_id): Path<String>,
    Extension(organization): Extension<Scope>,
    State(store): State<Store>,
) -> Result<(StatusCode, String), ApiError> {
    let token = store.create_link(organization.account(), &document_id)?;
    Ok((StatusCode::CREATED, format!("/links/{token}\n")))
}

#[public("the token of a link is its authorization")]
async fn read_link(
    Path(token): Path<String>,
    State(store): State<Store>,
) -> Result<String, ApiError> {
    store.linked(&token)?.ok_or(ApiError::NotFound)
}

/// Method and path come from the catalog, unless an entry specifies them.
pub(crate) fn routes() -> Routes<AppState> {
    routes![
        search_documents,
        get_document,
        create_document,
        list_versions,
        create_version,
        move_document,
        delete_document,
        "POST /documents/deletions" => delete_documents,
        create_link,
        "GET /links/{token}" => read_link,
    ]
}

/// The service without the socket.
pub(crate) fn app(state: AppState) -> Result<Router, RouteErrors> {
    let router = routes().router()?;
    Ok(router
        .layer(from_fn_with_state(state.clone(), authenticate))
        .with_state(state))
}
