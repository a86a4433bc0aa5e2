//! Parses the documents in the output: objects or URL-encoded strings.

use pinpoint_iam_core::__private::{Quoted, decode};
use pinpoint_iam_core::json::Type;

use crate::policy::{Document, Limits, Position};
use crate::source::error::SourceError;
use crate::source::identity_based::not_identity_based;
use crate::source::json::Value;

/// Parses an identity-based policy of the output.
pub(super) fn parse(value: Value<'_>, limits: &Limits) -> Result<Document, SourceError> {
    match value.json_type() {
        Type::Object => parse_text(value.written(), limits, |position, message| {
            value.fault_within(position, message)
        }),
        Type::Text => {
            let encoded = value.text()?;
            let decoded = url_decode(encoded.as_str()).map_err(|message| value.fault(message))?;
            // The decoded text is not in the file, so the position within the document is part of the message.
            parse_text(&decoded, limits, |position, message| {
                value.fault(format!("in the decoded document, {position}: {message}"))
            })
        }
        _ => Err(value.unexpected("a policy document, as an object or as a URL-encoded string")),
    }
}

fn parse_text(
    text: &str,
    limits: &Limits,
    fault: impl Fn(Position, String) -> SourceError,
) -> Result<Document, SourceError> {
    let document = Document::parse_with(text, limits)
        .map_err(|error| fault(error.position(), error.explanation()))?;
    match not_identity_based(&document) {
        Some((position, message)) => Err(fault(position, message.to_owned())),
        None => Ok(document),
    }
}

/// Decodes a URL-encoded document of the API, [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.1).
///
/// Text that is not completely encoded is rejected: a `+` could be a literal plus or a space, and a `%` could be
/// literal.
fn url_decode(text: &str) -> Result<String, String> {
    let unencoded =
        |character: &char| !character.is_ascii_graphic() || "\"+<>\\^`{|}".contains(*character);
    if let Some(character) = text.chars().find(unencoded) {
        return Err(format!(
            "this string is not URL-encoded: it contains {}; write the document as an object, or encode it completely",
            Quoted(character.encode_utf8(&mut [0; 4]))
        ));
    }
    decode(text)
        .map(|decoded| decoded.into_owned())
        .ok_or_else(|| {
            "this string is not URL-encoded UTF-8: not every `%` starts one of its bytes".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_encoded_text_is_decoded() {
        assert_eq!(
            url_decode("%7B%22a%22%3A%20%22%2B%25%C3%A9%22%7D").unwrap(),
            r#"{"a": "+%é"}"#
        );
        // Encoders leave different characters unencoded.
        assert_eq!(
            url_decode("%7b%22a:/*'()~-_.!%22%7d").unwrap(),
            r#"{"a:/*'()~-_.!"}"#
        );
    }

    #[test]
    fn half_encoded_text_is_rejected() {
        for text in [
            "{}",
            "%7B%22a%22+%3A1%7D",
            "%7B %7D",
            "%7B\"a\"%7D",
            "é",
            "%7B\n%7D",
        ] {
            assert!(
                url_decode(text).unwrap_err().contains("it contains `"),
                "{text}"
            );
        }
        for text in ["%", "%7", "%7G", "%+1", "%C3", "%FF%FE", "a%"] {
            assert!(url_decode(text).is_err(), "{text}");
        }
    }
}
