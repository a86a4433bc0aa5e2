//! Access-denied messages.

/// The request that an access-denied message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeniedRequest<'a> {
    /// The caller.
    pub principal: &'a str,
    /// The action.
    pub action: &'a str,
    /// The resource; `*` if the message does not contain one.
    pub resource: &'a str,
}

/// Finds the request in a text with an access-denied message, of AWS or of a service with this library.
pub fn denied_request(text: &str) -> Option<DeniedRequest<'_>> {
    let (_, rest) = text.split_once("User: ")?;
    let (principal, rest) = rest.split_once(" is not authorized to perform: ")?;
    let (action, rest) = word(rest);
    let resource = match rest.strip_prefix(" on resource: ") {
        // AWS sometimes quotes the resource.
        Some(rest) => word(rest).0.trim_matches('"'),
        None => "*",
    };
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    let is_complete = is_word(principal) && is_word(action) && is_word(resource);
    is_complete.then_some(DeniedRequest {
        principal,
        action,
        resource,
    })
}

/// The first word of a text, and the rest.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_found_in_messages() {
        let ana = "arn:aws:iam::123456789012:user/ana";
        let get = "s3:GetObject";
        let object = "arn:aws:s3:::reports/a.csv";
        let start = format!("User: {ana} is not authorized to perform: {get}");
        for (text, resource, reason) in [
            (start.clone(), "*", "an old message without a resource"),
            (
                format!("{start} on resource: {object}"),
                object,
                "the short message",
            ),
            (
                format!("{start} on resource: \"{object}\" because no policy allows it"),
                object,
                "S3 quotes the resource",
            ),
            (
                format!("An error occurred (AccessDenied): {start} on resource: *\n"),
                "*",
                "text before and after",
            ),
        ] {
            let expected = DeniedRequest {
                principal: ana,
                action: get,
                resource,
            };
            assert_eq!(denied_request(&text), Some(expected), "{reason}");
        }
    }

    #[test]
    fn other_texts_are_not_messages() {
        for text in [
            "",
            "User: ",
            "User: a is not authorized to perform: ",
            "User:  is not authorized to perform: s3:GetObject",
            "User: a b is not authorized to perform: s3:GetObject",
            "User: a is not authorized to perform: s3:GetObject on resource: ",
            "User: a is not authorized to perform: s3:GetObject on resource: \"\"",
            "a is not authorized to perform: s3:GetObject",
        ] {
            assert_eq!(denied_request(text), None, "{text}");
        }
    }
}
