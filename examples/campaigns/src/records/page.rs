//! Pagination of lists.

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::query::FromQuery;

/// The default number of items on a page.
const DEFAULT_SIZE: usize = 100;

/// The largest number of items on a page. Pinpoint's documentation does not specify one, so this limit is our own.
const LARGEST_SIZE: usize = 500;

/// The requested page: the query parameters `page-size` and `token`.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    /// The maximum number of items in the response; at least one.
    pub(crate) size: usize,
    /// The id at which the page starts: the [`Page::next_token`] of an earlier page.
    pub(crate) token: String,
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<R> {
    /// The items, sorted by id.
    #[serde(rename = "Item")]
    pub(crate) items: Vec<R>,
    /// The token of the next page; absent on the last one.
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub(crate) next_token: Option<String>,
}

/// The query parameters before validation.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    #[serde(rename = "page-size")]
    size: Option<String>,
    token: Option<String>,
}

impl FromQuery for PageRequest {
    type Parameters = Parameters;

    fn from_query(parameters: Parameters) -> Result<Self, ApiError> {
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
