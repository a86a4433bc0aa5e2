//! The principal that the text of an option names.

use pinpoint_iam::Principal;

/// Parses a caller: an ARN, the name of a service, or `*` for anonymous callers.
///
/// # Errors
///
/// A message, if it is none of these.
pub fn parse(text: &str) -> Result<Principal, String> {
    if text == "*" {
        return Ok(Principal::anonymous());
    }
    if !text.starts_with("arn:") && text.contains('.') {
        return Ok(Principal::service(text));
    }
    Principal::from_arn(text)
        // The ARN of a role represents its sessions.
        .or_else(|error| Principal::role_session(text, "session").map_err(|_| error))
        .map_err(|error| error.to_string())
}
