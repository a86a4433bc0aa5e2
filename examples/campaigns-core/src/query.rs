//! What a request asks for in its query.

use serde::de::DeserializeOwned;

use crate::answer::ApiError;

/// What a request asks for in its query.
pub trait FromQuery: Sized {
    /// The query parameters as they came.
    type Parameters: DeserializeOwned;

    /// Reads the parameters.
    ///
    /// # Errors
    ///
    /// `BadRequestException` when one of them is not what it should be.
    fn from_query(parameters: Self::Parameters) -> Result<Self, ApiError>;
}
