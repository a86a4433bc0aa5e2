//! A client's signer, independent of the code under test: it encodes what it was given instead of decoding what was sent.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::request::{KEY_ID, Request, SECRET};

/// A request to be signed. Everything about it can be wrong.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) method: &'static str,
    /// The decoded segments.
    pub(crate) segments: Vec<&'static str>,
    pub(crate) query: Vec<(&'static str, String)>,
    /// The signed headers, except those of the signature.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: &'static str,
    /// What is signed instead of the hash of the body.
    pub(crate) payload: Option<&'static str>,
    pub(crate) states_payload: bool,
    pub(crate) date: &'static str,
    /// The header of the date, and whether it is signed.
    pub(crate) date_header: &'static str,
    pub(crate) signs_date: bool,
    pub(crate) scope: [&'static str; 4],
    pub(crate) expires: &'static str,
    pub(crate) token: Option<&'static str>,
    pub(crate) signs_host: bool,
    pub(crate) encodes_twice: bool,
    pub(crate) secret: &'static str,
    pub(crate) key_id: &'static str,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            method: "GET",
            segments: vec!["v1", "apps", "a1", "campaigns", "c1"],
            query: Vec::new(),
            headers: vec![("host", "pinpoint.example.com".into())],
            body: "",
            payload: None,
            states_payload: false,
            date: "20150830T123600Z",
            date_header: "x-amz-date",
            signs_date: true,
            scope: ["20150830", "us-east-1", "mobiletargeting", "aws4_request"],
            expires: "3600",
            token: None,
            signs_host: true,
            encodes_twice: true,
            secret: SECRET,
            key_id: KEY_ID,
        }
    }
}

impl Signer {
    /// The request with the signature in the header `Authorization`.
    pub(crate) fn header(&self) -> Request {
        let mut headers = self.headers.clone();
        let mut unsigned = Vec::new();
        let date = (self.date_header, self.date_value());
        if self.signs_date {
            headers.push(date);
        } else {
            unsigned.push(date);
        }
        if let Some(token) = self.token {
            headers.push(("x-amz-security-token", token.into()));
        }
        if self.states_payload {
            headers.push(("x-amz-content-sha256", self.payload_hash()));
        }
        let (signed_headers, signature) = self.sign(&headers, &self.query);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}, SignedHeaders={signed_headers}, Signature={signature}",
            self.credential()
        );
        unsigned.push(("authorization", authorization));
        headers.append(&mut unsigned);
        self.request(&self.query, headers)
    }

    /// The request with the signature in the query.
    pub(crate) fn presigned(&self) -> Request {
        let mut query = self.query.clone();
        let mut add = |name, value: &str| query.push((name, value.to_owned()));
        add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
        add("X-Amz-Credential", &self.credential());
        add("X-Amz-Date", self.date);
        add("X-Amz-Expires", self.expires);
        if let Some(token) = self.token {
            add("X-Amz-Security-Token", token);
        }
        if self.states_payload {
            add("X-Amz-Content-Sha256", &self.payload_hash());
        }
        add(
            "X-Amz-SignedHeaders",
            &self.signed(&self.headers).0.join(";"),
        );
        let (_, signature) = self.sign(&self.headers, &query);
        query.push(("X-Amz-Signature", signature));
        self.request(&query, self.headers.clone())
    }

    fn credential(&self) -> String {
        format!("{}/{}", self.key_id, self.scope.join("/"))
    }

    fn date_value(&self) -> String {
        if self.date_header == "date" && self.date == "20150830T123600Z" {
            "Sun, 30 Aug 2015 12:36:00 GMT".into()
        } else {
            self.date.into()
        }
    }

    pub(crate) fn payload_hash(&self) -> String {
        match self.payload {
            Some(payload) => payload.into(),
            None => hex(&Sha256::digest(self.body)),
        }
    }

    /// Names and values of the headers that are signed.
    fn signed(&self, headers: &[(&'static str, String)]) -> (Vec<&'static str>, String) {
        let mut joined = BTreeMap::<&str, Vec<&str>>::new();
        for (name, value) in headers {
            if *name != "host" || self.signs_host {
                joined.entry(name).or_default().push(value);
            }
        }
        let lines = joined
            .iter()
            .map(|(name, values)| format!("{name}:{}\n", values.join(",")));
        (joined.keys().copied().collect(), lines.collect())
    }

    fn sign(
        &self,
        headers: &[(&'static str, String)],
        query: &[(&str, String)],
    ) -> (String, String) {
        let path = self.path();
        let path = if self.encodes_twice {
            path.replace('%', "%25")
        } else {
            path
        };
        let mut query: Vec<_> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        query.sort();
        let (names, lines) = self.signed(headers);
        let names = names.join(";");
        let canonical = format!(
            "{}\n{path}\n{}\n{lines}\n{names}\n{}",
            self.method,
            query.join("&"),
            self.payload_hash()
        );
        let string_to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{}\n{}",
            self.date,
            self.scope.join("/"),
            hex(&Sha256::digest(canonical))
        );
        let key = self
            .scope
            .iter()
            .fold(format!("AWS4{}", self.secret).into_bytes(), |key, part| {
                hmac(&key, part)
            });
        (names, hex(&hmac(&key, &string_to_sign)))
    }

    fn path(&self) -> String {
        self.segments
            .iter()
            .map(|segment| format!("/{}", encode(segment)))
            .collect()
    }

    fn request(&self, query: &[(&str, String)], headers: Vec<(&str, String)>) -> Request {
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let target = if query.is_empty() {
            self.path()
        } else {
            format!("{}?{}", self.path(), query.join("&"))
        };
        let request = Request::new(self.method, &target).with_body(self.body);
        headers.iter().fold(request, |request, (name, value)| {
            request.with_header(name, value)
        })
    }
}

/// A clock that always shows `date`, such as `20150830T123600Z`.
pub(crate) fn at(date: &str) -> impl Fn() -> SystemTime + Send + Sync + 'static {
    let number = |range: std::ops::Range<usize>| date[range].parse::<u64>().unwrap();
    // Days since the epoch in the proleptic Gregorian calendar, with years that start in March.
    let (year, month) = match number(4..6) {
        month @ 1..3 => (number(0..4) - 1, month + 9),
        month => (number(0..4), month - 3),
    };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + number(6..8)
            - 719_469;
    let seconds = days * 86_400 + number(9..11) * 3_600 + number(11..13) * 60 + number(13..15);
    move || UNIX_EPOCH + Duration::from_secs(seconds)
}

fn encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
