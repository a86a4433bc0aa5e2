//! Handlers and functions that supply condition keys of their requests: `#[requires(.., keys(..))]` on axum and on
//! actix-web.
//!
//! A crate of its own, because the keys are those of its catalog.

use pinpoint_iam::{Denied, Guard, requires};
use serde::Deserialize;

/// The catalog.
pub mod archive {
    pinpoint_iam::include_catalog!("archive");
}

/// The environment variables with which cargo compiles programs of this package, for the UI cases in `tests/ui/keys`.
pub const ENVIRONMENT: [(&str, &str); 2] = [
    ("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR")),
    ("PINPOINT_IAM_CATALOGS", env!("PINPOINT_IAM_CATALOGS")),
];

/// Where documents are moved or copied to.
#[derive(Deserialize)]
pub struct Order {
    /// The folder.
    pub to: String,
    /// The labels of copies.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// Handlers for axum.
pub mod on_axum {
    use axum::Json;
    use axum::extract::{Path, Query};
    use pinpoint_iam::requires;

    use super::Order;

    /// The key is in the body.
    #[requires(MoveDocument, keys(target_folder = order.to))]
    pub async fn move_document(
        Path(document_id): Path<String>,
        Json(order): Json<Order>,
    ) -> String {
        document_id + &order.to
    }

    /// The key is in the query, so the check precedes the body.
    #[requires(MoveDocument, keys(target_folder = query.to))]
    pub async fn move_by_query(
        Path(document_id): Path<String>,
        Query(query): Query<Order>,
        body: String,
    ) -> String {
        document_id + &query.to + &body
    }

    /// A key of one action, and a key that belongs only to one of the actions.
    #[requires(all(GetDocument, CopyDocument(keys(copies = 2))), keys(target_folder = order.to))]
    pub async fn copy_document(
        Path(document_id): Path<String>,
        Json(order): Json<Order>,
    ) -> String {
        document_id + &order.to
    }

    /// Other keys for each action.
    #[requires(any(
        MoveDocument(keys(target_folder = Some(&order.to))),
        CopyDocument(keys(labels = order.labels.clone(), target_folder = None::<&str>))
    ))]
    pub async fn move_or_copy(Path(document_id): Path<String>, Json(order): Json<Order>) -> String {
        document_id + &order.to
    }
}

/// The same handlers for actix-web.
pub mod on_actix {
    use actix_web::web::{Json, Query};
    use pinpoint_iam::requires;
    use pinpoint_iam::web::actix::Path;

    use super::Order;

    /// The key is in the body.
    #[requires(MoveDocument, keys(target_folder = order.to))]
    pub async fn move_document(Path(document_id): Path<String>, order: Json<Order>) -> String {
        document_id + &order.to
    }

    /// The key is in the query, so the check precedes the body.
    #[requires(MoveDocument, keys(target_folder = query.to))]
    pub async fn move_by_query(
        Path(document_id): Path<String>,
        query: Query<Order>,
        body: String,
    ) -> String {
        document_id + &query.to + &body
    }

    /// A key of one action, and a key that belongs only to one of the actions.
    #[requires(all(GetDocument, CopyDocument(keys(copies = 2))), keys(target_folder = order.to))]
    pub async fn copy_document(Path(document_id): Path<String>, order: Json<Order>) -> String {
        document_id + &order.to
    }

    /// Other keys for each action.
    #[requires(any(
        MoveDocument(keys(target_folder = Some(&order.to))),
        CopyDocument(keys(labels = order.labels.clone(), target_folder = None::<&str>))
    ))]
    pub async fn move_or_copy(Path(document_id): Path<String>, order: Json<Order>) -> String {
        document_id + &order.to
    }
}

/// A function that checks itself.
///
/// # Errors
///
/// Fails if the caller may neither move nor copy the document.
#[requires(
    any(
        MoveDocument(keys(target_folder = Some(to))),
        CopyDocument(keys(labels = labels.to_vec(), target_folder = None::<&str>))
    ),
    guard = guard
)]
pub fn move_or_copy(
    guard: &Guard<'_>,
    document_id: &str,
    to: &str,
    labels: &[String],
) -> Result<(), Denied> {
    Ok(())
}

/// An asynchronous function that checks itself, and waits for the classification of the document.
///
/// # Errors
///
/// Fails if the caller may not read and copy the document.
#[requires(all(GetDocument, CopyDocument), keys(copies = copies, target_folder = to), guard = guard)]
pub async fn copy(
    guard: &Guard<'_>,
    document_id: &str,
    to: Option<&str>,
    copies: i64,
) -> Result<(), Denied> {
    Ok(())
}
