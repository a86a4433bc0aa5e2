//! The answer to a request that was not let through, in the shape that AWS clients read.

use serde::Serialize;

use crate::guard::{Denied, DeniedReason};

/// The status, error type and body that answer a [`Denied`] request, whatever the framework.
#[derive(Clone, Copy, Debug)]
pub struct Rejection<'a> {
    denied: &'a Denied,
}

/// The body of an AWS error.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    message: &'a str,
}

impl<'a> Rejection<'a> {
    /// The name of the header that carries the error type.
    pub const ERROR_TYPE_HEADER: &'static str = "x-amzn-errortype";

    /// The answer to `denied`.
    pub const fn of(denied: &'a Denied) -> Self {
        Self { denied }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.denied.status()
    }

    /// The value of the `x-amzn-ErrorType` header.
    pub fn error_type(&self) -> &'static str {
        match self.denied.reason() {
            DeniedReason::NoPrincipal => "MissingAuthenticationTokenException",
            DeniedReason::Refused(_) | DeniedReason::OtherScope => "AccessDeniedException",
            DeniedReason::InvalidId(_) | DeniedReason::InvalidArn(_) | DeniedReason::Unreadable => {
                "BadRequestException"
            }
            DeniedReason::KeysUnavailable(_) | DeniedReason::TagsUnavailable(_) => {
                "ServiceUnavailableException"
            }
            DeniedReason::NoScope | DeniedReason::Misconfigured(_) => {
                "InternalServerErrorException"
            }
        }
    }

    /// The JSON body: one member, `Message`.
    pub fn body(&self) -> String {
        let message = self.denied.to_string();
        serde_json::to_string(&Body { message: &message }).unwrap_or_else(|_| "{}".to_owned())
    }
}
