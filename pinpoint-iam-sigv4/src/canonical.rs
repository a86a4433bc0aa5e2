//! The canonical form of a request, which client and service hash.
//!
//! See [Create a signed AWS API request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

/// How the path of a request is encoded in what the client signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathEncoding {
    /// The path as it was sent, encoded a second time: `%20` is signed as `%2520`. Every service except Amazon S3.
    Double,
    /// The path with each character encoded once: Amazon S3, and services that imitate it.
    ///
    /// Presigned requests to Amazon S3 do not include a hash of their payload and sign `UNSIGNED-PAYLOAD` in its place. With this
    /// encoding they are verified in the same way, if [unsigned payloads are allowed](crate::Verifier::allow_unsigned_payload).
    Single,
}

/// A `%` that is not followed by two hexadecimal digits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Appends the canonical form of `path`.
pub(crate) fn write_path(
    out: &mut Vec<u8>,
    path: &str,
    encoding: PathEncoding,
    normalize: bool,
) -> Result<(), Malformed> {
    let normalized;
    let path = if normalize {
        normalized = without_dot_segments(path);
        &normalized
    } else {
        path
    };
    if path.is_empty() {
        out.push(b'/');
        return Ok(());
    }
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            out.push(b'/');
        }
        match encoding {
            PathEncoding::Double => write_encoded(out, segment.as_bytes()),
            // Segment by segment: an encoded slash stays encoded, because a router does not see a separator in it either.
            PathEncoding::Single => write_encoded(out, &decode(segment, Plus::Literal)?),
        }
    }
    Ok(())
}

/// The path without empty segments and `.`, and with each `..` applied.
fn without_dot_segments(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let mut normalized = String::with_capacity(path.len());
    for segment in &segments {
        normalized.push('/');
        normalized.push_str(segment);
    }
    if segments.is_empty() || path.ends_with('/') {
        normalized.push('/');
    }
    normalized
}

/// The decoded parameters of a query, in order of arrival.
pub(crate) struct Query {
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    is_malformed: bool,
}

impl Query {
    /// Reads a query as a web framework does: `+` is a space, and empty parts are left out.
    pub(crate) fn parse(query: &str) -> Self {
        let mut is_malformed = false;
        let mut decoded = |text: &str| {
            decode(text, Plus::Space).unwrap_or_else(|Malformed| {
                is_malformed = true;
                text.as_bytes().to_vec()
            })
        };
        let parameters = query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decoded(name), decoded(value))
            })
            .collect();
        Self {
            parameters,
            is_malformed,
        }
    }

    /// Whether a `%` was not followed by two hexadecimal digits.
    pub(crate) const fn is_malformed(&self) -> bool {
        self.is_malformed
    }

    /// The names and values, in order of arrival.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// Appends the canonical form, without the parameters for which `is_omitted` returns true.
    pub(crate) fn write(&self, out: &mut Vec<u8>, is_omitted: impl Fn(&[u8]) -> bool) {
        let mut encoded: Vec<_> = self
            .iter()
            .filter(|(name, _)| !is_omitted(name))
            .map(|(name, value)| (encoded(name), encoded(value)))
            .collect();
        encoded.sort_unstable();
        for (index, (name, value)) in encoded.iter().enumerate() {
            if index > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(name);
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
}

/// Appends the canonical form of a header's value: without white space around it, and with one space for each run of white space.
pub(crate) fn write_header_value(out: &mut Vec<u8>, value: &[u8]) {
    let words = value
        .split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        .filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

/// The meaning of `+` in encoded text.
#[derive(Clone, Copy)]
enum Plus {
    Space,
    Literal,
}

fn decode(text: &str, plus: Plus) -> Result<Vec<u8>, Malformed> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match (byte, plus) {
            (b'%', _) => {
                let mut digit = || bytes.next().and_then(hex_digit).ok_or(Malformed);
                let (high, low) = (digit()?, digit()?);
                (high << 4) | low
            }
            (b'+', Plus::Space) => b' ',
            _ => byte,
        });
    }
    Ok(decoded)
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn encoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    write_encoded(&mut out, bytes);
    out
}

/// Percent-encodes every byte except the unreserved characters of RFC 3986.
fn write_encoded(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte),
            _ => out.extend_from_slice(&[b'%', upper_hex(byte >> 4), upper_hex(byte & 15)]),
        }
    }
}

const fn upper_hex(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        _ => b'A' + (digit - 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str, encoding: PathEncoding, normalize: bool) -> Result<String, Malformed> {
        let mut out = Vec::new();
        write_path(&mut out, path, encoding, normalize)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn encodes_paths_twice_by_default() {
        let double = |text| path(text, PathEncoding::Double, false).unwrap();
        assert_eq!(double(""), "/");
        assert_eq!(double("/a%20b/c"), "/a%2520b/c");
        assert_eq!(double("/a%2Fb:c+d"), "/a%252Fb%3Ac%2Bd");
        assert_eq!(double("//a/../b/"), "//a/../b/");
        assert_eq!(double("*"), "%2A");
        assert_eq!(double("/100%"), "/100%25");
    }

    #[test]
    fn encodes_paths_once_for_s3() {
        let single = |text| path(text, PathEncoding::Single, false).unwrap();
        assert_eq!(single("/a%20b/c"), "/a%20b/c");
        assert_eq!(single("/a b/c:d+e"), "/a%20b/c%3Ad%2Be");
        assert_eq!(single("/%7e%41"), "/~A");
        assert_eq!(single("//a/../b/"), "//a/../b/");
        for malformed in ["/%", "/%2", "/%2g", "/%g2", "/%/41"] {
            assert_eq!(path(malformed, PathEncoding::Single, false), Err(Malformed));
        }
    }

    #[test]
    fn keeps_an_encoded_slash_apart_from_a_separator() {
        let single = |text| path(text, PathEncoding::Single, false).unwrap();
        assert_eq!(single("/a%2Fb"), "/a%2Fb");
        assert_eq!(single("/a%2fb"), "/a%2Fb");
        assert_ne!(single("/a%2Fb"), single("/a/b"));
        // Encoded dots are not a segment that normalization applies.
        let normalized = path("/a/%2E%2E/b", PathEncoding::Single, true).unwrap();
        assert_eq!(normalized, "/a/../b");
    }

    #[test]
    fn normalizes_paths_on_request() {
        let normalized = |text| path(text, PathEncoding::Double, true).unwrap();
        assert_eq!(normalized(""), "/");
        assert_eq!(normalized("//a//b/./c/.."), "/a/b");
        assert_eq!(normalized("/a/b/"), "/a/b/");
        assert_eq!(normalized("/../../.."), "/");
        assert_eq!(normalized("/..a/b..%2F"), "/..a/b..%252F");
    }

    fn query(text: &str) -> String {
        let mut out = Vec::new();
        Query::parse(text).write(&mut out, |name| name == b"omitted");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sorts_and_encodes_the_query() {
        assert_eq!(query(""), "");
        assert_eq!(query("b=2&a=1&b=1&a"), "a=&a=1&b=1&b=2");
        assert_eq!(query("a-=1&a=2&A=3"), "A=3&a=2&a-=1");
        assert_eq!(query("a=b=c&&d=%2f/"), "a=b%3Dc&d=%2F%2F");
        assert_eq!(query("a=1&omitted=2&%6fmitted=3"), "a=1");
    }

    #[test]
    fn reads_a_plus_as_a_space_as_frameworks_do() {
        assert_eq!(query("a=b+c&d=%2B"), "a=b%20c&d=%2B");
    }

    #[test]
    fn reports_malformed_queries() {
        assert!(Query::parse("a=%zz").is_malformed());
        assert!(Query::parse("%4=a").is_malformed());
        assert!(!Query::parse("a=%00&b=%ff").is_malformed());
    }

    #[test]
    fn collapses_white_space_in_headers() {
        let value = |text: &[u8]| {
            let mut out = Vec::new();
            write_header_value(&mut out, text);
            out
        };
        assert_eq!(value(b"  a \t b\r\n  c "), b"a b c");
        assert_eq!(value(b"\"a   b\""), b"\"a b\"");
        assert_eq!(value(b" \t"), b"");
        assert_eq!(value(b"\xff  \xfe"), b"\xff \xfe");
    }
}
