//! Lists, a page at a time.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

use super::answer::ApiError;

/// How many items a page has when the request does not say.
const DEFAULT_SIZE: usize = 100;

/// The most items that one page may have; Pinpoint's documentation does not say, so the number is ours.
const LARGEST_SIZE: usize = 500;

/// Which page a request asks for: the query parameters `page-size` and `token`.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    /// The most items to answer with; at least one.
    pub(crate) size: usize,
    /// The id that the page starts at: what an earlier page gave as [`Page::next_token`].
    pub(crate) token: String,
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<R> {
    /// The items, by id.
    #[serde(rename = "Item")]
    pub(crate) items: Vec<R>,
    /// What asks for the next page; absent on the last one.
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub(crate) next_token: Option<String>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "page-size")]
    size: Option<String>,
    token: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for PageRequest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(parameters) = Query::<Parameters>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        let size = match parameters.size {
            None => DEFAULT_SIZE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=LARGEST_SIZE).contains(size))
                .ok_or_else(|| {
                    ApiError::bad_request(format!(
                        "`page-size` is a number from 1 to {LARGEST_SIZE}"
                    ))
                })?,
        };
        Ok(Self {
            size,
            token: parameters.token.unwrap_or_default(),
        })
    }
}
