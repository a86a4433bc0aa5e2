//! Requests with AWS Signature Version 4, beside those with bearer tokens.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::harness::{ANALYST, Answer, Scratch, Service};

/// The keys of `callers.toml`.
const ADMINISTRATOR: (&str, &str) = (
    "DEMOADMINISTRATOR001",
    "demo-secret-of-the-administrator-0b7c52e9",
);
const ANALYST_KEYS: (&str, &str) = (
    "DEMOANALYST000000001",
    "demo-secret-of-the-analyst-5d1e9f34",
);

/// A request as a client signs it. Everything about it can be wrong.
struct Signed<'a> {
    key: (&'a str, &'a str),
    method: &'a str,
    path: &'a str,
    body: Option<&'a str>,
    region: &'a str,
    service: &'a str,
    age: Duration,
    token: Option<&'a str>,
}

impl Default for Signed<'_> {
    fn default() -> Self {
        Self {
            key: ANALYST_KEYS,
            method: "GET",
            path: "/v1/apps/demo/campaigns/welcome",
            body: None,
            region: "us-east-1",
            service: "mobiletargeting",
            age: Duration::ZERO,
            token: None,
        }
    }
}

fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn hash(text: &str) -> String {
    hexadecimal(Sha256::digest(text))
}

fn authenticate(key: &[u8], text: &str) -> Vec<u8> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).unwrap();
    code.update(text.as_bytes());
    code.finalize().into_bytes().to_vec()
}

impl Signed<'_> {
    /// The header lines of the signature. The path contains no character that would have to be encoded.
    fn headers(&self) -> String {
        let now = Timestamp::try_from(SystemTime::now() - self.age).unwrap();
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = now.strftime("%Y%m%d").to_string();
        let day = day.as_str();
        let (token, names) = match self.token {
            Some(token) => (
                format!("x-amz-security-token:{token}\n"),
                "host;x-amz-date;x-amz-security-token",
            ),
            None => (String::new(), "host;x-amz-date"),
        };
        let payload = hash(self.body.unwrap_or_default());
        let canonical = format!(
            "{}\n{}\n\nhost:test\nx-amz-date:{date}\n{token}\n{names}\n{payload}",
            self.method, self.path
        );
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(&canonical));
        let secret = format!("AWS4{}", self.key.1).into_bytes();
        let parts = [day, self.region, self.service, "aws4_request"];
        let key = parts
            .iter()
            .fold(secret, |key, part| authenticate(&key, part));
        let signature = hexadecimal(authenticate(&key, &text));
        let token = token.replace(":", ": ").replace('\n', "\r\n");
        format!(
            "X-Amz-Date: {date}\r\n{token}Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, \
             SignedHeaders={names}, Signature={signature}\r\n",
            self.key.0
        )
    }

    fn send(&self, service: &Service) -> Answer {
        service.send(self.method, self.path, &self.headers(), self.body)
    }
}

#[test]
fn a_signature_identifies_the_caller() {
    let scratch = Scratch::new("signed");
    let service = Service::start(&scratch);
    let campaign = "/v1/apps/demo/campaigns/welcome";
    for (key, method, path, status) in [
        (ANALYST_KEYS, "GET", campaign, 200),
        (ANALYST_KEYS, "DELETE", campaign, 403),
        (ADMINISTRATOR, "GET", "/v1/apps", 200),
    ] {
        let signed = Signed {
            key,
            method,
            path,
            ..Signed::default()
        };
        let answer = signed.send(&service);
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        if status == 403 {
            answer.assert_error(403, "AccessDeniedException");
            let message = answer.text("Message");
            assert!(message.contains("user/analyst"), "{message}");
        }
    }
    // The body is signed, and the handler still reads it.
    let created = Signed {
        key: ADMINISTRATOR,
        method: "POST",
        path: "/v1/apps",
        body: Some(r#"{"Name": "signed"}"#),
        ..Signed::default()
    };
    let answer = created.send(&service);
    assert_eq!(answer.status, 201, "{answer:?}");
    // Bearer tokens are accepted as before.
    assert_eq!(service.get(ANALYST, campaign).status, 200);
}

/// A wrong signature is an error, even where a token would have been accepted or no caller is needed.
#[test]
fn a_wrong_signature_is_rejected() {
    let scratch = Scratch::new("wrongly-signed");
    let service = Service::start(&scratch);
    let (id, secret) = ANALYST_KEYS;
    for (signed, exception, reason) in [
        (
            Signed {
                key: (id, "another-secret-of-the-same-key"),
                ..Signed::default()
            },
            "InvalidSignatureException",
            "the secret of another key",
        ),
        (
            Signed {
                key: ("DEMOUNKNOWN0000000001", secret),
                ..Signed::default()
            },
            "UnrecognizedClientException",
            "an unknown access key",
        ),
        (
            Signed {
                token: Some("session"),
                ..Signed::default()
            },
            "UnrecognizedClientException",
            "a session token that the key does not have",
        ),
        (
            Signed {
                region: "eu-west-1",
                ..Signed::default()
            },
            "InvalidSignatureException",
            "the scope of another Region",
        ),
        (
            Signed {
                service: "ses",
                ..Signed::default()
            },
            "InvalidSignatureException",
            "the scope of another service",
        ),
        (
            Signed {
                age: Duration::from_secs(600),
                ..Signed::default()
            },
            "InvalidSignatureException",
            "an old signature",
        ),
    ] {
        let answer = signed.send(&service);
        let found = answer.header("x-amzn-errortype");
        assert_eq!(
            (answer.status, found),
            (403, Some(exception)),
            "{reason}: {answer:?}"
        );
    }
}

#[test]
fn a_signature_is_for_one_request() {
    let scratch = Scratch::new("signed-for-another");
    let service = Service::start(&scratch);
    let signed = Signed {
        key: ADMINISTRATOR,
        method: "POST",
        path: "/v1/apps",
        body: Some(r#"{"Name": "signed"}"#),
        ..Signed::default()
    };
    let headers = signed.headers();
    for (method, path, body) in [
        ("POST", "/v1/apps", Some(r#"{"Name": "Signed"}"#)),
        ("POST", "/v1/apps", None),
        ("GET", "/v1/apps", signed.body),
        ("POST", "/v1/apps?x=1", signed.body),
    ] {
        let answer = service.send(method, path, &headers, body);
        assert_eq!(answer.status, 403, "{method} {path} {body:?}: {answer:?}");
    }
    // Two ways to authenticate are ambiguous.
    let both = format!("{headers}Authorization: Bearer {ANALYST}\r\n");
    let answer = service.send(signed.method, signed.path, &both, signed.body);
    assert!(matches!(answer.status, 400 | 401 | 403), "{answer:?}");
}

/// The body is read to verify the signature, so the limit applies before.
#[test]
fn a_signed_body_has_the_limit_of_the_service() {
    let scratch = Scratch::new("signed-long");
    let service = Service::start(&scratch);
    let body = "x".repeat(256 * 1024 + 1);
    let signed = Signed {
        // With any length, this signature is wrong.
        key: (ADMINISTRATOR.0, "another-secret-of-the-same-key"),
        method: "POST",
        path: "/v1/apps",
        body: Some(&body),
        ..Signed::default()
    };
    let answer = signed.send(&service);
    assert_eq!(answer.status, 413, "{answer:?}");
}
