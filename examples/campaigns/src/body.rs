//! Request bodies.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The longest body, in bytes. Pinpoint accepts 7 MB when endpoints are imported; the bodies here are much shorter.
pub(crate) const MAX_BODY_LENGTH: usize = 256 * 1024;

/// A member that the service stores and returns without interpreting it.
pub(crate) type Opaque = serde_json::Map<String, serde_json::Value>;

/// Tags, by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// Parses a body, which must be a JSON object. The request's content type is ignored.
///
/// # Errors
///
/// `BadRequestException` if it is not a JSON object, or not the expected one.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Derived deserializers of structs also accept arrays, but the API does not.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::bad_request("the body must be a JSON object"));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::bad_request(format!("the body cannot be read: {error}")))
}

/// Checks a name in a create request.
///
/// # Errors
///
/// `BadRequestException` if it is missing, empty, or longer than the 64 characters that Pinpoint's console accepts.
pub(crate) fn required_name(name: Option<String>) -> Result<String, ApiError> {
    let name = name.ok_or_else(|| ApiError::bad_request("`Name` is missing"))?;
    checked_name(name)
}

/// Checks a name in a request.
///
/// # Errors
///
/// `BadRequestException` if it is empty or longer than 64 characters.
pub(crate) fn checked_name(name: String) -> Result<String, ApiError> {
    if name.is_empty() || name.chars().count() > 64 {
        return Err(ApiError::bad_request("`Name` has from 1 to 64 characters"));
    }
    Ok(name)
}

/// Checks the tags in a create request.
///
/// # Errors
///
/// `BadRequestException` if they violate AWS's rules for tags: at most 50, keys of 1 to 128 characters that do not
/// start with `aws:`, values of at most 256 characters.
pub(crate) fn checked_tags(tags: Option<Tags>) -> Result<Tags, ApiError> {
    let tags = tags.unwrap_or_default();
    if tags.len() > 50 {
        return Err(ApiError::bad_request("`tags` has more than 50 entries"));
    }
    for (key, value) in &tags {
        let reserved = key
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
        if reserved || key.is_empty() || key.chars().count() > 128 {
            return Err(ApiError::bad_request(
                "a tag's key has from 1 to 128 characters and does not start with `aws:`",
            ));
        }
        if value.chars().count() > 256 {
            return Err(ApiError::bad_request(format!(
                "the value of the tag `{key}` has more than 256 characters"
            )));
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_bodies() {
        for body in ["", "[]", "\"text\"", "null", "7", "[\"name\"]"] {
            assert!(parse::<Tags>(body.as_bytes()).is_err(), "{body}");
        }
        assert!(parse::<Tags>(b" \n{}").is_ok());
    }

    #[test]
    fn an_invalid_body_is_reported_with_its_position() {
        let error = parse::<Tags>(b"{\"a\": ").unwrap_err().to_string();
        assert!(error.contains("line 1 column"), "{error}");
    }

    #[test]
    fn nesting_does_not_exhaust_the_stack() {
        let body = format!("{}{}", "{\"a\":", "[".repeat(100_000));
        assert!(parse::<Opaque>(body.as_bytes()).is_err());
    }

    #[test]
    fn names_have_from_1_to_64_characters() {
        assert!(required_name(None).is_err());
        assert!(checked_name(String::new()).is_err());
        assert!(checked_name("ü".repeat(64)).is_ok());
        assert!(checked_name("n".repeat(65)).is_err());
    }

    #[test]
    fn tags_follow_the_rules_of_aws() {
        let one = |key: &str, value: &str| {
            checked_tags(Some(Tags::from([(key.to_owned(), value.to_owned())])))
        };
        assert!(one("team", "").is_ok());
        assert!(one("", "x").is_err());
        assert!(one("AWS:team", "x").is_err());
        assert!(one(&"k".repeat(129), "x").is_err());
        assert!(one("team", &"v".repeat(257)).is_err());
        assert!(
            checked_tags(Some(
                (0..51).map(|n| (n.to_string(), String::new())).collect()
            ))
            .is_err()
        );
    }
}
