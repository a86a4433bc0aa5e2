//! Query parameters of requests.

use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A value that is parsed from the query of a request.
pub(crate) trait FromQuery: Sized {
    /// The query parameters before validation.
    type Parameters: DeserializeOwned;

    /// Validates the parameters.
    ///
    /// # Errors
    ///
    /// `BadRequestException` if one of them is invalid.
    fn from_query(parameters: Self::Parameters) -> Result<Self, ApiError>;
}
