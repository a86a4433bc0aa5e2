//! Denials as gRPC statuses.

use tonic::{Code, Status};

use crate::denial::Denied;

/// The length in bytes of the longest message, which is sent in a header.
const LONGEST_MESSAGE: usize = 1024;

/// The status of a denial, from that of its [response](Denied::rejection): `UNAUTHENTICATED` (16) for 401,
/// `PERMISSION_DENIED` (7) for 403, `NOT_FOUND` (5) where existence is hidden, `INVALID_ARGUMENT` (3) for 400,
/// `UNAVAILABLE` (14) for 503, and `INTERNAL` (13) for everything else.
///
/// The message is that of the authorizer's [format](crate::web::ErrorResponses). A custom format and a response that
/// hides existence contribute their body, if it is text. A message is cut after 1 KiB.
impl From<Denied> for Status {
    fn from(denied: Denied) -> Self {
        Self::from(&denied)
    }
}

/// The same, for a reference.
impl From<&Denied> for Status {
    fn from(denied: &Denied) -> Self {
        let (status, mut message) = denied.status_and_message();
        let mut end = message.len().min(LONGEST_MESSAGE);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
        let code = match status {
            400 => Code::InvalidArgument,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::NotFound,
            503 => Code::Unavailable,
            _ => Code::Internal,
        };
        Self::new(code, message)
    }
}
