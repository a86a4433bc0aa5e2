//! Lists, a page at a time.

use serde::{Deserialize, Serialize};

use crate::answer::ApiError;
use crate::query::FromQuery;

/// How many items a page has when the request does not say.
const DEFAULT_SIZE: usize = 100;

/// The most items that one page may have; Pinpoint's documentation does not say, so the number is ours.
const LARGEST_SIZE: usize = 500;

/// Which page a request asks for: the query parameters `page-size` and `token`.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The most items to answer with; at least one.
    pub(crate) size: usize,
    /// The id that the page starts at: what an earlier page gave as [`Page::next_token`].
    pub(crate) token: String,
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct Page<R> {
    /// The items, by id.
    #[serde(rename = "Item")]
    pub(crate) items: Vec<R>,
    /// What asks for the next page; absent on the last one.
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    pub(crate) next_token: Option<String>,
}

/// The query parameters as they came.
#[derive(Debug, Deserialize)]
pub struct Parameters {
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
